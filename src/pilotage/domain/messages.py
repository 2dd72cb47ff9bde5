"""Messages: who hears what, when, by which channel."""

from __future__ import annotations

from dataclasses import dataclass

from pilotage.domain.moments import Moment
from pilotage.domain.traits import When


@dataclass(frozen=True, slots=True)
class Channel:
    """How a message travels. ``type`` is email, webhook, file, terminal, or one that is a person's task (call, and any
    channel that nothing is connected to). ``address`` and ``settings`` values may be secret references.
    """

    name: str
    type: str
    address: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    reads: bool = False
    describe: str = ""
    connected: bool = False


@dataclass(frozen=True, slots=True)
class AudienceOfMessages:
    """A group that is told things: ``via`` are its usual channels, ``addresses`` where they reach it."""

    name: str
    via: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    describe: str = ""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One line of ``messages``: sent by the calendar (``at``) or by a ``notify`` step (``at`` is None)."""

    id: str
    to: tuple[str, ...]
    via: tuple[str, ...]
    at: Moment | None = None
    text: str = ""
    template: str = ""
    """Text of the template file, read when the plan is read (pinned with it)."""
    subject: str = ""
    kind: str = ""
    when: When | None = None
