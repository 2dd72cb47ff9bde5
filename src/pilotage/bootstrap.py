"""Puts the program together: the only file that names concrete adapters.

What may live here: choosing an adapter for each port from the settings, and handing the finished use cases to
the command line. What may not: a decision about a release, and anything a web route could reach.

Adapters are imported where they are needed: checking a plan file opens no database, and ``pilotage --help`` neither.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pilotage.domain.errors import UsageError

if TYPE_CHECKING:
    from pilotage.adapters.plans_yaml.edits import Edit
    from pilotage.application.ports.clock import Clock
    from pilotage.application.ports.flags import FlagStore
    from pilotage.application.ports.metrics import Metrics
    from pilotage.application.ports.plans import Plans, ReadPlan
    from pilotage.application.ports.secrets import Secrets
    from pilotage.application.ports.storage import Storage
    from pilotage.application.ports.workers import WorkerNames
    from pilotage.application.runtime.effects import Performers
    from pilotage.application.services import Application
    from pilotage.application.simulation.scenario import Scenario

DATABASE = "PILOTAGE_DATABASE"
"""The environment variable that names the database: a file, or ``postgresql://user:password@host/name``."""

_DEFAULT_DATABASE = Path(".pilotage", "pilotage.db")


@dataclass(frozen=True, slots=True)
class Settings:
    """What this installation runs on.

    ``folder``: where relative paths begin. ``database``: a file, a ``sqlite:///`` or ``postgresql://`` address; empty:
    ``PILOTAGE_DATABASE``, else ``.pilotage/pilotage.db`` in ``folder``. ``show`` prints a line of the terminal channel.
    """

    folder: Path = Path()
    database: str = ""
    show: Callable[[str], None] = field(default=lambda line: print(line, flush=True))  # noqa: T201 - it is a terminal

    @property
    def database_file(self) -> Path | None:
        """The file of an embedded database; None where a server keeps it. Raises UsageError for an unknown kind."""
        text = self.database or os.environ.get(DATABASE, "")
        if not text:
            return self.folder / _DEFAULT_DATABASE
        kind, found, _ = text.partition("://")
        if not found:
            return self.folder / text
        match kind:
            case "postgresql" | "postgres":
                return None
            case "sqlite":
                # As elsewhere: three slashes before a relative path, four before an absolute one.
                return self.folder / unquote(urlsplit(text).path[1:])
            case _:
                raise UsageError(
                    f'Databases called "{kind}" are not known here.',
                    "Name a file, sqlite:///FILE or postgresql://user:password@host/name.",
                )


def open_plans() -> Plans:
    """What reads plan files: nothing else is opened."""
    from pilotage.adapters.plans_yaml.plans import YamlPlans

    return YamlPlans()


def open_clock() -> Clock:
    """The clock of this machine."""
    from pilotage.adapters.clock.system import SystemClock

    return SystemClock()


def check_plan(path: Path) -> ReadPlan:
    """What ``plan check`` says of a plan, project or campaign file. Raises UsageError when there is no such file."""
    from pilotage.adapters.plans_yaml.plans import YamlPlans

    return YamlPlans().check(path)


def format_plan(text: str, file: str) -> str:
    """The text of a plan file in the one layout. Raises PlanError when it cannot be read."""
    from pilotage.adapters.plans_yaml.fmt import format_text

    return format_text(text, file)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of plan files."""
    from pilotage.adapters.plans_yaml.schema import json_schema

    return json_schema()


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises PlanError with every mistake, UsageError when there is no such file."""
    from pilotage.adapters.plans_yaml.scenario_file import read_scenario

    return read_scenario(path)


def read_traffic(traffic: str, base_rate: str) -> tuple[float, float]:
    """Requests a second, and the share of them that fail (0.001), from ``100rps`` and ``0.1%``. Raises UsageError."""
    from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
    from pilotage.adapters.plans_yaml.grammar.numbers import parse_percent
    from pilotage.adapters.plans_yaml.grammar.traffic import parse_traffic

    try:
        return parse_traffic(traffic), parse_percent(base_rate) / 100
    except GrammarError as error:
        raise UsageError(
            f"{error}.", "Write --traffic 100rps, and --base-rate 0.1% for how many fail."
        ) from error


def edits_against(
    path: Path, pinned: str, passed: Collection[str], current: str, ran: Collection[str]
) -> list[Edit]:
    """What the plan in ``path`` would change for a release held to ``pinned``, given how far it is: sorted edits.

    ``passed`` and ``current`` are stage ids, ``ran`` step keys. Raises PlanError, UsageError.
    """
    from pilotage.adapters.plans_yaml.against import edits_against
    from pilotage.adapters.plans_yaml.edits import Progress

    return edits_against(path, pinned, Progress(passed, current or None, ran))


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[Application]:
    """The use cases on this installation's adapters; the database is made ready, and let go of at the end.

    Raises StoreUnusable, UsageError. No worker runs until one is asked for (``Application.worker``).
    """
    from pilotage.adapters.clock.system import SystemClock
    from pilotage.adapters.metrics.prometheus import PrometheusMetrics
    from pilotage.adapters.metrics.scrape import ScrapeMetrics
    from pilotage.adapters.secrets.references import SecretReferences
    from pilotage.adapters.wake.in_process import InProcessWake
    from pilotage.application.services import Application, Ports

    clock, secrets = SystemClock(), SecretReferences(settings.folder)
    storage, flags, workers = _database(settings)
    prometheus, scrape = PrometheusMetrics(secrets), ScrapeMetrics(secrets)
    metrics: Mapping[str, Metrics] = {"prometheus": prometheus, "scrape": scrape}
    try:
        await storage.ready()
        yield Application(
            Ports(
                storage=storage,
                flags=flags,
                plans=open_plans(),
                performers=_performers(settings, flags, secrets, clock),
                metrics=metrics,
                clock=clock,
                wake=InProcessWake(),
                workers=workers,
            )
        )
    finally:
        await prometheus.close()
        await scrape.close()
        await storage.close()


def _database(settings: Settings) -> tuple[Storage, FlagStore, WorkerNames]:
    from pilotage.adapters.clock.system import worker_name
    from pilotage.adapters.workers.beside_database import NamesBesideDatabase
    from pilotage.adapters.workers.by_chance import NamesByChance

    file = settings.database_file
    if file is not None:
        from pilotage.adapters.storage.sqlite import sqlite_storage

        embedded = sqlite_storage(file)
        return embedded, embedded, NamesBesideDatabase(file, worker_name)

    from pilotage.adapters.storage.postgres import postgres_storage

    served = postgres_storage(settings.database or os.environ[DATABASE])
    return served, served, NamesByChance(worker_name)


def _performers(settings: Settings, flags: FlagStore, secrets: Secrets, clock: Clock) -> Performers:
    """Who carries out which kind of effect."""
    from pilotage.adapters.commands.performer import CommandsPerformer
    from pilotage.adapters.deploy.performer import DeployPerformer
    from pilotage.adapters.flags.builtin import BuiltInFlags
    from pilotage.adapters.flags.by_hand import ByHand
    from pilotage.adapters.flags.exposure import ExposurePerformer
    from pilotage.adapters.http_requests.performer import HttpRequestsPerformer
    from pilotage.adapters.notify import (
        EmailChannel,
        FileChannel,
        MessagePerformer,
        TerminalChannel,
        WebhookChannel,
    )
    from pilotage.domain.effects import (
        DeployVersion,
        RetireFlag,
        RunCommands,
        SendMessage,
        SendRequest,
        SetExposure,
    )

    commands = CommandsPerformer(secrets, settings.folder)
    requests = HttpRequestsPerformer(secrets, commands)
    exposure = ExposurePerformer({"flag": BuiltInFlags(flags, clock), "by hand": ByHand()})
    messages = MessagePerformer(
        {
            "email": EmailChannel(secrets, clock),
            "webhook": WebhookChannel(requests, secrets, clock),
            "file": FileChannel(settings.folder, clock),
            "terminal": TerminalChannel(settings.show),
        }
    )
    return {
        RunCommands: commands,
        SendRequest: requests,
        DeployVersion: DeployPerformer(commands, requests, clock),
        SetExposure: exposure,
        RetireFlag: exposure,
        SendMessage: messages,
    }
