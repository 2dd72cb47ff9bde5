"""Steps: one action each, automated or a person's, with the fields any step may carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pilotage.domain.conditions import Condition
from pilotage.domain.exposure import Audience
from pilotage.domain.moments import Moment
from pilotage.domain.people import Who
from pilotage.domain.time import Duration, DurationRange
from pilotage.domain.traits import When


class UndoKind(StrEnum):
    """How a step is undone. ``unknown``: a rollback asks a person. ``impossible``: a one-way door."""

    UNKNOWN = "unknown"
    HARMLESS = "nothing to undo"
    IMPOSSIBLE = "impossible"
    COMMANDS = "commands"
    STEPS = "steps"
    PREVIOUS_VERSION = "deploy of the previous version"
    PREVIOUS_EXPOSURE = "the exposure before"
    PARTS = "the undo of each part"


@dataclass(frozen=True, slots=True)
class Undo:
    """The undo of a step: ``commands`` or ``steps`` when ``kind`` says so."""

    kind: UndoKind
    commands: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """``3 times every 30s``: ``times`` further tries after the first, ``every`` apart."""

    times: int
    every: Duration


class OnFail(StrEnum):
    """What a failing step does: hold and tell (default; ``stop`` says the same), ask its people, go on, or roll back."""

    HOLD = "hold"
    STOP = "stop"
    ASK = "ask"
    CONTINUE = "continue"
    ROLL_BACK = "roll back"


class AfterCrash(StrEnum):
    """What to do when it is unknown whether the step happened and it cannot be probed."""

    REPEAT = "repeat"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Run:
    """Commands, run in order until one fails. Without ``shell`` each is split into words and executed directly."""

    commands: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Http:
    """A request; 2xx passes, and ``expect`` must stand in the answer where it is given."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    expect: str = ""


@dataclass(frozen=True, slots=True)
class Deploy:
    """This version (or ``version: previous``, or a literal one) through the environment's deploy command."""

    environment: str
    version: str = "{{version}}"


@dataclass(frozen=True, slots=True)
class Migrate:
    """A database migration. ``additive`` keeps a code rollback below it safe."""

    commands: tuple[str, ...]
    additive: bool = False
    transaction: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Backup:
    """A database backup; the last line of its output becomes ``{{backup}}``."""

    commands: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Restore:
    """A database restore."""

    commands: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Smoke:
    """Automated tests; ``covers`` on the step lists what in words."""

    commands: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    folder: str = ""
    shell: bool = False


@dataclass(frozen=True, slots=True)
class Expose:
    """Raise (in a stage) or lower (in a rollback) who can meet the change."""

    audience: Audience


@dataclass(frozen=True, slots=True)
class Retire:
    """End the flag: the change is for everyone and the switch is gone. A door for exposure."""

    flag: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Send a named message."""

    message: str


@dataclass(frozen=True, slots=True)
class Notes:
    """Changelog and release notes (understood, not yet carried out)."""

    what: str


@dataclass(frozen=True, slots=True)
class Git:
    """A git operation (understood, not yet carried out)."""

    what: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes, under the guards."""

    duration: Duration


@dataclass(frozen=True, slots=True)
class Do:
    """A person's work, ticked by ``by``."""

    text: str


@dataclass(frozen=True, slots=True)
class ToDo:
    """A group of people's work, ticked in any order."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting. With ``votes`` it passes when every voter says go; a No-go holds."""

    title: str
    who: tuple[str, ...] = ()
    agenda: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One way a ``choose`` can go."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Choose:
    """A question answered by taking one option. ``default`` is what nobody's answer takes, in order of preference."""

    question: str
    options: tuple[Option, ...]
    default: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Together:
    """Steps at the same time."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A named procedure, its steps in order (already copied in by the reader)."""

    procedure: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class UndoStep:
    """Undo that step now; ``step`` is the key of the step it names."""

    step: str


Action = (
    Run | Http | Deploy | Migrate | Backup | Restore | Smoke | Expose | Retire | Notify | Notes | Git | Wait | Do | ToDo
    | Meeting | Choose | Together | Use | UndoStep
)  # fmt: skip

Commanded = Run | Migrate | Backup | Restore | Smoke
"""Actions that are commands."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``key`` is its path in the plan (``pilot/smoke``, ``ga/deploy/build``), unique and stable.

    ``by`` None means the stage's owner. ``loses`` says what data undoing it costs. ``by_hand`` is the recipe where
    nothing is connected. ``verify`` commands must succeed after it; ``probe`` tells after a crash whether it happened
    (exit status 0 done, 1 not done). ``capture`` maps a name to a regular expression with one group over the output.
    """

    key: str
    id: str
    name: str
    action: Action
    undo: Undo = Undo(UndoKind.UNKNOWN)
    by: Who | None = None
    when: When | None = None
    at: Moment | None = None
    due: Moment | None = None
    within: Duration | None = None
    then: str | None = None
    takes: DurationRange | None = None
    timeout: Duration | None = None
    retry: Retry | None = None
    on_fail: OnFail = OnFail.HOLD
    after_crash: AfterCrash = AfterCrash.ASK
    probe: str = ""
    loses: str = ""
    verify: tuple[str, ...] = ()
    capture: tuple[tuple[str, str], ...] = ()
    proof: bool = False
    measure: tuple[Condition, ...] = ()
    look_at: tuple[str, ...] = ()
    ticks: str = ""
    marks: str = ""
    covers: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    required: bool = False
    line: int = 0
    """Line in the plan file, for messages; 0 when the step was made by Pilotage."""

    @property
    def parts(self) -> tuple[Step, ...]:
        """The steps inside a group (every option's steps for a ``choose``); empty for a single action."""
        match self.action:
            case ToDo(steps=steps) | Together(steps=steps) | Use(steps=steps):
                return steps
            case Choose(options=options):
                return tuple(step for option in options for step in option.steps)
            case _:
                return ()

    def walk(self) -> Iterator[Step]:
        """This step and everything inside it, in plan order."""
        yield self
        for part in self.parts:
            yield from part.walk()
