"""Files of rows between tabs that ChannelAdvisor takes in: by a ProductUpload call, or by the file server.

The columns are those of ChannelAdvisor's own inventory files, which sellers' programs write too; a template that takes
the file must take them as they are. An empty cell changes nothing (assumed).
"""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from math import ceil

import msgspec

from crossdock import (
    ConnectionContext,
    CrossdockError,
    FileEndpoint,
    NeedsConfig,
    OutcomeUnknown,
    Rejected,
    Throttled,
    Unavailable,
)
from crossdock.domain import digest
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.listing import encoded
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

SKU = "Inventory Number"
FOLDER, TEMPLATE_FOLDER = "/Inventory", "/Inventory/Transform"
LARGEST_FILE = 128 * 1024 * 1024
"""Bytes that one file may have (documented)."""

ENDED_BADLY = frozenset(
    {
        "Aborted",
        "AbortedAcknowledged",
        "AcknowledgedNotVisible",
        "CompleteWithErrors",
        "CompleteWithSystemicErrors",
        "DeletedReadyForRemoval",
        "FailedValidation",
        "SystemicFailure",
    }
)
"""Statuses of an export or an upload that nothing good comes of; with `Complete` it is done, with others under way."""
ENDED = ENDED_BADLY | {"Complete"}


class Progress(msgspec.Struct, frozen=True):
    """How an export or an upload is doing."""

    token: str = msgspec.field(name="Token", default="")
    status: str = msgspec.field(name="Status", default="")
    started: str | None = msgspec.field(name="StartedOnUtc", default=None)
    file: str | None = msgspec.field(name="ResponseFileUrl", default=None)


def read_progress(body: bytes, wanted: str) -> Progress:
    """What an answer says of an export or an upload; raises `Unavailable` when it says nothing."""
    try:
        progress = msgspec.json.decode(body, type=Progress)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unexpected_answer(wanted, body) from error
    if not progress.token:
        raise unexpected_answer(wanted, body)
    return progress


class Files:
    """Delivers files of one kind (`of`: products, stock levels), and waits until ChannelAdvisor has worked them off."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings], of: str) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._drop = ctx.files
        self._clock = ctx.clock
        self._log = ctx.log
        self._of = of
        self._warned = False

    def lacking(self) -> str:
        """The setting that is missing before files can be sent; empty when none is."""
        if self._settings.upload_by == "api":
            return "" if self._settings.upload_template else "upload_template"
        return "" if self._drop is not None else "ftps_host"

    def size(self, waiting: int, lacking: str) -> int:
        """How many rows to send in one file when so many wait; 0: none."""
        if waiting <= self._settings.bulk_above:
            return 0
        if not lacking:
            return self._settings.upload_rows
        if not self._warned:
            self._warned = True
            self._log.warning(f"many {self._of} wait and no files can be sent", waiting=waiting, lacking=lacking)
        return 0

    async def deliver(self, content: bytes, profile: int, import_type: str) -> CrossdockError | None:
        """What became of a file; None: ChannelAdvisor took all of it."""
        if lacking := self.lacking():
            raise NeedsConfig(f"{self._of} cannot be put as files without the setting `{lacking}`")
        if len(content) > LARGEST_FILE:
            raise NeedsConfig(
                f"a file of {self._of} has {len(content)} bytes and ChannelAdvisor takes {LARGEST_FILE}: "
                "lower `upload_rows`"
            )
        try:
            if self._settings.upload_by == "api":
                return await self._upload(content, profile, import_type)
            return await self._put(content)
        except (Rejected, OutcomeUnknown) as error:
            return error

    async def _upload(self, content: bytes, profile: int, import_type: str) -> CrossdockError | None:
        query = {
            "profileid": str(profile),
            "templatecode": self._settings.upload_template,
            "importtype": import_type,
        }
        answer = await self._http.send(
            "POST",
            f"/v1/ProductUpload?{encoded(query)}",
            content=content,
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )
        try:
            token = read_progress(answer.content, "an upload").token
        except Unavailable as error:
            return OutcomeUnknown(f"ChannelAdvisor does not say whether it took the file: {error}")
        return await self._followed(token)

    async def _followed(self, token: str) -> CrossdockError | None:
        """How an upload ended, asked again and again until it has or patience is over."""
        status = "nothing heard of it"
        for _ in range(ceil(self._settings.bulk_patience.total_seconds() / self._settings.bulk_poll)):
            await asyncio.sleep(self._settings.bulk_poll)
            try:
                answer = await self._http.get(f"/v1/ProductUpload?{encoded({'token': token})}")
                status = read_progress(answer.content, "the state of an upload").status
            except (Rejected, Throttled, Unavailable) as error:
                return OutcomeUnknown(f"ChannelAdvisor does not say what became of the file {token}: {error}")
            if status in ENDED:
                return _ended(token, status)
        return OutcomeUnknown(f"the file {token} was not worked off in time (`bulk_patience`): {status}")

    async def _put(self, content: bytes) -> CrossdockError | None:
        """Deliver to the file server: accepted means delivered, the rows are worked off within the hour."""
        assert self._drop is not None
        template = self._settings.upload_template
        folder = TEMPLATE_FOLDER if template else FOLDER
        name = f"crossdock-{self._clock.now():%Y%m%dT%H%M%S%f}-{digest(content).hex()}"
        name = ".".join(part for part in (name, template, "txt") if part)
        await self._drop.put(f"{folder}/{name}", content)
        self._log.info(f"a file of {self._of} lies on the file server; what becomes of its rows is not told", name=name)
        return None


def _ended(token: str, status: str) -> CrossdockError | None:
    """What follows from how an upload ended."""
    if status == "Complete":
        return None
    if status == "FailedValidation":
        return Rejected(
            f"ChannelAdvisor refused the file {token}: compare the columns of the template (`upload_template`) with "
            "those of the plugin's page"
        )
    return OutcomeUnknown(
        f"the file {token} ended with the status {status}, and only ChannelAdvisor's pages tell which rows it took"
    )


def is_plain(text: str) -> bool:
    """Whether a cell can say this text: neither nothing nor blanks around it."""
    return bool(text) and text == text.strip()


def file_of(rows: Sequence[Mapping[str, str]]) -> bytes:
    """A file of all rows, with every column that one of them needs."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", dialect="excel-tab")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def file_server(settings: ChannelAdvisorSettings) -> FileEndpoint | None:
    """The file server that the settings name."""
    if not settings.ftps_host:
        return None
    return FileEndpoint(
        "ftps",
        settings.ftps_host,
        settings.ftps_user,
        settings.ftps_password.get_secret_value(),
        port=settings.ftps_port,
        trusted=settings.ftps_trusted,
    )
