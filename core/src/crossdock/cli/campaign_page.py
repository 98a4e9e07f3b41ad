"""A campaign as one page that needs nothing else: no script, no font, no picture from anywhere."""

from collections.abc import Iterator, Mapping
from importlib.resources import files

from crossdock.cli.campaign_screen import ending_of, many, untried
from crossdock.cli.reconcile_page import POLICY
from crossdock.cli.reconcile_picture import text
from crossdock.testing.campaign import Outcome
from crossdock.testing.campaign.again import command_of
from crossdock.testing.campaign.invariants import Verdict
from crossdock.testing.campaign.story import DEMO, Played

HEIGHT, MARK = 68.0, 9.0
"""Of the time line, in pixels: how high the most faults of a round stand, and the radius of the mark below them."""
REPEATS = (
    "The same seed plans the same people, faults and kills, round by round. Which request is the tenth can differ from "
    "machine to machine, and with it what a kill meets: play it a few times."
)


def page(outcome: Outcome) -> str:
    """What was played, round by round, and everything that must hold, with what breaks it."""
    campaign = outcome.campaign
    title = f"Fault campaign, seed {campaign.seed}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{_style()}</style></head>\n<body><main><h1>{text(title)}</h1>{_head(outcome)}"
        f"<h2>What must hold</h2>{_invariants(outcome)}<h2>What happened</h2>{_line(outcome)}{_rounds(outcome)}"
        f"<h2>Where everything ended</h2>{_ends(outcome)}"
        f"<h2>Play it again</h2><p><code>{text(command_of(campaign, len(outcome.rounds)))}</code></p>"
        f"<p class=dim>{text(REPEATS)}</p>\n<footer>Played {outcome.began_at:%Y-%m-%d %H:%M} UTC by crossdock, against "
        "simulators.</footer></main></body></html>\n"
    )


def _style() -> str:
    return files("crossdock.cli").joinpath("campaign_page.css").read_text(encoding="utf-8")


def _head(outcome: Outcome) -> str:
    campaign, broken = outcome.campaign, [one for one in outcome.verdicts if not one.holds]
    config = "the built-in cart and warehouse" if campaign.config == DEMO else str(campaign.config)
    only = f", pipeline {campaign.pipeline}" if campaign.pipeline else ""
    systems = ", ".join(f"{name} ({connector})" for name, connector in outcome.connections.items())
    words = f"{len(broken)} of {len(outcome.verdicts)} invariants are broken" if broken else "Everything held"
    tiles = (
        (len(outcome.rounds), "round", ""),
        (outcome.kills, "kill", ""),
        (outcome.faults, "request", " that went wrong"),
        (sum(outcome.orders.values()), "order", ""),
        (sum(outcome.problems.values()), "open problem", ""),
    )
    shown = "".join(f"<div><b>{number:,}</b>{_noun(number, noun)}{more}</div>" for number, noun, more in tiles)
    little = f"<p class=dim>{text(found)}</p>" if (found := untried(outcome)) else ""
    return (
        f"<p class=dim>{text(config + only)}: {text(systems)}; {outcome.seconds:.0f} s</p>"
        f'<p class="verdict{"" if broken else " good"}">{words}</p>{little}<div class=tiles>{shown}</div>'
    )


def _noun(number: int, noun: str) -> str:
    return many(number, noun).partition(" ")[2]


def _invariants(outcome: Outcome) -> str:
    """Those that are broken come first."""
    rows = "".join(_invariant(one) for one in sorted(outcome.verdicts, key=lambda one: one.holds))
    head = "<tr><th></th><th>invariant</th><th>what must hold</th></tr>"
    return f"<table class=invariants><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _invariant(one: Verdict) -> str:
    mark = "<span class=held>✔ held</span>" if one.holds else f"<span class=broken>✘ {one.broken:,}</span>"
    found = "".join(f"<li>{text(finding)}" for finding in one.findings)
    more = f"<li>and {one.broken - len(one.findings):,} more" if one.broken > len(one.findings) else ""
    found = f"<ul>{found}{more}</ul>" if found else ""
    return f"\n<tr><td>{mark}<td><code>{text(one.id)}</code><td>{text(one.sentence)}{found}</tr>"


def _line(outcome: Outcome) -> str:
    """A bar a round for the requests that went wrong, and below it how the runner ended."""
    counts = [sum(sum(faults.values()) for faults in one.faults.values()) for one in outcome.rounds]
    most, wide = max([1, *counts]), 100 / max(len(outcome.rounds), 1)
    drawn = "".join(
        _column(one, number, place * wide, wide, HEIGHT * number / most)
        for place, (one, number) in enumerate(zip(outcome.rounds, counts, strict=True))
    )
    rounds, kills = many(len(outcome.rounds), "round"), many(outcome.kills, "kill")
    words = f"{many(outcome.faults, 'request')} went wrong in {rounds}; {kills}"
    return (
        f'<svg role=img aria-label="{words}">{drawn}</svg><p class=legend>One bar a round: requests that went wrong, '
        f"at most {most:,}. The dot below it: <span class=kill>red</span>, crossdock was killed; "
        "<span class=held>green</span>, it ran to its end.</p>"
    )


def _column(one: Played, number: int, left: float, wide: float, height: float) -> str:
    end = "kill" if one.life.died else "own" if one.life.trouble else "end"
    about = f"<title>round {one.round.number}: {number:,} went wrong; {text(ending_of(one))}</title>"
    bar = f'x="{left + wide * 0.2:.2f}%" width="{wide * 0.6:.2f}%" y="{HEIGHT + 6 - height:.1f}" height="{height:.1f}"'
    dot = f'cx="{left + wide / 2:.2f}%" cy="{HEIGHT + 17:.0f}" r="{MARK / 2}"'
    return f"<g>{about}<rect class=fault {bar}/><circle class={end} {dot}/></g>"


def _rounds(outcome: Outcome) -> str:
    rows = "".join(_round(one) for one in outcome.rounds)
    head = "".join(f"<th>{name}</th>" for name in ("round", "people did", "went wrong", "crossdock"))
    return f"<table class=rounds><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _round(one: Played) -> str:
    cause = " class=kill" if one.life.died or one.life.trouble else ""
    errors = "".join(f"<small>{text(error)}</small><br>" for error in one.life.errors)
    return (
        f"\n<tr><td>{one.round.number}<td class=chips>{''.join(_chips('people', one.did))}"
        f"<td class=chips>{''.join(_chips('fault', one.faults))}"
        f"<td><span{cause}>{text(ending_of(one))}</span> <small>{one.seconds:.1f} s</small><br>{errors}</tr>"
    )


def _chips(kind: str, by_connection: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    for name, counts in by_connection.items():
        chips = "".join(f"<span>{number:,} {text(what.replace('_', ' '))}</span>" for what, number in counts.items())
        if chips:
            yield f"<div class={kind}><small>{text(name)}</small> {chips}</div>"


def _ends(outcome: Outcome) -> str:
    """Orders by state, open problems, and what holds in each system."""
    rows = {"orders": outcome.orders, "open problems": outcome.problems}
    rows |= {f"in {name}, since the beginning": kinds for name, kinds in outcome.effects.items()}
    shown = "".join(f"<tr><td>{text(name)}<td>{_told(counts)}</tr>" for name, counts in rows.items())
    return f"<table><tbody>{shown}</tbody></table>"


def _told(counts: Mapping[str, int]) -> str:
    return text(", ".join(f"{number:,} {what.replace('_', ' ')}" for what, number in counts.items()) or "none")
