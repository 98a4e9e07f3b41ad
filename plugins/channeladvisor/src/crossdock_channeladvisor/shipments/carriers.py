"""Whether a carrier and a class are a pair that the account knows, before ChannelAdvisor is asked; pure."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from crossdock import Rejected

Carriers = Mapping[str, Sequence[str]]
"""The classes of each carrier; empty: not known, so that every pair is left to ChannelAdvisor."""


def check_pair(carrier: str, service: str, carriers: Carriers) -> None:
    """Refuse a pair that is not on the list, and name the one that was probably meant; no pair at all is allowed."""
    if not carriers and bool(carrier) != bool(service):
        half, other = (f"carrier '{carrier}'", "class") if carrier else (f"class '{service}'", "carrier")
        raise Rejected(
            f"the {half} comes without a {other}, and ChannelAdvisor takes them as a pair: correct the outbound ship "
            "method"
        )
    if not carriers or not (carrier or service) or service in carriers.get(carrier, ()):
        return
    raise Rejected(
        f"the carrier '{carrier}' with the class '{service}' is not among the `carriers` of this connection"
        f"{_nearest(carrier, service, carriers)}: correct the outbound ship method, or add the pair to the setting if "
        "the ChannelAdvisor account has it"
    )


def _nearest(carrier: str, service: str, carriers: Carriers) -> str:
    pairs = {_spelled(name, each): (name, each) for name, classes in carriers.items() for each in classes}
    match = get_close_matches(_spelled(carrier, service), pairs, n=1, cutoff=0)
    if not match:
        return ""
    name, each = pairs[match[0]]
    return f"; the nearest pair there is carrier '{name}' with class '{each}'"


def _spelled(carrier: str, service: str) -> str:
    return f"{carrier}/{service}".casefold()
