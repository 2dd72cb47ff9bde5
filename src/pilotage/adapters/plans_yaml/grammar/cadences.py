"""How often releases of a type go out, and how a role is passed round. Read and kept as text; nothing acts on it yet.

cadence = "on demand"
        | "every " , ( "day" | "week" | "month" | "quarter" | [ "second " ] , weekday | duration ) ,
          [ " from " , date ] , [ " if needed" ] , [ " or by " , text ] ;
rota    = ( "daily" | "weekly" | "every " , duration ) , " from " , [ weekday , " " ] , clock ;
"""

from __future__ import annotations

from pilotage.adapters.plans_yaml.grammar.clocks import scan_clock, scan_date, scan_weekday
from pilotage.adapters.plans_yaml.grammar.durations import scan_duration
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner


def parse_cadence(text: str) -> str:
    """``every second Thursday from 2026-01-08``, ``every quarter``, ``on demand``. Raises GrammarError."""
    scan = Scanner(text)
    if scan.ends_with("on demand"):
        return "on demand"
    if scan.word("every") and _rhythm(scan):
        if scan.word("from") and scan_date(scan) is None:
            raise scan.fail(f'expected a date such as 2026-01-08 after "from"; found "{scan.rest}"')
        scan.word("if needed")
        if scan.done or (scan.word("or by") and not scan.done):
            return " ".join(text.split())
    raise GrammarError(
        f'expected "every second Thursday", "every quarter" or "on demand"; found "{text.strip()}"'
    )


def parse_rota(text: str) -> str:
    """``weekly from Monday 09:00``: people take turns. Raises GrammarError."""
    scan = Scanner(text)
    rhythm = scan.word("daily") or scan.word("weekly") or (scan.word("every") and bool(scan_duration(scan)))
    if rhythm and scan.word("from"):
        scan_weekday(scan)
        if scan_clock(scan) is not None and scan.done:
            return " ".join(text.split())
    raise GrammarError(f'expected a rota such as "weekly from Monday 09:00"; found "{text.strip()}"')


def _rhythm(scan: Scanner) -> bool:
    if any(scan.word(word) for word in ("day", "week", "month", "quarter")):
        return True
    if scan.word("second"):
        return scan_weekday(scan) is not None
    return scan_weekday(scan) is not None or bool(scan_duration(scan))
