"""The laws of mappings and who would notice, as one page that needs nothing else."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from crossdock.cli.reconcile_page import POLICY
from crossdock.cli.reconcile_picture import text

if TYPE_CHECKING:
    from crossdock.cli.mapping_laws import LawRow
    from crossdock.testing.mapping.report import RuleRow


def page(laws: "Sequence[LawRow]", rules: "Sequence[RuleRow]", written_at: datetime) -> str:
    """What was found, pipeline by pipeline: what is broken, which rules nobody would miss, every law."""
    names = dict.fromkeys(row.pipeline for row in laws)
    body = "".join(
        _section(name, [row for row in laws if row.pipeline == name], [row for row in rules if row.pipeline == name])
        for name in names
    )
    style = files("crossdock.cli").joinpath("mapping_page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Laws of mappings</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>\n{style}</style></head>\n<body><main><h1>Laws of mappings</h1>{body}\n"
        f"<footer>Written {written_at:%Y-%m-%d %H:%M} UTC by crossdock.</footer></main></body></html>\n"
    )


def _section(name: str, laws: "Sequence[LawRow]", rules: "Sequence[RuleRow]") -> str:
    broken = [row for row in laws if not row.holds]
    known = [row for row in laws if row.holds and row.known]
    missed = [row for row in rules if not row.noticed_by]
    tiles = (
        (len(laws) - len(broken), "laws hold", ""),
        (len(broken), "laws are broken", "bad" if broken else ""),
        (len({row.rule for row in rules}), "rules", ""),
        (len({row.rule for row in rules if not row.reached}), "rules that nothing reached", ""),
        (len(missed), f"of {len(rules):,} changes that nobody noticed", "warn" if missed else ""),
    )
    counts = "".join(f"<div><b class='{mark}'>{number:,}</b>{words}</div>" for number, words, mark in tiles)
    return (
        f"\n<section><h2>Pipeline {text(name)}</h2><div class=tiles>{counts}</div>"
        f"{_broken(broken, 'Broken')}{_broken(known, 'Known to be broken')}{_rules(rules)}{_laws(laws)}</section>"
    )


def _broken(rows: "Sequence[LawRow]", title: str) -> str:
    told = "".join(
        f"<article><h4>{text(row.law)}</h4><p>{text(row.sentence)}</p><p><b>{text(row.counterexample)}</b></p>"
        f"<p>{text(row.found)}</p>{f'<p class=dim>{text(row.known)}</p>' if row.known else ''}</article>"
        for row in rows
    )
    return f"<h3>{title}</h3>{told}" if rows else ""


def _rules(rows: "Sequence[RuleRow]") -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("rule", "says", "reached by", "changed", "who notices"))
    return (
        "<h3>Who would notice if a rule were wrong?</h3><p class=dim>Each rule was taken out or changed, one at a "
        "time. What nobody notices, an example would: <code>crossdock test-mappings --pin</code> keeps one of each.</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(_rule_lines(rows))}</tbody></table>"
    )


def _rule_lines(rows: "Sequence[RuleRow]") -> Iterator[str]:
    for rule in dict.fromkeys(row.rule for row in rows):
        for place, row in enumerate(own := [row for row in rows if row.rule == rule]):
            over = f"rowspan={len(own)}"
            reached = f"{row.reached:,}" if row.reached else "<b class=bad>nothing</b>"
            first = f"<td {over} class=name>{text(rule)}<td {over}>{text(row.says)}<td {over} class=n>{reached}"
            yield f"\n<tr>{'' if place else first}<td class=change>{text(row.change)}<td>{_who(row)}"


def _who(row: "RuleRow") -> str:
    if row.noticed_by:
        return f"<code>{text(row.noticed_by)}</code>"
    would = f" <small>would show in: {text(row.pin)}</small>" if row.pin else " <small>nothing that was tried</small>"
    return f"<b class=warn>nobody</b>{would}"


def _laws(rows: "Sequence[LawRow]") -> str:
    told = "".join(
        f"\n<tr><td class=change><code>{text(row.law)}</code><td>{text(row.sentence)}"
        f"<td class=change>{'holds' if row.holds else '<b class=bad>broken</b>'}"
        for row in rows
    )
    return (
        f"<h3>Every law</h3><table><thead><tr><th>law</th><th>sentence</th><th></th></tr></thead><tbody>{told}"
        "</tbody></table>"
    )
