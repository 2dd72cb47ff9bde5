"""Facts: what is told to us. Time arrives here, and nowhere else.

A fact is something the outside says (a sample, the end of an effect, a person's word). It may or may not lead to
events; only ``pilotage.decisions.decide`` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pilotage.domain.metrics import Arm, Sample
from pilotage.domain.people import Actor
from pilotage.domain.tallies import Tally


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else a decision sees: the world around this release at the moment of the fact.

    ``open_incidents`` are titles of incidents open on the release's system. ``blocked_because`` is set by the
    organisation's stop-the-line switch. ``on_call`` overrides who holds a role by rota at this moment.
    """

    open_incidents: tuple[str, ...] = ()
    blocked_because: str = ""
    on_call: dict[str, tuple[str, ...]] = field(default_factory=dict)


class OutcomeKind(StrEnum):
    """How an effect ended. ``unknown``: it may or may not have happened, and could not be probed."""

    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an effect.

    ``detail`` is one line for people; ``output`` the end of what the command printed (capped, secrets masked);
    ``last_line`` its last non-empty line; ``captured`` what the step's patterns found; ``seconds`` how long it took.
    """

    kind: OutcomeKind
    detail: str = ""
    output: str = ""
    last_line: str = ""
    captured: dict[str, str] = field(default_factory=dict)
    exit_status: int | None = None
    seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether the effect happened and succeeded."""
        return self.kind is OutcomeKind.DONE


@dataclass(frozen=True, slots=True)
class Start:
    """Somebody starts the release. A rehearsal decides and tells, and acts on nothing."""

    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; ``samples`` are what the sources say, oldest first.

    ``tallies`` are what was counted since the last look. ``history`` is what the old version did before the release, in
    two halves of its replicas (arm ``canary`` and ``baseline``), one pair for each look; it comes once.
    """

    samples: tuple[Sample, ...] = ()
    tallies: tuple[Tally, ...] = ()
    history: tuple[Tally, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectEnded:
    """An effect came back."""

    effect: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Approve:
    """Yes to an approval, a go, a confirmation or a vote.

    ``about`` is a question's id (or a unique part of it); empty: the only one open to this person.
    """

    about: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """No, with a reason."""

    reason: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Attest:
    """A person ticks a check, or says a person's step is done (``passed`` False: that it is not, and failed)."""

    about: str
    passed: bool = True
    comment: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class ChooseOption:
    """An answer to a question with options: a ``choose`` step, an audience, a step that failed, an unknown outcome."""

    option: str
    about: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A gate line is overridden, by someone the plan allows."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A person holds the release."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """A person lifts the hold, or takes the release up again after a rollback (``version``: with another version)."""

    reason: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Advance:
    """A person asks for the next rung or the top of a range now. Never skips a gate."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Abort:
    """A person stops the release for good: exposure to nobody, nothing else undone."""

    reason: str


@dataclass(frozen=True, slots=True)
class RollBack:
    """A person rolls the release back."""

    reason: str
    procedure: str = ""


@dataclass(frozen=True, slots=True)
class ReportMetric:
    """A number a person brings, in the metric's unit."""

    metric: str
    value: float
    count: float | None = None
    arm: Arm = Arm.CANARY
    dimension: str = ""
    segment: str = ""


@dataclass(frozen=True, slots=True)
class ReportProblem:
    """What no metric sees: a ``report`` trigger, in its words or a part of them. ``alert`` says a machine told it."""

    text: str
    alert: bool = False


@dataclass(frozen=True, slots=True)
class ReportIncident:
    """An incident opened or closed on this release."""

    title: str
    severity: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class TellTrait:
    """An answer to a trait's question."""

    trait: str
    value: bool


@dataclass(frozen=True, slots=True)
class TellInput:
    """An input's text."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class KillSwitchPulled:
    """The flag of this release was switched off for everybody."""

    reason: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A person takes back an approval that has not been used yet."""

    about: str
    reason: str = ""


Body = (
    Start | Tick | EffectEnded | Approve | Reject | Attest | ChooseOption | Override | Hold | Resume | Advance | Abort
    | RollBack | ReportMetric | ReportProblem | ReportIncident | TellTrait | TellInput | KillSwitchPulled | Withdraw
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """What was told: when (aware, UTC), by whom, and the world around it."""

    at: datetime
    by: Actor
    body: Body
    surroundings: Surroundings = Surroundings()
