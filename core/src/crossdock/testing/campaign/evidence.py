"""What all sides say at the end of a campaign."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock.engine.ledger import Kind
from crossdock.sandbox import Effect, EffectKind
from crossdock.store.books import Books, OrderEntry, PromiseEntry


@dataclass(frozen=True)
class Bindings:
    """The connections of one pipeline by what they are for; empty text where there is none."""

    cart: str = ""
    warehouses: tuple[str, ...] = ()
    provider: str = ""


@dataclass(frozen=True)
class Evidence:
    """What all sides say at the end.

    `effects`: by connection, what took effect in its system since the campaign began. `troubles`: runners that ended
    otherwise than they should. `owed`: what was still to be done when the time to come to rest was over. `choosy`:
    carts of whose orders not all are wanted, by a setting of the connection or of its pipeline.
    """

    books: Books
    pipelines: Mapping[str, Bindings]
    effects: Mapping[str, Sequence[Effect]]
    troubles: Sequence[str] = ()
    owed: Sequence[str] = ()
    choosy: frozenset[str] = frozenset()

    def of_kind(self, connection: str, kind: EffectKind) -> list[Effect]:
        """The effects of one kind in one system."""
        return [one for one in self.effects.get(connection, ()) if one.kind is kind]

    def promises(self, kind: Kind, connection: str) -> list[PromiseEntry]:
        """The promises of one kind to one system."""
        return [one for one in self.books.promises if one.kind == kind and one.connection == connection]

    def order(self, id: int | None) -> OrderEntry | None:
        """An order by its row."""
        return self.books.orders.get(id or 0)

    def orders_at(self, cart: str) -> dict[str, OrderEntry]:
        """The orders of a cart by its ids."""
        return {one.external_id: one for one in self.books.orders.values() if one.connection == cart}

    def has_problem(self, order: OrderEntry, *names: str) -> bool:
        """Whether a problem, open or closed by a person, names an order or something of it."""
        called = {order.external_id, order.number, *names}
        return any(
            one.order_id == order.id or one.subject in called or one.subject.startswith((f"{order.number}/",))
            for one in self.books.problems
        )

    @property
    def carts(self) -> list[str]:
        """Every connection that orders come from."""
        return [*dict.fromkeys(one.cart for one in self.pipelines.values() if one.cart)]

    @property
    def warehouses(self) -> list[str]:
        """Every connection that ships."""
        return [*dict.fromkeys(name for one in self.pipelines.values() for name in one.warehouses)]

    @property
    def providers(self) -> list[str]:
        """Every connection that labels come from."""
        return [*dict.fromkeys(one.provider for one in self.pipelines.values() if one.provider)]
