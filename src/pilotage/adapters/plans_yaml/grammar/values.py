"""The number a metric is compared with, in the metric's own unit.

    value  = number , ( "%" | time | bytes | " per " , ( "s" | "m" | "h" | "d" | "w" ) | "" ) | number , "x baseline" ;
    time   = "ms" | "s" | "m" | "h" | "d" | "w" ;       (* several parts add up: "1h 30m" *)
    bytes  = "B" | "kB" | "MB" | "GB" | "TB" | "KiB" | "MiB" | "GiB" | "TiB" ;

Values come out as ``domain.metrics.Unit`` says: percent as it is written, seconds, bytes, events per second. A day is
24 hours here: a value is compared with a measurement, not with a calendar. A bare number is for counts and scores.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, expected_one_of
from pilotage.adapters.plans_yaml.grammar.names import Measurable
from pilotage.adapters.plans_yaml.grammar.scanner import Scanner, stops
from pilotage.domain.metrics import Unit

SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
}
BYTES = {
    "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
    "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30, "TiB": 2.0**40,
}  # fmt: skip

_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_BASELINE = re.compile(rf"({_NUMBER})x\s+baseline(?!\w)")
_PER = re.compile(rf"({_NUMBER})\s+per\s+(s|m|h|d|w)(?!\w)")
_PERCENT = re.compile(rf"({_NUMBER})%(?![\w%])")
_TIME = re.compile(rf"({_NUMBER})(ms|s|m|h|d|w)(?!\w)")
_BYTES = re.compile(rf"({_NUMBER})({'|'.join(BYTES)})(?!\w)")
_BARE = re.compile(rf"({_NUMBER})(?![\w.%])")
_END_OF_VALUE = stops("in", "for", "and", "or", "within", ",")

_MEASURED_IN = {
    Unit.PERCENT: "is measured in percent",
    Unit.TIME: "is measured in time",
    Unit.COUNT: "is a count",
    Unit.SCORE: "is a score",
    Unit.BYTES: "is measured in bytes",
    Unit.PER_SECOND: "is measured per s, m, h, d or w",
}
_WRITTEN_AS = {
    Unit.PERCENT: "percent", Unit.TIME: "a time", Unit.BYTES: "bytes", Unit.PER_SECOND: "a rate", Unit.COUNT: "a bare number",
}  # fmt: skip
_EXAMPLE = {Unit.PERCENT: "{}%", Unit.TIME: "{}s", Unit.BYTES: "{}MB", Unit.PER_SECOND: "{} per s"}
_OTHER_WORDS = {
    "seconds": "time", "milliseconds": "time", "duration": "time", "ms": "time", "s": "time", "%": "percent",
    "percentage": "percent", "ratio": "percent", "number": "count", "integer": "count", "points": "score",
    "rating": "score", "rate": "per s", "rps": "per s", "byte": "bytes", "mb": "bytes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Value:
    """A limit in the metric's unit, or a factor of its baseline."""

    limit: float
    of_baseline: bool = False


def scan_value(scan: Scanner, metric: Measurable) -> Value:
    """Read the value that must stand here for ``metric``. Raises GrammarError when it has no unit or another one."""
    start = scan.at
    if factor := scan.match(_BASELINE):
        return Value(float(factor[1]), of_baseline=True)
    unit, number = _scan_number(scan)
    found = scan.since(start)
    bare_is_right = metric.unit in (Unit.COUNT, Unit.SCORE)
    if unit is metric.unit or (unit is Unit.COUNT and bare_is_right):
        return Value(number)
    if unit is None:
        raise scan.fail(
            f'expected a value such as {_example(metric)}; found "{scan.until(_END_OF_VALUE)}"', start
        )
    problem = f"{metric.name} {_MEASURED_IN[metric.unit]}"
    if unit is Unit.COUNT:
        guess = _EXAMPLE[metric.unit].format(found)
        raise scan.fail(f'{problem}; "{found}" has no unit; did you mean "{guess}"?', start)
    raise scan.fail(f'{problem}; "{found}" is {_WRITTEN_AS[unit]}', start)


def parse_value(text: str, metric: Measurable) -> float:
    """A value that stands alone, such as the ``300ms`` of ``fixed 300ms``. Raises GrammarError."""
    scan = Scanner(text)
    value = scan_value(scan, metric)
    if value.of_baseline or not scan.done:
        raise GrammarError(f'expected a value such as {_example(metric)}; found "{text.strip()}"')
    return value.limit


def parse_unit(text: str) -> Unit:
    """``percent``, ``time``, ``count``, ``score``, ``bytes``, or ``per s``, ``m``, ``h``, ``d``, ``w``.

    All rates are kept per second. Raises GrammarError.
    """
    words = " ".join(text.split())
    rates = {f"per {unit}" for unit in ("s", "m", "h", "d", "w")}
    if words in rates:
        return Unit.PER_SECOND
    if words in set(Unit):
        return Unit(words)
    choices = ("percent", "time", "count", "score", "bytes", "per s", "per m", "per h")
    raise expected_one_of(words, choices, also=_OTHER_WORDS)


def _scan_number(scan: Scanner) -> tuple[Unit | None, float]:
    if rate := scan.match(_PER):
        return Unit.PER_SECOND, float(Decimal(rate[1]) / SECONDS[rate[2]])
    if percent := scan.match(_PERCENT):
        return Unit.PERCENT, float(percent[1])
    if part := scan.match(_TIME):
        seconds = Decimal(part[1]) * SECONDS[part[2]]
        while part := scan.match(_TIME):
            seconds += Decimal(part[1]) * SECONDS[part[2]]
        return Unit.TIME, float(seconds)
    if size := scan.match(_BYTES):
        return Unit.BYTES, float(size[1]) * BYTES[size[2]]
    if bare := scan.match(_BARE):
        return Unit.COUNT, float(bare[1])
    return None, 0.0


def _example(metric: Measurable) -> str:
    return _EXAMPLE.get(metric.unit, "{}").format(5)
