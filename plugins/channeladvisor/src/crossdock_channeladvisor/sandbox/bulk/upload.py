"""`/v1/ProductUpload`: a file of products, by HTTP or by FTP.

    POST /v1/ProductUpload?profileid=N&templatecode=CODE[&importtype=...]   the bytes of the file; answers with a token
    GET  /v1/ProductUpload?token=...      the same answer; the status moves on with every question
    GET  /_truth/uploads                  what became of each file, row by row: what people see in the console
    POST /_ftp/pick_up                    takes in every file that has come by FTP; the real service does within an hour

Documented: at most 128 MB (413), 60 files an hour for a profile (429), the template must be there (400), a token in the
answer; a file in /Inventory is in the account's own columns, one in /Inventory/Transform needs a template, whose code
may stand before the ending of its name (`stock.CODE.txt`).

Seen: AddUpdate, UpdateOnly and AddOnly as `importtype`. Assumed: that these are all; `templatecode` is required; the
answer has the members of an export's; files by FTP are for the first profile, and are gone once they were taken in.
Left out: xml.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.access.gate import Window
from crossdock_channeladvisor.sandbox.bulk.importing import Report, take_in
from crossdock_channeladvisor.sandbox.bulk.jobs import Job, Spool, drop
from crossdock_channeladvisor.sandbox.bulk.profiles import asked_profile
from crossdock_channeladvisor.sandbox.bulk.statuses import BulkStatus, ImportMethod
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import BadQuery, Refused, odata_error, too_many
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.products.products import Products

_HOUR = 3600
_ENDINGS = {".txt", ".csv"}
_IMPORT_TYPES = {
    "AddUpdate": ImportMethod.ALL,
    "UpdateOnly": ImportMethod.UPDATES_ONLY,
    "AddOnly": ImportMethod.NEW_ONLY,
}


class Uploads:
    """Takes in files of products, and knows what became of them."""

    def __init__(self, products: Products, options: SandboxOptions, counts: Counts) -> None:
        self._products = products
        self._options = options
        self._counts = counts
        self._jobs: dict[str, Job] = {}
        self._reports: list[Report] = []
        self._spool = Spool()
        self._calls = {profile: Window(options.uploads_per_hour, _HOUR) for profile in options.profiles}

    def routes(self) -> list[Route]:
        """Every path of uploads."""
        return [
            self._counts.route("POST", "/v1/ProductUpload", "upload", self._take),
            self._counts.route("GET", "/v1/ProductUpload", "upload_status", self._tell),
            Route("/_truth/uploads", self._truth),
            Route("/_ftp/pick_up", self._pick_up, methods=["POST"]),
        ]

    async def _take(self, request: Request) -> Response:
        profile, params = asked_profile(request, self._options), request.query_params
        template = self._template(params.get("templatecode", ""))
        method = self._method(params.get("importtype"))
        self._count(profile)

        async def work() -> BulkStatus:
            await take_in(self._products, file, template, report)
            drop(file)
            return report.status

        job = Job(profile, self._options.upload_polls, work)
        file = self._spool.file(job.token)
        await self._receive(request, file)
        report = self._new_report(job.token, profile, method)
        self._jobs[job.token] = job
        return JSONResponse(_story(job, BulkStatus.PENDING))

    def _template(self, code: str) -> Mapping[str, str]:
        if code not in self._options.templates:
            raise BadQuery(f"There is no template with code '{code}'.")
        return self._options.templates[code]

    def _method(self, name: str | None) -> ImportMethod:
        if name is None:
            return self._options.upload_method
        if name not in _IMPORT_TYPES:
            raise BadQuery(f"importtype must be one of {', '.join(_IMPORT_TYPES)}, not '{name}'.")
        return _IMPORT_TYPES[name]

    def _count(self, profile: int) -> None:
        now, calls = time.monotonic(), self._calls[profile]
        if not calls.has_room(now):
            self._counts.throttled += 1
            raise Refused(too_many())
        calls.take(now)

    async def _receive(self, request: Request, file: Path) -> None:
        size, limit = 0, self._options.upload_bytes
        with file.open("wb") as kept:
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    kept.write(chunk)
        if size > limit:
            drop(file)
            raise Refused(odata_error(413, f"The file has {size} bytes; at most {limit} are allowed."))

    def _new_report(self, name: str, profile: int, method: ImportMethod) -> Report:
        report = Report(name, profile, method)
        self._reports.append(report)
        return report

    async def _tell(self, request: Request) -> Response:
        job = self._jobs.get(request.query_params.get("token", ""))
        if job is None:
            return odata_error(404, f"There is no upload with token '{request.query_params.get('token', '')}'.")
        return JSONResponse(_story(job, await job.status()))

    async def _truth(self, request: Request) -> Response:
        return JSONResponse({"uploads": msgspec.to_builtins(self._reports)})

    async def _pick_up(self, request: Request) -> Response:
        folder = self._options.ftp_folder
        if folder is None:
            return JSONResponse({"error": "There is no ftp_folder in the options."}, 400)
        found = [path for path in sorted(folder.glob("Inventory/**/*")) if path.is_file()]
        reports = [await self._take_in_from(path, folder) for path in found]
        return JSONResponse({"uploads": msgspec.to_builtins(reports)})

    async def _take_in_from(self, path: Path, folder: Path) -> Report:
        report = self._new_report(str(path.relative_to(folder)), self._options.profiles[0], self._options.ftp_method)
        if path.suffix.lower() in _ENDINGS:
            await take_in(self._products, path, self._template_of(path), report)
        else:
            report.complain(f"Files end in {' or '.join(sorted(_ENDINGS))}, not in '{path.suffix}'.")
            report.status = BulkStatus.FAILED_VALIDATION
        drop(path)
        return report

    def _template_of(self, path: Path) -> Mapping[str, str]:
        templates = self._options.templates
        if path.parent.name != "Transform":
            return {}
        code = Path(path.stem).suffix.removeprefix(".")
        return templates.get(code, templates.get(self._options.ftp_template, {}))


def _story(job: Job, status: BulkStatus) -> dict[str, str | None]:
    return {
        "$id": "1",
        "Token": job.token,
        "Status": status,
        "StartedOnUtc": job.started,
        "ResponseFileUrl": None,
    }
