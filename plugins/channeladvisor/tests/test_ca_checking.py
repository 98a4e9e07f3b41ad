"""What a check of the connection reaches, and what it finds wrong with the settings."""

import asyncio

import pytest

from crossdock import NeedsConfig
from crossdock.sandbox import SandboxServer
from crossdock_channeladvisor.models import VendorDistributionCenter
from crossdock_channeladvisor.orders.checking import wrong_centers

EAST = VendorDistributionCenter(id=1, code="EAST", type="Warehouse", is_externally_managed=False)
FBA = VendorDistributionCenter(id=-2, code="FBA", type="ExternallyManaged")
WFS = VendorDistributionCenter(id=-5, code="WFS", type="Warehouse", is_externally_managed=True)
OLD = VendorDistributionCenter(id=9, is_deleted=True)


@pytest.fixture
def check(ca_server, ca_connect):
    async def run(url, settings):
        async with ca_connect(url, **settings) as source:
            return await source.check()

    def play(server=None, **settings):
        with ca_server(**({"orders": 1, "page_size": 2} | (server or {}))) as url:
            return asyncio.run(run(url, settings))

    return play


def test_profiles_sites_and_distribution_centres_are_named(check):
    lines = check({"profiles": [11, 12]})
    assert "profile 11 Sandbox seller USD" in lines
    assert "profile 12 Sandbox seller USD" in lines
    assert "site 640 Amazon Seller Central - US" in lines
    assert "distribution centre 1 EAST Warehouse" in lines
    assert "distribution centre -2 FBA ExternallyManaged" in lines


def test_everything_that_the_settings_have_wrong_is_said_at_once(check):
    with pytest.raises(NeedsConfig) as refused:
        check(profile_ids=[5], distribution_centers=[1, 77, 3], externally_managed_centers=[])
    said = str(refused.value)
    assert "`profile_ids` names 5, which this authorization does not cover; it covers 12345678" in said
    assert "`distribution_centers` names 77, which the account does not have; it has 1, 2, -2" in said
    assert "`distribution_centers` names 3, which is deleted" in said


def test_a_site_on_which_nobody_seems_to_sell_is_doubted_and_not_refused(check):
    assert "`site_ids` names 99999, on which no profile seems to sell" in check(site_ids=[640, 99999])


def test_a_centre_from_which_others_ship_must_not_be_taken_for_ours(check, ca_settings):
    words = "others ship from distribution centre -2, but the settings take it for ours: add -2 to `externally_managed"
    with pytest.raises(NeedsConfig, match=words):
        check(externally_managed_centers=[])
    assert len(wrong_centers([EAST, FBA, WFS], ca_settings())) == 1
    assert "add -5 to `externally_managed_centers`" in wrong_centers([EAST, FBA, WFS], ca_settings())[0]
    assert wrong_centers([EAST, FBA, WFS], ca_settings(externally_managed_centers=[-2, -5])) == []
    assert wrong_centers([EAST, FBA, WFS], ca_settings(distribution_centers=[1])) == []


def test_deleted_and_unknown_centres_are_told_apart(ca_settings):
    wrong = wrong_centers([EAST, OLD], ca_settings(distribution_centers=[9, 8]))
    assert ["which the account does not have; it has 1" in sentence for sentence in wrong] == [True, False]
    assert "names 9, which is deleted" in wrong[1]


def test_profiles_are_listed_where_their_sites_are_not_to_be_had(ca_connect):
    bodies = {
        "/oauth2/token": '{"access_token":"t","expires_in":3600}',
        "/v1/Profiles": '{"value":[{"ID":11}]}',
        "/v1/DistributionCenters": '{"value":[]}',
    }

    async def app(scope, receive, send):
        body = None if b"expand" in scope["query_string"] else bodies.get(scope["path"])
        await send({"type": "http.response.start", "status": 200 if body else 400, "headers": []})
        await send({"type": "http.response.body", "body": (body or "").encode()})

    async def run(url):
        async with ca_connect(url) as source:
            return await source.check()

    with SandboxServer(app) as server:
        assert asyncio.run(run(server.url)) == ["profile 11"]
