"""The HTTP face put together: the API under ``/api/v1``, flags for OpenFeature under ``/ofrep/v1``, health and a page."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from pilotage import __version__
from pilotage.application.services import Application
from pilotage.domain.tokens import Scope
from pilotage.interfaces.http.answers import Problem
from pilotage.interfaces.http.callers import Served, needs
from pilotage.interfaces.http.evidence import evidence_router
from pilotage.interfaces.http.flags import flags_router
from pilotage.interfaces.http.giving import Once
from pilotage.interfaces.http.guard import Guard
from pilotage.interfaces.http.house import health_router, house_router, tokens_router
from pilotage.interfaces.http.ofrep import ofrep_router
from pilotage.interfaces.http.page import page_router
from pilotage.interfaces.http.plans import OffTheLoop, plans_router
from pilotage.interfaces.http.problems import tell_problems
from pilotage.interfaces.http.releases import releases_router
from pilotage.interfaces.http.streaming import Streams, streaming_router
from pilotage.interfaces.http.wishing import wishes_router

API = "/api/v1"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

_DESCRIPTION = """\
Carries out release plans: gates, approvals, windows, staged exposure, live evidence, automatic rollback.

**Who calls.** A bearer token speaks for a person or a machine and has a scope: `flags` (evaluate flags) < `read` <
`act` < `admin` (make tokens). Until the first token is made, callers on this machine act as the one who runs the
server, or as the person named in `Pilotage-As`; callers elsewhere are refused. A plan runs commands: whoever may `act`
may run commands on this server.

**Once.** Every POST takes an `Idempotency-Key` (but those that make or revoke tokens).

**Problems** are documents of RFC 9457 with `hint` (what to do next) and `fault` (plan, you, rule, login, outside, ours).
"""


def create_app(
    application: Application,
    *,
    person: str,
    works: Callable[[], bool | None] | None = None,
    hosts: Collection[str] | None = LOOPBACK_NAMES,
    streams: Streams | None = None,
) -> FastAPI:
    """The app over ``application``; it starts and stops nothing.

    ``person`` acts for callers of this machine while there is no token. ``works`` tells whether a worker carries
    releases on (otherwise the worker names port is asked). ``hosts`` are the names the server answers to; None: any,
    which is only safe where every caller needs a token.
    """
    app = FastAPI(
        title="Pilotage",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.served = Served(application, person, works or application.ports.workers.somebody_works)
    app.add_middleware(Guard, hosts=hosts)
    tell_problems(app)
    app.include_router(_api(streams or Streams()))
    app.include_router(ofrep_router(application.flag_reader, needs(Scope.FLAGS)))
    app.include_router(health_router())
    app.include_router(page_router(API))
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]  # FastAPI's own way to add to it
    return app


def _api(streams: Streams) -> APIRouter:
    once, off_the_loop = Once(), OffTheLoop()
    api = APIRouter(prefix=API)
    api.include_router(releases_router(once, off_the_loop))
    api.include_router(evidence_router())
    api.include_router(streaming_router(streams))
    api.include_router(wishes_router(once))
    api.include_router(plans_router(off_the_loop))
    api.include_router(flags_router(once))
    api.include_router(house_router())
    api.include_router(tokens_router())
    return api


def _described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI page, made once."""
    if app.openapi_schema is None:
        page = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        page["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        app.openapi_schema = page
    return app.openapi_schema
