"""What follows when something fails, comes due or goes unanswered.

otherwise = ( "roll back" | "hold" ) , [ " after " , duration ] ;           (* a stage whose gate is not met *)
then      = "hold" | "abort" | "back to " , stage ;                         (* after a rollback *)
deadline  = ( "at once" | duration ) , [ " by " , who ] ;                   (* a follow-up *)
retry     = number , " times every " , duration ;
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pilotage.adapters.plans_yaml.grammar.asks import scan_who
from pilotage.adapters.plans_yaml.grammar.durations import duration_after, scan_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Names
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.people import Who
from pilotage.domain.stages import Otherwise
from pilotage.domain.steps import Retry
from pilotage.domain.time import Duration

_TIMES = re.compile(r"([0-9]{1,4})\s+times?\s+every(?!\w)")


class Then(NamedTuple):
    """What a rollback leaves behind: ``hold``, ``abort``, or ``back`` to the stage with id ``back_to``."""

    action: str
    back_to: str = ""


class Deadline(NamedTuple):
    """When a follow-up is due after the rollback ended (zero: at once), and by whom (None: the owner)."""

    after: Duration
    by: Who | None


def parse_otherwise(text: str) -> Otherwise:
    """``hold``, ``roll back``, ``roll back after 2h``: when a stage's gate stays unmet. Raises GrammarError."""
    scan = Scanner(text)
    action = next((action for action in ("roll back", "hold") if scan.word(action)), "")
    if action:
        after = duration_after(scan, "after", stops()) if scan.word("after") else Duration()
        if scan.done:
            return Otherwise(action, after)
    raise GrammarError(f'expected "roll back", "hold" or "roll back after 2h"; found "{text.strip()}"')


def parse_then(text: str, names: Names) -> Then:
    """``hold``, ``abort``, ``back to pilot``. Raises GrammarError."""
    scan = Scanner(text)
    if scan.word("back to"):
        return Then("back", scan.name(names.stages, stops()))
    if scan.rest in ("hold", "abort"):
        return Then(scan.rest)
    raise GrammarError(f'expected "hold", "abort" or "back to STAGE"; found "{text.strip()}"')


def parse_deadline(text: str, names: Names) -> Deadline:
    """``24h``, ``at once by on-call``, ``48h by engineering lead``. Raises GrammarError."""
    scan = Scanner(text)
    after = Duration() if scan.word("at once") else scan_duration(scan)
    if after is None or not (scan.done or scan.sees("by")):
        raise GrammarError(
            f'expected a deadline such as "24h" or "48h by engineering lead"; found "{text.strip()}"'
        )
    return Deadline(after, scan_who(scan, names) if scan.word("by") else None)


def parse_retry(text: str) -> Retry:
    """``3 times every 30s``: so many tries after the first. Raises GrammarError."""
    scan = Scanner(text)
    if found := scan.match(_TIMES):
        every = duration_after(scan, "every", stops())
        if scan.done and int(found[1]) > 0:
            return Retry(int(found[1]), every)
    raise GrammarError(f'expected "3 times every 30s"; found "{text.strip()}"')
