"""One bounded HTTP request to a metrics source, with every way it can fail put into words."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes; a page beyond this is no page of metrics."""

_WORDS = {
    errno.ECONNREFUSED: "the connection is refused",
    errno.ECONNRESET: "the connection broke",
    errno.EHOSTUNREACH: "there is no way to that host",
    errno.ENETUNREACH: "there is no network to that host",
    errno.ETIMEDOUT: "the host does not answer",
}


class Unanswered(Exception):  # not an error of ours: it becomes a sample without data
    """There is no usable answer; the message says why, and what to look at."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    media_type: str
    text: str


class Web:
    """An HTTP client that is made when first needed, once for each event loop, and kept open between requests."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ask(
        self,
        url: str,
        *,
        seconds: float,
        form: Mapping[str, str] | None = None,
        token: str = "",
        accept: str = "*/*",
    ) -> Answer:
        """GET ``url``, or POST ``form`` to it, within ``seconds`` in all; raises ``Unanswered``."""
        import httpx

        headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
        method = "GET" if form is None else "POST"
        try:
            async with (
                asyncio.timeout(seconds),
                self._open().stream(method, url, data=form, headers=headers) as response,
            ):
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > LARGEST_ANSWER:
                        raise Unanswered(
                            f"{shown(url)} answers more than {LARGEST_ANSWER >> 20} MiB; is it the right address?"
                        )
                media_type = response.headers.get("content-type", "")
                return Answer(response.status_code, media_type, body.decode("utf-8", "replace"))
        except TimeoutError:
            raise Unanswered(f"{shown(url)} did not answer within {seconds:g} s; is it overloaded?") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Unanswered(
                f'"{shown(url)}" is no web address; it begins with http:// or https://'
            ) from None
        except httpx.HTTPError as error:
            raise Unanswered(
                f"{shown(url)} cannot be reached: {_words(error)}; is it running there?"
            ) from None

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    def _open(self) -> httpx.AsyncClient:
        import httpx

        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            # Connections belong to the loop they were opened in. Our own timeout covers the whole request.
            self._client, self._loop = httpx.AsyncClient(timeout=None, follow_redirects=True), loop  # noqa: S113 - ours covers it
        return self._client


def shown(url: str) -> str:
    """``url`` without user and password, for messages."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"


def _words(error: BaseException) -> str:
    """Why a connection failed: the operating system's reason, which httpx keeps further down the chain."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _WORDS:
            return _WORDS[cause.errno]
        inner = cause.exceptions[0] if isinstance(cause, BaseExceptionGroup) else None
        cause = inner or cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
