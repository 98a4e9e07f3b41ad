"""The comparison of both ends finds whatever is wrong."""

import copy

import pytest

from crossdock.runtime.demo.truth import compare, unchanged

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
            "boxes": [{"tracking_number": "1Z-1"}, {"tracking_number": "1Z-2"}, {"tracking_number": "1Z-3"}],
        }
    ]
}


def sentences(cart, warehouse):
    return [finding.sentence for finding in compare(cart, warehouse) if not finding.holds]


def test_two_ends_that_agree_have_no_finding():
    findings = compare(CART, WAREHOUSE)
    assert [finding.wrong for finding in findings] == [()] * 5
    assert "2 packages are reported to the cart, each exactly once (1 more complete no unit)" in findings[3].sentence


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
    cart, warehouse = copy.deepcopy((CART, WAREHOUSE))
    damage(cart["orders"], warehouse["orders"][0])
    assert any(expected in sentence for sentence in sentences(cart, warehouse))


def test_pieces_over_what_was_asked_for_are_nobodys_units():
    warehouse = copy.deepcopy(WAREHOUSE)
    warehouse["orders"][0]["lines"][0].update(packed=5)
    assert sentences(CART, warehouse) == []


def test_a_change_between_two_runs_is_found_at_either_end():
    cart, warehouse = copy.deepcopy((CART, WAREHOUSE))
    assert unchanged((CART, WAREHOUSE), (cart, warehouse)).holds
    cart["orders"]["556"]["exported_for"] = ["an-application"]
    assert unchanged((CART, WAREHOUSE), (cart, warehouse)).wrong == ("cart: order 556",)
    warehouse["orders"][0]["creates"] = 2
    assert unchanged((CART, WAREHOUSE), (CART, warehouse)).wrong == ("warehouse: order A-1",)
