"""OFREP 0.3.0, the OpenFeature Remote Evaluation Protocol: any OpenFeature SDK reads our flags without code of ours.

Spec: https://github.com/open-feature/protocol, ``service/openapi.yaml``. Its optional event streams are not offered;
``flagConfigEtag`` and ``flagConfigLastModified``, which belong to them, are accepted and mean nothing here. (The
configuration endpoint of 0.1.0 left the protocol with 0.2.0.)

Three things the clients in the field need beyond the letter: ``variant`` and ``reason`` are always there; an error
always has ``errorDetails``; and the bulk ETag covers the *answer*, so that a changed context never gets a 304.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from pilotage.application.use_cases.flag_reading import FlagReader, ReadyFlag
from pilotage.decisions.flags.compiled import TargetingKeyMissing
from pilotage.domain.errors import PilotageError
from pilotage.interfaces.http.ofrep_schema import BULK_RESPONSES, REQUEST_BODY, SINGLE_RESPONSES

LARGEST_CONTEXT = 256 * 1024
"""Bytes of a request. A context describes one user; more than this is a mistake or worse."""

BUSY_RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class _Context:
    """Who is asking: the targeting key (None: not given) and everything sent, by name."""

    targeting_key: str | None
    attributes: Mapping[str, object]


class _BadRequest(Exception):
    """The request cannot be answered; ``code`` is one of OpenFeature's error codes."""

    def __init__(self, code: str, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def ofrep_router(
    reader: FlagReader, authorise: Callable[..., Any] | None = None, most_at_once: int = 256
) -> APIRouter:
    """The routes under ``/ofrep/v1``.

    ``authorise`` is a FastAPI dependency that raises HTTPException 401 or 403; None leaves flags readable to whoever
    reaches the port (loopback). Above ``most_at_once`` requests in work the answer is 429 with ``Retry-After``.
    """
    busy = _Busy(most_at_once)
    router = APIRouter(
        prefix="/ofrep/v1",
        tags=["OFREP"],
        dependencies=[] if authorise is None else [Depends(authorise)],
    )

    # The key may hold slashes, so that a wrong one gets OFREP's 404 and not the server's.
    @router.post(
        "/evaluate/flags/{key:path}",
        operation_id="evaluateFlag",
        summary="Evaluate one flag for one user",
        responses=SINGLE_RESPONSES,
        openapi_extra={"requestBody": REQUEST_BODY},
        response_class=Response,
    )
    async def evaluate_flag(key: str, request: Request) -> Response:
        async def answer() -> Response:
            context = await _context_of(request)
            flag = (await reader.flags()).by_name.get(key)
            if flag is None:
                details = f'there is no flag "{key}"; `pilotage flags list` shows those there are'
                return _json(404, _failure("FLAG_NOT_FOUND", details, key))
            try:
                return _json(200, _success(flag, context))
            except TargetingKeyMissing as error:
                return _json(400, _failure("TARGETING_KEY_MISSING", _line(error), key))

        return await busy.answer(answer, key)

    @router.post(
        "/evaluate/flags",
        operation_id="evaluateFlagsBulk",
        summary="Evaluate all flags for one user",
        responses=BULK_RESPONSES,
        openapi_extra={"requestBody": REQUEST_BODY},
        response_class=Response,
    )
    async def evaluate_flags(request: Request) -> Response:
        async def answer() -> Response:
            context = await _context_of(request)
            flags = (await reader.flags()).by_name
            body = _dump({"flags": [_one_of_many(flag, context) for flag in flags.values()]})
            etag = f'"{sha256(body).hexdigest()[:32]}"'
            if _names(request.headers.get("if-none-match", ""), etag):
                return Response(status_code=304, headers={"ETag": etag})
            return Response(body, media_type="application/json", headers={"ETag": etag})

        return await busy.answer(answer)

    return router


class _Busy:
    """Counts requests in work, and turns what can go wrong into OFREP's words."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = 0

    async def answer(self, work: Callable[[], Any], key: str | None = None) -> Response:
        """Run ``work``, or say why it could not be run."""
        if self._now >= self._most:
            failure = _failure("GENERAL", f"{self._now} requests are in work; try again later", key)
            return _json(429, failure, {"Retry-After": str(BUSY_RETRY_SECONDS)})
        self._now += 1
        try:
            response: Response = await work()
            return response
        except _BadRequest as error:
            return _json(400, _failure(error.code, error.details, key))
        except PilotageError as error:
            return _json(500, _failure("GENERAL", _line(error), key))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        finally:
            self._now -= 1


async def _context_of(request: Request) -> _Context:
    """The evaluation context of a request; a request without a body has an empty one. Raises _BadRequest."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_CONTEXT:
            raise _BadRequest(
                "INVALID_CONTEXT",
                f"the context is larger than {LARGEST_CONTEXT} bytes; send less of the user",
            )
    try:
        data = json.loads(body, parse_constant=_no_number) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise _BadRequest("PARSE_ERROR", f"the request is no JSON that can be read: {error}") from error
    if not isinstance(data, dict):
        raise _BadRequest("PARSE_ERROR", 'expected an object such as {"context": {"targetingKey": "user-1"}}')
    context = data.get("context") or {}
    if not isinstance(context, dict):
        raise _BadRequest("INVALID_CONTEXT", "context must be an object with the user's attributes")
    key = context.get("targetingKey") or None
    if key is not None and not (isinstance(key, str) and _is_text(key)):
        raise _BadRequest(
            "INVALID_CONTEXT", "targetingKey must be a text, the same for the same user every time"
        )
    return _Context(key, context)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _is_text(key: str) -> bool:
    """Whether a key has a UTF-8 form, from which its bucket is computed (half a character has none)."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _success(ready: ReadyFlag, context: _Context) -> dict[str, Any]:
    """What this user gets, as OFREP says it. Raises TargetingKeyMissing, or why the flag cannot be evaluated."""
    evaluation = ready(context.targeting_key, context.attributes)
    return {
        "key": ready.flag.name,
        "value": evaluation.value,
        "reason": evaluation.reason,
        "variant": evaluation.variant,
        "metadata": {"version": str(ready.flag.revision)},
    }


def _one_of_many(ready: ReadyFlag, context: _Context) -> dict[str, Any]:
    """One flag of a bulk answer: what the user gets, or why not. One flag's trouble is not the others'."""
    try:
        return _success(ready, context)
    except TargetingKeyMissing as error:
        return _failure("TARGETING_KEY_MISSING", _line(error), ready.flag.name)
    except PilotageError as error:
        return _failure("GENERAL", _line(error), ready.flag.name)


def _failure(code: str, details: str, key: str | None) -> dict[str, Any]:
    failure: dict[str, Any] = {"errorCode": code, "errorDetails": details}
    return failure if key is None else {"key": key, **failure}


def _names(if_none_match: str, etag: str) -> bool:
    """Whether the header names this ETag; a proxy may have made it weak (``W/``)."""
    return etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))


def _line(error: PilotageError) -> str:
    return str(error).replace("\n", ". ")


def _dump(data: Mapping[str, Any]) -> bytes:
    # ASCII, because half a character in a flag's name from the address has no UTF-8 form.
    return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()


def _json(status: int, data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(_dump(data), status, headers=headers, media_type="application/json")
