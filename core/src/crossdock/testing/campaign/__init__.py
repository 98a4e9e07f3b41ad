"""Fault campaigns: a pipeline between simulators, faults and kills by a seed, and what must hold at the end.

    crossdock campaign --seed 7 --rounds 20         from the command line
    replay(tmp_path, seed=7, rounds=20)             in a test; `crossdock campaign --save-test` writes it

Of a remote system a campaign knows what `GET /_rehearsal`, `GET /_effects` and `POST /_work` of its simulator say.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.testing.campaign.story import Campaign, Outcome, hold_campaign, replay

__all__ = ["Campaign", "Outcome", "hold_campaign", "replay"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use: a runner that is to be killed needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'crossdock.testing.campaign' has no attribute '{name}'")
    from crossdock.testing.campaign import story

    return getattr(story, name)
