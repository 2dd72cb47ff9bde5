"""A release as it moves: Server-Sent Events, resumable after any event and after any break of the connection.

A stream reads from the store at the pace its client takes, so nothing queues up for a slow one. Frames: ``told`` (one
event as a sentence; its id is the event's number), ``shown`` (how the release stands now), ``over`` (nothing more will
happen to it), ``problem`` (a problem document; come again), ``closing`` (the server stops; come again).

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from starlette.responses import StreamingResponse

from pilotage.application.use_cases.looking import Watched
from pilotage.domain.errors import PilotageError, UsageError
from pilotage.interfaces.errors import error_object
from pilotage.interfaces.http.callers import Here, Reader
from pilotage.interfaces.http.describing import READING, problems_only
from pilotage.interfaces.http.giving import as_json
from pilotage.interfaces.http.problems import TooBusy
from pilotage.interfaces.http.releases import After

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that no proxy takes the connection for dead."""

MOST_STREAMS = 100
"""Streams open at once; each looks into the store about three times a second."""

_COME_AGAIN = 2000
"""Milliseconds after which a browser reconnects."""


class Streams:
    """The streams of this server."""

    def __init__(self, heartbeat: float = HEARTBEAT, most: int = MOST_STREAMS) -> None:
        """``heartbeat`` in seconds."""
        self._heartbeat = heartbeat
        self._most = most
        self._open = 0

    def check_room(self) -> None:
        """Raises TooBusy when no further stream may be opened."""
        if self._open >= self._most:
            raise TooBusy(
                f"{self._open} streams are open, the most this server keeps.",
                "Try again later, or ask for the log with `after` now and then.",
            )

    async def frames(self, watched: AsyncIterator[Watched], stopping: asyncio.Event) -> AsyncGenerator[bytes]:
        """What is sent, until the release is over, the server stops, or the client has gone."""
        self._open += 1
        stop = asyncio.ensure_future(stopping.wait())
        coming: asyncio.Future[Watched] = asyncio.ensure_future(anext(watched))
        try:
            yield b"retry: %d\n\n" % _COME_AGAIN
            while True:
                waits: list[asyncio.Future[Any]] = [stop, coming]
                await asyncio.wait(waits, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED)
                if stop.done():
                    yield _frame("closing", {})
                    return
                if not coming.done():
                    yield b": still here\n\n"
                    continue
                try:
                    found = coming.result()
                except StopAsyncIteration:
                    yield _frame("over", {})
                    return
                except PilotageError as error:
                    yield _frame("problem", error_object(error))
                    return
                for told in found.told:
                    yield _frame("told", told, told.number)
                yield _frame("shown", found.shown)
                coming = asyncio.ensure_future(anext(watched))
        finally:
            self._open -= 1
            for future in (stop, coming):
                future.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration, PilotageError):
                await coming


def _frame(event: str, data: object, number: int | None = None) -> bytes:
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, event.encode(), as_json(data))


def streaming_router(streams: Streams) -> APIRouter:
    """The stream of each release."""
    router = APIRouter(prefix="/releases", tags=["Releases"])

    @router.get(
        "/{release}/events/stream",
        operation_id="streamOfRelease",
        summary="What happens, as it happens (Server-Sent Events)",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "Frames `told`, `shown`, and at the end `over`",
                "content": {"text/event-stream": {}},
            },
            204: {"description": "The release is over, and everything about it is known: do not reconnect"},
            **problems_only(READING),
        },
    )
    async def stream(
        release: str,
        here: Here,
        _: Reader,
        after: After = 0,
        last_event_id: Annotated[str | None, Header(description="The last id that was received")] = None,
    ) -> Response:
        streams.check_room()
        known = _number(last_event_id) if last_event_id else after
        looking = here.application.looking
        shown = await looking.show(release)
        if shown.release.over and known >= shown.line.number:
            return Response(status_code=204)
        return StreamingResponse(
            streams.frames(looking.watch(release, known), here.stopping),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


def _number(last_event_id: str) -> int:
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) < 10):
        raise UsageError("Last-Event-ID is no number of an event.", "Send the last id that was received.")
    return int(last_event_id)
