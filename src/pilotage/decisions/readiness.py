"""``can_start``: the only place that answers "may this start now?".

Windows and freezes are judged here at the planned time and again at the start (S2), exposure only rises over passed
gates (S1), a hold stops the machine and not the people, and the way back is always open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pilotage.decisions import calendar, people
from pilotage.domain.calendar import WindowKind
from pilotage.domain.decision import Wait
from pilotage.domain.facts import Surroundings
from pilotage.domain.release import Release, Status
from pilotage.domain.stages import Stage
from pilotage.domain.steps import (
    Backup,
    Deploy,
    Expose,
    Git,
    Http,
    Migrate,
    Notes,
    Notify,
    Restore,
    Retire,
    Run,
    Smoke,
    Step,
    Together,
    Use,
)  # fmt: skip
from pilotage.domain.steps import (
    Wait as WaitStep,
)

PRODUCTION = "production"


class Doing(StrEnum):
    """What somebody or something wants to start."""

    ENTER = "enter the stage"
    STEP = "begin the step"
    RAISE = "raise exposure"
    LOWER = "lower exposure"
    ROLL_BACK = "roll back"
    KILL = "pull the kill switch"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may start or not: what, in which stage, with which step or rung."""

    doing: Doing
    stage: Stage | None = None
    step: Step | None = None
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer: allowed when there are no ``reasons``. ``warnings`` do not stop anything."""

    reasons: tuple[Wait, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether it may start now."""
        return not self.reasons


ALLOWED = Readiness()

MACHINE = (Run, Http, Deploy, Migrate, Backup, Restore, Smoke, Expose, Retire, Notify, Notes, Git)


def is_machine_work(step: Step) -> bool:
    """Whether a step is the machine's kind of work (a deploy that nothing is connected to still counts: it comes first)."""
    if isinstance(step.action, Use | Together):
        return all(is_machine_work(part) for part in step.parts)
    return isinstance(step.action, MACHINE)


def changes_environment(step: Step) -> bool:
    """Whether a window guards this step: it changes the stage's environment."""
    match step.action:
        case Http(method=method):
            return method.upper() not in ("GET", "HEAD", "OPTIONS")
        case Smoke() | Notify() | Notes() | WaitStep():
            return False
        case Use() | Together():
            return False  # judged at each of its parts
        case _:
            return isinstance(step.action, MACHINE)


def can_start(action: Action, release: Release, at: datetime, surroundings: Surroundings) -> Readiness:
    """May this start now? If not: every reason, who can act on it, and when to look again."""
    if action.doing in (Doing.ROLL_BACK, Doing.KILL, Doing.LOWER):
        return ALLOWED
    reasons: list[Wait] = []
    rolling_back = release.status is Status.ROLLING_BACK
    machine = action.doing is Doing.RAISE or (action.step is not None and is_machine_work(action.step)) or (
        action.step is not None and isinstance(action.step.action, WaitStep)
    )  # fmt: skip
    if release.hold is not None and machine:
        reasons.append(
            Wait(
                f"the release is held: {release.hold.reason}",
                people.who_may_resume(release, at, surroundings),
            )
        )
    if rolling_back:
        return Readiness(tuple(reasons))
    if surroundings.blocked_because and machine:
        reasons.append(Wait(f"everything is stopped: {surroundings.blocked_because}"))
    if action.doing is Doing.RAISE:
        reasons += _gates_below(action, release)
    warnings: tuple[str, ...] = ()
    if _guarded_by_calendar(action):
        verdict = _calendar(action, release, at)
        warnings = verdict.warnings
        if verdict.blocked:
            reasons.append(Wait(verdict.blocked, (), verdict.again))
    return Readiness(tuple(reasons), warnings)


def _gates_below(action: Action, release: Release) -> list[Wait]:
    """S1: every earlier stage was left through its gate (or passed over), and so was the rung below."""
    reasons: list[Wait] = []
    stage = action.stage
    if stage is None:
        return [Wait("exposure only rises inside a stage")]
    for earlier in release.plan.stages:
        if earlier.id == stage.id:
            break
        state = release.stages.get(earlier.id)
        if state is None or state.completed is None:
            reasons.append(Wait(f"the gate of {earlier.name} has not passed"))
    state = release.stages.get(stage.id)
    if state is None:
        reasons.append(Wait(f"the stage {stage.name} has not been entered"))
    elif action.rung > max(state.rung, 0) and not state.gate_passed:
        reasons.append(Wait(f"the rung before has not passed the gate of {stage.name}"))
    if release.exposure_effect:
        reasons.append(Wait("the last change of exposure has not been confirmed yet"))
    if release.flag_retired:
        reasons.append(Wait("the flag has been retired"))
    return reasons


def _guarded_by_calendar(action: Action) -> bool:
    match action.doing:
        case Doing.RAISE:
            return True
        case Doing.STEP:
            return action.step is not None and changes_environment(action.step)
        case Doing.ENTER:
            return action.stage is not None and bool(action.stage.start_in)
    return False


def _calendar(action: Action, release: Release, at: datetime) -> calendar.Verdict:
    plan, stage = release.plan, action.stage
    kind = plan.types.get(release.type)
    if stage is None or (kind is not None and kind.any_time):
        return calendar.OPEN
    production = stage.environment == PRODUCTION or action.doing is Doing.RAISE
    named = stage.start_in if action.doing is Doing.ENTER else stage.windows
    if production and kind is not None and action.doing is not Doing.ENTER:
        named = (*named, *kind.windows)
    tags = frozenset({release.type, release.system, stage.environment})
    rules = [
        w
        for w in plan.windows.values()
        if production or w.name in named or w.kind is not WindowKind.FREEZE or stage.environment in w.only_for
    ]
    verdict = calendar.judge(rules, named, at, tags)
    if verdict.blocked or action.step is None or action.step.takes is None or action.step.takes.most is None:
        return verdict
    return _fits(action, release, at, named, verdict)


def _fits(
    action: Action, release: Release, at: datetime, named: tuple[str, ...], verdict: calendar.Verdict
) -> calendar.Verdict:
    """What does not fit into the rest of the window waits for the next one (if it fits into a whole one)."""
    step = action.step
    windows = [release.plan.windows[n] for n in named if n in release.plan.windows]
    only = [w for w in windows if w.kind is WindowKind.ONLY and calendar.contains(w, at)]
    if step is None or step.takes is None or step.takes.most is None or not only:
        return verdict
    needs = timedelta(seconds=step.takes.most.approximate_seconds)
    later: list[datetime] = []
    for window in only:
        shuts = calendar.closes(window, at)
        next_opening = calendar.opens(window, shuts) if shuts else None
        if shuts is None or at + needs <= shuts or next_opening is None:
            return verdict
        next_end = calendar.closes(window, next_opening)
        if next_end is not None and next_end - next_opening < needs:
            return verdict
        later.append(next_opening)
    words = f"{step.name} may take {step.takes.most} and does not fit into what is left of the window"
    return calendar.Verdict(words, min(later), verdict.warnings)
