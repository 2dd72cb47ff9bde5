"""Releases over HTTP: the same use cases as on the command line, and their answers as they are."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from pilotage.application.use_cases.answers import Answers
from pilotage.application.use_cases.creating import Wanted
from pilotage.domain.errors import PlanError
from pilotage.domain.release import Status
from pilotage.interfaces.http import answers as gives
from pilotage.interfaces.http.bodies import CreateRelease, StartRelease
from pilotage.interfaces.http.callers import Doer, Here, Reader
from pilotage.interfaces.http.describing import ACTING, READING, answers, problems_only
from pilotage.interfaces.http.giving import (
    IfMatch,
    IfNoneMatch,
    Key,
    Once,
    expected_number,
    give,
    give_tagged,
)
from pilotage.interfaces.http.plans import OffTheLoop

MOST_AT_ONCE = 1000
"""Releases or events in one answer."""

_LARGEST = 2**31 - 1
Limit = Annotated[int, Query(ge=1, le=MOST_AT_ONCE)]
After = Annotated[int, Query(ge=0, le=_LARGEST, description="The number of the last event that is known")]


def releases_router(once: Once, off_the_loop: OffTheLoop) -> APIRouter:
    """The routes under ``/releases``, without people's words (``wishing``) and streams (``streaming``)."""
    router = APIRouter(prefix="/releases", tags=["Releases"])
    _looking(router)

    @router.post(
        "",
        operation_id="createRelease",
        summary="Create a release held to the plan that is sent",
        status_code=201,
        responses=answers(gives.CreatedRelease, ACTING, 201),
    )
    async def create(
        said: CreateRelease, request: Request, here: Here, caller: Doer, key: Key = None
    ) -> Response:
        async def work() -> dict[str, Any]:
            app = here.application
            read = await off_the_loop.run(app.plans.read_text, said.document)
            if read.plan is None:
                raise PlanError(read.errors)
            created = await app.creating.create(read, _wanted(said), caller.actor)
            shown = await app.looking.show(created.release.id)
            return {"release": shown.line, "not_yet": created.not_yet, "notes": created.notes}

        return await once.give(request, here, caller, key, work, 201)

    @router.post(
        "/{release}/start",
        operation_id="startRelease",
        summary="Start a release, or rehearse it",
        responses=answers(gives.Acted, ACTING),
    )
    async def start(
        release: str,
        said: StartRelease,
        request: Request,
        here: Here,
        caller: Doer,
        key: Key = None,
        if_match: IfMatch = None,
    ) -> Response:
        number = expected_number(if_match)
        acting = here.application.acting
        return await once.give(
            request, here, caller, key, lambda: acting.start(release, caller.actor, said.rehearsal, number)
        )

    return router


def _wanted(said: CreateRelease) -> Wanted:
    told = Answers(
        roles={role: tuple(people) for role, people in said.roles.items()},
        traits=said.traits,
        inputs=said.inputs,
        segments={segment: tuple(keys) for segment, keys in said.segments.items()},
    )
    return Wanted(said.version, said.previous, said.type, said.title, told, said.planned_at, said.again)


def _looking(router: APIRouter) -> None:
    """The routes that change nothing."""

    @router.get(
        "",
        operation_id="listReleases",
        summary="Releases, latest change first",
        responses=answers(gives.Releases),
    )
    async def list_(
        here: Here, _: Reader, status: Annotated[list[Status] | None, Query()] = None, limit: Limit = 100
    ) -> Response:
        words = [str(each) for each in status or ()]
        return give({"releases": await here.application.looking.list(words, limit)})

    @router.get(
        "/{release}",
        operation_id="showRelease",
        summary="Everything about one release",
        responses=answers(gives.ShownRelease),
    )
    async def show(release: str, here: Here, _: Reader, if_none_match: IfNoneMatch = None) -> Response:
        shown = await here.application.looking.show(release)
        return give_tagged(shown, shown.line.number, if_none_match)

    @router.get(
        "/{release}/why",
        operation_id="whyRelease",
        summary="Why it does not move: what it waits for, who can act, when it looks again",
        responses=answers(gives.WhyItWaits),
    )
    async def why(release: str, here: Here, _: Reader) -> Response:
        return give(await here.application.looking.why(release))

    @router.get(
        "/{release}/log",
        operation_id="logOfRelease",
        summary="What happened, in sentences",
        responses=answers(gives.Log),
    )
    async def log(
        release: str,
        here: Here,
        _: Reader,
        after: After = 0,
        limit: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
    ) -> Response:
        return give({"told": await here.application.looking.log(release, after, limit)})

    @router.get(
        "/{release}/events",
        operation_id="eventsOfRelease",
        summary="What became true, for programs: a page of events",
        responses=answers(gives.Events),
    )
    async def events(release: str, here: Here, _: Reader, after: After = 0, limit: Limit = 100) -> Response:
        rows = await here.application.looking.events(release, after, limit + 1)
        page = [
            {"number": row.number, "at": row.at, "hash": row.hash, "event": json.loads(row.body)}
            for row in rows[:limit]
        ]
        return give({"events": page, "more": len(rows) > limit})

    @router.get(
        "/{release}/plan",
        operation_id="planOfRelease",
        summary="The plan it is held to",
        responses=answers(gives.Document),
    )
    async def plan(release: str, here: Here, _: Reader) -> Response:
        return give({"document": await here.application.looking.plan_document(release)})

    @router.get(
        "/{release}/audit",
        operation_id="auditPackOfRelease",
        summary="Its whole record as a ZIP file that can be checked without Pilotage",
        response_class=Response,
        responses={
            200: {"content": {"application/zip": {}}, "description": "The pack"},
            **problems_only(READING),
        },
    )
    async def audit(release: str, here: Here, _: Reader) -> Response:
        with tempfile.TemporaryDirectory(prefix="pilotage-audit-") as folder:
            file = await here.application.audit.export(release, Path(folder, "pack.zip"))
            data = await asyncio.to_thread(file.read_bytes)
        name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in release)
        headers = {"Content-Disposition": f'attachment; filename="{name}-audit.zip"'}
        return Response(data, media_type="application/zip", headers=headers)
