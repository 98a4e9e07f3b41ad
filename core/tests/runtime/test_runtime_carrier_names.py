"""What the config says of carriers' names, and what an order source knows of them, becomes rules."""

import asyncio
from pathlib import Path

import pytest

from crossdock.config import Pipeline, survey_config
from crossdock.mapping import Asked, ShipMethod
from crossdock.runtime.carrier_names import carrier_names
from crossdock.runtime.rules import rules_of, with_carrier_names

UPS_GROUND = Asked("UPS", "Ground")
CONFIG = """
[connections.cart]
connector = "channeladvisor"
application_id = "ours"
shared_secret = { env = "CART_SECRET" }
refresh_token = { env = "CART_TOKEN" }
carriers = { Ups = ["Ground"] }

[connections.warehouse]
connector = "warehouseos"

[pipelines.main]
order_source = "cart"
fulfillment_target = "warehouse"

[pipelines.stock]
inventory_source = "warehouse"
inventory_sink = "cart"
"""


class Cart:
    """An order source that knows one name."""

    def carrier_names(self) -> dict[str, tuple[str, str]]:
        return {"ups_ground": ("U", "G")}


def pipeline(**methods: str) -> Pipeline:
    return Pipeline.model_validate({"order_source": "cart", "fulfillment_target": "warehouse", "ship_methods": methods})


def test_names_and_numbers_are_suggestions_until_the_operator_wants_them_used() -> None:
    rules = with_carrier_names(rules_of("main", pipeline()), Cart())
    using = with_carrier_names(rules_of("main", pipeline(known_names="use", recognise="use")), Cart())

    assert (rules.outbound.choose(UPS_GROUND), rules.recognises) == (None, False)
    suggested, chosen = rules.outbound.suggestion(UPS_GROUND), using.outbound.choose(UPS_GROUND)
    assert suggested
    assert chosen
    assert suggested.method == chosen.method == ShipMethod("U", "G")
    assert using.recognises
    assert using.inbound.choose(UPS_GROUND) is None


def test_a_cart_that_knows_no_names_suggests_none() -> None:
    rules = with_carrier_names(rules_of("main", pipeline(known_names="use")), object())

    assert rules.outbound.suggestion(UPS_GROUND) is None
    assert rules.outbound.choose(UPS_GROUND) is None


@pytest.mark.parametrize("broken", [False, True])
def test_names_are_asked_of_the_plugin_alone_and_one_that_cannot_be_opened_has_none(
    tmp_path: Path, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CART_SECRET", "a secret of the cart")
    monkeypatch.setenv("CART_TOKEN", "a token of the cart")
    file = tmp_path / "crossdock.toml"
    file.write_text(CONFIG.replace("channeladvisor", "nobody") if broken else CONFIG)
    config, _ = survey_config(file)

    names = asyncio.run(carrier_names(config, ["main", "stock"]))

    assert names == {"main": {} if broken else {"ups_ground": ShipMethod("Ups", "Ground")}, "stock": {}}
