"""Judging a past release again: its stored looks, under its own plan or under other rules. Nothing is written.

The release's real course is kept (its stages, its exposure, what people said), and each look at its numbers is decided
on by the code that decides live. So a replay can say what the rules would have made of the same numbers; it cannot say
what would have come after something that did not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pilotage.application.ports.plans import Plans
from pilotage.application.ports.storage import ReleaseStore
from pilotage.application.runtime.handle import Decide
from pilotage.application.runtime.loading import Loader
from pilotage.application.use_cases.evidence_folding import BY_NUMBERS
from pilotage.application.use_cases.past_looks import PastLook, forgotten, past_looks, with_the_release
from pilotage.decisions.decide import decide as decide_really
from pilotage.decisions.evolve import evolve
from pilotage.decisions.explain import sentence
from pilotage.domain import events as e
from pilotage.domain.errors import PlanError
from pilotage.domain.events import Happened
from pilotage.domain.facts import Fact, Tick
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Arm, Sample
from pilotage.domain.people import PLAN
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status


@dataclass(frozen=True, slots=True)
class Turned:
    """A moment in which a release was (or would have been) turned back or held, by which rule, on what numbers.

    ``what``: ``rolled back`` or ``held``. ``requests``: how many had met the change by then, where they were counted.
    """

    at: datetime
    what: str
    by: str
    sentence: str
    requests: float = 0.0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found. ``rules`` is empty under the release's own plan, else how the changes are called.

    ``stopped``: when it would have been rolled back (None: not by these numbers); ``held``: every hold before that, each
    rule once. ``really_stopped`` and ``really_held``: the same of what happened. ``e_value`` against ``needed`` is the
    release's own evidence at the end of the replay. ``comparison`` says it in one sentence.
    """

    release: str
    rules: str
    looks: int
    since: datetime | None
    until: datetime | None
    stopped: Turned | None
    held: tuple[Turned, ...]
    really_stopped: Turned | None
    really_held: tuple[Turned, ...]
    e_value: float
    needed: float
    comparison: str
    notes: tuple[str, ...] = ()


class Replaying:
    """Judges past releases again."""

    def __init__(
        self, store: ReleaseStore, plans: Plans, loader: Loader, decide: Decide = decide_really
    ) -> None:
        self._store = store
        self._plans = plans
        self._loader = loader
        self._decide = decide
        self._one_at_a_time = asyncio.Lock()

    async def replay(self, release_id: str, changes: str = "", name: str = "rules") -> Replayed:
        """Judge a release again. ``changes`` holds other sections of judging, called ``name`` in messages; empty: its own.

        Raises NotFound, PlanError with every mistake of the changes, StoreUnusable.
        """
        loaded = await self._loader.load(release_id)
        plan = loaded.release.plan
        if changes:
            document = await self._store.plan_document(loaded.row.plan_digest) or ""
            read = self._plans.rejudged(document, changes, name)
            if read.plan is None:
                raise PlanError(read.errors, f"Mend {name} and judge again.")
            plan = read.plan
        history = await self._loader.history(release_id)
        looks = await past_looks(self._store, release_id)
        async with self._one_at_a_time:  # it needs the processor for long, and others go on meanwhile
            again = await asyncio.to_thread(judge_again, loaded.release, plan, history, looks, self._decide)
        return _told(loaded.release, history, looks, again, name if changes else "")


@dataclass(slots=True)
class Again:
    """A replay on its way."""

    judging: Judging = field(default_factory=Judging)
    guards: dict[str, str] = field(default_factory=dict)
    fired: dict[str, datetime] = field(default_factory=dict)
    requests: float = 0.0
    stopped: Turned | None = None
    held: dict[str, Turned] = field(default_factory=dict)
    until: datetime | None = None


def judge_again(
    release: Release,
    plan: Plan,
    history: Sequence[Happened],
    looks: Sequence[PastLook],
    decide: Decide = decide_really,
) -> Again:
    """Decide on every look of ``release`` under ``plan``, until it would have been rolled back."""
    again = Again()
    every = [*looks, *_reported(history)]
    for look, then in with_the_release(release, history, sorted(every, key=lambda one: one.at)):
        if then.status is not Status.RUNNING:
            continue
        again.until = look.at
        again.requests += _on_the_canary(look.tick)
        # What guards and triggers made of the numbers is the replay's own; that a person holds it judges nothing.
        state = replace(then, plan=plan, guards=again.guards, fired=again.fired, hold=None)
        _look(again, state, look, decide)
        if again.stopped is not None:
            break
    return again


def _look(again: Again, state: Release, look: PastLook, decide: Decide) -> None:
    """Decide on one look; ``state`` is the release as it was, with the replay's guards and triggers."""
    decision = decide(state, again.judging, Fact(look.at, PLAN, look.tick))
    again.judging = decision.judging
    for happened in decision.events:
        _note(again, happened, state)
        state = evolve(state, happened)
    again.guards, again.fired = state.guards, state.fired


def _note(again: Again, happened: Happened, before: Release) -> None:
    turned = _turned(happened, before, again.requests)
    if turned is None:
        return
    if turned.what == "rolled back":
        again.stopped = again.stopped or turned
    elif again.stopped is None:
        again.held.setdefault(turned.by, turned)


def _turned(happened: Happened, before: Release, requests: float = 0.0) -> Turned | None:
    match happened.event:
        case e.RollbackStarted():
            what = "rolled back"
        case e.Held(cause=cause) if cause in BY_NUMBERS:
            what = "held"
        case _:
            return None
    return Turned(happened.at, what, str(happened.by), sentence(happened, before), requests)


def _reported(history: Sequence[Happened]) -> Iterator[PastLook]:
    """Numbers that people brought, as looks: they stand in the record, not among the samples."""
    for h in history:
        if isinstance(h.event, e.MetricReported):
            said = h.event
            sample = Sample(
                said.metric, h.at, said.value, said.count, None, said.arm, said.dimension, said.segment
            )
            yield PastLook(h.at, Tick((sample,)))


def _on_the_canary(tick: Tick) -> float:
    """Requests that met the change since the look before: of the metric that counted most."""
    counted = [t.requests for t in tick.tallies if t.arm is Arm.CANARY and not (t.segment or t.problem)]
    return max(counted, default=0.0)


# --- telling ------------------------------------------------------------------------------------------------------


def _told(
    release: Release, history: Sequence[Happened], looks: Sequence[PastLook], again: Again, rules: str
) -> Replayed:
    really = list(_really(release, history, looks))
    stopped = next((turned for turned in really if turned.what == "rolled back"), None)
    weighing = again.judging.weighing
    notes = [forgotten(release, history, looks)]
    if again.held:
        notes.append("After a hold, the replay goes on as people really let the release go on.")
    replayed = Replayed(
        release=release.id,
        rules=rules,
        looks=len(looks),
        since=looks[0].at if looks else None,
        until=again.until,
        stopped=again.stopped,
        held=tuple(again.held.values()),
        really_stopped=stopped,
        really_held=tuple(turned for turned in really if turned.what == "held"),
        e_value=min(weighing.e_value, 1e100) if weighing else 1.0,
        needed=weighing.needed if weighing else 1 / release.plan.evidence.false_alarms,
        comparison="",
        notes=tuple(note for note in notes if note),
    )
    return replace(replayed, comparison=_compared(replayed, release))


def _really(release: Release, history: Sequence[Happened], looks: Sequence[PastLook]) -> Iterator[Turned]:
    """What really turned the release: its first rollback, and the holds by numbers before it, each rule once."""
    state, by = Release(release.id, release.plan), set[str]()
    for happened in history:
        turned = _turned(happened, state)
        if turned is not None and turned.by not in by:
            by.add(turned.by)
            met = sum(_on_the_canary(look.tick) for look in looks if look.at <= happened.at)
            yield replace(turned, requests=met)
            if turned.what == "rolled back":
                return
        state = evolve(state, happened)


def _compared(found: Replayed, release: Release) -> str:
    would, really = found.stopped, found.really_stopped
    if found.until is None:
        return "There are no numbers to judge again."
    if would is not None and really is not None:
        seconds = (really.at - would.at).total_seconds()
        if abs(seconds) < release.plan.evidence.every.approximate_seconds:
            return "It would have been rolled back when it was."
        return f"It would have been rolled back {_span(seconds)} {'earlier' if seconds > 0 else 'later'} than it was."
    if would is not None:
        return f"It would have been rolled back; really it was not, and it is {release.status}."
    if really is not None and found.held:
        return f"It would have been held at {_clock(found.held[0].at)} UTC, and not rolled back as it was."
    if really is not None:
        return (
            f"It would not have been rolled back by {_clock(really.at)} UTC, when it really was and its numbers end: "
            f"the evidence was {found.e_value:,.2g} of {found.needed:,.0f} then."
        )
    held = " It would have been held." if found.held else ""
    return f"It would not have been rolled back, and it was not.{held}"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _span(seconds: float) -> str:
    seconds = abs(seconds)
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
