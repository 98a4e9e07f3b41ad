"""`/v1/ProductExport`: every product of a profile in one file.

    POST ?profileid=N[&$filter=... | &filter=...]   a list of columns as text/plain; answers with a token
    GET  ?token=...                                 the same answer; the status moves on with every question
    GET  the ResponseFileUrl, once there is one

Documented: ten requests a minute and ten million products a day. Assumed: of the requests only the POST counts, for its
profile; more products than are left for the day end in SystemicFailure; the file shows the products as they are when it
is written, which begins with the last question; an unknown token is 404; where the file lies.
"""

import time

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from crossdock_channeladvisor.sandbox.access.gate import Window
from crossdock_channeladvisor.sandbox.bulk.export_file import Columns, write_file
from crossdock_channeladvisor.sandbox.bulk.jobs import Job, Spool
from crossdock_channeladvisor.sandbox.bulk.profiles import asked_profile
from crossdock_channeladvisor.sandbox.bulk.statuses import BulkStatus
from crossdock_channeladvisor.sandbox.counts import Counts
from crossdock_channeladvisor.sandbox.errors import Refused, no_route, odata_error, too_many
from crossdock_channeladvisor.sandbox.odata.filter import compile_filter
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.products.documents import Product
from crossdock_channeladvisor.sandbox.products.products import Products

_DAY = 86_400
_WITH_A_FILE = {BulkStatus.COMPLETE, BulkStatus.COMPLETE_WITH_ERRORS}


class DailyRows:
    """At most `limit` products a day; 0: no limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._day = 0.0
        self._rows = 0

    def take(self, rows: int, now: float) -> bool:
        """Count so many products; whether they were still allowed."""
        if now // _DAY != self._day:
            self._day, self._rows = now // _DAY, 0
        self._rows += rows
        return self._limit == 0 or self._rows <= self._limit


class Exports:
    """Takes orders for export files, writes them, and gives them out."""

    def __init__(self, products: Products, options: SandboxOptions, counts: Counts) -> None:
        self._products = products
        self._options = options
        self._counts = counts
        self._jobs: dict[str, Job] = {}
        self._spool = Spool()
        self._calls = {profile: Window(options.exports_per_minute, 60) for profile in options.profiles}
        self._rows = {profile: DailyRows(options.export_rows_per_day) for profile in options.profiles}
        self._files = "/v1/ProductExport/{token}.zip" if options.export_file_needs_token else "/exports/{token}.zip"

    def routes(self) -> list[Route]:
        """Every path of exports."""
        return [
            self._counts.route("POST", "/v1/ProductExport", "export_order", self._order),
            self._counts.route("GET", "/v1/ProductExport", "export_status", self._tell),
            self._counts.route("GET", self._files, "export_file", self._give),
        ]

    async def _order(self, request: Request) -> Response:
        profile = asked_profile(request, self._options)
        params = request.query_params
        condition = params.get("$filter") or params.get("filter") or None
        if condition is not None:
            compile_filter(condition, Product)
        columns = Columns.of((await request.body()).decode("utf-8", "replace"))
        self._count(profile)

        async def work() -> BulkStatus:
            return await self._write(job, columns, condition)

        job = Job(profile, self._options.export_polls, work)
        self._jobs[job.token] = job
        return JSONResponse(self._story(job, BulkStatus.PENDING, request))

    def _count(self, profile: int) -> None:
        now, calls = time.monotonic(), self._calls[profile]
        if not calls.has_room(now):
            self._counts.throttled += 1
            raise Refused(too_many())
        calls.take(now)

    async def _write(self, job: Job, columns: Columns, condition: str | None) -> BulkStatus:
        if self._options.export_ends not in _WITH_A_FILE:
            return self._options.export_ends
        chosen = (row for row in self._products.select(condition) if row.ProfileID == job.profile)
        number = await write_file(self._spool.file(job.token), columns, chosen)
        within = self._rows[job.profile].take(number, time.monotonic())
        return self._options.export_ends if within else BulkStatus.SYSTEMIC_FAILURE

    async def _tell(self, request: Request) -> Response:
        job = self._job(request.query_params.get("token", ""))
        return JSONResponse(self._story(job, await job.status(), request))

    def _story(self, job: Job, status: BulkStatus, request: Request) -> dict[str, str | None]:
        url = f"{str(request.base_url).rstrip('/')}{self._files.format(token=job.token)}"
        return {
            "$id": "1",
            "Token": job.token,
            "Status": status,
            "StartedOnUtc": job.started,
            "ResponseFileUrl": url if status in _WITH_A_FILE else None,
        }

    async def _give(self, request: Request) -> Response:
        job = self._job(request.path_params["token"])
        if job.outcome not in _WITH_A_FILE:
            return no_route(str(request.url))
        return FileResponse(self._spool.file(job.token), media_type="application/zip", filename=f"{job.token}.zip")

    def _job(self, token: str) -> Job:
        if token not in self._jobs:
            raise Refused(odata_error(404, f"There is no export with token '{token}'."))
        return self._jobs[token]
