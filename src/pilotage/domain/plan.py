"""The plan: the whole document, read, checked and resolved. Everything a decision needs to know about what was intended."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pilotage.domain.calendar import Weekly, Window
from pilotage.domain.exposure import ExposurePlan
from pilotage.domain.gates import Check
from pilotage.domain.messages import AudienceOfMessages, Channel, MessageRow
from pilotage.domain.metrics import Guard, Metric, Source
from pilotage.domain.people import EscalationLevel, Overrides, Person, Role
from pilotage.domain.rollback import RollbackPlan
from pilotage.domain.stages import Stage
from pilotage.domain.steps import Step
from pilotage.domain.time import Duration, DurationRange
from pilotage.domain.traits import Input, Trait


class Reaction(StrEnum):
    """What a guard's state does, mildest first. ``page`` is hold and page."""

    NOTE = "note"
    TELL = "tell"
    HOLD = "hold"
    PAGE = "page"
    ROLL_BACK = "roll back"


@dataclass(frozen=True, slots=True)
class Reactions:
    """``reactions``: what happens between target and alert, beyond alert, when it is proven to be worse than the control,
    without data, and when nothing can be told yet.
    """

    watch: Reaction = Reaction.TELL
    alert: Reaction = Reaction.PAGE
    worse: Reaction = Reaction.PAGE
    no_data: Reaction = Reaction.PAGE
    unsure: Reaction = Reaction.HOLD


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """``evidence``: ``every`` is the time between two looks, ``gap`` how long a metric may be silent before it
    holds and pages, ``grace`` how long after new replicas began only a catastrophe counts.

    ``minimum`` is what gates and fixed thresholds need; ``false_alarms`` the share of harmless releases that may be
    rolled back; ``reveal`` how many times worse a stage must have been able to see before it is left (None: it may be
    left however little traffic it had); ``replicas`` the label that tells the replicas of a service apart.
    """

    every: Duration = Duration(seconds=15)
    gap: Duration = Duration(seconds=900)
    grace: Duration = Duration(seconds=120)
    minimum: float = 200
    false_alarms: float = 0.01
    reveal: float | None = 3.0
    replicas: str = "instance"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where something runs. ``deploy`` is the command that puts a version there; without it a deploy step is a person's."""

    name: str
    host: str = ""
    url: str = ""
    health: str = ""
    version: str = ""
    dashboard: str = ""
    deploy: str = ""
    checks: str = ""


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approval matrix of a release type: ``required`` roles and ``minimum`` distinct people must hold; ``also`` on top."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    minimum: int = 0
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseType:
    """A kind of release. ``any_time`` exempts it from windows and freezes."""

    name: str
    windows: tuple[str, ...] = ()
    any_time: bool = False
    approvals: Approvals | None = None
    bump: str = ""
    cadence: str = ""
    lead_time: DurationRange | None = None
    contents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Severity:
    """A bug severity of the project.

    Each brings the metrics ``open P0 bugs``, ``new P0 bugs``, ``open P0 bugs without workaround``.
    """

    name: str
    also: tuple[str, ...] = ()
    blocks: str = "always"


@dataclass(frozen=True, slots=True)
class Risk:
    """One row of the risk register."""

    id: str
    risk: str
    likelihood: str = ""
    impact: str = ""
    mitigation: str = ""


@dataclass(frozen=True, slots=True)
class NotYet:
    """A form that is understood but not yet carried out: a release refuses to start on it, a simulation lists it."""

    form: str
    line: int
    file: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, resolved: the project file, ``extends``, ``include`` and ``each`` are already worked in.

    ``digest`` is the SHA-256 of the resolved document; approvals are bound to it. Mappings are keyed by the name as the
    plan declares it; references have been resolved to that spelling.
    """

    id: str
    digest: str
    title: str = ""
    summary: str = ""
    type: str = "standard"
    system: str = ""
    timezone: str = "UTC"
    stages: tuple[Stage, ...] = ()
    before: tuple[Check, ...] = ()
    sign_offs_before: str = ""
    sign_offs: tuple[Check, ...] = ()
    roles: dict[str, Role] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    hours: dict[str, Weekly] = field(default_factory=dict)
    escalation: tuple[EscalationLevel, ...] = ()
    overrides: Overrides = Overrides()
    environments: dict[str, Environment] = field(default_factory=dict)
    types: dict[str, ReleaseType] = field(default_factory=dict)
    traits: dict[str, Trait] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    windows: dict[str, Window] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    reactions: Reactions = Reactions()
    evidence: EvidenceSettings = EvidenceSettings()
    severities: dict[str, Severity] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    audiences: dict[str, AudienceOfMessages] = field(default_factory=dict)
    messages: tuple[MessageRow, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    exposure: ExposurePlan | None = None
    rollback: RollbackPlan = RollbackPlan()
    procedures: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    risks: tuple[Risk, ...] = ()
    takes: DurationRange | None = None
    trade_off: str = ""
    tag: str = "v{{version}}"
    """How a version is tagged (``versioning: tag``); ``{{previous tag}}`` is made from it."""
    folder: str = ""
    """Folder commands run in (that of the plan file), where it is known."""
    not_yet: tuple[NotYet, ...] = ()
    step_by_key: dict[str, Step] = field(init=False, repr=False, compare=False, default_factory=dict)
    """Every step of the stages and of the rollback's procedures, by key; made from them."""
    stage_by_id: dict[str, Stage] = field(init=False, repr=False, compare=False, default_factory=dict)
    """Every stage by id; made from them."""

    def __post_init__(self) -> None:
        """Index the stages and the steps."""
        self.stage_by_id.update({stage.id: stage for stage in reversed(self.stages)})
        written = [step for stage in self.stages for step in stage.walk()]
        for procedure in self.rollback.procedures:
            written += [inner for step in procedure.steps for inner in step.walk()]
        self.step_by_key.update({step.key: step for step in written})

    def stage(self, stage_id: str) -> Stage:
        """The stage with that id. Raises KeyError when the plan has none."""
        return self.stage_by_id[stage_id]
