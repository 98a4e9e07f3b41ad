"""Labels as operators write them, and what they are compiled to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from crossdock.config import Pipeline
from crossdock.domain import Address, Dimensions, LabelFormat, LengthUnit, Money, Weight, WeightUnit
from crossdock.engine.label_rules import LabelMethod
from crossdock.runtime.rules import rules_of

ROAD = {"order_source": "cart", "fulfillment_target": "warehouse", "shipping_provider": "shipper"}
DOCK = {"company": "Dock", "line1": "1 Quay", "city": "Hull", "postal_code": "HU1", "country": "GB"}


def pipeline(labels: dict[str, object], **keys: object) -> Pipeline:
    return Pipeline.model_validate(ROAD | {"labels": labels} | keys)


def test_labels_arrive_as_they_are_written() -> None:
    written = pipeline(
        {
            "buy": True,
            "services": ["USPS/*"],
            "methods": [{"carrier": "UPS", "services": ["UPS/Ground", "UPS/*"]}],
            "choose": "in_order",
            "most": "25.00 USD",
            "format": "ZPL",
            "keep": "30d",
            "weight": "500 g",
            "tare": "1.2 lb",
            "product_unit": "kg",
            "box": "30 x 20x10.5 cm",
        },
        distribution_centers={"0": {"ship_from": DOCK}, "1": {}},
    )
    rules = rules_of("main", written).labels
    assert (rules.buy, rules.in_order, rules.check_address) == (True, True, True)
    assert rules.methods == (LabelMethod(("UPS/Ground", "UPS/*"), carrier="UPS"),)
    assert rules.most == Money(amount=Decimal("25.00"), currency="USD")
    assert (rules.format, rules.keep) == (LabelFormat.ZPL, timedelta(days=30))
    assert rules.weight == Weight(value=Decimal(500), unit=WeightUnit.GRAM)
    assert rules.tare == Weight(value=Decimal("1.2"), unit=WeightUnit.POUND)
    sides = {"length": Decimal(30), "width": Decimal(20), "height": Decimal("10.5")}
    assert rules.box == Dimensions(**sides, unit=LengthUnit.CENTIMETRE)
    assert rules.ship_from == {"0": Address(**DOCK)}


def test_without_a_word_nothing_is_bought() -> None:
    assert not rules_of("main", pipeline({})).labels.buy


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"buy": True}, "`services` or `methods` that say what may be bought"),
        ({"services": ["USPS"]}, "CARRIER/SERVICE in the codes of the shipping provider"),
        ({"methods": [{"carrier": "UPS", "services": []}]}, "at least 1 item"),
        ({"most": "25"}, 'a price such as "25.00 USD"'),
        ({"weight": "5"}, 'a weight such as "500 g"'),
        ({"weight": "0 g"}, 'a weight such as "500 g"'),
        ({"box": "30 x 20 cm"}, "the outer sides of a box"),
        ({"keep": "for ever"}, "an interval such as"),
        ({"format": "GIF"}, "'PDF', 'ZPL' or 'PNG'"),
    ],
    ids=str,
)
def test_what_would_never_work_is_a_mistake_when_it_is_written(labels: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as mistakes:
        pipeline(labels)
    assert words in str(mistakes.value)


def test_labels_are_bought_of_somebody_and_sent_from_somewhere() -> None:
    with pytest.raises(ValidationError, match="a `shipping_provider` that sells labels"):
        pipeline({"buy": True, "services": ["*"]}, shipping_provider=None)
    with pytest.raises(ValidationError, match="a `name` or a `company`"):
        pipeline({}, distribution_centers={"0": {"ship_from": DOCK | {"company": ""}}})
    with pytest.raises(ValidationError, match="country"):
        pipeline({}, distribution_centers={"0": {"ship_from": DOCK | {"country": "Britain"}}})
