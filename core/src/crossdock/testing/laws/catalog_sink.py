"""Laws about catalog sinks: what is put is there once, and the rest stays as it is."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import rule

from crossdock.domain import Product, ProductChange
from crossdock.hooks.errors import CrossdockError, OutcomeUnknown, Rejected, Throttled, Unavailable
from crossdock.hooks.features import PutsProductsInBulk
from crossdock.hooks.records import ProductAnswer
from crossdock.hooks.roles import CatalogSink
from crossdock.sandbox import FaultName
from crossdock.testing.law import Grade, law
from crossdock.testing.laws.catalog_known import Catalog, after, change_of, differences, known_in, product
from crossdock.testing.machine import RoleMachine, play
from crossdock.testing.scenes import played
from crossdock.testing.stage import AT_WRITES, WRITES
from crossdock.testing.subject import Subject

FAULTS = st.sampled_from((None, *AT_WRITES))
DOUBT = (OutcomeUnknown, Throttled, Unavailable)


@law("catalog.puts_once", Grade.SILVER, of=CatalogSink)
async def putting_twice_is_putting_once(plugin: Subject) -> None:
    """A product that is put twice is there once, as it was put, and both times under the same id.

    A program that is killed before it saves an answer puts the product again: a second one splits its stock in two.
    """
    async with played(plugin) as (stage, connection):
        sink, before = connection.role(CatalogSink), await known_in(stage)
        changes = [change_of(product(number)) for number in (1, 2)]
        first = await _put_all(sink, changes)
        _check_known(before, changes, await known_in(stage))
        async with stage.connect() as later:
            second = await _put_all(later.role(CatalogSink), changes)
        _check_known(before, changes, await known_in(stage))
        assert [one.external_id for one in first] == [one.external_id for one in second], (
            f"the same products were put as {[one.external_id for one in first]}, and again as "
            f"{[one.external_id for one in second]}"
        )


@law("catalog.answers_in_order", Grade.SILVER, of=CatalogSink)
async def answers_belong_to_their_changes(plugin: Subject) -> None:
    """Putting products gives one answer a change, in their order: the id in an answer is that of its own product.

    The id is kept as that product's own, and every later change, of its stock too, goes where it leads.
    """
    async with played(plugin) as (stage, connection):
        sink, before = connection.role(CatalogSink), await known_in(stage)
        products = [product(number) for number in (3, 1, 2)]
        answers = await _put_all(sink, [change_of(one) for one in products])
        renamed = [
            change_of(one.model_copy(update={"title": f"Bowl {one.sku}"}), answer.external_id, ("title",))
            for one, answer in zip(products, answers, strict=True)
        ]
        await _put_all(sink, [*reversed(renamed)])
        _check_known(before, renamed, await known_in(stage))


@law("catalog.changes_only_what_changed", Grade.SILVER, of=CatalogSink)
async def the_rest_stays(plugin: Subject) -> None:
    """What a change does not name in `changed` stays as it is, and what it names is as it says.

    People and other programs work on the same products: what somebody wrote there by hand is gone for good once a
    whole product is written over it.
    """
    async with played(plugin) as (stage, connection):
        sink, before = connection.role(CatalogSink), await known_in(stage)
        one = product(1)
        [answer] = await _put_all(sink, [change_of(one)])
        for field, value in (
            ("brand", "Byron Ltd"),
            ("title", "Shade"),
            ("description", "Plain."),
            ("brand", "Noether"),
        ):
            one = one.model_copy(update={field: value})
            change = change_of(one, answer.external_id, (field,))
            await _put_all(sink, [change])
            _check_known(before, [change], await known_in(stage))


@law("catalog.one_bad_product", Grade.SILVER, of=CatalogSink)
async def one_bad_product_spoils_nothing(plugin: Subject) -> None:
    """A product that cannot be put has an answer with the reason, and those beside it are put all the same.

    One bad record that fails a hundred others is retried with them until somebody finds it.
    """
    async with played(plugin) as (stage, connection):
        before = await known_in(stage)
        good, bad = [change_of(product(number)) for number in (1, 2)], change_of(_without_sku())
        answers = await connection.role(CatalogSink).put_products([good[0], bad, good[1]])
        errors = [one.error for one in answers]
        assert len(errors) == 3, f"3 products have {len(errors)} answers"
        assert isinstance(errors[1], Rejected), f"a product without SKU is put with the answer {errors[1]!r}"
        assert errors[::2] == [None, None], f"beside a product without SKU the others met {errors[::2]}"
        _check_known(before, good, await known_in(stage))


@law("catalog.bulk_is_as_one_by_one", Grade.SILVER, feature=PutsProductsInBulk)
async def bulk_does_the_same(plugin: Subject) -> None:
    """Products that are put in bulk have one answer a change, in order; each is put once, refused, or left in doubt.

    Which way is taken depends on how many changed that night, and nobody should be able to tell afterwards.
    """
    async with played(plugin, "bulk") as (stage, connection):
        sink, before = connection.role(CatalogSink), await known_in(stage)
        assert isinstance(sink, PutsProductsInBulk)
        changes = [change_of(one) for one in (product(1), _without_sku(), product(2), product(3))]
        size = sink.bulk_size(1_000_000)
        assert size >= len(changes), f"a million products wait, and the bulk way takes {size}: does `bulk` open it?"
        for _ in range(2):
            answers = await sink.put_products_in_bulk(changes)
            assert len(answers) == len(changes), f"{len(changes)} products have {len(answers)} answers"
            assert answers[1].error is not None, "a product without SKU was put"
            done = [one for one, answer in zip(changes, answers, strict=True) if answer.error is None]
            assert done, f"no product was put in bulk: {answers[0].error!r}"
            refused = {change.product.sku for change, answer in zip(changes, answers, strict=True) if answer.error}
            now = {sku: known for sku, known in (await known_in(stage)).items() if sku not in refused}
            _check_known(before, done, now)


class ProductsUnderFaults(RoleMachine):
    """Products are put and renamed; the write of a step may meet a fault, and is then done again."""

    orders = 0

    def __init__(self) -> None:
        super().__init__()
        self._known: Catalog = self.run(known_in(self.stage))
        self._ids: dict[int, str] = {}

    @rule(number=st.integers(1, 2), title=st.sampled_from(("Lamp", "Bowl")), fault=FAULTS)
    def put(self, number: int, title: str, fault: FaultName | None) -> None:
        """A product is put under this title, new or renamed."""
        self.run(self._put(number, title, fault))

    @rule()
    def forget(self) -> None:
        """The program starts again, and does not know what it was answered."""
        self.restart()
        self._ids = {}

    async def _put(self, number: int, title: str, fault: FaultName | None) -> None:
        known = self._ids.get(number, "")
        change = change_of(product(number, title), known, ("title",) if known else ())
        if fault is not None:
            await self.stage.faults(fault, only_methods=WRITES)
        answer = await self._answer(change)
        await self.stage.faults()
        if answer.error is not None:
            await self._check_doubt(change, answer.error)
            answer = await self._answer(change)
        assert answer.error is None, f"{change.product.sku} can be put, and met {answer.error!r}"
        self._ids[number] = answer.external_id
        self._known = after(self._known, change.product)
        wrong = differences(self._known, await known_in(self.stage))
        assert not wrong, f"{change.product.sku} was put as '{change.product.title}', but {wrong}"

    async def _answer(self, change: ProductChange) -> ProductAnswer:
        try:
            [answer] = await self.connection.role(CatalogSink).put_products([change])
        except CrossdockError as error:
            return ProductAnswer(error=error)
        return answer

    async def _check_doubt(self, change: ProductChange, error: CrossdockError) -> None:
        """After a passing error the product is as before or as it was put, and there is no second one."""
        sku = change.product.sku
        assert isinstance(error, DOUBT), f"nothing is wrong with {sku}, and it met {error!r}"
        now = (await known_in(self.stage)).get(sku)
        possible = (self._known.get(sku), after(self._known, change.product)[sku])
        assert now in possible, f"{sku} was put and met {error!r}: now it is {now}"


@law("catalog.no_second_product", Grade.GOLD, of=CatalogSink)
def faults_make_no_second_product(plugin: Subject) -> None:
    """Whatever gets lost, a product that is put until it succeeds is there once, as it was put last.

    A creation that is repeated after a lost answer leaves two products of one SKU, and orders for either.
    """
    play(ProductsUnderFaults, plugin, steps=5, examples=6)


async def _put_all(sink: CatalogSink, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
    """Put these products, all of which can be put."""
    answers = await sink.put_products(changes)
    assert len(answers) == len(changes), f"{len(changes)} products have {len(answers)} answers"
    for change, answer in zip(changes, answers, strict=True):
        assert (answer.error, answer.left_out) == (None, False), f"{change.product.sku} was not put: {answer}"
    return answers


def _check_known(before: Catalog, changes: Sequence[ProductChange], now: Catalog) -> None:
    """Every change was carried out, and nothing else has changed."""
    wrong = differences(after(before, *(one.product for one in changes)), now)
    assert not wrong, f"after {', '.join(one.product.sku for one in changes)} was put, {wrong}"


def _without_sku() -> Product:
    return product(9).model_copy(update={"sku": " "})
