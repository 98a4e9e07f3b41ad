"""ChannelAdvisor as a catalog source: what its seller sells."""

from datetime import datetime

from crossdock import ConnectionContext, Cursor, NeedsConfig, Page, Record, Rejected
from crossdock.domain import Product, ProductIdentity
from crossdock_channeladvisor.catalog.export import EXPORTED, ExportPlace, ProductExports
from crossdock_channeladvisor.catalog.identities import ProductIdentities
from crossdock_channeladvisor.catalog.identity import read_identity
from crossdock_channeladvisor.catalog.pages import read_page
from crossdock_channeladvisor.catalog.products import SELECT, read_product
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.listing import LONGEST_URL, Place, encoded, moment
from crossdock_channeladvisor.pages import is_cut, key_of
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class ChannelAdvisorCatalog:
    """The products of one account; fulfils `CatalogSource` and `ListsProducts`."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._clock = ctx.clock
        self._log = ctx.log
        self._exports = ProductExports(ctx)
        self._identities = ProductIdentities(ctx)

    async def fetch_products(self, cursor: Cursor | None) -> Page:
        if (at_file := ExportPlace.of(cursor)) is not None:
            return await self._exports.turn(at_file)
        place = Place.of(cursor)
        if self._settings.full_catalog == "export" and not (place.next or place.since):
            return await self._exports.begin()
        return await self._turn(self._enter(place))

    def read_product(self, record: Record) -> Product:
        return read_product(record, self._settings.measured_in)

    async def fetch_identities(self, cursor: Cursor | None) -> Page:
        return await self._identities.page(cursor)

    def read_identity(self, record: Record) -> ProductIdentity:
        return read_identity(record)

    def _enter(self, place: Place) -> Place:
        """The place itself on a walk under way, else the first page of a new walk."""
        if place.next:
            return place
        return Place(next=first_page(self._settings, place.since), since=place.since, began=self._clock.now())

    async def _turn(self, place: Place) -> Page:
        """The page at a place as the engine wants it, with the way on from there."""
        page = read_page((await self._http.get(place.next)).content)
        records = tuple([await self._whole(record) if is_cut(record) else record for record in page.records])
        keys = page.fingerprint()
        if page.next_link == place.next or (keys and keys == place.first):
            self._log.warning("the cart's list of products turns in a circle and may be incomplete", url=place.next)
            return Page(records, checkpoint=place.checkpoint())
        ahead = place.after(keys, page.next_link, page.latest_update())
        if page.next_link is None:
            return Page(records, checkpoint=ahead.final_checkpoint())
        return Page(records, ahead.cursor(), more=True, checkpoint=ahead.checkpoint())

    async def _whole(self, record: Record) -> Record:
        """The product with all its rows, in place of one of which a list gave only the first."""
        try:
            answer = await self._http.get(single_product(record.id, self._settings))
        except Rejected:  # gone since it was listed: the incomplete record becomes a problem that a person sees
            return record
        if key_of(answer.content) != record.id:
            raise unexpected_answer(f"product {record.id}", answer.content)
        return Record(record.id, answer.content)


def first_page(settings: ChannelAdvisorSettings, since: datetime | None) -> str:
    """The URL of the list's first page; every further page is the `nextLink` of the one before.

    The list goes by id: a product that changes meanwhile keeps its place in it, so none slips through.
    """
    clauses = []
    if settings.profile_ids:
        clauses.append(f"({' or '.join(f'ProfileID eq {profile}' for profile in settings.profile_ids)})")
    if since is not None:
        clauses.append(f"UpdateDateUtc ge {moment(since - settings.overlap)}")
    query = _shown(settings) | ({"$filter": " and ".join(clauses)} if clauses else {}) | {"$orderby": "ID"}
    url = f"/v1/Products?{encoded(query)}"
    if len(url) > LONGEST_URL:
        raise NeedsConfig(
            f"the list of products makes a URL of {len(url)} characters and ChannelAdvisor may refuse more than "
            f"{LONGEST_URL}: name fewer `profile_ids`, or split the connection in two"
        )
    return url


def single_product(product_id: str, settings: ChannelAdvisorSettings) -> str:
    """The URL of one product, whose collections are not cut short."""
    return f"/v1/Products({product_id})?{encoded(_shown(settings))}"


def _shown(settings: ChannelAdvisorSettings) -> dict[str, str]:
    """What is to be seen of each product: the fields that are translated, and the collections that are wanted."""
    exported = EXPORTED if settings.full_catalog == "export" else settings.catalog_expand
    expand = [name for name in settings.catalog_expand if name in exported]
    return {"$select": ",".join(SELECT)} | ({"$expand": ",".join(expand)} if expand else {})
