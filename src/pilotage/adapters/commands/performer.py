"""Carries out ``RunCommands``, and asks the ``probe`` command of any effect."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pilotage.application.masking import Mask
from pilotage.application.outputs import KEPT, captured, last_line, one_line, patterns
from pilotage.application.ports.secrets import Secrets, is_reference
from pilotage.domain.effects import DeployVersion, Effect, RunCommands, SendRequest
from pilotage.domain.errors import Bug, PilotageError
from pilotage.domain.facts import Outcome, OutcomeKind

from .output import CappedOutput
from .process import run_process
from .sentences import (
    called,
    exit_sentence,
    folder_sentence,
    no_time_sentence,
    start_sentence,
    timeout_sentence,
)
from .words import environment_names, filled, script, words

_SHELL = "/bin/sh"


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Everything found out before the first command runs, so that a mistake stops the step before anything happened."""

    commands: tuple[tuple[str, list[str]], ...]
    """What a sentence calls each command, and its words."""
    folder: Path
    environment: dict[str, str]


class CommandsPerformer:
    """Runs commands as process groups of their own, in order until one fails."""

    def __init__(
        self,
        secrets: Secrets,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        kept: int = KEPT,
        grace: float = 5.0,
        probe_seconds: float = 60.0,
    ) -> None:
        """``folder``: where relative folders and ``./programs`` begin. ``environment``: what commands inherit (default:
        ours). ``kept``: bytes of output kept. ``grace``: seconds between asking a command to end and ending it.
        ``probe_seconds``: how long a probe may take.
        """
        self._secrets = secrets
        self._folder = folder
        self._inherited = environment
        self._kept = kept
        self._grace = grace
        self._probe_seconds = probe_seconds

    async def perform(self, effect: Effect) -> Outcome:
        """Run the commands. Every fault of theirs is an outcome; cancelling ends what they started."""
        if not isinstance(effect.action, RunCommands):
            raise Bug(
                f"{type(effect.action).__name__} was given to the performer of commands",
                "Please report this.",
            )
        action, mask, started = effect.action, Mask(), time.monotonic()
        output = CappedOutput(self._kept)
        try:
            search = patterns(action.capture)
            prepared = await self._prepare(effect.id, action, mask)
        except PilotageError as error:
            return Outcome(OutcomeKind.FAILED, mask(one_line(error)), seconds=time.monotonic() - started)
        outcome = await self._run(action, prepared, output, mask, started)
        text = output.text(mask)
        return replace(
            outcome,
            detail=mask(outcome.detail),
            output=text,
            last_line=last_line(text),
            captured=captured(search, text),
            seconds=time.monotonic() - started,
        )

    async def happened(self, effect: Effect) -> bool | None:
        """Ask the effect's probe, whatever its action: exit status 0 says it happened, 1 that it did not."""
        if not effect.probe:
            return None
        action = effect.action
        match action:
            case RunCommands():
                question = replace(action, commands=(effect.probe,), capture=(), timeout=self._probe_seconds)
            case DeployVersion():
                variables = {**action.variables, "version": action.version, "environment": action.environment}
                question = RunCommands(
                    (effect.probe,), action.folder, variables=variables, timeout=self._probe_seconds
                )
            case SendRequest():
                question = RunCommands(
                    (effect.probe,), variables=action.variables, timeout=self._probe_seconds
                )
            case _:
                question = RunCommands((effect.probe,), timeout=self._probe_seconds)
        outcome = await self.perform(replace(effect, action=question))
        return {0: True, 1: False}.get(outcome.exit_status) if outcome.exit_status is not None else None

    async def _run(
        self, action: RunCommands, prepared: _Prepared, output: CappedOutput, mask: Mask, started: float
    ) -> Outcome:
        for name, argv in prepared.commands:
            remaining = action.timeout - (time.monotonic() - started)
            if remaining <= 0:
                return Outcome(OutcomeKind.TIMED_OUT, no_time_sentence(name, action.timeout))
            try:
                status = await run_process(
                    argv, prepared.folder, prepared.environment, remaining, output.add, self._grace
                )
            except (OSError, ValueError) as error:
                return Outcome(OutcomeKind.FAILED, start_sentence(name, argv[0], prepared.folder, error))
            if status == 0:
                continue
            last = last_line(output.text(mask))
            if status is None:
                return Outcome(OutcomeKind.TIMED_OUT, timeout_sentence(name, action.timeout, last))
            return Outcome(
                OutcomeKind.FAILED, exit_sentence(name, status, last, action.shell), exit_status=status
            )
        names = [name for name, _ in prepared.commands]
        passed = f"{names[0]} passed" if len(names) == 1 else f"all {len(names)} commands passed"
        return Outcome(OutcomeKind.DONE, passed, exit_status=0)

    async def _prepare(self, effect_id: str, action: RunCommands, mask: Mask) -> _Prepared:
        if not action.commands:
            raise PilotageError("The step has no command", "Write the command to run in the plan.")
        folder = self._folder / filled(action.folder, action.variables)
        if not await asyncio.to_thread(folder.is_dir):
            raise PilotageError(folder_sentence(folder))
        names = environment_names(action.variables)
        environment = await self._environment(effect_id, action, names, mask)
        return _Prepared(
            tuple(
                (
                    called(filled(command, action.variables), number, len(action.commands)),
                    [_SHELL, "-c", script(command, names)]
                    if action.shell
                    else words(command, action.variables),
                )
                for number, command in enumerate(action.commands, start=1)
            ),
            folder,
            environment,
        )

    async def _environment(
        self, effect_id: str, action: RunCommands, names: Mapping[str, str], mask: Mask
    ) -> dict[str, str]:
        """What the commands inherit, plus the release's variables, plus the step's own, with secrets looked up."""
        inherited = os.environ if self._inherited is None else self._inherited
        # No PILOTAGE_ name of ours reaches a command: it would be taken for a variable of the release.
        environment = {name: value for name, value in inherited.items() if not name.startswith("PILOTAGE_")}
        environment.update((name, action.variables[variable]) for variable, name in names.items())
        environment["PILOTAGE_EFFECT_ID"] = effect_id
        for name, text in action.environment:
            if is_reference(text):
                environment[name] = await self._secrets.resolve(text)
                mask.hide(environment[name])
            else:
                environment[name] = filled(text, action.variables)
        for name, value in environment.items():
            mask.guess(name, value)
        return environment
