"""What differs of one product, by how much and why: a pure decision from both sides and what is known here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossdock.domain import StockMeaning
from crossdock.engine.comparison import Held, Product, difference
from crossdock.engine.evidence import ALL_RUNS, AskedChange, Evidence, Standstill
from crossdock.engine.movement_ports import WaitingMovement
from crossdock.engine.netting import effect
from crossdock.engine.positions import StockTaking
from crossdock.engine.report import Cause, Discrepancy
from crossdock.engine.rules import PipelineRules

Likely = tuple[Cause, str]
"""A likely cause, and the evidence for it in words."""
WAITS_AT_MOST = timedelta(hours=6)
"""A change that waits for longer is not on its way any more, whatever keeps it."""
WHOLLY_UNKNOWN = "the warehouse lists no pieces of it, and none has moved or was told as far as is known here"


@dataclass(frozen=True)
class Circumstances:
    """What holds for all products of a comparison: when it began and when the warehouse counted, what stands still, the
    units for which buyers wait by the cart's SKU, and pieces by SKU of the warehouse and unmapped area."""

    rules: PipelineRules
    began_at: datetime
    counted_at: datetime
    standstill: Standstill = ALL_RUNS
    units_waiting: Mapping[str, int] = field(default_factory=dict)
    unmapped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """What differs of one product, and how many of its centres agree only with what is on the way."""

    discrepancies: tuple[Discrepancy, ...] = ()
    on_the_way: int = 0


def circumstances_of(rules: PipelineRules, taking: StockTaking, standstill: Standstill) -> Circumstances:
    """What holds for all products, put so that each finds its own."""
    unmapped: dict[str, dict[str, int]] = {}
    for (sku, area), quantity in taking.unmapped.items():
        unmapped.setdefault(sku, {})[area] = quantity
    return Circumstances(rules, taking.began_at, taking.counted_at, standstill, taking.units_waiting, unmapped)


def judge(product: Product, held: Held, known: Evidence, around: Circumstances) -> Judged:
    """Compare one product at every centre."""
    return Judged() if held.is_computed else _Case(product, held, known, around).judged()


class _Case:
    """One product with all that is known of it."""

    def __init__(self, product: Product, held: Held, known: Evidence, around: Circumstances) -> None:
        self._product, self._held, self._known, self._around = product, held, known, around
        self._has = {center: self._after(center) for center in product.wanted}
        gaps = {center: difference(one.quantity, self._has[center]) for center, one in product.wanted.items()}
        settling = {center for center, gap in gaps.items() if gap and gap == self._moved(center, known.in_work)}
        self._wrong = {center: gap for center, gap in gaps.items() if gap and center not in settling}
        self._waiting = {center for center in gaps if center not in self._wrong and self._on_the_way(center)} | settling

    def judged(self) -> Judged:
        """What differs, and how many centres agree only with what is on the way."""
        return Judged(tuple(self._row(center) for center in self._wrong), len(self._waiting))

    def _row(self, center: str) -> Discrepancy:
        product, held, position = self._product, self._held, self._product.wanted[center].position
        cause, because = self._likely(center)
        heard_of = self._is_heard_of
        return Discrepancy(
            sku=product.sku,
            center=center,
            stock_unit=product.stock_unit,
            cause=cause,
            because=because,
            difference=self._wrong[center],
            expected=product.wanted[center].quantity if heard_of else None,
            at_cart=None if held.is_unknown else self._at_cart(center),
            on_hand=position.on_hand if heard_of else None,
            allocated=position.allocated,
            in_flight=position.in_flight,
            on_the_way=self._on_the_way(center),
            reserved=held.reserved,
            product_id=held.product_id,
        )

    @property
    def _is_heard_of(self) -> bool:
        return self._product.listed or self._known.heard_of or bool(self._lying)

    @property
    def _lying(self) -> Mapping[str, int]:
        """How many pieces of it lie in areas of which nobody says where they count."""
        return self._around.unmapped.get(self._product.stock_unit, {})

    def _at_cart(self, center: str) -> int:
        return self._held.at.get(center, 0)

    def _on_the_way(self, center: str) -> int:
        return self._has[center] - self._at_cart(center)

    def _after(self, center: str) -> int:
        """What the cart will have once all that is on the way has arrived, without what is in doubt."""
        if self._held.is_unknown:
            return 0
        if self._level_will_be_told(center):
            return max(self._product.wanted[center].quantity - max(self._more_reserved, 0), 0)
        stuck = self._around.standstill.changes
        return self._at_cart(center) if stuck else self._sent(center, self._is_on_its_way)

    @property
    def _more_reserved(self) -> int:
        """How much more the cart has promised to buyers than the orders that are known here ask for."""
        return self._held.reserved - self._around.units_waiting.get(self._product.sku, 0)

    def _is_on_its_way(self, change: AskedChange) -> bool:
        return not change.is_refused and self._around.began_at - change.asked_at <= WAITS_AT_MOST

    def _sent(self, center: str, counts: Callable[[AskedChange], bool]) -> int:
        """The cart's number after those changes that count, of which none is in doubt, and what waits to be told."""
        number = self._at_cart(center)
        for change in self._known.changes:
            told = change.at(center)
            if told is not None and counts(change) and not change.is_doubtful:
                number = self._told(change, center, told, number)
        return number + self._moved(center, self._known.waiting)

    def _told(self, change: AskedChange, center: str, told: int, number: int) -> int:
        match change.change.meaning:
            case StockMeaning.DIFFERENCE:
                return number + told
            case StockMeaning.SELLABLE:
                return told
            case StockMeaning.ON_HAND:
                position = self._product.wanted[center].position
                return told - (position.before_the_cart - position.free)

    def _moved(self, center: str, movements: Iterable[WaitingMovement]) -> int:
        """By how much movements would change what is for sale at a centre; levels tell them by themselves."""
        rules = self._around.rules
        told = () if rules.stock.sets else movements
        return sum(effect(one, rules.areas, rules.stock.combined_at).get(center, 0) for one in told)

    def _level_will_be_told(self, center: str) -> bool:
        """Whether the next levels will set the cart right by themselves."""
        if not self._is_untold(center) or any(one.is_refused for one in self._known.changes):
            return False
        told, standstill = self._known.told.get(center), self._around.standstill
        older = told is not None and told.counted_at is not None and self._around.counted_at < told.counted_at
        return not (older or standstill.levels or standstill.changes)

    def _is_untold(self, center: str) -> bool:
        """Whether the level that there is now is another one than the cart was told last."""
        told, product = self._known.told.get(center), self._product
        if not self._around.rules.stock.sets or not (product.listed or (told and product.stock_unit)):
            return False  # what ran out, and is not listed any more, was told before; a name that went stays as it is
        return told is None or told.quantity != product.wanted[center].level

    def _likely(self, center: str) -> Likely:
        """The first cause that explains the difference."""
        known_here = (self._unknown, self._unmapped, self._doubtful, self._unsent, self._returned)
        for explain in (*known_here, self._sold, self._unheard):
            if likely := explain(center):
                return likely
        return Cause.MANUAL_CHANGE, self._who_changed(center)

    def _unknown(self, center: str) -> Likely | None:
        if self._held.is_unknown:
            return Cause.UNKNOWN_ITEM, _sentence(self._held.refusal)
        return None if self._is_heard_of else (Cause.UNKNOWN_ITEM, _sentence(WHOLLY_UNKNOWN))

    def _unmapped(self, center: str) -> Likely | None:
        held_back, gap = self._known.unmapped, self._wrong[center]
        if self._moved(center, held_back):
            pieces = sum(one.quantity for one in held_back)
            areas = {area for one in held_back for area in one.areas if not self._around.rules.areas.count(area)}
            why = f"transactions of {_pieces(pieces)} wait: nobody says where the stock of {_areas(areas)} counts"
            return Cause.UNMAPPED_AREA, _sentence(why)
        lying = self._lying
        total = sum(lying.values())
        if total and -total in (gap, sum(self._wrong.values())):
            return Cause.UNMAPPED_AREA, f"{_pieces(total)} lie in {_areas(lying)}, and nobody says where that counts."
        if total and not self._product.listed and not self._known.heard_of:
            why = f"it lies in {_areas(lying)} alone ({_pieces(total)}), and nobody says where that counts"
            return Cause.UNMAPPED_AREA, _sentence(why)
        return None

    def _doubtful(self, center: str) -> Likely | None:
        if asked := sum(one.position.doubtful for one in self._product.wanted.values()):
            return Cause.IN_DOUBT, (
                f"Nobody knows yet whether the warehouse has what it was asked for last: {_pieces(asked)} may be among "
                "those that it has allocated."
            )
        doubtful = [one for one in self._known.changes if one.is_doubtful and one.at(center)]
        if not doubtful or self._wrong[center] != sum(one.at(center) or 0 for one in doubtful):
            return None
        told = " and ".join(one.words(center) for one in doubtful)
        keys = ", ".join(one.change.key for one in doubtful)
        return Cause.IN_DOUBT, (
            f"Nobody knows whether {told} ({keys}) arrived. By these numbers it did not; if it still does, both agree."
        )

    def _unsent(self, center: str) -> Likely | None:
        if self._explains(center, self._sent(center, lambda one: True)):
            return Cause.UNSENT, _sentence(
                f"the cart was not told of {self._untold(center)}: {self._why_untold(center)}"
            )
        if not self._is_untold(center) or self._level_will_be_told(center):
            return None
        why = self._around.standstill.levels or self._why_untold(center)
        level = self._product.wanted[center].level
        return Cause.UNSENT, _sentence(f"the cart was not told that there are {level:,} now: {why}")

    def _untold(self, center: str) -> str:
        """What waits for being told, in words."""
        changes = [one for one in self._known.changes if one.at(center) is not None and not one.is_doubtful]
        waits = self._moved(center, self._known.waiting)
        words = [f"{one.words(center)} ({one.change.key})" for one in changes]
        return " and ".join([*words, f"{waits:+,} that moved in the warehouse"] if waits else words)

    def _why_untold(self, center: str) -> str:
        changes = [one for one in self._known.changes if one.at(center) is not None]
        refused = [one.error for one in changes if one.is_refused]
        late = [f"it waits since {_when(one.asked_at)}" for one in changes if not self._is_on_its_way(one)]
        reasons = (*refused, self._around.standstill.changes, *late)
        return next(filter(None, reasons), "the warehouse's numbers are older than those told last")

    def _explains(self, center: str, number: int) -> bool:
        """Whether the cart would be right with this number, and has another one."""
        return number != self._has[center] and not difference(self._product.wanted[center].quantity, number)

    def _returned(self, center: str) -> Likely | None:
        """Whether the warehouse took pieces back after the cart was told that they left."""
        combined = self._around.rules.stock.combined_at is not None
        boxes = [box for box in self._known.taken_back if combined or box.center == center]
        pieces = sum(box.pieces for box in boxes)
        if not pieces:
            return None
        rest = "" if abs(self._wrong[center]) <= pieces else " That explains at most a part of the difference."
        return Cause.IN_DOUBT, (
            f"The cart was told that {_pieces(pieces)} left that the warehouse took back since "
            f"({', '.join(box.key for box in boxes)}): nobody has said yet whether they leave after all.{rest}"
        )

    def _sold(self, center: str) -> Likely | None:
        if self._known.moved:
            return Cause.SOLD_MEANWHILE, _sentence(f"it moved while both sides were read: {self._known.moved}")
        more = self._more_reserved
        if more * self._wrong[center] <= 0:
            return None
        said = (
            f"The cart has promised {self._held.reserved:,} to buyers, and the orders that are known here ask for "
            f"{self._held.reserved - more:,}: the {abs(more):,} {'more' if more > 0 else 'fewer'} are"
        )
        explained = more in (self._wrong[center], sum(self._wrong.values()))
        return Cause.SOLD_MEANWHILE, f"{said} the difference." if explained else f"{said} at least a part of it."

    def _unheard(self, center: str) -> Likely | None:
        """Whether it may have moved in the warehouse, of which nobody has heard."""
        why = self._around.standstill.unheard
        if not why:
            return None
        return Cause.SOLD_MEANWHILE, _sentence(f"what moved in the warehouse is not known here: {why}")

    def _who_changed(self, center: str) -> str:
        """On which side a number changed without a word, as far as what was told and read before tells it."""
        told, position = self._known.told.get(center), self._product.wanted[center].position
        if (
            self._around.rules.stock.sets
            and told
            and not self._product.listed
            and told.quantity == self._at_cart(center)
        ):
            return (
                f"The cart has the {told.quantity:,} that it was told on {_when(told.at)}, and the warehouse has no "
                "product of that name any more."
            )
        if self._around.rules.stock.sets and told:
            return f"The cart was told {told.quantity:,} on {_when(told.at)}, and nothing since: it changed there."
        before, on_hand = self._known.at_cart.get(center), self._known.on_hand.get(center)
        if before and on_hand:
            cart, warehouse = self._at_cart(center) != before.quantity, position.on_hand != on_hand.quantity
            changed = {(True, False): "the cart's", (False, True): "the warehouse's"}.get((cart, warehouse))
            read = f"The cart had {before.quantity:,} when it was read on {_when(before.at)}, the warehouse "
            read += f"{on_hand.quantity:,} on {_when(on_hand.at)}"
            return f"{read}: {changed} number changed since without a word." if changed else f"{read}."
        if told:
            return (
                f"The cart was told the level {told.quantity:,} on {_when(told.at)}, and is told differences now: what "
                "moved between the last level and the first difference is in neither."
            )
        return self._since_the_last_change(center)

    def _since_the_last_change(self, center: str) -> str:
        last = self._known.last
        if last is None or last.change.before is None or last.at(center) is None:
            return "Nothing that is known here explains it."
        then = last.change.before.at(center) + (last.at(center) or 0)
        promised = last.change.before.reserved
        return (
            f"After {last.words(center)} on {_when(last.asked_at)} the cart had {then:,} ({promised:,} promised to "
            f"buyers); it has {self._at_cart(center):,} now ({self._held.reserved:,} promised). Nothing that is known "
            "here explains the difference."
        )


def _sentence(words: str) -> str:
    text = words.strip().removesuffix(".")
    return f"{text[:1].upper()}{text[1:]}."


def _pieces(number: int) -> str:
    return "1 piece" if number == 1 else f"{number:,} pieces"


def _areas(names: Iterable[str]) -> str:
    return ", ".join(f"area '{name}'" if name else "no area" for name in sorted(names))


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
