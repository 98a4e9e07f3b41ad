"""Lists that are kept stay equal to lists made anew, whatever happens to the orders."""

import random
from contextlib import suppress

import pytest

from crossdock_channeladvisor.sandbox.errors import Refused
from crossdock_channeladvisor.sandbox.options import SandboxOptions
from crossdock_channeladvisor.sandbox.orders.account import Account
from crossdock_channeladvisor.sandbox.orders.adjustments import buyer_cancels
from crossdock_channeladvisor.sandbox.orders.fulfillments import edit
from crossdock_channeladvisor.sandbox.orders.shipping import ship
from crossdock_channeladvisor.sandbox.orders.views import Selection, View

PAID = "PaymentStatus eq 'Cleared' and ShippingStatus ne 'Shipped'"
SELECTIONS = (
    Selection(),
    Selection(filter=PAID),
    Selection(filter=PAID, exported=False, application="a"),
    Selection(exported=True, application="b"),
    Selection(filter="Fulfillments/Any(f: f/DeliveryStatus eq 'Complete')"),
    Selection(filter=PAID, order_by=(("UpdatedDateUtc", True),)),
)


def change(dice: random.Random, account: Account) -> None:
    order = dice.choice(account.sales).order
    what = dice.choice(("export", "unexport", "alter", "ship", "add", "pay", "cancel", "send"))
    if what == "export":
        account.export(order.ID, dice.choice("ab"))
    elif what == "unexport":
        account.unexport(order.ID, dice.choice("ab"))
    elif what == "alter":
        account.alter(order.ID, {"PaymentStatus": dice.choice(("Cleared", "Failed", "Submitted"))})
    elif what == "ship" and order.ShippingStatus == "Unshipped" and order.CheckoutStatus != "Disabled":
        ship(account, order.ID, b'{"Value":{}}')
    elif what in ("cancel", "send"):
        with suppress(Refused):
            if what == "cancel":
                buyer_cancels(account, order.ID, None, None)
            else:
                edit(account, dice.choice(order.Fulfillments).ID, b"{}")
    elif what == "add":
        account.add_generated({})
    elif dice.random() < 0.1:
        account.pay_all()


@pytest.mark.parametrize("seed", range(5))
def test_kept_list_equals_a_fresh_one_after_every_change(seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    account = Account(seed, 40, SandboxOptions())
    for _ in range(150):
        change(dice, account)
        for selection in SELECTIONS:
            assert account.view(selection).positions == View(selection, account.sales).positions
