"""A web server that answers what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class Pages:
    """``answer`` turns the form of a request (empty for GET) into status, media type and body."""

    def __init__(self) -> None:
        self.answer: Callable[[dict[str, str]], tuple[int, str, str]] = lambda form: (200, "text/plain", "")
        self.asked: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.open = threading.Event()
        """Cleared, it keeps everybody waiting."""
        self.open.set()
        pages = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # head and body in one packet

            def do_GET(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()))
                pages.asked.append(form)
                pages.headers.append({name.lower(): value for name, value in self.headers.items()})
                pages.open.wait(10)
                status, media_type, body = pages.answer(form)
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def says(self, body: str, status: int = 200, media_type: str = "text/plain") -> None:
        """Answer this from now on."""
        self.answer = lambda form: (status, media_type, body)

    def stop(self) -> None:
        """Stop serving."""
        self.open.set()
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()
