"""Many merchants in one config: carts belong to one client, a warehouse may serve several."""

import pytest

from crossdock.config import load_config, survey_config
from crossdock.domain import InventoryMovement, MovementKind, Place
from crossdock.runtime.host import hearers_of
from crossdock.runtime.rules import areas_of_others

TWO = """
    [connections.acme-cart]
    connector = "acme"
    account = "A-1"
    api_key = { env = "CONFIG_TEST_KEY" }

    [connections.bolt-cart]
    connector = "acme"
    account = "B-1"
    api_key = { env = "CONFIG_TEST_KEY" }

    [connections.warehouse]
    connector = "depot"

    [pipelines.acme]
    client = "acme"
    order_source = "acme-cart"
    fulfillment_target = "warehouse"
    inventory_sink = "acme-cart"
    inventory_source = "warehouse"
    catalog_source = "acme-cart"
    catalog_sink = "warehouse"
    distribution_centers = ACME

    [pipelines.bolt]
    client = "bolt"
    order_source = "bolt-cart"
    fulfillment_target = "warehouse"
    inventory_sink = "bolt-cart"
    inventory_source = "warehouse"
    catalog_source = "bolt-cart"
    catalog_sink = "warehouse"
    distribution_centers = BOLT
"""
APART = ('{ 1 = { area = "A" } }', '{ 1 = { area = "B" } }')


def two(acme: str = APART[0], bolt: str = APART[1]) -> str:
    return TWO.replace("ACME", acme).replace("BOLT", bolt)


def mistakes(write, text):
    return [(one.key, one.found) for one in survey_config(write(text))[1]]


def test_two_clients_share_a_warehouse_and_its_catalogue(write):
    assert mistakes(write, two()) == []


@pytest.mark.parametrize("role", ["inventory_sink", "catalog_source"])
def test_a_cart_of_two_clients_is_a_mistake(write, role):
    text = two().replace(f'{role} = "bolt-cart"', f'{role} = "acme-cart"')
    assert mistakes(write, text) == [
        (f"pipelines.bolt.{role}", "'acme-cart' is the cart of pipeline 'acme' of client 'acme', and this pipeline is "
         "of client 'bolt'"),
    ]  # fmt: skip


def test_a_pipeline_that_names_no_client_is_nobody_elses(write):
    text = (
        two()
        .replace('    client = "bolt"\n', "")
        .replace('inventory_sink = "bolt-cart"', 'inventory_sink = "acme-cart"')
    )
    ((key, found),) = mistakes(write, text)
    assert key == "pipelines.bolt.inventory_sink"
    assert found.endswith("this pipeline is of no client")


def test_a_pipeline_that_is_not_enabled_shares_nothing(write):
    text = two().replace('inventory_sink = "bolt-cart"', 'inventory_sink = "acme-cart"\n    enabled = false')
    assert mistakes(write, text) == []


def test_pipelines_of_one_client_share_a_cart(write):
    text = two().replace('client = "bolt"', 'client = "acme"')
    text = text.replace('inventory_sink = "bolt-cart"', 'inventory_sink = "acme-cart"')
    assert mistakes(write, text) == []


@pytest.mark.parametrize(
    ("acme", "bolt", "area"),
    [
        ('{ 1 = { area = "MAIN" } }', '{ 7 = { area = "main" } }', "area 'main'"),
        ('{ 1 = { stock_areas = ["A*"] } }', '{ 7 = { stock_areas = ["AB"] } }', "area 'ab'"),
        ('{ 1 = { stock_areas = ["A*"] } }', '{ 7 = { stock_areas = ["*B"] } }', "area 'ab'"),
        ("{ 1 = {} }", '{ 7 = { area = "B" } }', "area 'b'"),
        ("{ 1 = {} }", "{ 7 = {} }", "stock without an area"),
    ],
)
def test_stock_that_would_be_told_to_the_carts_of_two_clients_is_a_mistake(write, acme, bolt, area):
    ((key, found),) = mistakes(write, two(acme, bolt))
    assert key == "pipelines.bolt.distribution_centers"
    assert area in found
    assert found.endswith("of 'warehouse' counts here and for pipeline 'acme' of client 'acme'")


def test_what_one_client_declares_unsold_may_be_the_others(write):
    text = two('{ 1 = { stock_areas = ["*"] } }', '{ 7 = { stock_areas = ["B*"] } }')
    unsold = text.replace('client = "acme"\n', 'client = "acme"\n    unsold_areas = ["B*"]\n')
    assert mistakes(write, unsold) == []
    assert mistakes(write, text) != []


def moved(origin: str | None, destination: str | None) -> InventoryMovement:
    ends = [None if area is None else Place(area=area) for area in (origin, destination)]
    return InventoryMovement(
        external_id="1", sku="TEE", kind=MovementKind.MOVE, quantity=1, origin=ends[0], destination=ends[1],
        moved_at="2024-03-01T12:00:00Z",
    )  # fmt: skip


def test_a_client_hears_of_its_own_areas_and_of_those_that_nobody_counts(write, monkeypatch):
    config = load_config(write(two()))
    hearers = {one.pipeline: one for one in hearers_of(config)["warehouse"]}

    def concerned(origin: str | None, destination: str | None) -> list[str]:
        return [name for name, one in hearers.items() if one.is_concerned(moved(origin, destination))]

    assert concerned("A", "A") == ["acme"]
    assert concerned("b", "B") == ["bolt"]
    assert concerned("A", "B") == ["acme", "bolt"]
    assert concerned("DOCK", "A") == ["acme", "bolt"], "what lies on the dock may be anybody's"
    assert areas_of_others(config, "acme").count("B") is not None
    assert areas_of_others(config, "acme").count("A") is None


def test_pipelines_of_one_client_hear_the_same(write):
    config = load_config(write(two().replace('client = "bolt"', 'client = "acme"')))
    assert all(one.is_concerned(moved("A", "A")) for one in hearers_of(config)["warehouse"])
