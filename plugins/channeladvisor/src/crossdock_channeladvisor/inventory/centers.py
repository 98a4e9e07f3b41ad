"""The distribution centres of an account, as files name them: by their codes."""

import re
from collections.abc import Iterable

from crossdock import HttpClient, Rejected
from crossdock_channeladvisor.inventory.lookup import every
from crossdock_channeladvisor.models import VendorDistributionCenter
from crossdock_channeladvisor.orders.checking import is_external

_CODE = re.compile(r"[^\s,=](?:[^,=\t\r\n]*[^\s,=])?")


class Centers:
    """The centres of one account; their codes never change, so they are asked for once."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._by_id: dict[int, VendorDistributionCenter] = {}

    async def learn(self, ids: Iterable[int]) -> None:
        """Ask for all centres if one of these is not known yet."""
        if {*ids} - self._by_id.keys():
            centers = every(self._http, "/v1/DistributionCenters", VendorDistributionCenter)
            self._by_id |= {center.id: center async for center in centers}

    def code(self, center_id: int) -> str:
        """What a file calls a centre that was learned; raises `Rejected` when it cannot be told of its stock so."""
        center = self._by_id.get(center_id)
        if center is None or center.is_deleted:
            raise Rejected(
                f"the account lists no distribution centre {center_id}: `crossdock check --connect` shows all"
            )
        if is_external(center):
            raise Rejected(f"distribution centre {center_id} is managed by others: its stock cannot be changed by us")
        if not _CODE.fullmatch(center.code or ""):
            raise Rejected(f"distribution centre {center_id} has no code by which a file can name it")
        return center.code or ""
