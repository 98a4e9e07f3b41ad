"""ChannelAdvisor as a catalog sink: it is told of products, created or updated, a hundred at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import groupby, islice

from pydantic import BaseModel, Field, ValidationError

from crossdock import (
    ConnectionContext,
    CrossdockError,
    NeedsConfig,
    ProductAnswer,
    Rejected,
    Unavailable,
)
from crossdock.domain import Product, ProductChange, ProductKind
from crossdock_channeladvisor.batch import Answer, Batches, Part
from crossdock_channeladvisor.catalog.products import VendorProduct, parse_product
from crossdock_channeladvisor.catalog.upload import ProductUploads
from crossdock_channeladvisor.catalog.writing import (
    NO_ALIASES,
    Writing,
    check,
    create_part,
    hindrances,
    relation_fields,
    rest_parts,
    told,
    update_parts,
    without_a_place,
    writing_of,
)
from crossdock_channeladvisor.errors import unexpected_answer
from crossdock_channeladvisor.inventory.lookup import (
    HEAD,
    ProductHead,
    every,
    grouped_by_sku,
    is_product_id,
    product_urls,
    sku_clauses,
    the_one,
)
from crossdock_channeladvisor.listing import encoded
from crossdock_channeladvisor.models import VendorProfile
from crossdock_channeladvisor.settings import ChannelAdvisorSettings

Found = Mapping[str, Sequence[ProductHead]]
"""Products by their SKU in small letters."""

WAVES = {ProductKind.ITEM: 0, ProductKind.PARENT: 0, ProductKind.CHILD: 1, ProductKind.BUNDLE: 2}
"""What must be there before something else can refer to it."""


class _Created(BaseModel):
    """What is needed of the answer to a creation."""

    id: int = Field(alias="ID")


@dataclass(frozen=True, slots=True)
class _Task:
    """One change on its way; `place`: which of the changes it is, `id`: the product that it goes to (None: a new one).

    `told` says which parts changed since the product of this SKU was told, `anew` that it is another one by now.
    """

    place: int
    product: Product
    id: int | None
    told: tuple[str, ...] = ()
    anew: bool = False

    @property
    def writing(self) -> Writing:
        """What is to be written: of a product that is not there everything."""
        return writing_of(self.product, self.told, anew=self.anew or self.id is None)

    def lost(self) -> "_Task":
        """The same for whatever bears the SKU now, of which nothing is known."""
        return replace(self, id=None, anew=True)


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of a task; `astray`: its product was not there, or another bears its SKU already."""

    task: _Task
    error: CrossdockError | None = None
    astray: bool = False

    def answer(self) -> ProductAnswer:
        """The same for the engine."""
        return ProductAnswer("" if self.task.id is None else str(self.task.id), self.error)


class ChannelAdvisorCatalogSink:
    """The products of one profile; fulfils `CatalogSink` and `PutsProductsInBulk`."""

    def __init__(self, ctx: ConnectionContext[ChannelAdvisorSettings]) -> None:
        self._settings = ctx.settings
        self._http = ctx.http
        self._log = ctx.log
        self._batches = Batches(ctx.http, ctx.settings)
        self._uploads = ProductUploads(ctx)
        self._known_profile: int | None = ctx.settings.catalog_profile
        self._told_of: set[str] = set()

    async def put_products(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        answers: dict[int, ProductAnswer] = {}
        tasks: list[_Task] = []
        for place, change in enumerate(changes):
            try:
                check(change, self._settings.measured_in)
            except Rejected as refused:
                answers[place] = ProductAnswer(change.external_id, refused)
            else:
                tasks.append(_task(place, change))
                self._tell_what_has_no_place(change.product)
        for result in await self._put_in_waves(tasks):
            answers[result.task.place] = result.answer()
        return [answers[place] for place in range(len(changes))]

    def bulk_size(self, waiting: int) -> int:
        return self._uploads.size(waiting)

    async def put_products_in_bulk(self, changes: Sequence[ProductChange]) -> Sequence[ProductAnswer]:
        return await self._uploads.put(changes, await self._profile())

    async def _put_in_waves(self, tasks: Iterable[_Task]) -> list[_Result]:
        results: list[_Result] = []
        ordered = sorted(tasks, key=_wave_of)
        for _, wave in groupby(ordered, key=_wave_of):
            results += await self._put(list(wave))
        return results

    async def _put(self, tasks: Sequence[_Task]) -> list[_Result]:
        """What became of these; those that went astray are looked up by their SKU and sent once more."""
        found = await self._find(tasks)
        results = await self._attempt(tasks, found)
        astray = {result.task.place: result.task for result in results if result.astray}
        if not astray:
            return results
        lost = [task.lost() for task in astray.values()]
        found = await self._find(lost)
        moved = [task for task in lost if _placed(task, found).id != astray[task.place].id]
        repeated = {result.task.place: result for result in await self._attempt(moved, found)}
        return [repeated.get(result.task.place, result) for result in results]

    async def _attempt(self, tasks: Sequence[_Task], found: Found) -> list[_Result]:
        """One way through: refuse what cannot be, create what is new, update the rest."""
        refused = [_Result(task, error) for task in tasks if (error := self._obstacle(task, found)) is not None]
        places = {result.task.place for result in refused}
        possible = [_placed(task, found) for task in tasks if task.place not in places]
        created = await self._create([task for task in possible if task.id is None], found)
        updated = await self._update([task for task in possible if task.id is not None], found)
        return [*refused, *created, *updated]

    async def _create(self, tasks: Sequence[_Task], found: Found) -> list[_Result]:
        profile = await self._profile() if tasks else None
        parts = [create_part(task.product, profile, _id_of(found, task.product.parent_sku)) for task in tasks]
        results = [
            _created(task, answer) for task, answer in zip(tasks, await self._batches.carry_out(parts), strict=True)
        ]
        made = [result.task for result in results if result.error is None]
        calls = [(task, rest_parts(task.id, task.product)) for task in made if task.id is not None]
        return [*(result for result in results if result.error is not None), *await self._carry_out(calls)]

    async def _update(self, tasks: Sequence[_Task], found: Found) -> list[_Result]:
        writings = [(task, task.writing) for task in tasks]
        present, failed = await self._compare(writings)
        places = {result.task.place for result in failed}
        calls = [
            (task, _update_parts(task, writing, found, present.get(task.place)))
            for task, writing in writings
            if task.place not in places
        ]
        return [*failed, *await self._carry_out(calls)]

    async def _compare(
        self, writings: Sequence[tuple[_Task, Writing]]
    ) -> tuple[dict[int, VendorProduct], list[_Result]]:
        """The collections of products that must be compared with what they should be, by place; and what failed."""
        compared = [task for task, writing in writings if writing.must_be_compared]
        answers = await self._batches.carry_out([_present_part(task) for task in compared])
        present: dict[int, VendorProduct] = {}
        failed: list[_Result] = []
        for task, answer in zip(compared, answers, strict=True):
            try:
                present[task.place] = _read_present(answer)
            except CrossdockError as error:
                failed.append(_failed(task, replace(answer, error=error)))
        return present, failed

    async def _carry_out(self, calls: Sequence[tuple[_Task, Sequence[Part]]]) -> list[_Result]:
        """The calls of each task; the first that fails says what became of it."""
        parts = [part for _, wanted in calls for part in wanted]
        answers = zip(parts, await self._batches.carry_out(parts), strict=True)
        results = []
        for task, wanted in calls:
            failures = [answer for part, answer in islice(answers, len(wanted)) if _has_failed(part, answer)]
            results.append(_failed(task, failures[0]) if failures else _Result(task))
        return results

    async def _find(self, tasks: Iterable[_Task]) -> Found:
        """The products that these tasks refer to."""
        profiles = [await self._profile()]
        urls = product_urls(sku_clauses(name for task in tasks for name in _names(task)), profiles, {"$select": HEAD})
        products = [product for url in urls async for product in every(self._http, url, ProductHead)]
        return grouped_by_sku(products, profiles)

    async def _profile(self) -> int:
        """The profile that products are put into."""
        if self._known_profile is None:
            covered = self._settings.profile_ids or [
                profile.id async for profile in every(self._http, "/v1/Profiles", VendorProfile)
            ]
            if len(covered) != 1:
                raise NeedsConfig(
                    f"this connection covers {len(covered)} profiles ({', '.join(map(str, covered))}): name the one "
                    "that products are put into in `catalog_profile`"
                )
            self._known_profile = covered[0]
        return self._known_profile

    def _obstacle(self, task: _Task, found: Found) -> CrossdockError | None:
        """Why a task cannot be carried out now."""
        placed = _placed(task, found)
        for sku in (task.product.sku, *_others(placed)):
            if len(found.get(sku.lower(), ())) > 1 and isinstance(refusal := the_one(sku, found), Rejected):
                return refusal
        if reasons := hindrances(task.product, placed.writing, self._settings.measured_in):
            return Rejected(*reasons)
        for sku in _others(placed):
            if _id_of(found, sku) is None:
                return Unavailable(f"'{task.product.sku}' refers to '{sku}', which is not in ChannelAdvisor yet")
        if task.product.alias_of and placed.id is None:
            return Rejected(f"it is an alias of '{task.product.alias_of}' and not in ChannelAdvisor yet: {NO_ALIASES}")
        return None

    def _tell_what_has_no_place(self, product: Product) -> None:
        """Say once of each name that it is left out."""
        for name in without_a_place(product):
            if name not in self._told_of:
                self._told_of.add(name)
                self._log.warning("ChannelAdvisor has no field for a value; map it to an attribute", field=name)


def _task(place: int, change: ProductChange) -> _Task:
    """Where a change goes: under another SKU to another product, as the SKU of one cannot be changed (assumed)."""
    if is_product_id(change.external_id) and "sku" not in change.changed:
        return _Task(place, change.product, int(change.external_id), told(change))
    return _Task(place, change.product, None, told(change))


def _wave_of(task: _Task) -> int:
    return WAVES[task.product.kind]


def _names(task: _Task) -> list[str]:
    """The SKUs that must be looked up for a task."""
    return [*([task.product.sku] if task.id is None else []), *_others(task)]


def _others(task: _Task) -> list[str]:
    """The SKUs of the products to which a task refers."""
    writing = task.writing
    parent = [task.product.parent_sku] if writing.relation and task.product.parent_sku else []
    return [*parent, *(component.sku for component in writing.components or ())]


def _placed(task: _Task, found: Found) -> _Task:
    """The task with the product that bears its SKU already, if it knows no other."""
    return task if task.id is not None else replace(task, id=_id_of(found, task.product.sku))


def _id_of(found: Found, sku: str) -> int | None:
    heads = found.get(sku.lower(), ()) if sku else ()
    return heads[0].id if heads else None


def _created(task: _Task, answer: Answer) -> _Result:
    """A creation that was refused may be one of a product that is there."""
    if answer.error is not None:
        return _Result(task, answer.error, astray=isinstance(answer.error, Rejected))
    try:
        return _Result(replace(task, id=_Created.model_validate_json(answer.body).id))
    except ValidationError:
        return _Result(task, unexpected_answer("the product that was created", answer.body))


def _has_failed(part: Part, answer: Answer) -> bool:
    """Whether a call failed; what is gone already need not be removed."""
    return answer.error is not None and not (part.method == "DELETE" and answer.status == HTTPStatus.NOT_FOUND)


def _failed(task: _Task, answer: Answer) -> _Result:
    return _Result(task, answer.error, astray=answer.status == HTTPStatus.NOT_FOUND)


def _present_part(task: _Task) -> Part:
    query = {"$select": "ID,Sku", "$expand": "Images,Labels,BundleComponents"}
    return Part("GET", f"/v1/Products({task.id})?{encoded(query)}")


def _read_present(answer: Answer) -> VendorProduct:
    body = answer.result()
    try:
        return parse_product(body)
    except ValueError as error:
        raise unexpected_answer("a product", body) from error


def _update_parts(task: _Task, writing: Writing, found: Found, present: VendorProduct | None) -> list[Part]:
    if task.id is None:
        return []
    components = {sku: heads[0].id for sku, heads in found.items() if heads}
    relation = relation_fields(task.product, _id_of(found, task.product.parent_sku)) if writing.relation else {}
    return update_parts(task.id, writing, relation, components, present)
