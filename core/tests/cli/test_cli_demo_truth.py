"""The comparison of cart, warehouse and shipping system finds whatever is wrong."""

import copy
from decimal import Decimal

import pytest

from crossdock.runtime.demo.truth import Truths, boxes_without_label, compare, spent, unchanged

CART = {
    "orders": {
        "555": {
            "exported_for": ["an-application"],
            "ships": [
                {"tracking": "1Z-1", "items": {"70": 1}},
                {"tracking": "1Z-2", "items": {"70": 1, "71": 1}},
            ],
            "lines": {
                "70": {"ordered": 2, "shipped": 2, "open": 0},
                "71": {"ordered": 3, "shipped": 2, "open": 1},
            },
        },
        "556": {"exported_for": [], "ships": [], "lines": {"72": {"ordered": 1, "shipped": 0, "open": 1}}},
    }
}
"""Order 555: line 70 is a plain one; of line 71, a bundle, one was somebody else's and gone from the start."""
WAREHOUSE = {
    "orders": [
        {
            "number": "A-1",
            "key": "main:555:1",
            "creates": 1,
            "lines": [
                {"host_id": "70", "requested": 2, "picked": 2, "packed": 2},
                {"host_id": "71.1", "requested": 2, "picked": 1, "packed": 1},
                {"host_id": "71.2", "requested": 4, "picked": 3, "packed": 3},
            ],
            "boxes": [
                {"number": "B-1", "carrier": "UPS", "service": "Ground", "tracking_number": "1Z-1"},
                {"number": "B-2", "carrier": "UPS", "service": "Ground", "tracking_number": ""},
                {"number": "B-3", "carrier": "UPS", "service": "Ground", "tracking_number": ""},
            ],
        }
    ]
}
SHIPPING = {
    "labels": [
        {"reference": "A-1", "box": "B-2", "key": "", "tracking_number": "1Z-2", "price": "9.40", "currency": "USD"},
        {
            "reference": "A-1",
            "box": "W7/B-3",
            "key": "A-1/W7/B-3",
            "tracking_number": "1Z-3",
            "price": "8.95",
            "currency": "USD",
        },
    ],
    "shipments": {"shp_1": "created", "shp_2": "created"},
}
"""A person printed the label of box B-2; we bought that of B-3, which we call by all its numbers."""
TOLD = Truths(CART, WAREHOUSE, SHIPPING)


def sentences(told):
    return [finding.sentence for finding in compare(told) if not finding.holds]


def test_systems_that_agree_have_no_finding():
    findings = compare(TOLD)
    assert [finding.wrong for finding in findings] == [()] * 7
    assert "1 boxes have the warehouse's tracking number, 2 the shipping system's" in findings[3].sentence
    assert "2 labels were sold: 1 to people, 1 to crossdock, none twice" in findings[4].sentence
    assert "2 packages are reported to the cart, each exactly once (1 more complete no unit)" in findings[5].sentence


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda cart, order: order.update(creates=2), "exactly once"),
        (lambda cart, order: order.update(key=""), "exactly once"),
        (lambda cart, order: cart["556"].update(exported_for=["an-application"]), "marked as taken"),
        (lambda cart, order: cart["555"].update(exported_for=[]), "marked as taken"),
        (lambda cart, order: order["lines"][0].update(requested=1), "asked for"),
        (lambda cart, order: cart["555"]["lines"]["70"].update(ordered=3), "asked for"),
        (lambda cart, order: cart["555"]["ships"].append({"tracking": "1Z-2", "items": {}}), "reported to the cart"),
        (lambda cart, order: cart["555"]["ships"].append({"tracking": "1Z-9", "items": {}}), "reported to the cart"),
        (lambda cart, order: order["lines"][2].update(packed=1), "units are shipped in the cart"),
        (lambda cart, order: cart["555"]["ships"][0].update(items={}), "units are shipped in the cart"),
    ],
)
def test_every_damage_at_one_end_is_found(damage, expected):
    told = copy.deepcopy(TOLD)
    damage(told.cart["orders"], told.warehouse["orders"][0])
    assert any(expected in sentence for sentence in sentences(told))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda labels: labels.append({**labels[1], "tracking_number": "1Z-4"}), "none twice"),
        (lambda labels: labels.append({**labels[1], "box": "B-1"}), "the warehouse's tracking number"),
        (lambda labels: labels.append({**labels[1], "reference": "A-2"}), "the warehouse's tracking number"),
        (lambda labels: labels.pop(), "the warehouse's tracking number"),
        (lambda labels: labels[0].update(tracking_number="1Z-9"), "reported to the cart"),
    ],
)
def test_every_damage_at_the_shipping_system_is_found(damage, expected):
    told = copy.deepcopy(TOLD)
    damage(told.shipping["labels"])
    assert any(expected in sentence for sentence in sentences(told))


def test_a_box_waits_until_warehouse_or_shipping_system_has_its_number():
    waiting = boxes_without_label(WAREHOUSE, {"labels": SHIPPING["labels"][1:]})
    assert [box.key for box in waiting] == ["A-1/B-2"]
    assert boxes_without_label(WAREHOUSE, SHIPPING) == []


def test_what_people_paid_is_not_what_we_spent():
    assert spent(SHIPPING) == {"USD": Decimal("8.95")}


def test_pieces_over_what_was_asked_for_are_nobodys_units():
    told = copy.deepcopy(TOLD)
    told.warehouse["orders"][0]["lines"][0].update(packed=5)
    assert sentences(told) == []


def test_a_change_between_two_runs_is_found_in_any_system():
    after = copy.deepcopy(TOLD)
    assert unchanged(TOLD, after).holds
    after.cart["orders"]["556"]["exported_for"] = ["an-application"]
    assert unchanged(TOLD, after).wrong == ("cart: order 556",)
    after.warehouse["orders"][0]["creates"] = 2
    after.shipping["shipments"]["shp_3"] = "draft"
    assert unchanged(TOLD, after).wrong == (
        "cart: order 556",
        "warehouse: order A-1",
        "shipping system: label shp_3",
    )
