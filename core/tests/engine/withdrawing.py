"""A warehouse that can forget orders and hold them, in memory."""

from collections.abc import Iterator

from crossdock.domain import FulfillmentRequest
from crossdock.engine.amendment import Amendment, Purpose
from crossdock.hooks.errors import Rejected
from crossdock.hooks.records import Receipt, Withdrawal
from crossdock.store.queries import the_order
from crossdock.store.withdrawals import ask_withdrawal

from .remote import Warehouse
from .world import World


class WithdrawingWarehouse(Warehouse):
    """Forgets an order until work on it begins; another order under the same number is not ours."""

    def __init__(self, page_size: int = 3) -> None:
        super().__init__(page_size)
        self.begun: dict[str, str] = {}
        self.held: set[str] = set()

    def begin(self, number: str, words: str = "In Process") -> None:
        """From now on somebody works on it."""
        self.begun[number] = words

    def there(self) -> dict[str, list[FulfillmentRequest]]:
        """What the warehouse has, by number."""
        there: dict[str, list[FulfillmentRequest]] = {}
        for request in self.requests:
            there.setdefault(request.number, []).append(request)
        return there

    def _find(self, request: FulfillmentRequest) -> Receipt | None:
        for one in self.there().get(request.number, []):
            if one != request:
                raise Rejected(f"{request.number} is another order there")
            return Receipt(f"WH-{request.number}")
        return None

    async def withdraw_order(self, request: FulfillmentRequest) -> Withdrawal:
        return await self._carry_out("withdraw_order", lambda: self._withdraw(request))

    def _withdraw(self, request: FulfillmentRequest) -> Withdrawal:
        if request.number in self.begun and request.number in self.there():
            return Withdrawal(gone=False, words=self.begun[request.number])
        self.requests = [one for one in self.requests if one.number != request.number]
        return Withdrawal(gone=True)

    async def hold_order(self, request: FulfillmentRequest) -> Receipt:
        return await self._carry_out("hold_order", lambda: self._hold(request.number))

    def _hold(self, number: str) -> Receipt:
        if number in self.begun:
            raise Rejected(f"{number} is {self.begun[number]}")
        self.held.add(number)
        return Receipt(number)

    async def resume_order(self, request: FulfillmentRequest) -> Receipt:
        return await self._carry_out("resume_order", lambda: self._resume(request.number))

    def _resume(self, number: str) -> Receipt:
        self.held.discard(number)
        return Receipt(number)


def with_withdrawals(world: World) -> WithdrawingWarehouse:
    """The world's warehouse can forget orders."""
    warehouse = world.warehouse = WithdrawingWarehouse()
    return warehouse


async def take_back(world: World, key: str, purpose: Purpose = Purpose.KEEP) -> str:
    """Ask as the command does; gives the promise's key."""
    order = await world.store.read(the_order, key)
    return await world.store.write(
        ask_withdrawal, order.id, world.pipeline().targets, Amendment(purpose=purpose), now=world.clock.now()
    )


def sku_lines(warehouse: WithdrawingWarehouse, number: str) -> Iterator[tuple[str, int]]:
    """What the one order of this number is to ship."""
    [request] = warehouse.there()[number]
    return ((line.sku, line.quantity) for line in request.lines)
