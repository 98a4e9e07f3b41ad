"""Laws about the calls that shipping systems make by themselves: believed only where they are proven."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from crossdock.hooks.errors import NeedsAuth
from crossdock.hooks.features import ReceivesRecords
from crossdock.hooks.records import Record
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import OwnCall
from crossdock.testing.law import Grade, law
from crossdock.testing.stage import Connected, Stage
from crossdock.testing.subject import Subject

LONG = timedelta(days=400)
"""So old is no call that anybody still takes."""


@law("parcels.call_taken", Grade.SILVER, of=ShippingProvider, feature=ReceivesRecords)
async def a_proven_call_is_taken(plugin: Subject) -> None:
    """A call that proves where it comes from gives its labels, the same each time, and asks nobody.

    The call comes only once and is answered before anything else happens: what is not read now is lost.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        call, now = own_call(stage), connection.context.clock.now()
        records = read(connection, call.headers, call.body.encode(), now)
        assert records, "read_push gave nothing for the rehearsal's `own_call`, which must tell of a label"
        assert records == read(connection, call.headers, call.body.encode(), now), (
            "read_push read the same call in two ways"
        )
        for record in records:
            assert connection.role(ShippingProvider).read_parcel(record).tracking_number
        assert not stage.arrived, f"read_push sent {stage.arrived[0].method} {stage.arrived[0].path}: it must be pure"


@law("parcels.call_unproven", Grade.SILVER, of=ShippingProvider, feature=ReceivesRecords)
async def an_unproven_call_is_refused(plugin: Subject) -> None:
    """A call whose proof is missing or wrong, whose body was changed or that is too old raises NeedsAuth.

    The address of such calls is open to everybody: one that is believed lets anybody void labels, or tell buyers
    false numbers.
    """
    async with plugin.stage() as stage, stage.connect() as connection:
        call = own_call(stage)
        for what, headers, body, now in _forged(call, connection.context.clock.now()):
            try:
                records = read(connection, headers, body, now)
            except NeedsAuth:
                continue
            except Exception as error:
                raise AssertionError(f"{what} raised {type(error).__name__}: {error}; raise NeedsAuth") from error
            raise AssertionError(f"{what} was taken, with {len(records)} records; raise NeedsAuth")


def own_call(stage: Stage) -> OwnCall:
    """A genuine call; fails where the rehearsal has none."""
    assert stage.rehearsal.own_call, "the plugin has read_push, and its rehearsal has no `own_call` to try it with"
    return stage.rehearsal.own_call


def read(connection: Connected, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Record]:
    """What the provider makes of a call."""
    provider = connection.role(ShippingProvider)
    assert isinstance(provider, ReceivesRecords)
    return [*provider.read_push(headers, body, now)]


def _forged(call: OwnCall, now: datetime) -> Iterator[tuple[str, Mapping[str, str], bytes, datetime]]:
    """Calls as somebody else would make them."""
    body = call.body.encode()
    yield "a call without headers", {}, body, now
    yield "a call with empty headers", dict.fromkeys(call.headers, ""), body, now
    yield "a call with headers of another alphabet", dict.fromkeys(call.headers, "ключ"), body, now
    yield "a call without headers and body", {}, b"", now
    if call.names_sender_only:
        return
    middle = len(body) // 2
    changed = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
    yield "a call whose body was changed", call.headers, changed, now
    yield "a call with something behind its body", call.headers, body + b" ", now
    for when in (now + LONG, now - LONG):
        yield f"a call that is {LONG.days} days away", call.headers, body, when
