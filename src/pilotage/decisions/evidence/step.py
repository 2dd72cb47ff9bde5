"""One look, as every test of a release sees it."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """``mass``: the onset prior spent by this look. ``since``: seconds from the last fresh start to this look's begin.

    ``grace``: seconds (0: none). ``budget``: the release's. ``looks``: how many planned looks long this
    one was (a late one: more than 1).
    """

    mass: float
    since: float | None
    grace: float
    budget: float
    looks: float
