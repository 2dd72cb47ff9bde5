"""Errors as problem documents (RFC 9457): what is wrong, whose fault it is, and what to do next."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from pilotage.domain import errors
from pilotage.interfaces.errors import error_object

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class TokenTooNarrow(errors.LoginRequired):
    """The caller is known, and their token does not allow this."""


class NotForBrowsersElsewhere(errors.Refused):
    """A page of another site asked; its user did not."""


class TooLarge(errors.UsageError):
    """More bytes were sent than anything here needs."""


class TooBusy(errors.OutsideError):
    """The server has as much to do as it takes on."""


class NotHere(errors.UsageError):
    """The request names another host than this server."""


_KINDS: tuple[tuple[type[errors.PilotageError], int, str, str], ...] = (
    (TokenTooNarrow, 403, "token-too-narrow", "This token does not allow it"),
    (errors.LoginRequired, 401, "login-required", "A valid token is needed"),
    (TooLarge, 413, "too-large", "Too many bytes"),
    (NotHere, 421, "not-here", "Another host was meant"),
    (NotForBrowsersElsewhere, 403, "another-site", "Asked by a page of another site"),
    (errors.PlanError, 422, "plan", "The plan cannot be used as it is written"),
    (errors.NotFound, 404, "not-found", "Nothing by that name"),
    (errors.Outdated, 412, "outdated", "It is not as you saw it"),
    (errors.Conflict, 409, "conflict", "It is there already, or somebody else was faster"),
    (errors.UsageError, 422, "usage", "The request is not right"),
    (errors.Refused, 403, "refused", "A rule says no"),
    (TooBusy, 503, "too-busy", "Too much at once"),
    (errors.StoreUnusable, 503, "store-unusable", "The database cannot be used"),
    (errors.OutsideError, 502, "outside", "An outside system failed"),
    (errors.PilotageError, 500, "bug", "Pilotage failed"),
)
"""Kind of error, status, the last word of ``type``, and title; the first that fits counts."""


class Problem(Response):
    """A problem document. ``type`` is a name (``urn:pilotage:problem:…``), not a page to fetch."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        name: str,
        title: str,
        members: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """``members`` has ``message`` and ``hint``, and what else this kind of problem tells."""
        document = {
            "type": f"urn:pilotage:problem:{name}",
            "title": title,
            "status": status,
            "detail": members["message"],
            **members,
        }
        # ASCII, because half a character from an address has no UTF-8 form.
        super().__init__(json.dumps(document).encode(), status, dict(headers or {}))


def problem_of(error: errors.PilotageError) -> Problem:
    """The problem document of an error of ours."""
    status, name, title = next((s, n, t) for kind, s, n, t in _KINDS if isinstance(error, kind))
    headers = {
        401: {"WWW-Authenticate": 'Bearer realm="pilotage"'},
        503: {"Retry-After": "5"},
    }.get(status)
    return Problem(status, name, title, error_object(error), headers)


def tell_problems(app: FastAPI) -> None:
    """Answer every error of ``app`` with a problem document; only our own are logged, never what was sent."""

    async def known(_: Request, error: Exception) -> Response:
        assert isinstance(error, errors.PilotageError)
        problem = problem_of(error)
        if problem.status_code >= 500:
            _log.error("a request failed: %s", error, exc_info=problem.status_code == 500)
        return problem

    async def not_valid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_of(_misread(error))

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _of_http(request, error)

    async def unforeseen(_: Request, error: Exception) -> Response:
        # Starlette logs the traceback after this.
        return problem_of(
            errors.Bug(
                f"Something in Pilotage itself went wrong ({type(error).__name__}).",
                "The server's log has the details; please report it with them. Nothing is half-written.",
            )
        )

    app.add_exception_handler(errors.PilotageError, known)
    app.add_exception_handler(RequestValidationError, not_valid)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, unforeseen)


def _misread(error: RequestValidationError) -> errors.UsageError:
    """Everything that does not fit the description of the route, a line each; what was sent is not repeated."""
    lines = [f"  {_place(found['loc'])}: {found['msg']}" for found in error.errors()]
    return errors.UsageError(
        "\n".join(["The request is not what this address takes:", *lines]),
        "GET /api/v1/openapi.json describes every address.",
    )


def _place(location: tuple[int | str, ...]) -> str:
    first, *rest = location
    return ".".join(str(part) for part in (rest if first in ("body", "query", "path") and rest else location))


def _of_http(request: Request, error: HTTPException) -> Problem:
    match error.status_code:
        case 404:
            what, hint = (
                f"There is nothing at {request.url.path}.",
                "GET /api/v1/openapi.json describes every address.",
            )
        case 405:
            allowed = (error.headers or {}).get("Allow", "another method")
            what, hint = f"{request.method} does not work here.", f"It takes {allowed}."
        case 413:
            return problem_of(too_large())
        case _:
            what, hint = str(error.detail), "GET /api/v1/openapi.json describes every address."
    members = error_object(errors.UsageError(what, hint))
    return Problem(error.status_code, "http", str(error.detail), members, error.headers)


MOST_BYTES = 4_000_000
"""Bytes a request may have. A plan has at most 1 MB, which JSON may write longer."""


def too_large() -> TooLarge:
    """The error for a body beyond ``MOST_BYTES``."""
    return TooLarge(
        f"The request has more than {MOST_BYTES:,} bytes, the most that is read here.",
        "A plan has at most 1,000,000 bytes; send that and nothing else.",
    )
