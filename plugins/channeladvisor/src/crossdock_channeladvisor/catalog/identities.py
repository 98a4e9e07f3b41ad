"""Which products there are, and nothing else of them: what shows that one is gone."""

from crossdock import ConnectionContext, Cursor, Page, Unavailable
from crossdock_channeladvisor.catalog.export import ExportPlace, ProductExports
from crossdock_channeladvisor.catalog.identity import SELECT
from crossdock_channeladvisor.catalog.pages import read_page
from crossdock_channeladvisor.listing import Place, encoded
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class ProductIdentities:
    """The ids and SKUs of all products of one account, by pages or by export, as it reads all its products."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._exports = ProductExports(ctx)

    async def page(self, cursor: Cursor | None) -> Page:
        """One page; raises `Unavailable` where the list turns in a circle: what is behind it would look gone."""
        if (at_file := ExportPlace.of(cursor)) is not None:
            return await self._exports.turn(at_file)
        if cursor is None and self._settings.full_catalog == "export":
            return await self._exports.begin()
        place = Place.of(cursor)
        url = place.next or first_page(self._settings)
        page = read_page((await self._http.get(url)).content)
        keys = page.fingerprint()
        if page.next_link == url or (keys and keys == place.first):
            raise Unavailable("the cart's list of products turns in a circle: which of them are gone cannot be seen")
        if page.next_link is None:
            return Page(page.records)
        return Page(page.records, place.after(keys, page.next_link, None).cursor(), more=True)


def first_page(settings: ChannelAdvisorSettings) -> str:
    """The URL of the list's first page, by id: a product that changes meanwhile keeps its place in it."""
    profiles = " or ".join(f"ProfileID eq {profile}" for profile in settings.profile_ids)
    chosen = {"$filter": profiles} if profiles else {}
    return f"/v1/Products?{encoded({'$select': ','.join(SELECT)} | chosen | {'$orderby': 'ID'})}"
