"""The built-in flags moved by releases. The same change asked for twice is one change; a killed flag stays killed."""

from __future__ import annotations

from dataclasses import replace

from pilotage.adapters.flags.actions import exposure_action
from pilotage.application.flag_records import store_change
from pilotage.application.ports.clock import Clock
from pilotage.application.ports.flags import FlagStore
from pilotage.decisions.exposure import is_rise
from pilotage.decisions.flags.compiled import compile_flag
from pilotage.domain.effects import Effect, RetireFlag, SetExposure
from pilotage.domain.errors import PilotageError, Refused
from pilotage.domain.facts import Outcome, OutcomeKind
from pilotage.domain.flag_events import FlagEnded, FlagEvent, FlagExposureSet, FlagHappened
from pilotage.domain.flags import Flag
from pilotage.domain.people import PLAN

_TRIES = 20
"""Other writers met in a row before the effect fails: people rarely switch flags, a release one thing at a time."""


class BuiltInFlags:
    """Performs SetExposure and RetireFlag on the built-in flag store."""

    def __init__(self, store: FlagStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def perform(self, effect: Effect) -> Outcome:
        """Carry the effect out. FAILED, with words, where a rule of the flag says no or the store cannot be used."""
        action = exposure_action(effect)
        try:
            for _ in range(_TRIES):
                if (detail := await self._try(effect, action)) is not None:
                    return Outcome(OutcomeKind.DONE, detail)
        except PilotageError as error:
            return Outcome(OutcomeKind.FAILED, str(error).replace("\n", ". "))
        return Outcome(OutcomeKind.FAILED, "others keep changing this flag at the same moment; try again")

    async def happened(self, effect: Effect) -> bool | None:
        """Whether the flag already is as the effect wants it."""
        action = exposure_action(effect)
        try:
            flag = await self._store.flag(action.flag)
        except PilotageError:
            return None
        if flag is None:
            return False
        return _wanted(flag, action) == flag if isinstance(action, SetExposure) else flag.retired

    async def _try(self, effect: Effect, action: SetExposure | RetireFlag) -> str | None:
        """What was done, in words; None when another writer was faster. Raises Refused, StoreUnusable."""
        name = action.flag
        flag = await self._store.flag(name) or Flag(name=name)
        event: FlagEvent | None
        if isinstance(action, SetExposure):
            event = _event(flag, effect, action)
            done = f"{name} is at {action.exposure}"
        else:
            event = _end(flag, effect)
            done = f"{name} is retired: everybody gets {flag.on} for good"
        if event is not None:
            because = f"effect {effect.id} of a release"
            happened = FlagHappened(self._clock.now(), PLAN, event, because)
            if await store_change(self._store, flag, happened) is None:
                return None
        return f"{done}; it stays killed ({flag.killed_because})" if flag.killed else done


def _wanted(flag: Flag, action: SetExposure) -> Flag:
    """The flag as the action wants it. Segments it does not mention stay defined."""
    return replace(
        flag,
        exposure=action.exposure,
        segments={**flag.segments, **action.segments},
        seed=action.seed or flag.seed or flag.name,
    )


def _event(flag: Flag, effect: Effect, action: SetExposure) -> FlagExposureSet | None:
    """What brings the flag to the wanted exposure; None when it is there. Raises Refused, UsageError."""
    wanted = _wanted(flag, action)
    if wanted == flag:
        return None
    if flag.retired:
        raise Refused(
            f'flag "{flag.name}" is retired: everybody gets "{flag.retired_variant}" for good',
            "Give the plan another flag, and remove this one from the code.",
        )
    if flag.killed and is_rise(flag.exposure, action.exposure):
        raise Refused(
            f'flag "{flag.name}" was killed ({flag.killed_because}); a release does not let people in again by itself',
            f"When the cause is mended, revive it: pilotage flags revive {flag.name} --reason ...",
        )
    somebody_before_and_after = not (flag.exposure.nobody or wanted.exposure.nobody)
    if flag.seed and wanted.seed != flag.seed and somebody_before_and_after:
        raise Refused(
            f'flag "{flag.name}" is on for {flag.exposure} with the seed "{flag.seed}"; '
            f'with the seed "{wanted.seed}" other people would be in',
            "Keep the seed, or take the exposure to nobody first.",
        )
    compile_flag(replace(wanted, killed=False))
    return FlagExposureSet(wanted.exposure, wanted.segments, wanted.seed, effect.id)


def _end(flag: Flag, effect: Effect) -> FlagEnded | None:
    """What retires the flag; None when it is retired. Raises Refused where that would let anybody in."""
    if flag.retired:
        return None
    if flag.killed or not flag.exposure.everyone:
        now = f"killed ({flag.killed_because})" if flag.killed else f"at {flag.exposure}"
        raise Refused(
            f'flag "{flag.name}" is {now}; retiring it would let everybody in',
            "Take it to everyone through the plan's stages first.",
        )
    return FlagEnded(flag.on, effect.id)
