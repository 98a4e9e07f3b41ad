"""Laws about what a warehouse tells of its work: every box once, none lost, none merged, whoever works meanwhile."""

from crossdock.domain import FulfillmentRequest, Shipment
from crossdock.hooks.features import AcknowledgesRecords, TakesBundlesApart
from crossdock.hooks.records import Record
from crossdock.hooks.roles import FulfillmentTarget
from crossdock.testing.law import Grade, law
from crossdock.testing.packed import acknowledging, packages, require_told, shipments_in, submit, told_by, work_a_while
from crossdock.testing.scenes import played
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

NUMBERS = ("1001", "1002", "1003", "1004", "1005")
MEANWHILE = 3
"""How many orders are packed while one run goes from page to page."""
NOBODY_WORKED = "people worked (POST /_work) and packed nothing: let them, and tell it as effects of the kind `package`"


@law("warehouse.packages", Grade.SILVER, of=FulfillmentTarget)
async def every_package_is_told(plugin: Subject) -> None:
    """Every package is told once, with exactly the pieces that people put into it and its tracking number.

    A box that is lost or merged leaves a buyer without a tracking number; a doubled quantity closes an order of which
    half still lies in the warehouse.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        requests = await submit(stage, connection, *NUMBERS)
        truth = await work_a_while(stage)
        assert truth, NOBODY_WORKED
        target = connection.role(FulfillmentTarget)
        require_told(requests, shipments_in(target, (await told_by(target)).records), truth)


@law("warehouse.lines_back", Grade.SILVER, of=FulfillmentTarget)
async def packed_lines_name_what_was_asked(plugin: Subject) -> None:
    """A packed line comes back under the id and the SKU of the line that was asked for, letter by letter.

    With another spelling nobody finds the order line again, and the parcel waits for a person.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        asked = {request.number: request for request in await submit(stage, connection, *NUMBERS)}
        await work_a_while(stage)
        target = connection.role(FulfillmentTarget)
        parts = await _parts(target, [line.sku for request in asked.values() for line in request.lines])
        for shipment in shipments_in(target, (await told_by(target)).records):
            if request := asked.get(shipment.request_number):
                _require_lines(shipment, request, parts)


async def _parts(target: FulfillmentTarget, skus: list[str]) -> dict[str, set[str]]:
    """For which SKUs an asked one may stand there, itself left out."""
    if not isinstance(target, TakesBundlesApart):
        return {}
    told = await target.bundle_parts(sorted(set(skus)))
    return {sku: {part.sku for part in parts} for sku, parts in told.items()}


def _require_lines(shipment: Shipment, request: FulfillmentRequest, parts: dict[str, set[str]]) -> None:
    for packed in shipment.package.lines:
        line = request.line(packed.line_id)
        assert line, f"shipment {shipment.external_id} holds a line {packed.line_id!r} that {request.number} has not"
        allowed = {line.sku, *parts.get(line.sku, ())}
        assert packed.sku in allowed, f"line {line.id} of {request.number} asks for {line.sku}, told is {packed.sku!r}"


@law("warehouse.read_again", Grade.BRONZE, of=FulfillmentTarget)
async def reading_work_is_pure(plugin: Subject) -> None:
    """A record of work done is read the same however often, by any connection; one package has one id, two have two.

    What was told is known again by its id. One that changes makes two boxes of one; one that two boxes share makes
    the second vanish.
    """
    async with plugin.stage() as stage, stage.connect() as connection, stage.connect() as another:
        await submit(stage, connection, *NUMBERS[:2])
        await work_a_while(stage)
        target, other = connection.role(FulfillmentTarget), another.role(FulfillmentTarget)
        records = {record.id: record for record in (await told_by(target)).records}
        before, ids = len(stage.arrived), dict[str, str]()
        for record in records.values():
            fact = target.read_shipment(record)
            assert fact == target.read_shipment(record) == other.read_shipment(record), (
                f"record {record.id} was read in two ways"
            )
            if isinstance(fact, Shipment):
                twin = ids.setdefault(fact.external_id, record.id)
                assert twin == record.id, f"records {twin} and {record.id} are both the fact {fact.external_id}"
        assert ids, "records were told, and none of them is a shipment"
        assert len(stage.arrived) == before, "read_shipment made a request"


@law("warehouse.pages", Grade.SILVER, of=FulfillmentTarget)
async def small_pages_tell_all(plugin: Subject) -> None:
    """In many small pages a warehouse tells the same as in a few: nothing is lost at the edge of a page.

    Page sizes are the tenant's to set; what lies between two pages would never be told to anybody.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        requests = await submit(stage, connection, *NUMBERS)
        truth = await work_a_while(stage)
        assert truth, NOBODY_WORKED
        target = connection.role(FulfillmentTarget)
        require_told(requests, shipments_in(target, (await told_by(target)).records), truth)


@law("warehouse.while_they_work", Grade.SILVER, of=FulfillmentTarget)
async def work_meanwhile_is_not_missed(plugin: Subject) -> None:
    """Nothing is missed while people go on working, between two pages and between two runs.

    A run begins at the checkpoint that the last one was given. One that lies a moment too late loses a parcel a day,
    and nobody knows which.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        told, checkpoint = list[Record](), None
        requests = await submit(stage, connection, *NUMBERS)
        await stage.work(1)
        for run in (2, 3):
            more, checkpoint = await _run_while_they_work(stage, connection, told, checkpoint, run)
            requests += more
        target = connection.role(FulfillmentTarget)
        told += (await told_by(target, checkpoint)).records
        require_told(requests, shipments_in(target, told), await packages(stage))


async def _run_while_they_work(
    stage: Stage, connection: Connected, told: list[Record], checkpoint: str | None, run: int
) -> tuple[list[FulfillmentRequest], str | None]:
    """One run, with a new order packed behind each of its first pages; gives those, and the last checkpoint."""
    target, cursor, requests = connection.role(FulfillmentTarget), checkpoint, list[FulfillmentRequest]()
    acknowledge = acknowledging(target)
    while True:
        page = await target.fetch_shipments(cursor)
        told += page.records
        if len(requests) < MEANWHILE:
            requests += await submit(stage, connection, f"{run}00{len(requests)}")
            await stage.work(run)
        if acknowledge and page.records:
            await acknowledge([record.id for record in page.records])
        checkpoint = page.checkpoint or checkpoint
        if not page.more:
            return requests, checkpoint
        cursor = page.cursor


@law("warehouse.unacknowledged", Grade.SILVER, of=FulfillmentTarget, feature=AcknowledgesRecords)
async def what_is_not_acknowledged_comes_again(plugin: Subject) -> None:
    """Records come again until they are acknowledged; then they do not, while all others still do.

    Whoever acknowledges while reading loses what was on its way when the program ended.
    """
    async with played(plugin, "small_pages") as (stage, connection):
        await submit(stage, connection, *NUMBERS[:2])
        await work_a_while(stage, (1, 2))
        first = (await connection.role(FulfillmentTarget).fetch_shipments(None)).records
        assert first, NOBODY_WORKED
        async with stage.connect() as later:
            target = later.role(FulfillmentTarget)
            again = {record.id for record in (await target.fetch_shipments(None)).records}
            assert {record.id for record in first} <= again, "records that were read and not acknowledged are gone"
            await _acknowledge_one(target, first)


async def _acknowledge_one(target: FulfillmentTarget, first: tuple[Record, ...]) -> None:
    """Acknowledge the first record twice: it alone must be gone."""
    assert isinstance(target, AcknowledgesRecords)
    gone, *others = [record.id for record in first]
    for _ in range(2):
        await target.acknowledge_records([gone])
    left = {record.id for record in (await told_by(target)).records}
    assert gone not in left, f"record {gone} was acknowledged and comes again"
    assert left >= {*others}, f"record {gone} was acknowledged, and {', '.join({*others} - left)} went with it"
