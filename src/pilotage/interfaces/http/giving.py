"""Giving answers: as JSON, once under an idempotency key, and with an ETag where the question will come again."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any
from weakref import WeakValueDictionary

from fastapi import Header, Request, Response

from pilotage.application.ports.given_answers import GivenAnswer
from pilotage.application.use_cases.views import plain
from pilotage.domain.errors import PilotageError, UsageError
from pilotage.interfaces.http.callers import Caller, Served

_log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
"""How long an answer is given again under the same key."""

_LONGEST_KEY = 200

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A text of your own for this one wish; sent again within a day, it gets the first answer again "
        "and nothing is done twice. Refusals are not remembered: they may be lifted.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='The ETag you decided on, or its first part, the number of events: "12". '
        "If anything happened since, nothing is done and the answer is 412.",
    ),
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag you have; unchanged, the answer is 304.")
]


def as_json(value: object) -> bytes:
    """``value`` as JSON: dataclasses as objects, numbers that JSON has not as null."""
    data = plain(value)
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _finite(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list():
            return [_finite(item) for item in value]
        case _:
            return value


def give(value: object, status: int = 200) -> Response:
    """An answer."""
    return Response(as_json(value), status, media_type="application/json")


def give_tagged(value: object, number: int, if_none_match: str | None) -> Response:
    """An answer with its ETag: the number of events, and a hash of the rest, which may change without any event."""
    return tagged(as_json(value), "application/json", number, if_none_match)


def tagged(
    body: bytes,
    media_type: str,
    number: int,
    if_none_match: str | None,
    more: Mapping[str, str] | None = None,
) -> Response:
    """As ``give_tagged``, for a body of any kind, with ``more`` headers."""
    etag = f'"{number}-{sha256(body).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache, private", **(more or {})}
    tags = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if etag in tags:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def expected_number(if_match: str | None) -> int | None:
    """The number of events an If-Match header names. Raises UsageError for what is no ETag of ours.

    >>> expected_number('"12-0a1b"'), expected_number('"12"'), expected_number("*"), expected_number(None)
    (12, 12, None, None)
    """
    if if_match is None or if_match.strip() == "*":
        return None
    number = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise UsageError(
            f"If-Match does not hold an ETag of a release: {if_match}",
            'Send the ETag that GET gave, or the number of events in quotes: "12".',
        )
    return int(number)


class Once:
    """Does what is asked under one key once, and gives the same answer every time after.

    The answers are in the store, so a restart forgets none. Two calls at once with one key wait for each other in this
    process; two servers on one database do not see each other's calls under way.
    """

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def give(
        self,
        request: Request,
        here: Served,
        caller: Caller,
        key: str | None,
        work: Callable[[], Awaitable[object]],
        status: int = 200,
    ) -> Response:
        """The answer of ``work``, or the one given before. Raises UsageError for a key used for something else."""
        if key is None:
            return give(await work(), status)
        if not key.strip() or len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise UsageError(
                "Idempotency-Key is no key.",
                f"Send up to {_LONGEST_KEY} characters of ASCII, such as a UUID.",
            )
        asked = await _question(request)
        turn = self._turns.setdefault((caller.name, key), asyncio.Lock())
        async with turn:
            found = await here.application.ports.storage.given_answer(caller.name, key)
            if found is not None and found.at >= here.application.clock.now() - KEPT:
                return _again(found, asked)
            body = as_json(await work())
            await _keep(
                here,
                GivenAnswer(caller.name, key, asked, status, body.decode(), here.application.clock.now()),
            )
        return Response(body, status, media_type="application/json")


async def _question(request: Request) -> str:
    """A hash of everything that makes the question."""
    head = f"{request.method} {request.url.path} {request.headers.get('if-match', '')}\n"
    return sha256(head.encode("utf-8", "surrogatepass") + await request.body()).hexdigest()


def _again(found: GivenAnswer, asked: str) -> Response:
    if found.asked != asked:
        raise UsageError(
            "This Idempotency-Key was sent before with another request.",
            "Make a new key for every new wish; send the old one only to repeat the same request.",
        )
    headers = {"Idempotency-Replayed": "true"}
    return Response(found.body, found.status, headers=headers, media_type="application/json")


async def _keep(here: Served, answer: GivenAnswer) -> None:
    """What was done is done: that the answer cannot be kept does not make it undone."""
    try:
        await here.application.ports.storage.keep_answer(answer, answer.at - KEPT)
    except PilotageError as error:
        _log.warning("an answer could not be kept for its idempotency key: %s", error)
