"""How routes are described on the OpenAPI page: their answers, and the problems each may end in."""

from __future__ import annotations

from typing import Any

from pilotage.interfaces.http.answers import Problem
from pilotage.interfaces.http.problems import MEDIA_TYPE

_MEANS = {
    401: "A valid token is needed",
    403: "The token, or a rule of the plan, does not allow it: `detail` says who may, or when",
    404: "Nothing by that name",
    409: "It is there already, or others changed it at the same moment; nothing was done",
    412: "It is no longer as the If-Match header says; nothing was done",
    413: "More bytes than are read here",
    422: "The request, or the plan in it, is not right: every mistake is listed",
    503: "The database cannot be used, or too much is asked at once",
}

READING = (401, 403, 404, 422, 503)
ACTING = (401, 403, 404, 409, 412, 413, 422, 503)

Responses = dict[int | str, dict[str, Any]]


def answers(model: type, problems: tuple[int, ...] = READING, status: int = 200) -> Responses:
    """What a route answers with."""
    described: Responses = {status: {"model": model, "description": _first_line(model)}}
    return described | problems_only(problems)


def problems_only(problems: tuple[int, ...]) -> Responses:
    """The problems a route may end in."""
    return {
        status: {
            "description": _MEANS[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
        }
        for status in problems
    }


def _first_line(model: type) -> str:
    return (model.__doc__ or "").strip().split(". ")[0].split("\n")[0].rstrip(".:")
