"""The embedded gateway: the use cases on this machine's database, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pilotage.application.use_cases.flag_story import tell
from pilotage.application.use_cases.views import plain
from pilotage.domain.people import Actor
from pilotage.interfaces.cli.gateway import Json
from pilotage.interfaces.cli.settings import Settings, whoever_calls
from pilotage.interfaces.wishes import wish

if TYPE_CHECKING:
    from pilotage.application.services import Application


@asynccontextmanager
async def open_embedded(settings: Settings) -> AsyncIterator[EmbeddedGateway]:
    """Open the database for one person. Raises StoreUnusable, UsageError."""
    from pilotage import bootstrap

    async with bootstrap.open_application(bootstrap.Settings(database=settings.database)) as application:
        yield EmbeddedGateway(application, Actor(person=settings.person or whoever_calls()))


class EmbeddedGateway:
    """Asks the use cases as one person."""

    def __init__(self, application: Application, by: Actor) -> None:
        self._app = application
        self._by = by

    async def releases(self, statuses: Sequence[str], limit: int) -> Json:
        """Releases, latest change first."""
        return {"releases": plain(await self._app.looking.list(statuses, limit))}

    async def create(self, plan: Path, wanted: Mapping[str, Any]) -> Json:
        """Create a release."""
        from pilotage.application.use_cases.answers import Answers
        from pilotage.application.use_cases.creating import Wanted

        answers = Answers(**{f.name: wanted[f.name] for f in fields(Answers) if f.name in wanted})
        own = {f.name: wanted[f.name] for f in fields(Wanted) if f.name in wanted}
        created = await self._app.creating.create(plan, Wanted(**own, answers=answers), self._by)
        shown = await self._app.looking.show(created.release.id)
        return {
            "release": plain(shown.line),
            "not_yet": plain(created.not_yet),
            "notes": list(created.notes),
        }

    async def show(self, release: str) -> Json:
        """Everything about a release."""
        return _object(await self._app.looking.show(release))

    async def why(self, release: str) -> Json:
        """Why it does not move."""
        return _object(await self._app.looking.why(release))

    async def log(self, release: str, after: int = 0, limit: int | None = None) -> Json:
        """What happened."""
        return {"told": plain(await self._app.looking.log(release, after, limit))}

    async def evidence(self, release: str, metric: str = "") -> Json:
        """What its numbers say."""
        return _object(await self._app.evidence.view(release, metric))

    async def evidence_picture(self, release: str, metric: str = "") -> str:
        """The same as a chart."""
        from pilotage.interfaces.charts.evidence import draw

        return draw(await self._app.evidence.view(release, metric))

    async def replay(self, release: str, rules: str = "", name: str = "") -> Json:
        """Its numbers, judged again."""
        return _object(await self._app.replaying.replay(release, rules, name))

    async def watch(self, release: str, after: int = 0) -> AsyncIterator[Json]:
        """Follow a release."""
        async for watched in self._app.looking.watch(release, after):
            yield _object(watched)

    async def start(self, release: str, rehearsal: bool) -> Json:
        """Start a release."""
        return _object(await self._app.acting.start(release, self._by, rehearsal))

    async def act(self, release: str, verb: str, said: Mapping[str, Any]) -> Json:
        """Carry a wish to a release."""
        return _object(await self._app.acting.act(release, wish(verb, said), self._by))

    async def plan_document(self, release: str) -> Json:
        """The plan a release is held to."""
        return {"document": await self._app.looking.plan_document(release)}

    async def export(self, release: str, target: Path) -> Path:
        """Write the audit pack."""
        return await self._app.audit.export(release, target)

    async def flags(self) -> Json:
        """Every flag."""
        return {"flags": plain(await self._app.flags.list())}

    async def flag(self, name: str) -> Json:
        """One flag, and who changed it."""
        flags = self._app.flags
        history = [tell(happened) for happened in await flags.history(name)]
        return {"flag": plain(await flags.show(name)), "history": plain(history)}

    async def turn_flag(self, name: str, verb: str, said: Mapping[str, Any]) -> Json:
        """Change a flag by hand."""
        flags, reason = self._app.flags, said["reason"]
        match verb:
            case "kill":
                return _object(await flags.kill(name, self._by, reason))
            case "revive":
                return _object(await flags.revive(name, self._by, reason))
            case _:
                return _object(await flags.switch_user(name, said["user"], said["on"], self._by, reason))

    async def verify(self, stream: str) -> Json:
        """Check the record."""
        verified = await self._app.audit.verify(stream)
        return {**_object(verified), "holds": verified.holds, "events": verified.events}

    async def doctor(self) -> Json:
        """Look at everything."""
        return {"findings": plain(await self._app.doctor.examine())}

    async def tokens(self) -> Json:
        """Every token."""
        return {"tokens": plain(await self._app.tokens.list())}

    async def make_token(self, holder: str, scope: str, days: float | None, machine: bool) -> Json:
        """Make a token."""
        from datetime import timedelta

        from pilotage.domain.tokens import Scope

        lasts = None if days is None else timedelta(days=days)
        made = await self._app.tokens.create(holder, Scope(scope), self._by, lasts, machine)
        return {"token": plain(made.token), "secret": made.secret}

    async def revoke_token(self, token: str) -> Json:
        """Make a token count no more."""
        return {"token": plain(await self._app.tokens.revoke(token, self._by))}

    async def somebody_works(self) -> bool | None:
        """Whether a worker is at work on this database."""
        return self._app.ports.workers.somebody_works()

    @asynccontextmanager
    async def carrying_on(self) -> AsyncIterator[bool]:
        """Run a worker in this process while inside, where it is certain that nobody else does."""
        if self._app.ports.workers.somebody_works() is not False:
            yield False
            return
        worker = self._app.worker()
        task = asyncio.create_task(worker.run(), name="worker")
        try:
            yield True
        finally:
            await worker.stop()
            await task


def _object(value: object) -> Json:
    answer: Json = plain(value)
    return answer
