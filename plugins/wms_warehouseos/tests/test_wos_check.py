"""`check --connect` tells which assumed names a tenant answered to, by reads that change nothing."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import NeedsAuth, NeedsConfig, Unavailable
from crossdock_warehouseos.findings import Findings, assumed_entries, like_a_wrong_path, names_in, paging
from crossdock_warehouseos.probe import ITEMS, LISTS
from crossdock_warehouseos.profile import Profile, with_defaults

PROFILE = Profile.model_validate(with_defaults({}))
RICH = {
    "ItemNumber": "TEE-1",
    "Description": "A shirt",
    "MasterItem": "TEE",
    "Weight": 0.4,
    "Aliases": [{"Alias": "0123", "Quantity": 12}],
    "Images": [{"Url": "https://pictures.example/tee"}],
    "Attributes": {"Color": "red"},
}


@pytest.fixture
def rich_tenant(tenant_with):
    tenant = tenant_with(items=[], areas=["EAST"], stock={}, bundles={"KIT": {"TEE-1": 2}})
    plain = {**RICH, "ItemNumber": "TEE-2"}
    body = {"Items": [RICH, plain]}
    tenant.http.post("/api/ItemApi/AddOrUpdateMultipleItems", json=body).raise_for_status()
    put = {"act": "put", "item": "TEE-1", "quantity": 3, "place": "EAST"}
    tenant.http.post("/_floor", json=[put]).raise_for_status()
    return tenant


def checked(connection) -> list[str]:
    async def opened():
        async with connection as target:
            return await target.check()

    return list(asyncio.run(opened()))


def entries_of(lines: list[str], group: str) -> set[str]:
    """The entries in a line such as `answered: item: list, number; paths: get_item`."""
    told = next((line.partition(": ")[2] for line in lines if line.startswith(f"{group}: ")), "")
    sections = [part.partition(": ") for part in re.sub(r" \(.*\)$", "", told).split("; ") if part]
    return {f"{section}.{key}" for section, _, keys in sections for key in keys.split(", ")}


def faulty(lines: list[str]) -> set[str]:
    return {line.split()[2] for line in lines if line.startswith("no answer: ")}


def untried(lines: list[str]) -> int:
    return int(lines[-1].split()[2])


def test_a_tenant_that_has_everything_answers_to_all_that_reads_can_show(rich_tenant, connected):
    lines = checked(connected(rich_tenant))
    answered = entries_of(lines, "answered")
    assert {"auth.key_header", "query.page", "query.page_size", "query.item_number"} <= answered
    for read in (ITEMS, *LISTS):
        assert {f"paths.{read.path}", f"{read.section}.list"} <= answered
    assert {f"paths.{path}" for path in ("get_order", "get_purchase_order", "get_summary", "get_item")} <= answered
    assert {"item.alias", "item.alias_quantity", "item.image_url", "bundle.quantity", "level.quantity"} <= answered
    assert faulty(lines) == set()
    assert lines[1] == "items are listed, the first is TEE-1"


def test_every_assumed_entry_is_told_of_once(rich_tenant, connected):
    lines = checked(connected(rich_tenant, profile={"paths": {"list_areas": "/api/Nowhere"}}))
    groups = [entries_of(lines, "answered"), entries_of(lines, "not shown"), faulty(lines)]
    together = set().union(*groups)
    assert sum(map(len, groups)) == len(together)
    assert together <= assumed_entries()
    assert len(together) + untried(lines) == len(assumed_entries())


def test_checking_reads_and_changes_nothing(rich_tenant, connected):
    before = rich_tenant.truth()
    checked(connected(rich_tenant))
    after = rich_tenant.truth()
    assert all(action.startswith("Get") for action in after["counts"].keys() - before["counts"].keys() - {"refused"})
    assert "GetMessages" not in after["counts"]
    assert {**after, "counts": {}} == {**before, "counts": {}}


def test_a_wrong_path_is_told_from_a_number_that_does_not_exist(tenant, connected):
    wrong = {entry: f"/api/Other/{entry}" for entry in ("list_areas", "list_bundles", "get_order", "get_item")}
    lines = checked(connected(tenant, profile={"paths": wrong}))
    assert faulty(lines) == {f"paths.{entry}" for entry in wrong}
    faults = [line for line in lines if line.startswith("no answer")]
    assert all("gives 404, like a path that does not exist; compare it" in fault for fault in faults)
    assert "paths.get_purchase_order" in entries_of(lines, "answered")


@pytest.mark.parametrize("missing", ["null", "empty"])
def test_a_tenant_that_answers_otherwise_to_what_is_missing_answers_too(tenant_with, connected, missing):
    tenant = tenant_with(missing_answer=missing, items=[])
    lines = checked(connected(tenant))
    assert faulty(lines) == set()
    assert lines[1] == "no item is listed yet"


def test_another_name_for_a_field_is_named_as_not_shown(rich_tenant, connected):
    profile = {"level": {"quantity": "Pieces"}, "area": {"list": "Zones"}}
    lines = checked(connected(rich_tenant, profile=profile))
    assert {"level.quantity", "area.list"} <= entries_of(lines, "not shown")


def test_items_under_another_name_need_a_person(tenant, connected):
    with pytest.raises(NeedsConfig, match=r"no field 'Sku' but ItemNumber.*profile\.item\.number"):
        checked(connected(tenant, profile={"item": {"number": "Sku"}}))


def test_the_list_of_items_and_the_key_must_be_right(tenant, connected):
    with pytest.raises(NeedsAuth):
        checked(connected(tenant, api_key="wrong-key"))
    with pytest.raises(NeedsConfig, match=r"profile\.paths\.list_items"):
        checked(connected(tenant, profile={"paths": {"list_items": "/api/Nowhere"}}))
    tenant.faults(rates={"html": 1}, only_paths="/GetItems$")
    with pytest.raises(Unavailable):
        checked(connected(tenant))


def test_pages_that_are_not_heeded_are_told_of(tenant_with, connected):
    tenant = tenant_with(profile={"query": {"page": "ignored"}})
    assert faulty(checked(connected(tenant))) == {"query.page"}


@given(st.lists(st.integers(0, 3), max_size=3), st.lists(st.integers(0, 3), max_size=3))
def test_paging_is_confirmed_only_by_two_different_single_records(first, second):
    found = paging(first, second)
    confirmed = len(first) <= 1 and bool(second) and first != second
    assert bool(found.answered) is confirmed
    assert not (found.answered and found.faults)


told = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*RICH, "Items", "Other"]), inner),
    max_leaves=15,
)


@given(told, st.sampled_from([ITEMS, *LISTS]))
def test_any_answer_tells_only_of_names_in_its_section(answer, read):
    found = names_in(read, PROFILE, answer)
    assert not found.answered & found.lacking
    assert all(entry.startswith(f"{read.section}.") for entry in found.answered | found.lacking)


@given(st.frozensets(st.sampled_from("abc")), st.frozensets(st.sampled_from("abc")))
def test_what_one_record_lacks_another_may_have(answered, lacking):
    both = Findings(answered) | Findings(frozenset(), lacking)
    assert both.lacking == lacking - answered


def test_an_answer_that_quotes_its_path_is_still_like_a_wrong_one():
    body = b'{"Message":"No action was found that matches the name \'%s\'."}'
    wrong = (404, body % b"Nothing")
    assert like_a_wrong_path((404, body % b"GetOrder"), "/api/GetOrder", wrong, "/api/Nothing")
    assert not like_a_wrong_path((404, b'{"Message":"Order not found."}'), "/api/GetOrder", wrong, "/api/Nothing")
