"""Plays: a release of a plan written in the plan language, told step by step what the world and people do.

    play = Play.of('''...''')
    play.done("pilot/deploy")               # the world says: that effect came back, and well
    play.says("ana", f.Attest("Health"))    # a person says something
    play.pass_time(hours=2)                 # everything happens at its own moment
    assert play.step("pilot/deploy").status is StepStatus.PASSED

Nothing happens behind the test's back: effects stay open until the test ends them.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.codec import release_from_json, release_to_json
from pilotage.decisions.watch import terms
from pilotage.domain import events as e
from pilotage.domain import facts as f
from pilotage.domain.decision import Decision
from pilotage.domain.effects import Effect, EffectAction, SendMessage, SetExposure
from pilotage.domain.events import Happened
from pilotage.domain.metrics import Arm, Sample
from pilotage.domain.people import Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Question, Release, Status, StepState
from tests.support.walks import Walk

WORLD, CLOCK = Actor(rule="the world"), Actor(rule="the clock")


@cache
def plan_from(text: str) -> Plan:
    """The plan a text says; its mistakes fail the test."""
    read = YamlPlans().read_text(textwrap.dedent(text))
    assert read.plan is not None, "\n".join(map(str, read.errors))
    return read.plan


@dataclass(slots=True)
class Play(Walk):
    """A release under way, driven by a test. ``owner`` creates and starts it; ``metrics`` are what sources answer."""

    owner: str = "maria"
    version: str = "1.1.0"
    previous: str = "1.0.0"
    rehearsal: bool = False
    traits: dict[str, bool] = field(default_factory=dict)
    planned_at: datetime | None = None
    metrics: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, **settings: object) -> Play:
        """The release of a plan's text, started."""
        return cls(plan_from(text), **settings)  # type: ignore[arg-type]  # the fields of the class

    def __post_init__(self) -> None:
        self.release = Release(f"{self.plan.id}-{self.version}", self.plan)
        created = e.ReleaseCreated(
            self.version, self.previous, self.plan.id, self.plan.digest, self.plan.type, self.plan.system,
            traits=self.traits, planned_at=self.planned_at,
        )  # fmt: skip
        self._happen(Happened(self.now, Actor(person=self.owner), created))
        self.says(self.owner, f.Start(self.rehearsal))

    # --- what the world does --------------------------------------------------------------------------------------

    def effect(self, about: str) -> Effect:
        """The open effect about a step (its key, or the end of it), a message or the exposure."""
        found = [x for x in self.open if x.about == about or x.about.endswith(f"/{about}")]
        assert len(found) == 1, f"{about}: {[x.about for x in self.open]} are open"
        return found[0]

    def ends(self, about: str | Effect, outcome: f.Outcome) -> Decision:
        """An effect comes back."""
        effect = self.effect(about) if isinstance(about, str) else about
        self.open = [x for x in self.open if x.id != effect.id]
        return self.tell(f.EffectEnded(effect.id, outcome), WORLD)

    def done(self, *abouts: str, last_line: str = "", captured: dict[str, str] | None = None) -> None:
        """These effects come back, and well."""
        for about in abouts:
            outcome = f.Outcome(
                f.OutcomeKind.DONE, "ok", last_line=last_line, captured=captured or {}, seconds=2.0
            )
            self.ends(about, outcome)

    def failed(self, about: str, detail: str = "exit status 1") -> Decision:
        """An effect comes back, and badly."""
        return self.ends(about, f.Outcome(f.OutcomeKind.FAILED, detail))

    def unknown(self, about: str, detail: str = "the worker died") -> Decision:
        """It cannot be told whether an effect happened."""
        return self.ends(about, f.Outcome(f.OutcomeKind.UNKNOWN, detail))

    def all_done(self) -> None:
        """Whatever is open comes back well, and whatever follows from it, until nothing is open."""
        while self.open:
            self.ends(self.open[0], f.Outcome(f.OutcomeKind.DONE, "ok", last_line="the last line"))

    def pass_time(self, **span: float) -> None:
        """Time passes; the release looks at each of its own moments."""
        end = self.now + timedelta(**span)
        again = self.look().look_again
        while again is not None and again <= end:
            self.now = max(again, self.now)
            again = self.look().look_again
        self.now = end
        self.look()

    def look(self) -> Decision:  # type: ignore[override]  # a play looks at its own metrics
        """A look at the metrics, now."""
        seen = {term.metric for term in terms(self.release)}
        told = tuple(
            Sample(name, self.now, self.metrics[name], 1000.0, None, Arm.CANARY)
            for name in sorted(seen & set(self.metrics))
        )
        return self.tell(f.Tick(told), CLOCK)

    def restarts(self) -> None:
        """The process is a new one: only what is stored is known."""
        stored = release_from_json(release_to_json(self.release), self.plan)
        assert stored is not None, "the stored state does not read"
        self.release = stored

    # --- what people do -------------------------------------------------------------------------------------------

    def says(self, person: str, body: f.Body) -> Decision:
        """A person says something that is accepted."""
        decision = self.tell(body, Actor(person=person))
        assert not decision.refusal, decision.refusal
        return decision

    def refused(self, person: str, body: f.Body) -> str:
        """A person says something that is refused; the words of the refusal."""
        decision = self.tell(body, Actor(person=person))
        assert decision.refusal, "it was accepted"
        return decision.refusal

    # --- what can be seen -----------------------------------------------------------------------------------------

    def stands(self, status: Status) -> bool:
        """Whether the release stands there."""
        return self.release.status is status

    def step(self, key: str) -> StepState:
        """The state of a step."""
        assert key in self.release.steps, f"{key}: {list(self.release.steps)} have begun"
        return self.release.steps[key]

    def begun(self, key: str) -> bool:
        """Whether a step has begun (again, after its stage was)."""
        return key in self.release.steps

    def question(self, words: str) -> Question:
        """The open question whose id or text has these words."""
        found = [q for q in self.release.questions.values() if words in q.id or words in q.text]
        assert len(found) == 1, (
            f"{words}: {[(q.id, q.text) for q in self.release.questions.values()]} are open"
        )
        return found[0]

    def asked(self, words: str) -> bool:
        """Whether a question with these words is open."""
        return any(words in q.id or words in q.text for q in self.release.questions.values())

    def happened(self, *kinds: type) -> list[e.Event]:
        """The events of these kinds, in order."""
        return [h.event for _, h in self.events(*kinds)]

    def wanted(self, *kinds: type[EffectAction]) -> list[Effect]:
        """Every effect of these kinds that was ever asked for, in order; notices to people left out."""
        return [
            x
            for _, x in self.asked_of_the_world
            if isinstance(x.action, kinds) and not x.about.startswith("notice/")
        ]

    def sent(self) -> list[SendMessage]:
        """Every message of the plan that was given to a channel, in order."""
        return [x.action for x in self.wanted(SendMessage) if isinstance(x.action, SendMessage)]

    def exposures(self) -> list[str]:
        """Every exposure that was asked for, in order, in words."""
        return [str(x.action.exposure) for x in self.wanted(SetExposure) if isinstance(x.action, SetExposure)]

    def waits(self) -> str:
        """What the release waits for after the last decision, a line each."""
        return "\n".join(wait.text for wait in self.told[-1].decision.waits)
