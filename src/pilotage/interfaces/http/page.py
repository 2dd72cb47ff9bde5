"""The page at ``/``: how every release stands, for a browser on the server's machine. No script, no action, no cookie.

Programs that ask for ``/`` get the addresses of the API instead. The full web face is a thing of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from fastapi import APIRouter, Request, Response

from pilotage import __version__
from pilotage.application.use_cases.views import Line
from pilotage.domain.errors import LoginRequired
from pilotage.domain.tokens import Scope
from pilotage.interfaces.http.callers import Bearer, Here, needs
from pilotage.interfaces.http.giving import give

_READ_AGAIN = 5
"""Seconds after which a browser asks again."""

_MOST = 100
_FOR_AN_HOUR = {"Cache-Control": "max-age=3600"}

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="{again}">
<title>Pilotage</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<h1>Releases</h1>
{content}
<footer>Pilotage {version} · <a href="{openapi}">API</a></footer>
</body>
</html>
"""

_STYLE = """\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; overflow-wrap: anywhere; padding: 0 1rem; }
article { border-top: 1px solid GrayText; padding: 0.75rem 0; }
h2 { font-size: 1.1rem; margin: 0; }
p { margin: 0.25rem 0; }
meter { width: 12rem; }
footer { border-top: 1px solid GrayText; color: GrayText; padding-top: 0.75rem; }
"""

# Without one of our own a browser asks for /favicon.ico, and complains of the answer in its console.
_ICON = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<path d="M2 14V9h4v5zm4 0V6h4v8zm4 0V2h4v12z" fill="#2a7ade"/>
</svg>
"""


def page_router(api: str) -> APIRouter:
    """``/`` with its style and icon. ``api`` is where the API begins."""
    router = APIRouter(include_in_schema=False)
    may_look = needs(Scope.READ)

    @router.get("/")
    async def index(request: Request, here: Here, bearer: Bearer = None) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return give(
                {
                    "name": "Pilotage",
                    "version": __version__,
                    "api": api,
                    "openapi": f"{api}/openapi.json",
                    "flags": "/ofrep/v1",
                    "health": "/health",
                    "ready": "/ready",
                }
            )
        try:
            await may_look(request, here, bearer)
        except LoginRequired as error:
            return _page(api, f"<p>{escape(error.message)}</p>\n<p>{escape(error.hint)}</p>", 401)
        return _page(api, _list(await here.application.looking.list(limit=_MOST)))

    @router.get("/page.css")
    async def style() -> Response:
        return Response(_STYLE, media_type="text/css", headers=_FOR_AN_HOUR)

    @router.get("/icon.svg")
    async def icon() -> Response:
        return Response(_ICON, media_type="image/svg+xml", headers=_FOR_AN_HOUR)

    return router


def _page(api: str, content: str, status: int = 200) -> Response:
    text = _PAGE.format(
        again=_READ_AGAIN, content=content, version=__version__, openapi=f"{api}/openapi.json"
    )
    return Response(text, status, media_type="text/html", headers={"Cache-Control": "no-store"})


def _list(lines: Sequence[Line]) -> str:
    if not lines:
        return "<p>None yet: <code>pilotage release create PLAN --version VERSION</code> creates one.</p>"
    return "\n".join(map(_article, lines))


def _article(line: Line) -> str:
    """One release: its name and status, the sentence that says how it stands, and who meets it."""
    return (
        f"<article>\n<h2>{escape(line.title or line.id)} · {escape(line.status)}</h2>\n"
        f"<p>{escape(line.headline)}</p>\n"
        f'<p><meter min="0" max="100" value="{line.share:g}">{line.share:g} %</meter> {escape(line.exposure)} '
        f"· <code>{escape(line.id)}</code> · {line.updated:%Y-%m-%d %H:%M:%S} UTC</p>\n</article>"
    )
