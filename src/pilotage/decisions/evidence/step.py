"""One look, as every test of a release sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """``mass``: the onset prior spent by this look. ``since``: seconds from the last fresh start to this look's begin.

    ``grace``: seconds (0: none). ``budget``: the release's. ``lasting``: seconds it covers;
    ``looks``: how many planned looks that is (a late one: more than 1).
    """

    mass: float
    since: float | None
    grace: float
    budget: float
    lasting: float
    looks: float
