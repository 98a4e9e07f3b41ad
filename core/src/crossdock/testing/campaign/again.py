"""How a campaign is played again: as a command, and as a test that stays."""

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crossdock.testing.campaign.story import DEMO, ORDERS, Campaign

TEST = '''"""A campaign that broke a promise once."""

from pathlib import Path

from crossdock.testing.campaign import replay


def test_campaign_of_seed_{seed}_holds(tmp_path: Path) -> None:
    replay(
        tmp_path,
{arguments}    )
'''


def command_of(campaign: Campaign, rounds: int) -> str:
    """The command that plays so many rounds of it again."""
    words = ["crossdock", "campaign"]
    if campaign.config != DEMO:
        words += ["--config", str(campaign.config)]
    if campaign.pipeline:
        words += ["--pipeline", campaign.pipeline]
    words += ["--seed", str(campaign.seed), "--rounds", str(rounds)]
    if campaign.orders != ORDERS:
        words += ["--orders", str(campaign.orders)]
    for name, value in _flat(campaign.options):
        words += ["--option", f"{name}={json.dumps(value)}"]
    return shlex.join(words)


def saved_test(campaign: Campaign, rounds: int, file: Path) -> str:
    """A test file that plays so many rounds of it again; `file` is where it will stand, beside which the config is
    found."""
    arguments: dict[str, str] = {"seed": repr(campaign.seed), "rounds": repr(rounds)}
    if campaign.config != DEMO:
        beside = Path(os.path.relpath(campaign.config.absolute(), file.absolute().parent)).as_posix()
        arguments["config"] = f"Path(__file__).parent / {json.dumps(beside)}"
    if campaign.pipeline:
        arguments["pipeline"] = json.dumps(campaign.pipeline)
    if campaign.orders != ORDERS:
        arguments["orders"] = repr(campaign.orders)
    if campaign.options:
        arguments["options"] = repr({name: dict(values) for name, values in campaign.options.items()})
    lines = "".join(f"        {name}={value},\n" for name, value in arguments.items())
    return TEST.format(seed=str(campaign.seed).replace("-", "minus_"), arguments=lines)


def _flat(options: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for connection, values in options.items():
        yield from ((f"{connection}.{key}", value) for key, value in values.items())
