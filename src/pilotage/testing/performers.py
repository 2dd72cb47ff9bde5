"""A performer that touches nothing and remembers everything: for tests, and for trying a plan out."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable

from pilotage.domain.effects import Effect
from pilotage.domain.facts import Outcome, OutcomeKind


class RecordingPerformer:
    """Carries effects out in memory, each id once, and answers as told.

    ``performed`` lists the effects it acted on, in order; ``asked`` every call, repeated ones too. While ``paused`` is
    set, ``perform`` waits: an effect under way, to be cancelled or crashed in the middle.
    """

    def __init__(self, answer: Callable[[Effect], Outcome] | None = None) -> None:
        """``answer`` makes the outcome of an effect that no ``will_end`` speaks of; default: done."""
        self.performed: list[Effect] = []
        self.asked: list[Effect] = []
        self._answer = answer or (lambda _: Outcome(OutcomeKind.DONE, "done"))
        self._next: defaultdict[str, deque[Outcome]] = defaultdict(deque)
        self._outcomes: dict[str, Outcome] = {}
        self._free = asyncio.Event()
        self._free.set()

    def will_end(self, about: str, *outcomes: Outcome) -> None:
        """The next effects about that step, message row or exposure end like this, one outcome each."""
        self._next[about].extend(outcomes)

    def pause(self) -> None:
        """From now on effects stay under way."""
        self._free.clear()

    def resume(self) -> None:
        """Let the effects under way end."""
        self._free.set()

    async def perform(self, effect: Effect) -> Outcome:
        """Act, unless this id was acted on before; then only tell how it ended."""
        self.asked.append(effect)
        await self._free.wait()
        if effect.id not in self._outcomes:
            waiting = self._next[effect.about]
            outcome = waiting.popleft() if waiting else self._answer(effect)
            self._outcomes[effect.id] = outcome
            self.performed.append(effect)
        return self._outcomes[effect.id]

    async def happened(self, effect: Effect) -> bool | None:
        """Whether this id was acted on with success."""
        return effect.id in self._outcomes and self._outcomes[effect.id].done
