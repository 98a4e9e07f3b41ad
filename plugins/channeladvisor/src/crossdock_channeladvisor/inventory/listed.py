"""The stock of all products, page by page, for a comparison of both sides."""

from collections.abc import Sequence

from pydantic import ValidationError

from crossdock import ConnectionContext, Cursor, HttpClient, Page, Record, Unavailable
from crossdock_channeladvisor.catalog.pages import read_page
from crossdock_channeladvisor.inventory.lookup import every
from crossdock_channeladvisor.inventory.stock import (
    STOCK_QUERY,
    StockedProduct,
    VendorQuantity,
    stock_profiles,
)
from crossdock_channeladvisor.listing import Place, encoded
from crossdock_channeladvisor.pages import is_cut
from crossdock_channeladvisor.settings import ChannelAdvisorSettings


class StockList:
    """What one account holds of every product of its stock profiles."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._http = ctx.http
        self._profiles = stock_profiles(ctx.settings)

    async def page(self, cursor: Cursor | None) -> Page:
        """One page of products, each with all its centres.

        A page beyond the end may be the first one again, so that is the end. A page that leads to itself is refused:
        what is behind it would look as if the account did not have it.
        """
        place = Place.of(cursor)
        url = place.next or first_page(self._profiles)
        page = read_page((await self._http.get(url)).content)
        keys = page.fingerprint()
        if keys and keys == place.first:
            return Page(())
        if page.next_link == url:
            raise Unavailable(f"ChannelAdvisor's list of stock leads from {url} to itself: the rest cannot be seen")
        records = tuple([await self._whole(record) if is_cut(record) else record for record in page.records])
        if page.next_link is None:
            return Page(records)
        return Page(records, place.after(keys, page.next_link, None).cursor(), more=True)

    async def _whole(self, record: Record) -> Record:
        """The record with the centres that the list left out."""
        try:
            product = StockedProduct.model_validate_json(record.data)
        except ValidationError:  # whoever reads it is told why
            return record
        whole = await with_all_centers(self._http, product)
        return Record(record.id, whole.model_dump_json(by_alias=True, exclude_unset=True).encode())


def first_page(profiles: Sequence[int]) -> str:
    """The URL of the list's first page; by id, so that a product whose stock moves meanwhile keeps its place."""
    chosen = {"$filter": " or ".join(f"ProfileID eq {profile}" for profile in profiles)} if profiles else {}
    return f"/v1/Products?{encoded(STOCK_QUERY | chosen | {'$orderby': 'ID'})}"


async def with_all_centers(http: HttpClient, product: StockedProduct) -> StockedProduct:
    """The product with the centres that a list left out."""
    if not product.more_quantities:
        return product
    more = [row async for row in every(http, product.more_quantities, VendorQuantity)]
    return product.model_copy(update={"quantities": (*(product.quantities or ()), *more), "more_quantities": None})
