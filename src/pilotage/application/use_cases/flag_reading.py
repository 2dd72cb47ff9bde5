"""What a user gets: flags compiled once per revision, evaluated for whoever asks (OFREP, the in-process provider)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from pilotage.application.ports.flags import FlagStore
from pilotage.decisions.flags.compiled import Evaluate, compile_flag
from pilotage.domain.errors import PilotageError
from pilotage.domain.flags import Evaluation, Flag


@dataclass(frozen=True, slots=True)
class ReadyFlag:
    """A flag ready to be evaluated, or (``problem``) why it cannot be in this version."""

    flag: Flag
    evaluate: Evaluate | None
    problem: PilotageError | None = None

    def __call__(self, targeting_key: str | None, attributes: Mapping[str, object]) -> Evaluation:
        """What this user gets. Raises TargetingKeyMissing, or the problem."""
        if self.evaluate is None:
            assert self.problem is not None
            raise self.problem
        return self.evaluate(targeting_key, attributes)


@dataclass(frozen=True, slots=True)
class ReadyFlags:
    """All flags as of one revision of the store."""

    revision: int
    by_name: dict[str, ReadyFlag] = field(default_factory=dict)


class FlagReader:
    """Hands out compiled flags, of the store's present revision every time: a kill is met by the very next request."""

    def __init__(self, store: FlagStore) -> None:
        self._store = store
        self._ready = ReadyFlags(revision=-1)
        self._compiling = asyncio.Lock()

    async def flags(self) -> ReadyFlags:
        """All flags as they are now. Raises StoreUnusable: old flags are not served on, a kill may be among the new."""
        if await self._store.flags_revision() == self._ready.revision:
            return self._ready
        async with self._compiling:
            # Read the revision before the flags: flags newer than it are compiled once more, never missed.
            revision = await self._store.flags_revision()
            if revision != self._ready.revision:
                self._ready = self._compile(revision, {flag.name: flag for flag in await self._store.flags()})
            return self._ready

    def _compile(self, revision: int, flags: Mapping[str, Flag]) -> ReadyFlags:
        """Compile what changed; a flag with the same revision as before is kept."""
        before = self._ready.by_name
        return ReadyFlags(
            revision,
            {
                name: kept if (kept := before.get(name)) and kept.flag == flag else _ready(flag)
                for name, flag in sorted(flags.items())
            },
        )


def _ready(flag: Flag) -> ReadyFlag:
    try:
        return ReadyFlag(flag, compile_flag(flag))
    except PilotageError as problem:
        return ReadyFlag(flag, None, problem)
