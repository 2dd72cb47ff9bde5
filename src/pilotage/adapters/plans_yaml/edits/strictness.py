"""Is a limit tighter or looser than it was? For sorting edits: a tighter guard is free, a looser one is not.

A *requirement* (a gate's condition, a target) must hold; an *alarm* (a trigger, an alert) must not. ``< 1%`` is tighter
with a smaller number as a requirement and with a larger one as an alarm; with ``>`` it is the other way round.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Change(StrEnum):
    """What a new text does to an old limit. ``other``: it says something else, and nobody can tell."""

    SAME = "same"
    TIGHTER = "tighter"
    LOOSER = "looser"
    OTHER = "other"


_LIMIT = re.compile(
    r"(?P<before><=|>=|<|>|=|\bfor|\bby)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|ms|[smhdw]\b|x baseline|per [smhdw]\b)?"
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}

# Which way is tighter for a requirement: 1 a larger number, -1 a smaller one. For an alarm it is the reverse.
_TIGHTER = {"<": -1, "<=": -1, ">": 1, ">=": 1, "for": 1}


def compare(old: str, new: str, *, alarm: bool) -> Change:
    """What became of one condition.

    >>> compare("error rate < 1% for 3d", "error rate < 0.5% for 3d", alarm=False)
    <Change.TIGHTER: 'tighter'>
    >>> compare("error rate > 5%", "error rate > 10%", alarm=True)
    <Change.LOOSER: 'looser'>
    """
    old, new = " ".join(old.split()), " ".join(new.split())
    if old == new:
        return Change.SAME
    before, after = list(_LIMIT.finditer(old)), list(_LIMIT.finditer(new))
    if _skeleton(old) != _skeleton(new) or not before:
        return Change.OTHER
    return _together([_limit(one, other, alarm) for one, other in zip(before, after, strict=True)])


def compare_guards(old: str, new: str) -> Change:
    """What became of a guard, ``target < 1%, alert > 2%``: a limit that is new is tighter, one that is gone is looser."""
    before, after = _parts(old), _parts(new)
    changes = []
    for word in dict.fromkeys((*before, *after)):
        if word not in after:
            changes.append(Change.LOOSER)
        elif word not in before:
            changes.append(Change.TIGHTER)
        else:
            changes.append(compare(before[word], after[word], alarm=word == "alert"))
    return _together(changes)


def _parts(guard: str) -> dict[str, str]:
    return {part.split(None, 1)[0]: part for part in map(str.strip, guard.split(",")) if part}


def _skeleton(text: str) -> str:
    """The condition with its numbers left out."""
    return _LIMIT.sub(lambda found: f"{found['before']} #", text)


def _limit(old: re.Match[str], new: re.Match[str], alarm: bool) -> Change:
    """One number of a condition, before and after."""
    (was, kind), (is_now, new_kind) = _measure(old), _measure(new)
    word = old["before"]
    if kind != new_kind or (was != is_now and word == "="):
        return Change.OTHER
    if was == is_now:
        return Change.SAME
    larger_is_tighter = -1 if word == "by" else _TIGHTER[word] * (-1 if alarm else 1)
    return Change.TIGHTER if (is_now > was) == (larger_is_tighter > 0) else Change.LOOSER


def _measure(limit: re.Match[str]) -> tuple[float, str]:
    """A number in its base unit, and what it measures."""
    number, unit = float(limit["number"]), limit["unit"] or ""
    if unit in _SECONDS:
        return number * _SECONDS[unit], "time"
    if unit.startswith("per "):
        return number / _SECONDS[unit[4:]], "rate"
    return number, unit


def _together(changes: list[Change]) -> Change:
    """Several changes as one: what is looser anywhere is looser, what nobody can tell is told as such."""
    for worst in (Change.LOOSER, Change.OTHER, Change.TIGHTER):
        if worst in changes:
            return worst
    return Change.SAME


def percentages(audience: str) -> list[float]:
    """The percentages in an audience, ``5% to 10%``; 0 for nobody, 100 for everyone, empty where it names segments."""
    if audience in ("nobody", "everyone"):
        return [0.0 if audience == "nobody" else 100.0]
    found = re.fullmatch(r"(\d+(?:\.\d+)?)%(?: to (\d+(?:\.\d+)?)%)?", audience)
    return [float(number) for number in found.groups() if number] if found else []


def rises(old: list[str], new: list[str]) -> bool | None:
    """Whether a list of audiences reaches further than before anywhere; None where segments make it hard to tell."""
    if old == new:
        return False
    before, after = [percentages(each) for each in old], [percentages(each) for each in new]
    if not before or not all(before) or not all(after):
        return None
    reached = [max(each) for each in before]
    return any(max(each) > reached[min(rung, len(reached) - 1)] for rung, each in enumerate(after))
