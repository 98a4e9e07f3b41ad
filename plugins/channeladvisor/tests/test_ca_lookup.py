"""Products found by SKU, many with one request."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Rejected, Unavailable
from crossdock_channeladvisor.inventory.lookup import (
    CLAUSES_AT_ONCE,
    HEAD,
    LONGEST_SKU,
    ProductHead,
    every,
    grouped_by_sku,
    look_up,
    product_urls,
    sku_clauses,
    the_one,
)
from crossdock_channeladvisor.listing import LONGEST_URL

skus = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST_SKU + 2)
awkward = st.sampled_from(
    ["O'Brien", "''", "a b", "A&B", "50%", "#1", "a+b", "ä", "ß", "ss", "x/y", "1E5", "0012", "Ab"]
)
profiles = st.lists(st.integers(1, 10**8), max_size=20, unique=True)
heads = st.builds(
    ProductHead,
    id=st.integers(1, 9),
    sku=st.none() | st.sampled_from(["a", "A", "b", "ß", "ss", ""]),
    profile_id=st.none() | st.integers(1, 3),
)


def filter_of(url: str) -> str:
    [condition] = parse_qs(urlsplit(url.replace("+", "%2B")).query, strict_parsing=True)["$filter"]
    return condition


def test_a_request_asks_for_many_skus_in_the_profiles_that_are_meant():
    [url] = product_urls(sku_clauses(["A 1", "O'Brien"]), [7, 8], {"$select": "ID,Sku"})
    assert filter_of(url) == "(Sku eq 'A 1' or Sku eq 'O''Brien') and (ProfileID eq 7 or ProfileID eq 8)"
    assert "%20" in url
    assert "+" not in url


@given(st.lists(skus | awkward, max_size=60), profiles)
def test_every_sku_that_a_product_can_bear_is_asked_for_once_and_no_url_is_too_long(wanted, profiles):
    clauses = sku_clauses(wanted)
    assert len(clauses) == len({sku.lower() for sku in wanted if 0 < len(sku) <= LONGEST_SKU})
    condition = f" and ({' or '.join(f'ProfileID eq {profile}' for profile in profiles)})" if profiles else ""
    for url in product_urls(clauses, profiles, {"$select": HEAD}):
        assert len(url) < LONGEST_URL - 50
        asked = next(n for n in range(1, 21) if filter_of(url) == f"({' or '.join(clauses[:n])}){condition}")
        clauses = clauses[asked:]
    assert clauses == []


def test_twenty_skus_go_into_one_request():
    clauses = sku_clauses([f"SKU-{number}" for number in range(45)])
    counts = [filter_of(url).count("Sku eq") for url in product_urls(clauses, [], {"$select": HEAD})]
    assert counts == [CLAUSES_AT_ONCE, CLAUSES_AT_ONCE, 5]


@given(st.lists(heads, max_size=8), st.sampled_from(["a", "A", "B", "ß", "SS", "", "c"]), st.lists(st.integers(1, 3)))
def test_a_look_up_is_total_and_never_gives_a_product_of_another_sku_or_profile(found, sku, profiles):
    answer = the_one(sku, grouped_by_sku(found, profiles))
    fitting = {
        p.id for p in found if p.sku and p.sku.lower() == sku.lower() and (not profiles or p.profile_id in profiles)
    }
    if isinstance(answer, Rejected):
        assert len(fitting) != 1
        assert repr(sku).strip("'") in str(answer)
    else:
        assert {answer.id} == fitting


def test_a_product_that_a_list_shows_twice_is_one_product():
    product = ProductHead(id=1, sku="a", profile_id=1)
    assert the_one("A", grouped_by_sku([product, product], [])) == product


@pytest.fixture
def at(ca_server, ca_context):
    """Runs something with the context of a connection to a simulator with these options."""

    def run(work, settings=None, prepare=None, **options):
        async def connected(url):
            async with ca_context(url, **(settings or {})) as ctx:
                return await work(ctx)

        with ca_server(orders=0, **options) as url:
            if prepare is not None:
                prepare(url)
            answer = asyncio.run(connected(url))
            return answer, httpx.get(f"{url}/_truth?touched").json()["requests"]

    return run


def test_products_are_found_by_their_skus_whatever_their_case(at):
    wanted = ["SKU-0001", "sku-0002", "KIT-001", "STYLE-01", "NOPE", "", "x" * 51]
    found, requests = at(lambda ctx: look_up(ctx.http, wanted))
    assert list(found) == wanted
    assert [found[sku].sku for sku in wanted[:4]] == ["SKU-0001", "SKU-0002", "KIT-001", "STYLE-01"]
    assert all("has no product with the SKU" in str(found[sku]) for sku in wanted[4:])
    assert (found["KIT-001"].is_bundle, found["STYLE-01"].groups_others, found["SKU-0001"].is_bundle) == (
        True,
        True,
        False,
    )
    assert requests["products_list"] == 1


def test_a_sku_of_any_spelling_is_found(at):
    wanted = ["O'Brien", "a b", "A&B", "50%25", "#1", "a+b", "Käse", "x/y", "1E5", "0012", "a,b(c)=d"]

    def create(url):
        with httpx.Client(base_url=url) as seller:
            for sku in wanted:
                assert seller.post("/_products", json={"create": {"Sku": sku, "Title": "T"}}).is_success

    found, _ = at(lambda ctx: look_up(ctx.http, wanted), prepare=create)
    assert [found[sku].sku for sku in wanted] == wanted


def test_a_hundred_skus_take_five_requests(at):
    wanted = [f"SKU-{number:04}" for number in range(1, 101)]
    found, requests = at(lambda ctx: look_up(ctx.http, wanted))
    assert [found[sku].sku for sku in wanted] == wanted
    assert requests["products_list"] == 5


def test_the_same_sku_in_two_profiles_is_refused_until_one_profile_is_named(at):
    both, _ = at(lambda ctx: look_up(ctx.http, ["SKU-0001"]), profiles=[111, 222])
    assert "stands for 2 products of ChannelAdvisor" in str(both["SKU-0001"])
    assert "in profile 111" in str(both["SKU-0001"])
    one, _ = at(lambda ctx: look_up(ctx.http, ["SKU-0001"], [222]), profiles=[111, 222])
    assert one["SKU-0001"].profile_id == 222
    none, _ = at(lambda ctx: look_up(ctx.http, ["SKU-0001"], [333]), profiles=[111, 222])
    assert isinstance(none["SKU-0001"], Rejected)


def test_a_list_is_followed_to_its_end(at):
    async def all_ids(ctx):
        return [row.id async for row in every(ctx.http, "/v1/Products?$select=ID,Sku", ProductHead)]

    ids, requests = at(all_ids, short_page_size=50)
    assert len(ids) == len(set(ids)) > 400
    assert requests["products_list"] > 8


def test_a_row_that_is_no_product_is_an_answer_that_cannot_be_used(at):
    async def rows(ctx):
        return [row async for row in every(ctx.http, "/v1/Products?$select=Sku&$top=1", ProductHead)]

    with pytest.raises(Unavailable, match="ID"):
        at(rows)
