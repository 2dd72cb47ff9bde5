"""Effects: what is asked of the world. Each carries its id, which is the idempotency key wherever the world takes one."""

from __future__ import annotations

from dataclasses import dataclass, field

from pilotage.domain.exposure import Exposure, Segment


@dataclass(frozen=True, slots=True)
class RunCommands:
    """Commands in order until one fails. ``shell`` only where the plan said so.

    ``variables`` are passed as ``PILOTAGE_<NAME>`` environment variables and fill ``{{name}}`` in the commands as one
    word each. Seconds in ``timeout`` cover all commands together. ``capture``: name to pattern, over the output.
    """

    commands: tuple[str, ...]
    folder: str = ""
    shell: bool = False
    environment: tuple[tuple[str, str], ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    timeout: float = 1800.0
    capture: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SendRequest:
    """One HTTP request (texts already filled in); 2xx passes and ``expect`` must stand in the answer.

    ``variables`` are only for the effect's ``probe``, which is a command.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    expect: str = ""
    timeout: float = 30.0
    capture: tuple[tuple[str, str], ...] = ()
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeployVersion:
    """Put ``version`` into ``environment`` with ``command``; done when ``version_url`` (if any) says so and
    ``health_url`` answers 2xx.
    """

    environment: str
    version: str
    command: str
    version_url: str = ""
    health_url: str = ""
    folder: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    timeout: float = 1800.0


@dataclass(frozen=True, slots=True)
class SetExposure:
    """Let exactly ``exposure`` meet the change, through ``via`` (``flag`` is the built-in one)."""

    flag: str
    via: str
    exposure: Exposure
    segments: dict[str, Segment] = field(default_factory=dict)
    seed: str = ""


@dataclass(frozen=True, slots=True)
class RetireFlag:
    """End a flag: everybody gets the change for good."""

    flag: str
    via: str = "flag"


@dataclass(frozen=True, slots=True)
class SendMessage:
    """One message to one recipient group by one channel. ``channel`` names a channel of the plan (``kind`` for status pages)."""

    row: str
    channel: str
    channel_type: str
    address: str
    to: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    settings: tuple[tuple[str, str], ...] = ()
    kind: str = ""


EffectAction = RunCommands | SendRequest | DeployVersion | SetExposure | RetireFlag | SendMessage


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect asked of the world by a decision.

    ``id`` is unique in all releases and stable. ``about`` is the step key, message row or ``exposure`` it serves and
    ``purpose`` what for (``step``, ``verify``, ``undo``, ``exposure``, ``message``). After a crash with the outcome
    unknown: ``probe`` (a command; exit 0 done, 1 not done) is asked if there is one, else it is repeated if
    ``repeatable``, else its outcome is unknown and a person is asked (S5).
    """

    id: str
    about: str
    purpose: str
    action: EffectAction
    repeatable: bool = False
    probe: str = ""
