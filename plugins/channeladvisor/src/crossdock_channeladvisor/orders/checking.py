"""What the authorization reaches, and whether the settings fit it."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from pydantic import ValidationError

from crossdock import HttpClient, NeedsConfig, Rejected
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.models import VendorDistributionCenter, VendorDocument, VendorProfile
from crossdock_channeladvisor.orders.parts import is_our_center
from crossdock_channeladvisor.pages import slice_page
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

D = TypeVar("D", bound=VendorDocument)


class Inspection:
    """Looks at profiles, sites and distribution centres."""

    def __init__(self, http: HttpClient, settings: ChannelAdvisorSettings) -> None:
        self._http = http
        self._settings = settings

    async def lines(self) -> Sequence[str]:
        """A line for each profile, site and centre; raises `NeedsConfig` with all that the settings have wrong."""
        profiles = await self._profiles()
        centers = await self._centers()
        if wrong := [*wrong_profiles(profiles, self._settings), *wrong_centers(centers, self._settings)]:
            raise NeedsConfig("; ".join(wrong))
        return [
            *(f"profile {row.id} {row.account_name or ''} {row.currency_code or ''}".rstrip() for row in profiles),
            *_site_lines(profiles, self._settings),
            *map(_center_line, centers),
        ]

    async def _profiles(self) -> list[VendorProfile]:
        """The profiles with the accounts they have at sites, which are metadata: where they are refused, without."""
        try:
            return await self._collection("/v1/Profiles?$expand=SiteAccounts", VendorProfile, "Profiles")
        except Rejected:
            return await self._collection("/v1/Profiles", VendorProfile, "Profiles")

    async def _centers(self) -> list[VendorDistributionCenter]:
        """The centres that are listed, and those of the settings that are not: deleted ones answer by their id."""
        listed = await self._collection("/v1/DistributionCenters", VendorDistributionCenter, "DistributionCenters")
        missing = [id_ for id_ in self._settings.distribution_centers if id_ not in {center.id for center in listed}]
        return listed + [center for id_ in missing if (center := await self._unlisted(id_))]

    async def _unlisted(self, center_id: int) -> VendorDistributionCenter | None:
        try:
            answer = await self._http.get(f"/v1/DistributionCenters({center_id})")
        except Rejected:
            return None
        return _document(answer.content, VendorDistributionCenter, f"distribution centre {center_id}")

    async def _collection(self, url: str, document: type[D], name: str) -> list[D]:
        """Every item of a small collection, page by page."""
        items: list[D] = []
        seen: set[str] = set()
        following: str | None = url
        while following and following not in seen:
            seen.add(following)
            slices = slice_page((await self._http.get(following)).content, f"a list of {name}")
            items += [_document(bytes(raw), document, f"a list of {name}") for raw in slices.value]
            following = slices.next_link
        return items


def _document(data: bytes, document: type[D], wanted: str) -> D:
    try:
        return document.model_validate_json(data)
    except ValidationError as error:
        raise unexpected_answer(wanted, data) from error


def wrong_profiles(profiles: Sequence[VendorProfile], settings: ChannelAdvisorSettings) -> list[str]:
    """What the settings have wrong about profiles, in sentences."""
    covered = {profile.id for profile in profiles}
    missing = [id_ for id_ in settings.profile_ids if id_ not in covered]
    if not missing:
        return []
    return [
        f"`profile_ids` names {_named(missing)}, which this authorization does not cover; it covers "
        f"{_named(sorted(covered)) or 'no profile'}"
    ]


def wrong_centers(centers: Sequence[VendorDistributionCenter], settings: ChannelAdvisorSettings) -> list[str]:
    """What the settings have wrong about distribution centres, in sentences."""
    by_id = {center.id: center for center in centers}
    wanted, wrong = settings.distribution_centers, []
    if unknown := [id_ for id_ in wanted if id_ not in by_id]:
        known = _named([center.id for center in centers if not center.is_deleted]) or "none"
        wrong.append(f"`distribution_centers` names {_named(unknown)}, which the account does not have; it has {known}")
    if deleted := [id_ for id_ in wanted if id_ in by_id and by_id[id_].is_deleted]:
        wrong.append(f"`distribution_centers` names {_named(deleted)}, which is deleted: take it out")
    if missed := [row.id for row in centers if is_external(row) and is_our_center(row.id, settings)]:
        advice = f"add {_named(missed)} to `externally_managed_centers`"
        wrong.append(
            f"others ship from distribution centre {_named(missed)}, but the settings take it for ours: {advice}"
        )
    return wrong


def is_external(center: VendorDistributionCenter) -> bool:
    """Whether others ship from a centre."""
    return bool(center.is_externally_managed) or center.type == "ExternallyManaged"


def _center_line(center: VendorDistributionCenter) -> str:
    deleted = "deleted" if center.is_deleted else ""
    return " ".join(filter(None, ("distribution centre", str(center.id), center.code, center.type, deleted)))


def _site_lines(profiles: Sequence[VendorProfile], settings: ChannelAdvisorSettings) -> list[str]:
    """The sites that the profiles sell on, as far as they tell, and the wanted ones that are not among them."""
    accounts = [
        account for profile in profiles for account in profile.site_accounts or () if account.site_id is not None
    ]
    sites = {account.site_id: f"site {account.site_id} {account.site_name or ''}".rstrip() for account in accounts}
    missing = [id_ for id_ in settings.site_ids if sites and id_ not in sites]
    doubt = [f"`site_ids` names {_named(missing)}, on which no profile seems to sell"] if missing else []
    return [*sites.values(), *doubt]


def _named(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids))
