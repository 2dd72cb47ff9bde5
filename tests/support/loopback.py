"""A small real HTTP server on the loopback, which answers as a test tells it and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. ``body`` may be many pieces; ``hang`` waits with the rest after them until the server closes."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    times: int = 1


@dataclass(slots=True)
class Loopback:
    """The server: ``replies`` by path (a function of the request, or a reply), ``asked`` in order."""

    url: str
    port: int
    replies: dict[str, Reply | Callable[[Asked], Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def reply(self, asked: Asked) -> Reply:
        """What this request gets."""
        self.asked.append(asked)
        found = self.replies.get(asked.path, Reply(404, b"nothing here"))
        return found if isinstance(found, Reply) else found(asked)


@contextmanager
def loopback() -> Iterator[Loopback]:
    """A server for the time of the block."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            reply = server.reply(asked)
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for piece in repeat(reply.body, reply.times):
                    self.wfile.write(piece)
                if reply.hang:
                    server.closing.wait(30)
            except ConnectionError:
                pass  # the client has heard enough

        # The names are the base class's.
        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - see above

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        port = http.server_address[1]
        server = Loopback(f"http://127.0.0.1:{port}", port)
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            http.shutdown()
            thread.join()


@contextmanager
def closed_port() -> Iterator[int]:
    """A loopback port that nobody listens on."""
    import socket

    with socket.socket() as held:
        held.bind(
            ("127.0.0.1", 0)
        )  # bound and not listening: nobody else gets it, and every connection is refused
        yield held.getsockname()[1]
