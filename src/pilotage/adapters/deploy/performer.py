"""Carries out ``DeployVersion``: the command, then the environment's own word that the version is there and healthy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pilotage.application.outputs import shortened
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.performer import Performer
from pilotage.domain.effects import DeployVersion, Effect, RunCommands, SendRequest
from pilotage.domain.errors import Bug
from pilotage.domain.facts import Outcome, OutcomeKind

from .versions import says_version

_ONE_ANSWER = 10.0  # seconds one question to the environment may take


@dataclass(frozen=True, slots=True)
class DeployPerformer:
    """Deploys with the performers of commands and of requests. ``every``: seconds between looks at the environment."""

    commands: Performer
    requests: Performer
    clock: Clock
    every: float = 2.0

    async def perform(self, effect: Effect) -> Outcome:
        """Run the command and wait, within the effect's timeout, until version URL and health URL agree."""
        action = _deploy(effect)
        if not action.command.strip():
            return Outcome(
                OutcomeKind.FAILED,
                f'The environment "{action.environment}" has no deploy command. '
                'Add "deploy: COMMAND" to it in the plan, or deploy by hand and say that it is done.',
            )
        started = self.clock.now()
        variables = {**action.variables, "version": action.version, "environment": action.environment}
        command = RunCommands((action.command,), action.folder, variables=variables, timeout=action.timeout)
        outcome = await self.commands.perform(replace(effect, action=command))
        if outcome.done:
            outcome = await self._confirmed(effect, action, outcome, started)
        return replace(outcome, seconds=self._since(started))

    async def happened(self, effect: Effect) -> bool | None:
        """Ask the effect's probe, else the version URL whether this version is there."""
        action = _deploy(effect)
        if effect.probe:
            return await self.commands.happened(effect)
        if not action.version_url:
            return None
        answer = await self._ask(effect, action.version_url, _ONE_ANSWER)
        return says_version(answer.output, action.version) if answer.done else None

    async def _confirmed(
        self, effect: Effect, action: DeployVersion, ran: Outcome, started: datetime
    ) -> Outcome:
        while problem := await self._problem(effect, action, started):
            if self._since(started) + self.every >= action.timeout:
                return replace(
                    ran,
                    kind=OutcomeKind.TIMED_OUT,
                    detail=f"The deploy command passed, but after {action.timeout:g} s {problem}. "
                    f'Look at "{action.environment}", then repeat the step, or give it a longer "timeout".',
                )
            await self.clock.sleep(self.every)
        told = [url for url in (action.version_url, action.health_url) if url]
        confirmed = f", confirmed by {' and '.join(told)}" if told else ""
        return replace(ran, detail=f"{action.version} is in {action.environment}{confirmed}")

    async def _problem(self, effect: Effect, action: DeployVersion, started: datetime) -> str:
        """Why the environment cannot be called deployed yet; nothing when it can."""
        for url, right in ((action.version_url, action.version), (action.health_url, None)):
            if not url:
                continue
            answer = await self._ask(
                effect, url, min(_ONE_ANSWER, max(action.timeout - self._since(started), 1.0))
            )
            if not answer.done:
                return answer.detail.rstrip(".")
            if right is not None and not says_version(answer.output, right):
                return f'{url} does not say {right} yet; it says "{shortened(answer.output, 80)}"'
        return ""

    async def _ask(self, effect: Effect, url: str, seconds: float) -> Outcome:
        return await self.requests.perform(replace(effect, action=SendRequest("GET", url, timeout=seconds)))

    def _since(self, started: datetime) -> float:
        return (self.clock.now() - started).total_seconds()


def _deploy(effect: Effect) -> DeployVersion:
    if not isinstance(effect.action, DeployVersion):
        raise Bug(
            f"{type(effect.action).__name__} was given to the performer of deploys", "Please report this."
        )
    return effect.action
