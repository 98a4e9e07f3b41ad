"""Laws about shipping providers that check addresses."""

from typing import Any

from crossdock.domain import AddressFinding
from crossdock.hooks.errors import CrossdockError, Unsupported
from crossdock.hooks.features import ChecksAddresses
from crossdock.hooks.roles import ShippingProvider
from crossdock.sandbox import EffectKind
from crossdock.testing.law import Grade, NothingToJudge, law
from crossdock.testing.laws.shipping_wishes import HOME
from crossdock.testing.subject import Subject


@law("addresses.only_asked", Grade.SILVER, of=ShippingProvider, feature=ChecksAddresses)
async def to_check_an_address_keeps_nothing(plugin: Subject) -> None:
    """Checking an address buys nothing, says the same each time, and a better spelling is still of the same person.

    It is asked before every label: what it changed or bought would be so for every box.
    """
    async with plugin.stage(orders=0) as stage, stage.connect() as connection:
        await stage.work()
        provider: Any = connection.role(ShippingProvider)
        before = await stage.effects(EffectKind.LABEL)
        try:
            first, second = [await provider.check_address(HOME) for _ in range(2)]
        except Unsupported as unsupported:
            raise NothingToJudge(f"check_address is not supported there: {unsupported}") from None
        except CrossdockError as error:
            raise AssertionError(f"check_address raised {type(error).__name__}: {error}; it is an answer") from error
        assert isinstance(first, AddressFinding), f"check_address gave {first!r} instead of an AddressFinding"
        assert first == second, f"check_address said {first} and then {second} of the same address"
        assert first.deliverable or first.words, "check_address says that nothing can be delivered there, and not why"
        better = first.better
        assert better is None or (better.name, better.phone, better.email) == (HOME.name, HOME.phone, HOME.email), (
            f"check_address gives {better} as a better spelling of {HOME}: who lives there is not its business"
        )
        assert await stage.effects(EffectKind.LABEL) == before, "check_address changed which labels are in force"
