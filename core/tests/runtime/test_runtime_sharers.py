"""Whose orders are missing from which shelf, as the operator's config says it."""

from pathlib import Path

from crossdock.config import load_config
from crossdock.engine.claims import Sharer
from crossdock.runtime.sharers import sharers_of

CONNECTIONS = """
[connections.cart]
connector = "acme"
[connections.bazaar]
connector = "acme"
[connections.depot]
connector = "depot"
[connections.far]
connector = "depot"
[pipelines.main]
order_source = "cart"
fulfillment_target = "depot"
inventory_source = "depot"
inventory_sink = "cart"
"""
TWO_CENTERS = """
[pipelines.main.distribution_centers]
"1" = { area = "MAIN" }
"2" = { area = "WEST" }
"""


def shared(folder: Path, text: str, connections: str = CONNECTIONS) -> dict[str, Sharer]:
    """The sharers of the pipeline `main` in this config, by their names."""
    file = folder / "crossdock.toml"
    file.write_text(connections + text)
    return {one.rules.name: one for one in sharers_of(load_config(file), "main")}


def another(centers: str, **keys: str) -> str:
    """A second pipeline, of another cart."""
    written = {"order_source": "bazaar", "fulfillment_target": "depot"} | keys
    return "[pipelines.other]\n" + "".join(f'{key} = "{value}"\n' for key, value in written.items()) + centers


def centers_of(*lines: str) -> str:
    return "[pipelines.other.distribution_centers]\n" + "\n".join(lines) + "\n"


def test_a_pipeline_claims_at_its_own_centres_what_ships_from_the_stock_that_it_tells_of(tmp_path: Path) -> None:
    (own,) = shared(tmp_path, TWO_CENTERS + '"3" = { fulfillment_target = "far" }\n').values()
    assert own.rules.name == "main"
    assert [own.places(center) for center in ("1", "2", "3", "gone")] == [("1",), ("2",), (), ("1", "2")]
    assert set(own.warehouses) == {"depot"}


def test_the_centres_of_another_cart_are_found_by_the_areas_in_which_the_warehouse_picks(tmp_path: Path) -> None:
    found = shared(
        tmp_path,
        TWO_CENTERS
        + another(centers_of('"A" = { area = "WEST" }', '"B" = { stock_areas = ["MA*"] }', '"C" = { area = "DOCK" }')),
    )
    assert [found["other"].places(center) for center in "ABC"] == [("2",), ("1",), ("1", "2")]


def test_what_leaves_from_an_area_that_is_not_for_sale_is_missing_nowhere(tmp_path: Path) -> None:
    unsold = TWO_CENTERS.replace("[pipelines", 'unsold_areas = ["OUTLET"]\n[pipelines', 1)
    found = shared(tmp_path, unsold + another(centers_of('"A" = { area = "OUTLET" }', '"B" = { area = "MAIN" }')))
    assert [found["other"].places(center) for center in "AB"] == [(), ("1",)]


def test_where_nobody_names_a_centre_pieces_are_missing_at_each(tmp_path: Path) -> None:
    found = shared(tmp_path, TWO_CENTERS + another(""))
    assert found["other"].places("whatever") == ("1", "2")
    only = shared(tmp_path, '[pipelines.main.distribution_centers]\n"1" = {}\n' + another(""))
    assert (only["other"].places("whatever"), only["main"].places("1")) == (("1",), ("1",))


def test_of_other_clients_only_those_count_that_pick_where_our_stock_lies(tmp_path: Path) -> None:
    theirs = centers_of('"A" = { area = "THEIRS" }')
    assert shared(tmp_path, TWO_CENTERS + another(theirs, client="globex")).keys() == {"main"}
    both = centers_of('"A" = { area = "THEIRS" }', '"B" = { area = "MAIN" }')
    found = shared(tmp_path, TWO_CENTERS + another(both, client="globex"))
    assert [found["other"].places(center) for center in ("A", "B", "gone")] == [(), ("1",), ()]


ORDERS_OF_MAIN = 'order_source = "cart"\nfulfillment_target = "depot"\n'


def test_a_pipeline_that_ships_from_elsewhere_shares_nothing_but_the_cart(tmp_path: Path) -> None:
    assert shared(tmp_path, TWO_CENTERS + another("", fulfillment_target="far")).keys() == {"main"}
    stock_alone = CONNECTIONS.replace(ORDERS_OF_MAIN, "")
    found = shared(tmp_path, TWO_CENTERS + another("", fulfillment_target="far", order_source="cart"), stock_alone)
    assert [(name, one.claims) for name, one in found.items()] == [("other", False)]


def test_a_centre_of_the_same_cart_is_the_same_centre_whichever_pipeline_names_it(tmp_path: Path) -> None:
    stock_alone = CONNECTIONS.replace(ORDERS_OF_MAIN, "")
    orders = another(centers_of('"1" = {}', '"5" = {}'), order_source="cart")
    found = shared(tmp_path, TWO_CENTERS + orders, stock_alone)
    assert [found["other"].places(center) for center in "15"] == [("1",), ("1", "2")]


def test_who_hears_of_the_same_stock_and_ships_by_another_connection_shares_it(tmp_path: Path) -> None:
    found = shared(tmp_path, TWO_CENTERS + another("", fulfillment_target="far", inventory_source="depot"))
    assert found["other"].places("whatever") == ("1", "2")
    assert set(found["other"].warehouses) == {"far"}


def test_a_pipeline_without_stock_and_one_that_is_off_share_nothing(tmp_path: Path) -> None:
    assert shared(tmp_path, TWO_CENTERS + another("", enabled="x").replace('"x"', "false")).keys() == {"main"}
    file = tmp_path / "crossdock.toml"
    file.write_text(CONNECTIONS + TWO_CENTERS + another(""))
    assert sharers_of(load_config(file), "other") == ()
