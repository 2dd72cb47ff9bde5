"""Who may meet the change: what ``expose`` and each rung of ``ramp`` take.

    audience = "nobody" | "no more" | "everyone" , [ " except " , segment , { " and " , segment } ]
             | part , { " and " , part } ;
    part     = shares , [ " of users" ] | shares , " of " , segment | segment
             | segment , " as " , shares , " of users" ;
    shares   = percent , [ " to " , percent ] ;

``5% to 10%`` starts at 5 and may be raised to 10 without a new gate; ``beta testers as 5% to 10% of users`` is a cap of
10 % of everybody and a warning below 5 %. A segment may be a ``{{name}}``, filled when the step runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.numbers import share
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.exposure import NOBODY, Audience, Exposure

_PERCENT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)%(?![\w%])")
_BARE_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?![\w%.])")
_VARIABLE = re.compile(r"\{\{[^{}]+\}\}")
_END_OF_SEGMENT = stops("as", "and", "except")


def parse_audience(text: str, names: Names) -> Audience:
    """Read an audience. Raises GrammarError; UnknownName with kind ``segment``."""
    scan = Scanner(text)
    whole = text.strip()
    if scan.ends_with("no more"):
        return Audience(NOBODY, NOBODY, whole, no_more=True)
    if scan.ends_with("nobody"):
        return Audience(NOBODY, NOBODY, whole)
    if scan.word("everyone"):
        everyone = Exposure(share=100, excluded=_excluded(scan, names))
        return Audience(everyone, everyone, whole)
    union = _Union()
    _scan_part(scan, names, union)
    while scan.word("and"):
        _scan_part(scan, names, union)
    if not scan.done:
        after = scan.since(0).strip()
        raise scan.fail(
            f'cannot read "{scan.rest}" after "{after}"; what may follow is "and" and another segment'
        )
    return Audience(union.least.exposure(), union.most.exposure(), whole, warned_below=union.warned_below)


def several_audiences(texts: Sequence[str]) -> GrammarError:
    """The error for a list under ``expose``, which names one audience."""
    rungs, union = ", ".join(texts), " and ".join(texts)
    return GrammarError(
        '"expose" names one audience; for rungs climbed one after the other write '
        f'"ramp: [{rungs}]", for all of them at once "expose: {union}"'
    )


@dataclass(slots=True)
class _Side:
    """One end of a range, while it is being read."""

    share: float = 0.0
    segments: dict[str, float] = field(default_factory=dict)
    capped: dict[str, float] = field(default_factory=dict)

    def exposure(self) -> Exposure:
        return Exposure(self.share, self.segments, self.capped)


@dataclass(slots=True)
class _Union:
    """What the parts read so far add up to."""

    least: _Side = field(default_factory=_Side)
    most: _Side = field(default_factory=_Side)
    warned_below: dict[str, float] = field(default_factory=dict)


def _scan_part(scan: Scanner, names: Names, union: _Union) -> None:
    start = scan.at
    if scan.sees("everyone") or scan.sees("nobody"):
        raise scan.fail(f'"{scan.until(_END_OF_SEGMENT)}" stands alone; nothing is joined to it with "and"')
    shares = _scan_shares(scan)
    if shares is None:
        _scan_members(scan, names, union)
    elif not scan.word("of") or scan.word("users"):
        if union.most.share:
            raise scan.fail("two shares of all users; write one of them", start)
        union.least.share, union.most.share = shares
    else:
        segment = _scan_segment(scan, names, union)
        union.least.segments[segment], union.most.segments[segment] = shares


def _scan_members(scan: Scanner, names: Names, union: _Union) -> None:
    segment = _scan_segment(scan, names, union)
    if not scan.word("as"):
        union.least.segments[segment] = union.most.segments[segment] = 100.0
        return
    shares = _scan_shares(scan)
    if shares is None or not scan.word("of users"):
        raise scan.fail(f'expected "{segment} as 5% to 10% of users"; found "{scan.text.strip()}"')
    least, most = shares
    union.least.capped[segment] = union.most.capped[segment] = most
    if least < most:
        union.warned_below[segment] = least


def _scan_shares(scan: Scanner) -> tuple[float, float] | None:
    start = scan.at
    if not (first := scan.match(_PERCENT)):
        return None
    least = most = _positive(scan, first[1], start)
    if scan.word("to"):
        if not (second := scan.match(_PERCENT)):
            raise scan.fail(f'expected a percentage after "to"; found "{scan.rest}"')
        most = _positive(scan, second[1], start)
    if most < least:
        raise scan.fail(
            f'"{least:g}% to {most:g}%" runs backwards; did you mean "{most:g}% to {least:g}%"?', start
        )
    return least, most


def _positive(scan: Scanner, number: str, start: int) -> float:
    percent = share(float(number), f"{number}%", start)
    if percent == 0:
        raise scan.fail('0% is "nobody"; write that', start)
    return percent


def _scan_segment(scan: Scanner, names: Names, union: _Union) -> str:
    start = scan.at
    segment = _segment(scan, names)
    if segment in union.most.segments or segment in union.most.capped:
        raise scan.fail(f'"{segment}" is named twice; keep one', start)
    return segment


def _segment(scan: Scanner, names: Names) -> str:
    if variable := scan.match(_VARIABLE):
        return variable[0]
    if scan.done:
        raise scan.fail('expected an audience such as "10%", "everyone" or a segment; found nothing')
    if scan.rest not in names.segments and (bare := scan.match(_BARE_NUMBER)):
        raise scan.fail(f'"{bare[0].strip()}" has no unit; did you mean "{bare[0].strip()}%"?', bare.start())
    return scan.name(names.segments, _END_OF_SEGMENT)


def _excluded(scan: Scanner, names: Names) -> tuple[str, ...]:
    if not scan.rest:
        return ()
    if not scan.word("except"):
        raise scan.fail(f'cannot read "{scan.rest}" after "everyone"; what may follow is "except SEGMENT"')
    excluded = [_segment(scan, names)]
    while scan.word("and"):
        excluded.append(_segment(scan, names))
    if not scan.done:
        raise scan.fail(f'cannot read "{scan.rest}" after "{scan.since(0).strip()}"')
    return tuple(excluded)
