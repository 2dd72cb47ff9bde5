"""What a decision gives back: events and effects, written together or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pilotage.domain.effects import Effect
from pilotage.domain.events import Happened
from pilotage.domain.judging import Judging


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing a release waits for: in words, who can act on it, and when it is looked at again (None: when they act).

    ``aside`` is due later and holds nothing up: a message, a reminder.
    """

    text: str
    who: tuple[str, ...] = ()
    again: datetime | None = None
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one fact.

    ``judging`` replaces the fenced judging row (it changes at quiet ticks too). ``look_again`` is the next interesting
    time if nobody says anything before (None: nothing is waited for but people or the end of effects).
    ``refusal`` is set when the fact was a person's wish the rules do not allow: the words to answer with.
    ``waits`` says what the release waits for after this decision, most important first (L1).
    """

    events: tuple[Happened, ...] = ()
    effects: tuple[Effect, ...] = ()
    judging: Judging = field(default_factory=Judging)
    look_again: datetime | None = None
    refusal: str = ""
    waits: tuple[Wait, ...] = ()
