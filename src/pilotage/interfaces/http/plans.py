"""Plans over HTTP: checked and simulated as they are sent. No path of the server is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fastapi import APIRouter, Response

from pilotage.application.simulation.fitting import fitted
from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import built_in
from pilotage.domain.errors import PlanError
from pilotage.interfaces.http import answers as gives
from pilotage.interfaces.http.bodies import CheckPlan, SimulatePlan
from pilotage.interfaces.http.callers import Here, Reader
from pilotage.interfaces.http.describing import answers, problems_only
from pilotage.interfaces.http.giving import give
from pilotage.interfaces.simulated import as_object

_P = ParamSpec("_P")
_T = TypeVar("_T")

_PROBLEMS = (401, 403, 413, 422)


class OffTheLoop:
    """Runs what needs the processor for long on a thread, a few at a time: the worker shares this process."""

    def __init__(self, most: int = 2) -> None:
        self._room = asyncio.Semaphore(most)

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The result of ``work``."""
        async with self._room:
            return await asyncio.to_thread(work, *args, **kwargs)


def plans_router(off_the_loop: OffTheLoop) -> APIRouter:
    """The routes under ``/plans``."""
    router = APIRouter(prefix="/plans", tags=["Plans"])

    @router.post(
        "/check",
        operation_id="checkPlan",
        summary="Everything that is wrong with a plan, where, and how to mend it",
        responses=answers(gives.CheckedPlan, _PROBLEMS),
    )
    async def check(said: CheckPlan, here: Here, _: Reader) -> Response:
        read = await off_the_loop.run(here.application.plans.read_text, said.document, said.name)
        return give(
            {
                "ok": not read.errors,
                "plan": read.plan.id if read.plan else None,
                "digest": read.plan.digest if read.plan else None,
                "errors": read.errors,
                "warnings": read.warnings,
                "not_yet": read.plan.not_yet if read.plan else (),
            }
        )

    @router.post(
        "/simulate",
        operation_id="simulatePlan",
        summary="Play a whole plan over its calendar, by the code that runs it live",
        responses={200: {"description": "Its timeline and how it ends"}, **problems_only(_PROBLEMS)},
    )
    async def simulated(said: SimulatePlan, here: Here, _: Reader) -> Response:
        read = await off_the_loop.run(here.application.plans.read_text, said.document, said.name)
        if read.plan is None:
            raise PlanError(read.errors)
        scenario = fitted(built_in(said.scenario), read.plan)
        start = said.start or here.application.clock.now().replace(microsecond=0)
        return give(as_object(await off_the_loop.run(simulate, read.plan, scenario, start, said.seed)))

    return router
