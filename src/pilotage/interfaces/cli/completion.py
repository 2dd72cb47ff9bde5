"""What the shell completes: ids of releases, questions, flags, scenarios. Silent when nothing can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pilotage.interfaces.cli.gateway import Gateway, Json
from pilotage.interfaces.cli.opening import open_gateway
from pilotage.interfaces.cli.settings import Settings

Offers = list[tuple[str, str]]
"""What may stand here, each with a word of help."""


def releases(ctx: Any, incomplete: str) -> Offers:
    """Ids of releases, latest change first."""
    found = _asked(ctx, lambda gateway: gateway.releases((), 100))
    return _fitting([(r["id"], r["status"]) for r in found.get("releases", [])], incomplete)


def questions(ctx: Any, incomplete: str) -> Offers:
    """Ids of the questions open in the release of ``--release``, or in the only one on its way."""

    async def ask(gateway: Gateway) -> Json:
        release = ctx.params.get("release") or ""
        if not release:
            lines = (await gateway.releases(("running", "rolling back", "rolled back"), 2))["releases"]
            release = lines[0]["id"] if len(lines) == 1 else ""
        return await gateway.show(release) if release else {}

    found = _asked(ctx, ask)
    return _fitting([(q["id"], q["text"]) for q in found.get("questions", [])], incomplete)


def tested_metrics(ctx: Any, incomplete: str) -> Offers:
    """Names of the metrics under test in the release that was named, or in the last one."""

    async def ask(gateway: Gateway) -> Json:
        release = ctx.params.get("release") or ""
        if not release:
            lines = (await gateway.releases((), 1))["releases"]
            release = lines[0]["id"] if lines else ""
        return await gateway.evidence(release) if release else {}

    found = _asked(ctx, ask)
    return _fitting([(m["metric"], "") for m in found.get("metrics", [])], incomplete)


def flags(ctx: Any, incomplete: str) -> Offers:
    """Names of flags."""
    found = _asked(ctx, lambda gateway: gateway.flags())
    return _fitting([(f["name"], "") for f in found.get("flags", [])], incomplete)


def scenarios(incomplete: str) -> Offers:
    """Names of the built-in scenarios."""
    from pilotage.application.simulation.scenario import BUILT_IN

    return _fitting([(name, scenario.describe) for name, scenario in BUILT_IN.items()], incomplete)


def templates(incomplete: str) -> Offers:
    """Names of the templates of ``pilotage init``."""
    from pilotage.interfaces.cli.templates import TEMPLATES

    return _fitting([(name, template.summary) for name, template in TEMPLATES.items()], incomplete)


def _fitting(offers: Offers, incomplete: str) -> Offers:
    return [offer for offer in offers if offer[0].startswith(incomplete)]


def _asked(ctx: Any, question: Callable[[Gateway], Awaitable[Json]]) -> Json:
    """The answer; nothing at all when there is no database, no server, or anything else in the way."""
    import os
    from contextlib import suppress

    given = ctx.find_root().params
    settings = Settings(
        database=given.get("database") or "", server=given.get("server") or "", token=given.get("token") or ""
    )

    async def asked() -> Json:
        async with open_gateway(settings) as gateway:
            return await question(gateway)

    if not settings.server and not _has_database(
        settings.database or os.environ.get("PILOTAGE_DATABASE", "")
    ):
        return {}
    with suppress(Exception):  # a shell shows nothing better than a message it cannot place
        return asyncio.run(asyncio.wait_for(asked(), timeout=2))
    return {}


def _has_database(text: str) -> bool:
    """Whether there is something to open: completing must not make a database."""
    from pilotage.bootstrap import Settings as Installation

    file = Installation(database=text).database_file
    return file is None or file.exists()
