"""What a step asks of the world: from the step and the release to an effect with its texts filled in and its id.

The id names release, step and the event that began it, so it is never used twice and is the same after every restart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pilotage.decisions.turn import Turn
from pilotage.decisions.variables import fill, variables
from pilotage.domain.effects import (
    DeployVersion,
    Effect,
    EffectAction,
    RetireFlag,
    RunCommands,
    SendRequest,
    SetExposure,
)  # fmt: skip
from pilotage.domain.exposure import Exposure
from pilotage.domain.plan import Environment
from pilotage.domain.steps import (
    AfterCrash,
    Backup,
    Commanded,
    Deploy,
    Http,
    Migrate,
    Restore,
    Retire,
    Run,
    Smoke,
    Step,
)
from pilotage.domain.time import Duration

COMMAND_TIMEOUT = Duration(seconds=1800)
REQUEST_TIMEOUT = Duration(seconds=30)


def effect_id(turn: Turn, about: str, purpose: str = "") -> str:
    """A new id for an effect about to be asked for."""
    tail = f"/{purpose}" if purpose else ""
    return f"{turn.release.id}/{about}/{turn.release.number + 1}{tail}"


def of_step(turn: Turn, step: Step) -> Effect | None:
    """The effect of a machine's step; None where nothing is connected, or the version is not known: a person must do it."""
    action = _action(turn, step)
    if action is None:
        return None
    return Effect(
        id=effect_id(turn, step.key), about=step.key, purpose="step", action=action,
        repeatable=step.after_crash is AfterCrash.REPEAT, probe=step.probe,
    )  # fmt: skip


def of_verify(turn: Turn, step: Step, captured: Mapping[str, str] | None = None) -> Effect:
    """The ``verify`` commands of a step, which may name what the step itself has ``captured`` just now."""
    source = step.action if isinstance(step.action, Commanded) else None
    action = RunCommands(
        commands=step.verify, folder=_folder(turn, source.folder if source else ""), shell=bool(source and source.shell),
        environment=source.environment if source else (), variables={**_values(turn, step), **(captured or {})},
        timeout=_timeout(step),
    )  # fmt: skip
    return Effect(effect_id(turn, step.key, "verify"), step.key, "verify", action, repeatable=True)


def of_exposure(turn: Turn, exposure: Exposure) -> Effect:
    """Setting who can meet the change."""
    plan = turn.plan.exposure
    if plan is None:
        raise ValueError("a plan without exposure cannot change it")
    segments = {
        name: replace(segment, users=turn.release.named_segments.get(name, segment.users))
        if segment.ask
        else segment
        for name, segment in plan.segments.items()
    }
    flag = fill(plan.flag, variables(turn.release, turn.at))
    action = SetExposure(
        flag=flag, via=plan.via, exposure=exposure, segments=segments, seed=plan.seed or flag
    )
    return Effect(effect_id(turn, "exposure"), "exposure", "exposure", action, repeatable=True)


def _action(turn: Turn, step: Step) -> EffectAction | None:
    values = _values(turn, step)
    match step.action:
        case Run() | Migrate() | Backup() | Restore() | Smoke():
            act = step.action
            return RunCommands(
                commands=act.commands, folder=_folder(turn, act.folder), shell=act.shell, environment=act.environment,
                variables=values, timeout=_timeout(step), capture=step.capture,
            )  # fmt: skip
        case Http():
            return SendRequest(
                method=step.action.method, url=fill(step.action.url, values),
                headers=tuple((k, fill(v, values)) for k, v in step.action.headers), body=fill(step.action.body, values),
                expect=fill(step.action.expect, values), timeout=_timeout(step, REQUEST_TIMEOUT), capture=step.capture, variables=values,
            )  # fmt: skip
        case Deploy():
            return _deploy(turn, step, values)
        case Retire(flag=flag):
            return RetireFlag(fill(flag, values), turn.plan.exposure.via if turn.plan.exposure else "flag")
        case _:
            return None


def _deploy(turn: Turn, step: Step, values: dict[str, str]) -> DeployVersion | None:
    assert isinstance(step.action, Deploy)  # narrowed by the caller's match
    environment = turn.plan.environments.get(step.action.environment, Environment(step.action.environment))
    version = fill(step.action.version, values)
    if not environment.deploy or not version:
        return None
    values = {**values, "version": version, "environment": environment.name}
    return DeployVersion(
        environment=environment.name, version=version, command=environment.deploy, version_url=fill(environment.version, values),
        health_url=fill(environment.health, values), folder=_folder(turn, ""), variables=values, timeout=_timeout(step),
    )  # fmt: skip


def _values(turn: Turn, step: Step) -> dict[str, str]:
    return variables(turn.release, turn.at, step=step.name)


def _folder(turn: Turn, folder: str) -> str:
    base = turn.plan.folder
    if not folder or folder.startswith("/"):
        return folder or base
    return f"{base}/{folder}" if base else folder


def _timeout(step: Step, default: Duration = COMMAND_TIMEOUT) -> float:
    return (step.timeout or default).approximate_seconds
