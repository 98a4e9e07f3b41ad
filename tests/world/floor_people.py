"""What people do in a warehouse with stock: each act as far as the rules of the floor allow it."""

import random
from typing import Any

from world.floor_trade import GOODS, FloorTrade, is_of, some


def people_batch(trade: FloorTrade, dice: random.Random) -> str:
    number = some(trade, dice, "Available", locked=False)
    return trade.floor(act="batch", orders=[number]) if number else "nothing"


def people_unbatch(trade: FloorTrade, dice: random.Random) -> str:
    """Somebody puts back what was picked of an order, and takes it out of its batch."""
    number = some(trade, dice, "Available", "In Process", "Complete", locked=True)
    if not number:
        return "nothing"
    return trade.floor(act="reset", order=number) + trade.floor(act="unbatch", order=number)


def people_pick(trade: FloorTrade, dice: random.Random) -> str:
    """All that is left, or some pieces of a line; then perhaps the round ends, perhaps for good."""
    number = some(trade, dice, "Available", "In Process", locked=True)
    if not number:
        return "nothing"
    left = [line for line in trade.world.warehouse.orders()[number]["lines"] if line["picked"] < line["requested"]]
    wish: dict[str, Any] = {"act": "pick", "order": number}
    if left and dice.random() < 0.6:
        line = dice.choice(left)
        quantity = dice.randint(1, line["requested"] - line["picked"])
        wish |= {"line": line["host_id"], "item": line["item"], "quantity": quantity}
    words = trade.floor(**wish)
    if dice.random() < 0.5:
        words += trade.floor(act="complete", order=number, short=dice.random() < 0.3)
    return words


def people_give_up(trade: FloorTrade, dice: random.Random) -> str:
    """Some pieces of a line are picked, at most; nobody looks for the rest."""
    number = some(trade, dice, "Available", "In Process")
    if not number:
        return "nothing"
    order = trade.world.warehouse.orders()[number]
    words = "" if order["batched"] else trade.floor(act="batch", orders=[number])
    line = dice.choice(order["lines"])
    if quantity := dice.randint(0, max(line["requested"] - line["picked"] - 1, 0)):
        words += trade.floor(act="pick", order=number, line=line["host_id"], item=line["item"], quantity=quantity)
    words += trade.floor(act="complete", order=number, short=True, reason=dice.choice(("", "DAMAGED")))
    return words + (trade.floor(act="pack", order=number) if dice.random() < 0.5 else "")


def people_pack(trade: FloorTrade, dice: random.Random) -> str:
    number = some(trade, dice, "In Process", "Complete")
    return trade.floor(act="pack", order=number, close=dice.random() < 0.7) if number else "nothing"


def people_close_boxes(trade: FloorTrade, dice: random.Random) -> str:
    orders = trade.world.warehouse.orders().values()
    boxes = [(order["number"], box) for order in orders for box in order["open_boxes"]]
    return "; ".join(trade.floor(act="close", order=number, box=box) for number, box in boxes)


def people_reset(trade: FloorTrade, dice: random.Random) -> str:
    """All picks of an order; only some where the tenant tells of each box that is opened for it."""
    number = some(trade, dice, "In Process", "Complete")
    if not number:
        return "nothing"
    picks = list(trade.world.warehouse.orders()[number]["picks"])
    few = {"picks": dice.sample(picks, k=1)} if picks and trade.way.resets_some and dice.random() < 0.5 else {}
    return trade.floor(act="reset", order=number, **few)


def people_reopen(trade: FloorTrade, dice: random.Random) -> str:
    orders = trade.world.warehouse.orders().values()
    boxes = {order["number"]: [box["number"] for box in order["boxes"]] for order in orders if order["boxes"]}
    if not boxes:
        return "nothing"
    number = trade.chosen(dice, list(boxes))
    return trade.floor(act="reopen", order=number, box=dice.choice(boxes[number]))


def people_verify(trade: FloorTrade, dice: random.Random) -> str:
    number = some(trade, dice, "Complete")
    return trade.floor(act="verify", order=number) if number else "nothing"


def people_hold(trade: FloorTrade, dice: random.Random) -> str:
    number = some(trade, dice, "Available", "In Process")
    return trade.floor(act="hold", order=number) if number else "nothing"


def people_release(trade: FloorTrade, dice: random.Random) -> str:
    number = some(trade, dice, "Hold")
    return trade.floor(act="release", order=number) if number else "nothing"


def people_delete(trade: FloorTrade, dice: random.Random) -> str:
    """Of an order that may just have arrived, we cannot know that it was ever there: it is sent again."""
    number = some(trade, dice, "Available", "Hold", "In Process")
    if not number:
        return "nothing"
    if ("release", number) in {(kind, key) for kind, key, _ in trade.world.books.unfinished()}:
        trade.asked |= {order.id for order in trade.orders if is_of(number, (order.number,))}
    return trade.floor(act="delete", order=number)


def shift_works(trade: FloorTrade, dice: random.Random) -> str:
    habits = {"short_picks": 0.3, "over_picks": 0.05, "split_boxes": 0.5}
    return trade.shift(**habits, limit=dice.randint(1, 5), seed=dice.randrange(1000))


def goods_come_and_go(trade: FloorTrade, dice: random.Random) -> str:
    sku, place = dice.choice(GOODS), dice.choice(trade.way.places)
    quantity = dice.randint(1, 9)
    if dice.random() < 0.5:
        return trade.floor(act="put", item=sku, quantity=quantity, place=place)
    return trade.floor(act="pull", item=sku, quantity=quantity, place=place)


def goods_are_counted(trade: FloorTrade, dice: random.Random) -> str:
    place = dice.choice(trade.way.places)
    return trade.floor(act="count", item=dice.choice(GOODS), found=dice.randint(0, 60), place=place)


def goods_are_moved(trade: FloorTrade, dice: random.Random) -> str:
    origin, destination = dice.sample(trade.way.places, k=2)
    wish = {"origin": origin, "destination": destination, "quantity": dice.randint(1, 9)}
    return trade.floor(act="move", item=dice.choice(GOODS), **wish)
