"""Who is asked, who acts, and how long silence is waited for.

who  = [ "any of " ] , role , { ( ", " | " and " ) , role } ;                         (* by, who *)
ask  = [ number , " of " | "any of " ] , role , { ( ", " | " and " ) , role } , { tail } ;
tail = " within " , duration | " then " , role | " at the end" ;      (* each once; "at the end" only in go *)
go   = "by itself" | ask ;
number ask = "every " , ( duration | "hour" | "day" | "week" ) , " of " , who ;       (* a typed-in metric *)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from pilotage.adapters.plans_yaml.grammar.durations import duration_after, scan_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.people import Ask, Who
from pilotage.domain.time import Duration

_COUNT_OF = re.compile(r"([0-9]{1,6})\s+of(?!\w)")
_RHYTHMS = {"hour": Duration(seconds=3600), "day": Duration(days=1), "week": Duration(days=7)}
_COMMA = re.compile(r",")
_END_OF_ROLE = stops(",", "and", "or", "within", "then", "at the end")
_CONDITION_STARTS = re.compile(r"(step|stable for|approved by)\s")
_CONDITION_HOLDS = re.compile(r"[<>=]|\s(worse than|on target)(?!\w)")


class NumberAsk(NamedTuple):
    """How often a typed-in number is asked for, and of whom."""

    every: Duration
    who: Who


def parse_who(text: str, names: Names) -> Who:
    """``primary``, ``primary, on-call`` (each of them), ``any of primary, on-call`` (one). Raises GrammarError."""
    return scan_who(Scanner(text), names)


def scan_who(scan: Scanner, names: Names) -> Who:
    """Read who acts, up to the end of the text. Raises GrammarError."""
    any_of = scan.word("any of")
    roles = _scan_roles(scan, names)
    _finished(scan, "another role after a comma")
    return Who(roles, any_of)


def parse_each_of(texts: Sequence[str], names: Names) -> Who:
    """A list, ``by: [a, b]``: each of them. Raises GrammarError; its offset counts within the item that is wrong."""
    roles: list[str] = []
    for text in texts:
        roles.append(Scanner(text).name(names.roles, stops()))
        _once(tuple(roles), 0)
    return Who(tuple(roles))


def parse_go(text: str, names: Names) -> Ask | None:
    """``primary within 2d then manager``, ``2 of a, b``, ``a at the end``; None for ``by itself``.

    Raises GrammarError.
    """
    scan = Scanner(text)
    if scan.sees("by itself"):
        scan.word("by itself")
        _finished(scan, "nothing")
        return None
    ask = scan_ask(scan, names, on_a_ramp=True)
    _finished(scan, '"within DURATION", "then ROLE" or "at the end"')
    return ask


def parse_number_ask(text: str, names: Names) -> NumberAsk:
    """``every 2h of support``, ``every day of any of a, b``: who types a number in. Raises GrammarError."""
    scan = Scanner(text)
    if scan.word("every"):
        every = next((rhythm for word, rhythm in _RHYTHMS.items() if scan.word(word)), None) or scan_duration(
            scan
        )
        if every and scan.word("of"):
            return NumberAsk(every, scan_who(scan, names))
    raise GrammarError(
        f'expected how often and who is asked, such as "every 2h of support"; found "{text.strip()}"'
    )


def scan_ask(scan: Scanner, names: Names, *, on_a_ramp: bool = False) -> Ask:
    """Read who is asked, as ``go`` and ``approved by`` write it; only a ``go`` may wait for the last rung of a ramp.

    Raises GrammarError.
    """
    start = scan.at
    needed: int | None = None
    if scan.word("any of"):
        needed = 1
    elif count := scan.match(_COUNT_OF):
        needed = int(count[1])
    roles = _scan_roles(scan, names)
    if needed is not None and needed > len(roles):
        counted = f"{len(roles)} role" + ("s" if len(roles) > 1 else "")
        raise scan.fail(f"{needed} approvals out of {counted} can never be reached", start)
    if needed == 0:
        raise scan.fail("0 approvals ask nobody; leave the line out, or say how many are needed", start)
    return _with_tails(scan, names, Ask(roles, needed), on_a_ramp)


def _with_tails(scan: Scanner, names: Names, ask: Ask, on_a_ramp: bool) -> Ask:
    while not scan.done:
        if ask.within is None and scan.word("within"):
            ask = replace(ask, within=duration_after(scan, "within", _END_OF_ROLE))
        elif ask.then is None and scan.word("then"):
            ask = replace(ask, then=scan.name(names.roles, _END_OF_ROLE))
        elif on_a_ramp and not ask.at_the_end and scan.word("at the end"):
            ask = replace(ask, at_the_end=True)
        else:
            break
    return ask


def _scan_roles(scan: Scanner, names: Names) -> tuple[str, ...]:
    roles = [_scan_role(scan, names)]
    while scan.match(_COMMA) or (_another_role_follows(scan, names) and scan.word("and")):
        start = scan.at
        roles.append(_scan_role(scan, names))
        _once(tuple(roles), start)
    return tuple(roles)


def _scan_role(scan: Scanner, names: Names) -> str:
    if scan.done:
        raise scan.fail("expected a role; found nothing")
    return scan.name(names.roles, _END_OF_ROLE)


def _another_role_follows(scan: Scanner, names: Names) -> bool:
    """Whether the "and" here joins a role, and not the next term of a condition."""
    ahead = Scanner(scan.text[: scan.end])
    ahead.at = scan.at
    if not ahead.word("and"):
        return False
    if ahead.stands_for(names.roles, _END_OF_ROLE):
        return True
    words = ahead.until(stops("and"))
    return not (_CONDITION_STARTS.match(words) or _CONDITION_HOLDS.search(words))


def _once(roles: tuple[str, ...], offset: int) -> None:
    if roles[-1] in roles[:-1]:
        raise GrammarError(f'"{roles[-1]}" is named twice; keep one', offset)


def _finished(scan: Scanner, what: str) -> None:
    if not scan.done:
        before = scan.since(0).strip()
        raise scan.fail(f'cannot read "{scan.rest}" after "{before}"; what may follow is {what}')
