"""Playing a plan: facts in order of time, decided by ``decide``, answered by a simulated world.

Time jumps from one interesting moment to the next: the next look a decision asks for, the end of an effect, a person's
answer, the beginning or end of a fault. Between them metrics stand still, so one sample covers the whole span.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pilotage.application.simulation.metrics import Model, samples
from pilotage.application.simulation.outcome import Blocked, Moment, Simulation
from pilotage.application.simulation.scenario import Fault, FaultKind, Scenario
from pilotage.decisions import people
from pilotage.decisions.decide import decide
from pilotage.decisions.evolve import evolve
from pilotage.decisions.judging import last_seen
from pilotage.decisions.rollback import find
from pilotage.decisions.watch import terms
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.conditions import Measured
from pilotage.domain.decision import Decision, Wait
from pilotage.domain.effects import DeployVersion, Effect, RunCommands
from pilotage.domain.errors import UsageError
from pilotage.domain.events import Happened
from pilotage.domain.judging import Judging
from pilotage.domain.people import Actor
from pilotage.domain.plan import NotYet, Plan
from pilotage.domain.release import Question, Release, Status
from pilotage.domain.steps import Step
from pilotage.domain.time import EARLIEST, LATEST

SIMULATED = Actor(rule="the simulation")
STARTER = Actor(person="you")
"""Whoever starts the release; asked wherever the plan names nobody."""
OURS = "pilotage"
"""The source of the numbers Pilotage makes itself."""
HORIZON = timedelta(days=730)
MOST_FACTS = 20_000
LONG_IDLE = timedelta(days=120)
"""After so long with nothing but messages and reminders the simulation ends: a quarter and some days."""


QUIET = (
    e.MessageQueued, e.MessageSent, e.MessageSkipped, e.MessageFailed, e.Asked, e.Answered, e.QuestionWithdrawn, e.Escalated,
    e.MetricReported, e.GuardChanged,
)  # fmt: skip
"""Events that do not move a release along its plan."""


def simulate(
    plan: Plan, scenario: Scenario, start: datetime, seed: int | None = None, version: str = "1.0.0"
) -> Simulation:
    """Play ``plan`` from ``start`` (aware). With ``seed`` people's answering times vary, the same way for the same seed.

    Raises UsageError for a start beyond the years one can reckon with.
    """
    if not EARLIEST <= start <= LATEST:
        raise UsageError(
            f"Nothing can be simulated from the year {start.year} on.", "Begin between 1970 and 8999."
        )
    return _World(plan, scenario, start, seed, version).play()


@dataclass(slots=True)
class _World:
    plan: Plan
    scenario: Scenario
    start: datetime
    seed: int | None
    version: str
    now: datetime = field(init=False)
    release: Release = field(init=False)
    judging: Judging = field(init=False, default_factory=Judging)
    model: Model = field(init=False)
    chance: random.Random = field(init=False)
    queue: list[tuple[datetime, int, f.Body, Actor]] = field(init=False, default_factory=list)
    number: int = field(init=False, default=0)
    moments: list[Moment] = field(init=False, default_factory=list)
    answered: set[str] = field(init=False, default_factory=set)
    failures: dict[str, int] = field(init=False, default_factory=dict)
    sampled: datetime = field(init=False)
    watched: tuple[Release | None, tuple[Measured, ...]] = field(init=False, default=(None, ()))
    faults: dict[Fault, datetime] = field(init=False, default_factory=dict)
    """When each fault begins, once users meet the change where it waits for them."""
    waiting: dict[tuple[str, tuple[str, ...]], tuple[datetime, datetime]] = field(
        init=False, default_factory=dict
    )
    blocked: list[Blocked] = field(init=False, default_factory=list)
    not_yet: tuple[NotYet, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        self.now = self.sampled = self.start
        self.chance = random.Random(self.seed)  # noqa: S311  # a simulated delay, not a secret
        self.not_yet = self.plan.not_yet
        self.plan = _rehearsing(replace(self.plan, not_yet=()))
        self.model = Model(self.plan)
        self.failures = dict(self.scenario.failing)
        self.release = Release("simulated", self.plan)

    def play(self) -> Simulation:
        created = e.ReleaseCreated(
            self.version, "the version before", self.plan.id, self.plan.digest, self.plan.type, self.plan.system,
            inputs=self.scenario.inputs, traits=self.scenario.traits, planned_at=self.start,
        )  # fmt: skip
        self._happen(Happened(self.now, STARTER, created))
        last = self._tell(f.Start(), STARTER)
        for _ in range(MOST_FACTS):
            at = self._next(last)
            if at is None or at > self.start + HORIZON:
                break
            self.now = max(at, self.now)
            last = self._look()
            if self._idle():
                break
            while self.queue and self.queue[0][0] <= self.now:
                _, _, body, by = heapq.heappop(self.queue)
                if self._still_asked(body):
                    last = self._tell(body, by)
        self._unblock(())
        stuck = last.waits if not self.release.over else ()
        return Simulation(
            self.release,
            tuple(self.moments),
            tuple(self.blocked),
            self.not_yet,
            self.scenario,
            self.start,
            self.now,
            stuck,
            min(self.faults.values(), default=None),
        )

    def _still_asked(self, body: f.Body) -> bool:
        """Whether an answer on its way is still wanted: in this world nobody answers what was withdrawn meanwhile."""
        if not isinstance(body, f.Approve | f.Attest | f.ChooseOption):
            return True
        return any(body.about in (q.id, q.about) for q in self.release.questions.values())

    def _idle(self) -> bool:
        """Whether nothing but messages has happened for a long time: nobody will move it any more."""
        alive = next(
            (m.happened.at for m in reversed(self.moments) if not isinstance(m.happened.event, QUIET)),
            self.start,
        )
        return (self.release.over and not self.queue) or self.now - alive > LONG_IDLE

    # --- time -----------------------------------------------------------------------------------------------------

    def _next(self, last: Decision) -> datetime | None:
        moments = [m for m in (last.look_again, *self._edges()) if m is not None and m > self.now]
        if self.queue:
            moments.append(self.queue[0][0])
        if self._awaits_numbers():
            moments.append(self.now + self._every())
        return min(moments, default=None)

    def _awaits_numbers(self) -> bool:
        """Whether something that is watched has given no number yet since the stage began or exposure rose."""
        stage = self.release.stages.get(self.release.stage)
        begun = (stage.entered if stage else None, self.release.exposure_raised)
        since = max((m for m in begun if m is not None), default=self.start)
        silent = self._faults()[1]
        for name in {term.metric for term in self._watched()} - silent:
            seen = last_seen(self.judging, name)
            if (
                name in self.plan.metrics
                and self.plan.metrics[name].connected
                and (seen is None or seen <= since)
            ):
                return True
        return False

    def _watched(self) -> tuple[Measured, ...]:
        """The comparisons watched now; worked out anew only when the release has changed."""
        if self.watched[0] is not self.release:
            self.watched = self.release, terms(self.release)
        return self.watched[1]

    def _every(self) -> timedelta:
        return timedelta(seconds=self.plan.evidence.every.approximate_seconds)

    def _edges(self) -> Iterator[datetime]:
        """When a fault begins, shows its first numbers and ends, and when silence has lasted longer than the plan allows."""
        every = self._every()
        for fault, begins in self.faults.items():
            yield begins
            yield begins + every
            if (ends := self._end(fault)) is not None:
                yield ends
            if fault.kind is FaultKind.SILENT:
                yield begins + timedelta(seconds=self.plan.evidence.gap.approximate_seconds) + every

    def _end(self, fault: Fault) -> datetime | None:
        """When a fault that has a beginning ends by itself; None: when the change is taken back."""
        zone = ZoneInfo(self.plan.timezone)
        return None if fault.lasts is None else fault.lasts.after(self.faults[fault], zone)

    def _look(self) -> Decision:
        bad, silent = self._faults()
        found = tuple(samples(self._watched(), self.model, self.sampled, self.now, bad, silent))
        self.sampled = self.now
        return self._tell(f.Tick(found), SIMULATED)

    def _faults(self) -> tuple[dict[str, float], frozenset[str]]:
        """Which metrics are bad, and which silent, over the span that ends now."""
        bad: dict[str, float] = {}
        silent: set[str] = set()
        if self._taken_back():
            return bad, frozenset()
        for fault, begins in self.faults.items():
            ends = self._end(fault)
            if self.now <= begins or (ends is not None and self.now > ends):
                continue
            for metric in self.plan.metrics.values():
                if metric.unit in fault.units or metric.name in fault.metrics:
                    if fault.kind is FaultKind.SILENT:
                        silent.add(metric.name)
                    else:
                        bad[metric.name] = (
                            fault.value if fault.value is not None else self.model.bad(metric.name)
                        )
        return bad, frozenset(silent)

    def _taken_back(self) -> bool:
        """Whether nobody meets the change any more, so that what it did wrong is over."""
        if self.release.status in (Status.ROLLED_BACK, Status.ABORTED):
            return True
        return self.plan.exposure is not None and self.release.exposure.nobody

    # --- telling --------------------------------------------------------------------------------------------------

    def _tell(self, body: f.Body, by: Actor) -> Decision:
        decision = decide(self.release, self.judging, f.Fact(self.now, by, body))
        for happened in decision.events:
            self._happen(happened)
        self.judging = decision.judging
        for effect in decision.effects:
            self._later(self._seconds(effect), f.EffectEnded(effect.id, self._outcome(effect)), SIMULATED)
        for question in self.release.questions.values():
            self._answer(question)
        self._unblock(decision.waits)
        return decision

    def _happen(self, happened: Happened) -> None:
        self.moments.append(Moment(happened, self.release))
        self.release = evolve(self.release, happened)
        for fault in self.scenario.faults:
            if fault not in self.faults and self._meets(happened.event, fault.stage):
                self.faults[fault] = fault.after.after(self.now, ZoneInfo(self.plan.timezone))

    def _meets(self, event: e.Event, stage: str) -> bool:
        """Whether users meet the change (in ``stage``) from this event on: exposure rose, or without exposure, it is deployed."""
        if isinstance(event, e.ExposureChanged) and event.raised:
            wide = event.after.share > 0 or event.stage == self._last_exposing()
            return event.stage == stage or (not stage and wide)
        deployed = (
            isinstance(event, e.StepPassed | e.BakeStarted)
            and self.release.anchors.get("deployment ends") == self.now
        )
        return deployed and self.plan.exposure is None and stage in ("", self.release.stage)

    def _last_exposing(self) -> str:
        return next(
            (s.id for s in reversed(self.plan.stages) if s.rungs and any(not r.most.nobody for r in s.rungs)),
            "",
        )

    def _later(self, seconds: float, body: f.Body, by: Actor) -> None:
        self.number += 1
        heapq.heappush(self.queue, (self.now + timedelta(seconds=seconds), self.number, body, by))

    def _unblock(self, waits: tuple[Wait, ...]) -> None:
        """Note since when each thing is waited for, and what is waited for no longer."""
        present = {(w.text, w.who) for w in waits}
        for key in [k for k in self.waiting if k not in present]:
            since, _ = self.waiting.pop(key)
            if since < self.now:
                self.blocked.append(Blocked(key[0], key[1], since, self.now))
        for key in present:
            self.waiting.setdefault(key, (self.now, self.now))

    # --- the world ------------------------------------------------------------------------------------------------

    def _seconds(self, effect: Effect) -> float:
        step = find(self.release, effect.about)
        if step is not None and step.takes is not None:
            expected = step.takes.least or step.takes.most
            return expected.approximate_seconds * self._jitter() if expected else 30.0
        return 30.0 if isinstance(effect.action, RunCommands | DeployVersion) else 1.0

    def _outcome(self, effect: Effect) -> f.Outcome:
        step = find(self.release, effect.about)
        name = next(
            (
                n
                for n in (effect.about, step.name if step else "", step.id if step else "")
                if self.failures.get(n)
            ),
            "",
        )
        if name:
            self.failures[name] -= 1
            return f.Outcome(f.OutcomeKind.FAILED, "it fails in this scenario", seconds=1.0)
        return f.Outcome(
            f.OutcomeKind.DONE, "simulated", last_line="simulated-backup", seconds=self._seconds(effect)
        )

    def _jitter(self) -> float:
        return 1.0 if self.seed is None else self.chance.uniform(0.5, 1.8)

    def _answer(self, question: Question) -> None:
        """Whoever is asked answers after a while, once; those the scenario sends away do not."""
        asked = (*question.roles, *question.asked_also)
        for number, role in enumerate(asked):
            key = f"{question.id}|{question.asked.isoformat()}|{role}"
            if key in self.answered or self._is_away(question, role, number):
                continue
            self.answered.add(key)
            person = next(iter(people.holders(self.release, role)), "")
            if person:
                body = self._words(question)
                self._later(self._time_for(question), body, Actor(person=person, role=role))
            if question.needed == 1:
                break

    def _is_away(self, question: Question, role: str, number: int) -> bool:
        if question.kind is e.QuestionKind.NUMBER and question.about in self._faults()[1]:
            return True
        if role in self.scenario.away:
            return True
        approving = question.kind in (e.QuestionKind.GO, e.QuestionKind.APPROVAL)
        return (
            self.scenario.nobody_approves
            and approving
            and role in question.roles
            and number < len(question.roles)
        )

    def _time_for(self, question: Question) -> float:
        step: Step | None = find(self.release, question.about)
        expected = step.takes and (step.takes.least or step.takes.most) if step is not None else None
        seconds = (expected or self.scenario.patience).approximate_seconds
        if question.kind in (e.QuestionKind.CONFIRM, e.QuestionKind.DISCUSS) and question.until is not None:
            seconds = min(seconds, (question.until - self.now).total_seconds() / 2)
        return seconds * self._jitter()

    def _words(self, question: Question) -> f.Body:
        match question.kind:
            case (
                e.QuestionKind.GO
                | e.QuestionKind.APPROVAL
                | e.QuestionKind.VOTE
                | e.QuestionKind.CONFIRM
                | e.QuestionKind.DISCUSS
            ):
                return f.Approve(question.id, "simulated")
            case e.QuestionKind.TRAIT:
                return f.TellTrait(question.about, self.scenario.traits.get(question.about, False))
            case e.QuestionKind.NUMBER:
                return f.ReportMetric(question.about, self.model.good(question.about))
            case _ if question.options:
                return f.ChooseOption(question.options[0], question.id)
            case _:
                return f.Attest(question.about, proof="simulated")


def _rehearsing(plan: Plan) -> Plan:
    """Roles named when a release is created are played by somebody called after the role. Every source is connected, and
    people bring their numbers as often as they are asked: the simulation gives them like those of any other source.
    """
    roles = {
        name: role if role.people or role.optional else replace(role, people=(name,))
        for name, role in plan.roles.items()
    }
    metrics = {
        name: metric if metric.source == OURS else replace(metric, connected=True)
        for name, metric in plan.metrics.items()
    }
    return replace(plan, roles=roles, metrics=metrics)
