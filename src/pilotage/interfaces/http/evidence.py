"""Evidence over HTTP: what the numbers of a release say, as data and as a picture, and judged again. Changes nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from pilotage.application.use_cases.evidence_view import EvidenceView
from pilotage.application.use_cases.replaying import Replayed
from pilotage.interfaces.charts.evidence import draw
from pilotage.interfaces.charts.style import CSS_HASH
from pilotage.interfaces.http.bodies import ReplayRelease
from pilotage.interfaces.http.callers import Here, Reader
from pilotage.interfaces.http.describing import READING, answers, problems_only
from pilotage.interfaces.http.giving import IfNoneMatch, give, give_tagged, tagged

SVG = "image/svg+xml"

_POLICY = {
    "Content-Security-Policy": f"default-src 'none'; style-src '{CSS_HASH}'; base-uri 'none'; frame-ancestors 'none'"
}
"""A picture may be opened by itself: its own style sheet, and nothing else."""

Metric = Annotated[
    str,
    Query(
        max_length=200,
        description="One metric under test; empty: all of them, or the one nearest to deciding",
    ),
]


def evidence_router() -> APIRouter:
    """The routes about the evidence of a release."""
    router = APIRouter(prefix="/releases", tags=["Releases"])

    @router.get(
        "/{release}/evidence",
        operation_id="evidenceOfRelease",
        summary="What its numbers say: both arms, the interval that decides, evidence against needed",
        responses=answers(EvidenceView),
    )
    async def evidence(
        release: str, here: Here, _: Reader, metric: Metric = "", if_none_match: IfNoneMatch = None
    ) -> Response:
        view = await here.application.evidence.view(release, metric)
        return give_tagged(view, view.number, if_none_match)

    @router.get(
        "/{release}/evidence.svg",
        operation_id="evidencePictureOfRelease",
        summary="The same as a chart of one metric",
        response_class=Response,
        responses={200: {"content": {SVG: {}}, "description": "The chart"}, **problems_only(READING)},
    )
    async def picture(
        release: str, here: Here, _: Reader, metric: Metric = "", if_none_match: IfNoneMatch = None
    ) -> Response:
        view = await here.application.evidence.view(release, metric)
        return tagged(draw(view).encode(), SVG, view.number, if_none_match, _POLICY)

    @router.post(
        "/{release}/replay",
        operation_id="replayRelease",
        summary="Judge its stored numbers again, by its own plan or by other rules",
        responses=answers(Replayed, (*READING, 413)),
    )
    async def replay(release: str, said: ReplayRelease, here: Here, _: Reader) -> Response:
        return give(await here.application.replaying.replay(release, said.rules, said.name))

    return router
