"""Several warehouses in one pipeline: each connection is there and has the role, the assumed centre is one of ours."""

from crossdock.config import load_config, survey_config, survey_connections

CENTERS = """
    [connections.west]
    connector = "depot"

    [pipelines.main.distribution_centers]
    1 = { area = "EAST" }
    2 = { fulfillment_target = "west" }
    3 = { fulfillment_target = "warehouse" }
"""


def mistakes_in(path) -> dict[str, str]:
    return {mistake.key: str(mistake) for mistake in survey_config(path)[1]}


def test_each_centre_may_have_a_warehouse_of_its_own(write, good, plugins):
    config = load_config(write(good + CENTERS))
    assert config.pipelines["main"].more_targets == ("west",)
    assert not survey_connections(config, plugins)[1]


def test_a_centre_at_an_unknown_connection_is_a_mistake_with_the_nearest_name(write, good):
    found = mistakes_in(write(good + CENTERS.replace('target = "west"', 'target = "wets"')))
    [told] = found.values()
    assert list(found) == ["pipelines.main.distribution_centers.2.fulfillment_target"]
    assert "there is no connection 'wets'" in told
    assert "did you mean 'west'?" in told


def test_a_centre_at_a_connection_that_cannot_ship_is_a_mistake(write, good, plugins):
    config = load_config(write(good + CENTERS.replace('target = "west"', 'target = "cart"')))
    [told] = survey_connections(config, plugins)[1]
    assert told.key == "pipelines.main.distribution_centers.2.fulfillment_target"
    assert told.found == "connection 'cart' (acme) cannot be a fulfillment target"
    assert told.allowed == "a connection that can: warehouse, west"


def test_a_pipeline_without_orders_has_no_centre_with_a_warehouse(write):
    found = mistakes_in(
        write("""
        [connections.west]
        connector = "depot"
        [pipelines.stock]
        inventory_sink = "west"
        distribution_centers = { 2 = { fulfillment_target = "west" } }
    """)
    )
    assert "needs an order_source" in found["pipelines.stock"]


def test_the_assumed_centre_must_be_one_of_ours(write, good):
    text = good.replace('"warehouse"\n', '"warehouse"\n    default_distribution_center = "east-1"\n', 1)
    found = mistakes_in(write(text + CENTERS.replace("1 = {", '"east-11" = {')))
    told = found["pipelines.main.default_distribution_center"]
    assert "there is no distribution centre 'east-1'" in told
    assert "allowed: east-11, 2, 3" in told
    assert "did you mean 'east-11'?" in told
    assert not mistakes_in(write(text.replace("east-1", "2") + CENTERS))
