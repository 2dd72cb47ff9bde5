"""The stories behind the golden logs: each really played through ``decide``, with people, metrics and a world that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pilotage.decisions import watch
from pilotage.decisions.decide import decide
from pilotage.decisions.evolve import evolve
from pilotage.domain import facts as f
from pilotage.domain.effects import Effect
from pilotage.domain.events import Happened, ReleaseCreated
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Arm, Reading, Sample
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release
from pilotage.domain.tallies import Tally

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
WORK = timedelta(seconds=3)
"""How long anything asked of the world takes in these stories."""
REQUESTS = 1200.0
"""How many requests stand behind every sample."""
USUAL = 0.4
"""Percent of requests that fail on a usual day, before and after the change."""


@dataclass
class Stage:
    """A release on a simulated clock, and the world around it.

    ``error_rate`` is what those who meet the change see (percent), None while the source is silent. ``outcomes`` says how
    an effect ends that serves a step of that name; anything else is done. With ``counts`` the source counts requests, of
    which a tenth meets the change.
    """

    plan: Plan
    version: str
    previous: str
    at: datetime = BEGIN
    history: list[Happened] = field(default_factory=list)
    error_rate: float | None = USUAL
    outcomes: dict[str, f.Outcome] = field(default_factory=dict)
    judging: Judging = field(default_factory=Judging)
    pending: list[tuple[datetime, Effect]] = field(default_factory=list)
    look_again: datetime | None = None
    counts: bool = False

    def __post_init__(self) -> None:
        """Create the release."""
        self.release = Release(id=f"{self.plan.id}-{self.version}", plan=self.plan)
        event = ReleaseCreated(
            self.version, self.previous, self.plan.id, self.plan.digest, self.plan.type, self.plan.system
        )
        created = Happened(self.at, Actor(person="sam"), event, "created")
        self.history.append(created)
        self.release = evolve(self.release, created)

    def says(self, person: str, body: f.Body) -> None:
        """Somebody says something, half a minute after the last thing that happened. Raises ValueError when refused."""
        self.run(lambda _: False, until=self.at + timedelta(seconds=30))
        refusal = self._fact(Actor(person=person), body)
        if refusal:
            raise ValueError(f"the story does not work: {refusal}")

    def run(self, enough: Callable[[Release], bool], until: datetime | None = None) -> None:
        """Let time pass until ``enough`` is true, or to ``until``. Raises ValueError when it never comes."""
        last = until or self.at + timedelta(days=3)
        while not enough(self.release):
            ends = [at for at, _ in self.pending]
            looks = [self.look_again] if self.look_again else []
            if watch.requests(self.release, self.judging, self.at):
                looks.append(self.at + timedelta(seconds=self.plan.evidence.every.approximate_seconds))
            self.at = min((*ends, *looks, last))
            if self.at >= last:
                if until is None:
                    raise ValueError(f"the story does not work: {self.release.id} stands still")
                return
            self._step()

    def _step(self) -> None:
        due = [(at, effect) for at, effect in self.pending if at <= self.at]
        for each in due:
            self.pending.remove(each)
            outcome = self.outcomes.get(
                each[1].about, f.Outcome(f.OutcomeKind.DONE, seconds=WORK.total_seconds())
            )
            self._fact(Actor(rule="the world"), f.EffectEnded(each[1].id, outcome))
        if not due:
            self._fact(Actor(rule="the clock"), f.Tick(self._samples(), tuple(self._tallies())))

    def _samples(self) -> tuple[Sample, ...]:
        if self.error_rate is None:
            return ()
        found = []
        for asked in watch.requests(self.release, self.judging, self.at):
            if asked.reading is not Reading.VALUE:
                continue
            value = USUAL if asked.arm is Arm.BASELINE else self.error_rate
            found.append(
                Sample(
                    asked.metric.name,
                    self.at,
                    value,
                    REQUESTS,
                    REQUESTS * value / 100,
                    asked.arm,
                    asked.dimension,
                )
            )
        return tuple(found)

    def _tallies(self) -> Iterator[Tally]:
        """What the source counts since the last look, where this story's source can count."""
        for asked in watch.requests(self.release, self.judging, self.at) if self.counts else ():
            if asked.reading is Reading.COUNT and asked.since and asked.until and self.error_rate is not None:
                share, rate = (0.1, self.error_rate) if asked.arm is Arm.CANARY else (0.9, USUAL)
                served = REQUESTS * share
                failed = round(served * rate / 100)
                yield Tally(asked.metric.name, asked.since, asked.until, served, failed, arm=asked.arm)

    def _fact(self, by: Actor, body: f.Body) -> str:
        decision = decide(self.release, self.judging, f.Fact(self.at, by, body))
        for happened in decision.events:
            self.release = evolve(self.release, happened)
        self.history += decision.events
        self.judging, self.look_again = decision.judging, decision.look_again
        self.pending += [(self.at + WORK, effect) for effect in decision.effects]
        return decision.refusal


def _asked(word: str) -> Callable[[Release], bool]:
    return lambda release: any(word in question for question in release.questions)


def _in(stage: str, word: str = "") -> Callable[[Release], bool]:
    return lambda r: (
        r.stage == stage and r.stages[stage].bake_from is not None and (not word or _asked(word)(r))
    )


def _over(release: Release) -> bool:
    return release.over or release.status == "rolled back"


def _to_pilot(story: Stage) -> None:
    """The team has tried it, and a tenth of all users meets it."""
    story.says("sam", f.Start())
    story.run(_in("team", "the-team-has-paid"))
    story.says("maria", f.Attest("the team has paid", comment="three orders, all paid"))
    story.run(_in("pilot"))


def smooth(plan: Plan) -> Stage:
    """A release on a good day: checked by a person, approved, measured, and with everyone in the end."""
    story = Stage(plan, "1.1.0", "1.0.0")
    _to_pilot(story)
    story.run(_asked("approved-by-product"))
    story.says("lee", f.Approve("approved by product", "the pilot users are happy"))
    story.run(_asked("pilot/go"))
    story.says("maria", f.Approve("pilot/go", "looks good"))
    story.run(_over)
    return story


def rolled_back_by_itself(plan: Plan) -> Stage:
    """Errors rise while a tenth of all users meets it: it goes back by itself, and people are left with the follow-ups."""
    story = Stage(plan, "1.2.0", "1.1.0")
    _to_pilot(story)
    story.run(lambda _: False, until=story.at + timedelta(minutes=20))
    story.error_rate = 8.1
    story.run(_over)
    story.error_rate = USUAL
    story.says("sam", f.Attest("incident report", comment="INC-7"))
    return story


def proven_worse(plan: Plan) -> Stage:
    """More errors than the control's, below every limit: it is proven, held, and a person takes it back."""
    story = Stage(plan, "1.5.0", "1.1.0", counts=True)
    _to_pilot(story)
    story.run(lambda _: False, until=story.at + timedelta(minutes=20))
    story.error_rate = 1.7
    story.run(lambda release: release.hold is not None)
    story.says("sam", f.RollBack("the new address check times out"))
    story.run(_over)
    return story


def rejected(plan: Plan) -> Stage:
    """A person says no to more users, and stops the release for good."""
    story = Stage(plan, "1.3.0", "1.1.0")
    _to_pilot(story)
    story.run(_asked("approved-by-product"))
    story.says("lee", f.Reject("vouchers are missing on the last page", "approved by product"))
    story.says("maria", f.Abort("we take it up again with vouchers"))
    return story


def silent_source(plan: Plan) -> Stage:
    """The metrics fall silent: it is held and people are paged; the source comes back, and a person resumes."""
    story = Stage(plan, "1.4.0", "1.1.0")
    _to_pilot(story)
    story.run(lambda _: False, until=story.at + timedelta(minutes=20))
    story.error_rate = None
    story.run(lambda release: release.hold is not None)
    story.run(lambda _: False, until=story.at + timedelta(minutes=12))
    story.error_rate = USUAL
    story.run(lambda release: release.guards.get("error rate") == "on target")
    story.says("sam", f.Resume("the metrics server was restarted"))
    story.run(_asked("approved-by-product"))
    story.says("lee", f.Approve("approved by product"))
    story.run(_asked("pilot/go"))
    story.says("maria", f.Approve("pilot/go"))
    story.run(_over)
    return story


def one_way_door(plan: Plan) -> Stage:
    """Errors rise after a step that cannot be undone: nobody meets the change any more, and people decide."""
    story = Stage(plan, "3.0.0", "2.9.4")
    story.says("sam", f.Start())
    story.run(_in("pilot"))
    story.run(lambda _: False, until=story.at + timedelta(minutes=10))
    story.error_rate = 9.3
    story.run(_over)
    return story


def crash(plan: Plan) -> Stage:
    """Pilotage dies in the middle of a migration, and nobody can tell whether it happened: a person looks and says so."""
    story = Stage(plan, "3.1.0", "2.9.4")
    migration = next(key for key, step in plan.step_by_key.items() if step.name.startswith("move"))
    story.outcomes[migration] = f.Outcome(f.OutcomeKind.UNKNOWN, "Pilotage ended while it ran")
    story.says("sam", f.Start())
    story.run(_asked("unknown"))
    story.says("maria", f.ChooseOption("it happened", comment="the new tables are there, 412 rows"))
    story.run(_over)
    return story


STORIES: dict[str, tuple[str, Callable[[Plan], Stage]]] = {
    "smooth-release": ("checkout", smooth),
    "automatic-rollback": ("checkout", rolled_back_by_itself),
    "proven-worse": ("checkout", proven_worse),
    "rejected": ("checkout", rejected),
    "no-data-and-resume": ("checkout", silent_source),
    "one-way-door": ("ledger", one_way_door),
    "crash-unknown-outcome": ("ledger", crash),
}
"""Log to the plan it runs on (``tests/golden/PLAN.yaml``) and the story it tells."""
