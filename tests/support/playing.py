"""A release played on a simulated clock, from a plan in the plan language: what people say, what the metrics read.

``decide`` and ``evolve`` are the real ones. Between two moments of interest metrics stand still, so one sample covers
the span; weeks pass in milliseconds.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pilotage.adapters.plans_yaml.grammar.durations import parse_duration
from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.decisions import watch
from pilotage.decisions.decide import decide
from pilotage.decisions.evolve import evolve
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision, Wait
from pilotage.domain.effects import Effect
from pilotage.domain.events import Happened
from pilotage.domain.judging import Judging
from pilotage.domain.metrics import Arm, Reading, Sample
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release, Status

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CLOCK = Actor(rule="the clock")
DONE = f.Outcome(f.OutcomeKind.DONE, "done", last_line="backup-1", seconds=1.0)
_E = TypeVar("_E")

HEAD = """
plan: checkout
roles:
  primary: maria
  on-call: [sam, lee]
  qa: kim
  manager: {people: ana, can: [roll back, deploy to production]}
sources: {main: {type: scrape, url: "http://127.0.0.1:1/metrics"}}
metrics:
  error rate: {unit: percent, source: main, errors: errors_total, total: requests_total, split: [region]}
  latency: {unit: time, source: main, query: latency_seconds, baseline: previous}
environments: {production: {deploy: ./deploy.sh}}
evidence: {every: 1m, minimum: 200 requests}
exposure: {flag: new-checkout, segments: {team: email ends with @example.com, beta: opted in}}
"""
"""What most plans of these tests begin with."""


@cache
def plan_from(text: str, metrics: str = "", roles: str = "") -> Plan:
    """The plan these lines make, after the usual head with these further metrics and roles. Fails with every mistake."""
    head = HEAD
    for section, line in (("metrics:\n", metrics), ("roles:\n", roles)):
        head = head.replace(section, f"{section}  {line}\n") if line else head
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.yaml"
        file.write_text(head + dedent(text))
        read = YamlPlans().read(file)
    assert read.plan is not None, "\n".join(str(problem) for problem in read.problems)
    return read.plan


class Play:
    """A release on its way. ``values`` are what those who meet the change see (None: no data), ``control`` the others.

    ``segments`` gives values by dimension and segment; ``count`` is how many requests stand behind every sample;
    ``outcomes`` says how effects about the steps of that id end.
    """

    def __init__(
        self,
        text: str | Plan,
        start: datetime = MONDAY,
        *,
        by: str = "dan",
        begin: bool = True,
        **created: Any,
    ) -> None:
        """Create the release, and start it unless told not to."""
        self.plan = text if isinstance(text, Plan) else plan_from(text)
        self.now = start
        self.release = Release("r", self.plan)
        self.judging = Judging()
        self.log: list[Happened] = []
        self.open: list[Effect] = []
        self.effects: list[Effect] = []
        self.values: dict[str, float | None] = {}
        self.control: dict[str, float | None] = {}
        self.segments: dict[str, dict[str, float | None]] = {}
        self.count: float | None = 1000.0
        self.outcomes: dict[str, f.Outcome] = {}
        self.surroundings = f.Surroundings()
        self.last = Decision()
        self.sampled = start
        fields = {
            "version": "1.1.0",
            "previous": "1.0.0",
            "type": self.plan.type,
            "system": self.plan.system,
            **created,
        }
        self._happen(
            Happened(
                start,
                Actor(person=by),
                e.ReleaseCreated(plan=self.plan.id, plan_digest=self.plan.digest, **fields),
            )
        )
        if begin:
            self.tell(f.Start(), by)

    # --- what is told -----------------------------------------------------------------------------------------------

    def tell(self, body: f.Body, by: str | Actor = CLOCK) -> Decision:
        """Tell a fact, and let what it asks of the world end."""
        decision = self._decide(body, by if isinstance(by, Actor) else Actor(person=by))
        self._settle()
        return decision

    def says(self, person: str, body: f.Body) -> Decision:
        """A person says something that is not refused."""
        decision = self.tell(body, person)
        assert not decision.refusal, decision.refusal
        return decision

    def refused(self, person: str, body: f.Body) -> str:
        """A person says something that is refused: recorded, and nothing else changes. Returns the words."""
        before = self.release
        decision = self.tell(body, person)
        assert decision.refusal, f"{body} was not refused"
        kept = [h for h in decision.events if isinstance(h.event, e.ActionRefused)]
        assert len(kept) == 1
        assert replace(self.release, number=0) == replace(before, number=0), "a refusal changed something"
        return decision.refusal

    def ticks(self, person: str, *abouts: str) -> None:
        """A person ticks lines and says steps are done."""
        for about in abouts:
            self.says(person, f.Attest(about))

    def passes(self, text: str) -> None:
        """Let time pass (``2h``, ``3d``); everything happens at its own moment."""
        self.until(parse_duration(text).after(self.now, ZoneInfo(self.plan.timezone)))

    def until(self, end: datetime) -> None:
        """Let time pass until then."""
        for _ in range(10_000):
            looks = [m for m in (self.last.look_again,) if m is not None and m > self.now]
            at = min((*looks, end))
            self.now = at
            self._decide(f.Tick(self._samples()), CLOCK)
            self._settle()
            if at >= end:
                return
        raise AssertionError(f"it looks again too often; at {self.now} it waits for {self.waits()}")

    def _samples(self) -> tuple[Sample, ...]:
        since, self.sampled = self.sampled, self.now
        steady = since if since < self.now else None
        found: list[Sample] = []
        for asked in watch.requests(self.release, self.judging, self.now):
            if asked.reading is not Reading.VALUE:
                continue
            name = asked.metric.name
            read = self.values if asked.arm is Arm.CANARY else self.control
            if asked.dimension:
                for segment, value in self.segments.get(name, {}).items():
                    found.append(
                        Sample(
                            name,
                            self.now,
                            value,
                            self.count,
                            None,
                            asked.arm,
                            asked.dimension,
                            segment,
                            steady,
                        )
                    )
            elif name in read:
                found.append(
                    Sample(name, self.now, read[name], self.count, None, asked.arm, steady_since=steady)
                )
        return tuple(found)

    def _decide(self, body: f.Body, by: Actor) -> Decision:
        self.last = decide(self.release, self.judging, f.Fact(self.now, by, body, self.surroundings))
        for happened in self.last.events:
            self._happen(happened)
        self.judging = self.last.judging
        self.open += self.last.effects
        self.effects += self.last.effects
        return self.last

    def _settle(self) -> None:
        told = self.last
        while self.open:
            effect = self.open.pop(0)
            step = self.plan.step_by_key.get(effect.about)
            outcome = self.outcomes.get(step.id if step else effect.about, DONE)
            self._decide(f.EffectEnded(effect.id, outcome), Actor(rule="the world"))
        if told is not self.last and told.refusal:
            self.last = replace(self.last, refusal=told.refusal)

    def _happen(self, happened: Happened) -> None:
        self.log.append(happened)
        self.release = evolve(self.release, happened)

    # --- what can be seen -------------------------------------------------------------------------------------------

    def events(self, *kinds: type) -> list[Any]:
        """The events of these kinds (all, without any)."""
        return [h.event for h in self.log if not kinds or isinstance(h.event, kinds)]

    def first(self, kind: type[_E]) -> _E:
        """The first event of a kind."""
        return next(h.event for h in self.log if isinstance(h.event, kind))

    def at(self, event: type, **fields: Any) -> datetime:
        """When an event of a kind with these fields first happened."""
        for h in self.log:
            if isinstance(h.event, event) and all(getattr(h.event, k) == v for k, v in fields.items()):
                return h.at
        raise AssertionError(f"no {event.__name__} with {fields}")

    def waits(self) -> list[str]:
        """What it waits for, in words."""
        return [wait.text for wait in self.last.waits]

    def wait(self, part: str) -> Wait:
        """The one thing waited for that says ``part``."""
        found = [wait for wait in self.last.waits if part in wait.text]
        assert found, f'nothing waits for "{part}": {self.waits()}'
        return found[0]

    @property
    def stage(self) -> str:
        """The stage it is in."""
        return self.release.stage

    @property
    def exposed(self) -> str:
        """Who meets the change, in words."""
        return str(self.release.exposure)

    def status(self) -> Status:
        """Where it stands as a whole."""
        return self.release.status

    def held(self) -> str:
        """Why it is held; empty when it is not."""
        return self.release.hold.reason if self.release.hold else ""

    def asked(self, part: str = "") -> tuple[str, ...]:
        """The roles an open question is put to, those it was escalated to included; empty when nothing like it is open."""
        for question in self.release.questions.values():
            if part in question.id or part in question.text:
                return (*question.roles, *question.asked_also)
        return ()


def later(moment: datetime, **span: float) -> datetime:
    """So much exact time later."""
    return moment + timedelta(**span)
