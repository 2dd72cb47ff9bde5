"""Random walks: a release is told whatever the world and people may tell it, in any order, and everything is kept.

The rules that must always hold are then checked on what happened, by tests that know nothing of how it was decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from pilotage.application.codec import event_from_json, event_to_json, release_from_json, release_to_json
from pilotage.decisions.decide import decide
from pilotage.decisions.evolve import evolve
from pilotage.decisions.watch import requests, terms
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision
from pilotage.domain.effects import Effect
from pilotage.domain.events import Happened
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Arm, Reading, Sample
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release
from pilotage.domain.tallies import Tally

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = ("ana", "ben", "cleo", "dan", "stranger")
LONGEST = 30

GAPS = st.sampled_from([1, 5, 15, 60, 600, 1200, 3600, 6 * 3600, 86_400])
VALUES = st.sampled_from([0.1, 0.1, 0.1, 1.5, 3.0, 8.0, None])
ENDINGS = st.sampled_from(["done", "done", "done", "done", "failed", "unknown"])

MOVES = st.one_of(
    st.tuples(st.just("smooth"), st.integers(1, 6)),
    st.tuples(st.just("smooth"), st.integers(1, 6)),
    st.tuples(st.just("time"), GAPS, VALUES),
    st.tuples(st.just("time"), GAPS, VALUES),
    st.tuples(st.just("effects"), ENDINGS),
    st.tuples(st.just("effects"), ENDINGS),
    st.tuples(
        st.just("answer"),
        st.sampled_from(PEOPLE),
        st.sampled_from(["yes", "yes", "yes", "no", "option 0", "option 1"]),
    ),
    st.tuples(
        st.just("answer"),
        st.sampled_from(PEOPLE),
        st.sampled_from(["yes", "yes", "yes", "no", "option 0", "option 1"]),
    ),
    st.tuples(
        st.just("steer"),
        st.sampled_from(PEOPLE),
        st.sampled_from(["hold", "resume", "resume", "advance", "abort", "roll back", "kill"]),
    ),
    st.tuples(st.just("override"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("restart")),
)
WALKS = st.tuples(st.integers(0, 40), st.lists(MOVES, min_size=3, max_size=LONGEST)).map(
    lambda drawn: [("smooth", drawn[0]), *drawn[1]]
)
"""A smooth beginning of some length, so that every stage is reached, and then anything."""


@dataclass(frozen=True, slots=True)
class Told:
    """One fact, the release before it, and what was decided."""

    before: Release
    fact: f.Fact
    decision: Decision
    after: Release


@dataclass(slots=True)
class Walk:
    """A release under way, and everything that was told and decided."""

    plan: Plan
    now: datetime = BEGIN
    release: Release = field(init=False)
    judging: Judging = field(default_factory=Judging)
    log: list[Happened] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    open: list[Effect] = field(default_factory=list)
    asked_of_the_world: list[tuple[datetime, Effect]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.release = Release("walk", self.plan)
        kind, system = self.plan.type, self.plan.system
        created = e.ReleaseCreated("1.1.0", "1.0.0", self.plan.id, self.plan.digest, kind, system)
        self._happen(Happened(self.now, Actor(person="dan"), created))
        self.tell(f.Start(), Actor(person="dan"))

    def tell(self, body: f.Body, by: Actor) -> Decision:
        """Tell a fact and fold what follows."""
        before, fact = self.release, f.Fact(self.now, by, body)
        decision = decide(self.release, self.judging, fact)
        for happened in decision.events:
            self._happen(happened)
        self.judging = decision.judging
        self.open += decision.effects
        self.asked_of_the_world += [(self.now, effect) for effect in decision.effects]
        self.told.append(Told(before, fact, decision, self.release))
        return decision

    def take(self, move: tuple[object, ...]) -> None:
        """One move of the walk."""
        match move:
            case ("time", int(seconds), value):
                self.now += timedelta(seconds=seconds)
                self.look(value if isinstance(value, float) else None)
            case ("smooth", int(rounds)):
                for _ in range(rounds):
                    self.smooth()
            case ("effects", str(ending)):
                for effect in self.open:
                    self.tell(f.EffectEnded(effect.id, _ENDINGS[ending]), Actor(rule="the world"))
                    self.open.remove(effect)
                    break
            case ("answer", str(person), str(words)):
                self.answer(person, words)
            case ("steer", str(person), str(words)):
                self.tell(_STEERING[words], Actor(person=person))
            case ("override", str(person)):
                lines = [c.key for s in self.plan.stages for c in s.gate]
                if lines:
                    self.tell(f.Override(lines[-1], "it must go out"), Actor(person=person))
            case ("restart",):
                restored = release_from_json(release_to_json(self.release), self.plan)
                assert restored is not None
                self.release = restored

    def smooth(self) -> None:
        """A quiet ten minutes: what is on the way succeeds, whoever is asked says yes, the metrics are well."""
        self.take(("effects", "done"))
        self.take(("effects", "done"))
        for person in ("ana", "ben", "dan"):
            self.answer(person, "yes")
        self.now += timedelta(minutes=10)
        self.look(0.1, steady_since=self.now - timedelta(minutes=10))

    def look(self, value: float | None, steady_since: datetime | None = None) -> None:
        """A look at the metrics: every watched one has this value (None: no data)."""
        seen = {term.metric for term in terms(self.release)}
        samples = tuple(
            Sample(metric, self.now, value if arm is Arm.CANARY else 0.1, 1000.0, None, arm)
            for metric in sorted(seen)
            for arm in Arm
        )
        self.samples += [s for s in samples if s.arm is Arm.CANARY]
        self.tell(f.Tick(samples, tuple(self._counted(value))), Actor(rule="the clock"))

    def _counted(self, value: float | None) -> Iterator[Tally]:
        """What the sources count, where the plan's metrics can be counted: a tenth of 10,000 requests meets the change."""
        for asked in requests(self.release, self.judging, self.now):
            if asked.reading is Reading.COUNT and asked.since and asked.until:
                canary = asked.arm is Arm.CANARY
                served, percent = (1000.0, value) if canary else (9000.0, 0.1)
                problem = "the source is silent" if percent is None else ""
                failed = round(served * (percent or 0.0) / 100)
                yield Tally(
                    asked.metric.name,
                    asked.since,
                    asked.until,
                    served,
                    failed,
                    arm=asked.arm,
                    problem=problem,
                )

    def answer(self, person: str, words: str) -> None:
        """Answer the first open question, as this person, rightly or wrongly."""
        question = next(iter(self.release.questions.values()), None)
        if question is None:
            return
        body: f.Body
        if words.startswith("option") and question.options:
            body = f.ChooseOption(question.options[int(words[-1]) % len(question.options)], question.id)
        elif words == "no":
            body = f.Reject("not like this", question.id)
        elif question.kind in (e.QuestionKind.CHECK, e.QuestionKind.WORK):
            body = f.Attest(question.about)
        else:
            body = f.Approve(question.id)
        self.tell(body, Actor(person=person))

    def _happen(self, happened: Happened) -> None:
        self.log.append(event_from_json(event_to_json(happened)))
        self.release = evolve(self.release, happened)

    def events(self, *kinds: type) -> list[tuple[int, Happened]]:
        """The events of these kinds with their place in the log."""
        return [(n, h) for n, h in enumerate(self.log) if isinstance(h.event, kinds)]


_ENDINGS = {
    "done": f.Outcome(f.OutcomeKind.DONE, "ok", last_line="backup-17"),
    "failed": f.Outcome(f.OutcomeKind.FAILED, "exit status 1"),
    "unknown": f.Outcome(f.OutcomeKind.UNKNOWN, "the worker died"),
}
_STEERING: dict[str, f.Body] = {
    "hold": f.Hold("wait a moment"),
    "resume": f.Resume("looked at it"),
    "advance": f.Advance("go on"),
    "abort": f.Abort("no more"),
    "roll back": f.RollBack("users complain"),
    "kill": f.KillSwitchPulled("an emergency"),
}


def walked(plan: Plan, moves: list[tuple[object, ...]]) -> Walk:
    """A walk through ``plan``."""
    walk = Walk(plan)
    for move in moves:
        walk.take(move)
    return walk
