"""What every request passes before anything of it is used: its host, where it comes from, and how much it sends.

A server that knows callers by their address alone (loopback, before the first token) can be reached by any page open
in a browser on this machine. Two checks keep such pages out: the Host header must name this machine, so that a foreign
name rebound to 127.0.0.1 gets nowhere; and a request that changes something must not carry another site's Origin.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pilotage.domain.errors import PilotageError, UsageError
from pilotage.interfaces.http.problems import (
    MOST_BYTES,
    NotForBrowsersElsewhere,
    NotHere,
    problem_of,
    too_large,
)

_CHANGES_NOTHING = ("GET", "HEAD", "OPTIONS")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}


class Guard:
    """ASGI middleware. ``hosts`` are the names this server answers to, without ports; None: any."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope)
        except PilotageError as error:
            await problem_of(error)(scope, receive, send)
            return
        await self._app(scope, _counted(receive), _with_headers(scope, send))

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            raise NotHere(
                f"This server does not answer to the name {host!r}.",
                "Use its own address, such as http://127.0.0.1:PORT, or start it with --allow-host NAME.",
            )
        if "\x00" in scope["path"] or "%00" in scope.get("query_string", b"").decode("latin-1"):
            raise UsageError("The address holds a NUL character.", "No name here has one; leave it out.")
        if scope["method"] not in _CHANGES_NOTHING and not scope["path"].startswith("/ofrep/"):
            _same_site(headers, host)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > MOST_BYTES:
            raise too_large()


def _same_site(headers: Headers, host: str) -> None:
    """Refuse what a page of another site sends. Programs send neither header."""
    origin = headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
    if elsewhere or headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise NotForBrowsersElsewhere(
            "A page of another site asked for this; nothing was done.",
            "Use the command line, or a page of this server.",
        )


def _name(host: str) -> str:
    """The name in a Host header, without its port; an IPv6 address without its brackets.

    >>> _name("LOCALHOST:8080"), _name("[::1]:8080"), _name("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _counted(receive: Receive) -> Receive:
    """``receive``, which gives up when the body grows beyond ``MOST_BYTES``, whatever its headers said."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MOST_BYTES:
            raise HTTPException(413)
        return message

    return counted


def _with_headers(scope: Scope, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if scope["path"].startswith("/api/"):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
