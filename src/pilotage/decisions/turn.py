"""One turn of deciding: the release as it is now, and what has followed from the fact so far.

The only mutable thing in ``decisions``, and it never leaves it: every event is folded into the release at once, so that
the next question within the same decision already sees it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from pilotage.decisions.evolve import evolve
from pilotage.domain.decision import Decision, Wait
from pilotage.domain.effects import Effect, SendMessage
from pilotage.domain.events import Event, Happened
from pilotage.domain.facts import Fact, Surroundings
from pilotage.domain.judging import Judging
from pilotage.domain.people import PLAN, Actor
from pilotage.domain.plan import Plan
from pilotage.domain.release import Release


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a step's failure or a person's answer asks of the whole release: to roll back, or to stop for good."""

    roll_back: bool
    reason: str
    by: Actor = PLAN


@dataclass(frozen=True, slots=True)
class Timetable:
    """What the messages' timetable was last gone through for, and what it expects later."""

    hangs_on: tuple[object, ...]
    expected: tuple[Wait, ...]


@dataclass(slots=True)
class Turn:
    """The work on one fact. ``waits`` is filled by whatever finds that it cannot move."""

    release: Release
    judging: Judging
    fact: Fact
    events: list[Happened] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    by_the_way: list[Wait] = field(default_factory=list)
    """What is due later but holds nothing up: messages, repeated checks."""
    timetable: Timetable | None = None
    rehearsed: deque[Effect] = field(default_factory=deque)
    consequences: deque[Consequence] = field(default_factory=deque)
    refusal: str = ""

    @property
    def at(self) -> datetime:
        """The moment of the fact."""
        return self.fact.at

    @property
    def plan(self) -> Plan:
        """The plan of the release."""
        return self.release.plan

    @property
    def zone(self) -> ZoneInfo:
        """The plan's time zone."""
        return ZoneInfo(self.release.plan.timezone)

    @property
    def surroundings(self) -> Surroundings:
        """The world around the release."""
        return self.fact.surroundings

    def happen(self, event: Event, because: str = "", by: Actor = PLAN) -> None:
        """Something became true: note it and fold it into the release."""
        happened = Happened(self.at, by, event, because)
        self.events.append(happened)
        self.release = evolve(self.release, happened)

    def request(self, effect: Effect) -> None:
        """Ask something of the world. In a rehearsal nothing is asked: it counts as done at once, and says so."""
        if self.release.rehearsal and not isinstance(effect.action, SendMessage):
            self.rehearsed.append(effect)
        else:
            self.effects.append(effect)

    def wait(self, text: str, who: tuple[str, ...] = (), again: datetime | None = None) -> bool:
        """Note what cannot move and why. Returns False, so that a mover can end with it."""
        note = Wait(text, who, again)
        if note not in self.waits:
            self.waits.append(note)
        return False

    def expect(self, text: str, again: datetime | None = None) -> None:
        """Note what is due later and holds nothing up."""
        note = Wait(text, (), again, aside=True)
        if note not in self.by_the_way:
            self.by_the_way.append(note)

    def roll_back(self, reason: str, by: Actor = PLAN) -> None:
        """Ask for the release to be rolled back, once the present step or answer has been dealt with."""
        self.consequences.append(Consequence(True, reason, by))

    def stop(self, reason: str, by: Actor = PLAN) -> None:
        """Ask for the release to be stopped for good."""
        self.consequences.append(Consequence(False, reason, by))

    def refuse(self, reason: str) -> None:
        """A person's wish is against the rules; ``reason`` is what they are told."""
        self.refusal = reason

    def decision(self) -> Decision:
        """What came of the fact."""
        waits = (*self.waits, *self.by_the_way)
        asked = [question.until for question in self.release.questions.values()]
        later = [m for m in (*(w.again for w in waits), *asked) if m is not None and m > self.at]
        return Decision(
            events=tuple(self.events),
            effects=tuple(self.effects),
            judging=self.judging,
            look_again=min(later, default=None),
            refusal=self.refusal,
            waits=waits,
        )
