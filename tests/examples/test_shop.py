"""The example shop does what its README says: versions, the flag, the fault of 1.2.0, deploys that can be undone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

PATIENCE = 10.0


class FlagService:
    """Speaks just enough OFREP: the users in ``on`` meet the change."""

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.asked: list[dict[str, Any]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # head and body in one packet

            def do_POST(self) -> None:
                context = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["context"]
                service.asked.append({"path": self.path, **context})
                value = context["targetingKey"] in service.on
                answer = {"value": value, "variant": "on" if value else "off", "reason": "TARGETING_MATCH"}
                body = json.dumps({"key": self.path.rpartition("/")[2], **answer}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join(PATIENCE)
            self.server.server_close()


@dataclass
class Shop:
    """A running shop, with its state in a folder of its own."""

    folder: Path
    state: Path
    flags: FlagService
    process: subprocess.Popen[bytes] = field(init=False)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE))

    def start(self) -> None:
        """Start it, and wait until it answers."""
        began = time.monotonic()
        command = [sys.executable, "shop.py", "--flags", self.flags.url, "--state", str(self.state)]
        self.process = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL)
        while not (self.state / "pid").exists():
            assert time.monotonic() - began < PATIENCE, "the shop did not start"
            assert self.process.poll() is None, "the shop ended at once"
            threading.Event().wait(0.02)
        assert self.get("/health").status_code == 200

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)
        self.client.close()

    @property
    def url(self) -> str:
        return (self.state / "url").read_text().strip()

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"{self.url}{path}")

    def pay(self, user: str) -> httpx.Response:
        return self.get(f"/checkout?user={user}")

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"SHOP_STATE": str(self.state), "PYTHON": sys.executable}
        return subprocess.run(
            ["./deploy.sh", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def flags() -> Iterator[FlagService]:
    service = FlagService()
    yield service
    service.stop()


@pytest.fixture
def shop(repository: Path, tmp_path: Path, flags: FlagService) -> Iterator[Shop]:
    running = Shop(repository / "examples" / "shop", tmp_path / "state", flags)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_the_flag_chooses_the_path_and_is_told_who_asks(shop: Shop) -> None:
    assert shop.deploy("1.1.0").returncode == 0
    assert shop.pay("u3").json()["path"] == "checkout of 1.0.0"
    shop.flags.on.add("u3")
    answer = shop.pay("u3").json()
    assert (answer["path"], answer["variant"], answer["version"]) == ("checkout of 1.1.0", "on", "1.1.0")
    assert shop.pay("u20").json()["variant"] == "off"
    assert shop.flags.asked[-1] == {
        "path": "/ofrep/v1/evaluate/flags/checkout-1.1.0",
        "targetingKey": "u20",
        "email": "u20@mail.example",
        "group": "beta",
    }


def test_version_1_2_0_fails_every_twelfth_payment_of_its_new_checkout_only(shop: Shop) -> None:
    assert shop.deploy("1.2.0").returncode == 0
    assert {shop.pay("u7").status_code for _ in range(24)} == {200}
    shop.flags.on.add("u7")
    assert [shop.pay("u7").status_code for _ in range(24)].count(500) == 2
    page = shop.get("/metrics").text
    assert 'shop_requests_total{status="500",variant="on",version="1.2.0"} 2.0' in page
    assert 'shop_requests_total{status="500",variant="off",version="1.2.0"} 0.0' in page
    assert 'shop_request_seconds_bucket{le="+Inf",variant="on"} 24.0' in page


def test_without_a_flag_service_everybody_pays_as_before_and_nobody_waits(shop: Shop) -> None:
    assert shop.deploy("1.1.0").returncode == 0
    shop.flags.on.add("u3")
    shop.flags.stop()
    began = time.monotonic()
    answers = [shop.pay("u3") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["variant"] for answer in answers} == {"off"}
    assert time.monotonic() - began < 5


def test_a_deploy_can_be_repeated_and_undone(shop: Shop) -> None:
    assert shop.get("/version").text == "1.0.0\n"
    assert "1.1.0 is live" in shop.deploy("1.1.0").stdout
    assert shop.get("/version").text == "1.1.0\n"
    assert "1.1.0 is live already" in shop.deploy("1.1.0").stdout
    assert shop.deploy("--is-live", "1.1.0").returncode == 0
    assert shop.deploy("--is-live", "1.0.0").returncode == 1
    assert shop.deploy("1.0.0").returncode == 0
    assert shop.get("/version").text == "1.0.0\n"


def test_no_request_is_lost_while_versions_change(shop: Shop) -> None:
    command = [sys.executable, "traffic.py", shop.url, "--rate", "150", "--seconds", "2"]
    traffic = subprocess.Popen(command, cwd=shop.folder, stdout=subprocess.PIPE)
    for version in ("1.1.0", "1.2.0", "1.0.0", "1.1.0"):
        assert shop.deploy(version).returncode == 0
    said, _ = traffic.communicate(timeout=30)
    outcome = json.loads(said)
    assert set(outcome["outcomes"]) == {"off 200"}
    assert 0 < outcome["requests"] <= 301


def test_a_restarted_shop_serves_the_version_it_was_left_with(shop: Shop) -> None:
    assert shop.deploy("1.1.0").returncode == 0
    shop.process.send_signal(signal.SIGKILL)
    shop.process.wait(PATIENCE)
    refused = shop.deploy("1.2.0")
    assert refused.returncode == 3
    assert "start it with: python shop.py" in refused.stderr
    assert shop.deploy("--is-live", "1.2.0").returncode == 3
    (shop.state / "pid").unlink()
    shop.start()
    assert shop.get("/version").text == "1.1.0\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say which version: ./deploy.sh 1.1.0"),
        (("7.0.0",), "there is no version 7.0.0; there are: 1.0.0 1.1.0 1.2.0"),
    ],
)
def test_deploy_says_what_is_wrong_with_its_words(shop: Shop, arguments: tuple[str, ...], said: str) -> None:
    outcome = shop.deploy(*arguments)
    assert outcome.returncode == 2
    assert said in outcome.stderr
    assert shop.get("/version").text == "1.0.0\n"


def test_a_version_that_cannot_be_loaded_leaves_the_running_one_alone(shop: Shop) -> None:
    (shop.state / "current").write_text("9.9.9\n")
    shop.process.send_signal(signal.SIGHUP)
    assert shop.pay("u1").json()["version"] == "1.0.0"
    assert shop.deploy("1.1.0").returncode == 0
    assert shop.pay("u1").json()["version"] == "1.1.0"


def test_traffic_stays_on_this_machine(repository: Path) -> None:
    command = [sys.executable, "traffic.py", "http://192.0.2.1:80"]
    outcome = subprocess.run(
        command, cwd=repository / "examples" / "shop", capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 1
    assert "only for a shop on this machine" in outcome.stderr
