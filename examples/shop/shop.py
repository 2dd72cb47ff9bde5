"""A small shop that can be released: one service, several versions of its checkout, a flag, and metrics.

    python shop.py --port 8000 --flags http://127.0.0.1:8080

GET /checkout?user=u17   pays for the cart of a user: 200, or 500 where the checkout failed
GET /health              200 as long as it serves
GET /version             the version whose code answers
GET /metrics             Prometheus text format

Which version's code answers stands in state/current; `deploy.sh VERSION` writes it and sends SIGHUP, and the shop takes
up that version between two requests, without stopping. Each version brings a new checkout behind a flag of its own,
``checkout-1.1.0``: off, users pay as they did before.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import uvicorn
from cart import PaymentFailed
from flags import Flags
from people import attributes
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

HERE = Path(__file__).resolve().parent
FIRST_VERSION = "1.0.0"


class Shop:
    """The service: the current version's code, the flag, and what is counted."""

    def __init__(self, state: Path, flags: Flags) -> None:
        self.state = state
        self.flags = flags
        self.version = ""
        self.code: ModuleType
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "shop_requests", "Checkouts by outcome", ["variant", "status", "version"], registry=self.registry
        )
        self.seconds = Histogram(
            "shop_request_seconds",
            "How long a checkout took",
            ["variant"],
            buckets=(0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0),
            registry=self.registry,
        )

    def take_up(self) -> None:
        """Load the code of the version in ``state/current``; one that cannot be loaded leaves everything as it is."""
        current = self.state / "current"
        version = current.read_text().strip() if current.exists() else FIRST_VERSION
        if version == self.version:
            return
        try:
            code = load(version)
        except Exception as error:  # noqa: BLE001 - whatever a broken version does, the running one goes on
            print(f"shop: version {version} cannot be loaded: {error}", file=sys.stderr, flush=True)
            if not self.version:
                raise SystemExit(1) from None
            return
        # Every series is there from the start, at 0: a share of errors can be told before the first one.
        for variant in ("on", "off"):
            self.seconds.labels(variant)
            for status in ("200", "500"):
                self.requests.labels(variant, status, version)
        self.version, self.code = version, code
        print(f"shop: serving version {version}", file=sys.stderr, flush=True)

    def checkout(self, request: Request) -> Response:
        """Pay for a user's cart, by the code the flag chooses for that user."""
        user = request.query_params.get("user", "")
        if not user:
            return JSONResponse({"error": "say who pays: /checkout?user=u17"}, status_code=400)
        version, code = self.version, self.code
        on = code.new_checkout is not None and self.flags.on(f"checkout-{version}", user, attributes(user))
        variant = "on" if on else "off"
        began = time.perf_counter()
        try:
            receipt = (code.new_checkout if on else code.checkout)(user)
            status, body = 200, {"user": user, "cents": receipt.cents, "path": receipt.path}
        except PaymentFailed as error:
            status, body = 500, {"user": user, "error": str(error)}
        self.seconds.labels(variant).observe(time.perf_counter() - began)
        self.requests.labels(variant, str(status), version).inc()
        return JSONResponse({**body, "variant": variant, "version": version}, status_code=status)

    async def health(self, _: Request) -> Response:
        """Whether it serves."""
        return PlainTextResponse("ok\n")

    async def tell_version(self, _: Request) -> Response:
        """Which version's code answers."""
        return PlainTextResponse(f"{self.version}\n")

    async def metrics(self, _: Request) -> Response:
        """What was counted since this process started."""
        return Response(generate_latest(self.registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    def application(self, port: int) -> Starlette:
        """The web application; while it runs, its process and address stand in ``state``."""

        @contextlib.asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.take_up)
            write(self.state / "url", f"http://127.0.0.1:{port}\n")
            write(self.state / "pid", f"{os.getpid()}\n")
            yield
            (self.state / "pid").unlink(missing_ok=True)

        routes = [
            Route("/checkout", self.checkout),
            Route("/health", self.health),
            Route("/version", self.tell_version),
            Route("/metrics", self.metrics),
        ]
        return Starlette(routes=routes, lifespan=lifespan)


def load(version: str) -> ModuleType:
    """The code of one version, from its own folder."""
    path = HERE / "versions" / version / "checkout.py"
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path.relative_to(HERE)}")
    spec = importlib.util.spec_from_file_location(f"checkout {version}", path)
    assert spec is not None
    assert spec.loader is not None
    code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(code)
    return code


def write(path: Path, text: str) -> None:
    """Put ``text`` there all at once: nobody ever reads half of it."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.write_text(text)
    half.replace(path)


def main() -> None:
    """Serve until told to stop."""
    settings = os.environ
    parser = argparse.ArgumentParser(description="A small shop that can be released.")
    parser.add_argument(
        "--port",
        type=int,
        default=int(settings.get("SHOP_PORT", "0")),
        help="or SHOP_PORT; 0 takes a free one",
    )
    parser.add_argument(
        "--flags",
        default=settings.get("SHOP_FLAGS", ""),
        help="address of the flag service (OFREP), or SHOP_FLAGS",
    )
    parser.add_argument(
        "--state", type=Path, default=Path(settings.get("SHOP_STATE", HERE / "state")), help="or SHOP_STATE"
    )
    chosen = parser.parse_args()
    chosen.state.mkdir(parents=True, exist_ok=True)
    server = uvicorn.Config("", log_level="warning", access_log=False, port=chosen.port)
    listening = server.bind_socket()
    # Else an answer's body waits up to 40 ms for the caller to confirm its head: asyncio forgets this for such sockets.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port = listening.getsockname()[1]
    shop = Shop(chosen.state, Flags(chosen.flags))
    shop.take_up()
    server.app = shop.application(port)
    print(f"shop: http://127.0.0.1:{port}", file=sys.stderr, flush=True)
    uvicorn.Server(server).run(sockets=[listening])


if __name__ == "__main__":
    main()
