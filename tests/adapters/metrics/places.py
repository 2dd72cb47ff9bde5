"""A tiny real service with real HTTP traffic, and the sources that watch it: its own page, and a real Prometheus."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pilotage.adapters.clock.system import SystemClock
from pilotage.adapters.metrics.prometheus import PrometheusMetrics
from pilotage.adapters.metrics.scrape import ScrapeMetrics
from pilotage.domain.metrics import MetricRequest, Sample, Source
from pilotage.domain.tallies import Tally
from pilotage.domain.time import Duration
from pilotage.testing.contracts.metrics import Place, Traffic
from pilotage.testing.metrics import Happening, InMemoryMetrics

PATIENCE = 10.0
"""Seconds after which a poll gives up."""


class PlainTexts:
    """Secrets that are no secrets."""

    async def resolve(self, text: str) -> str:
        return text


class Counted:
    """The service's metrics since it last started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        names = ["variant", "region", "status"]
        self.requests = Counter("contract_requests", "Requests", names, registry=self.registry)
        self.seconds = Histogram(
            "contract_seconds", "Durations", names[:2], buckets=(0.05, 0.2, 0.4, 0.8), registry=self.registry
        )
        self.queue = Gauge("contract_queue_length", "Waiting", registry=self.registry)
        for variant in ("on", "off"):
            for region in ("east", "us west"):
                self.seconds.labels(variant, region)
                for status in ("200", "500"):
                    self.requests.labels(variant, region, status)

    def total(self) -> float:
        """All requests counted."""
        return sum(
            s.value for f in self.registry.collect() for s in f.samples if s.name == "contract_requests_total"
        )


class Service:
    """Serves ``/hit?variant=…&region=…&status=…&seconds=…`` and ``/metrics`` on a free loopback port."""

    def __init__(self) -> None:
        self.counted = Counted()
        self.pages = 0
        self.silent = False
        service = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = -1  # head and body in one packet

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                status, body = 200, b"ok"
                if parts.path == "/metrics":
                    status, body = 503, b"busy"
                    if not service.silent:
                        status, body = 200, generate_latest(service.counted.registry)
                    service.pages += 1
                else:
                    asked = dict(parse_qsl(parts.query))
                    status = int(asked["status"])
                    service.counted.requests.labels(asked["variant"], asked["region"], asked["status"]).inc()
                    service.counted.seconds.labels(asked["variant"], asked["region"]).observe(
                        float(asked["seconds"])
                    )
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    async def meet(self, traffic: Sequence[Traffic]) -> None:
        """Send that traffic."""
        async with httpx.AsyncClient(base_url=f"http://{self.address}") as client:
            for kind in traffic:
                asked = {
                    "variant": kind.variant,
                    "region": kind.region,
                    "status": "500" if kind.failed else "200",
                    "seconds": str(kind.seconds),
                }
                for _ in range(kind.requests):
                    await client.get("/hit", params=asked)

    def stop(self) -> None:
        """Stop serving and free the port."""
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join(PATIENCE)
            self.server.server_close()


class ServedPlace(Place):
    """What both real sources share: the service."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.clock = SystemClock()

    async def settle(self) -> None:
        """Return when the source can know of everything that happened."""

    async def serve(self, *traffic: Traffic) -> None:
        await self.service.meet(traffic)
        if not self.service.silent:
            await self.settle()

    async def fall_silent(self) -> None:
        self.service.silent = True

    async def speak_again(self) -> None:
        self.service.silent = False
        await self.settle()

    async def queue(self, length: float) -> None:
        self.service.counted.queue.set(length)
        await self.settle()

    async def restart(self) -> None:
        self.service.counted = Counted()
        await self.settle()

    async def cut(self) -> None:
        self.service.stop()

    async def read(self, *requests: MetricRequest) -> Sequence[Sample]:
        return await self.metrics.read(self.source, requests, self.now())

    def now(self) -> datetime:
        return self.clock.now()

    async def count(self, *requests: MetricRequest) -> Sequence[Tally]:
        return await self.metrics.count(self.source, requests, self.now())

    async def halves(self, *requests: MetricRequest) -> Sequence[Tally]:
        return await self.metrics.halves(self.source, requests, self.now())


class ScrapedPlace(ServedPlace):
    """The service's own page. Each reading moves the clock on a little, so that none is taken for the one before."""

    def __init__(self) -> None:
        super().__init__(Service())
        self.metrics: ScrapeMetrics = ScrapeMetrics(PlainTexts())
        self.source = Source("main", "scrape", f"http://{self.service.address}/metrics")
        self.at = self.clock.now()

    async def read(self, *requests: MetricRequest) -> Sequence[Sample]:
        self.at += timedelta(seconds=1)
        return await self.metrics.read(self.source, requests, self.at)

    def now(self) -> datetime:
        return self.at

    async def count(self, *requests: MetricRequest) -> Sequence[Tally]:
        self.at += timedelta(seconds=1)
        return await self.metrics.count(self.source, requests, self.at)

    async def close(self) -> None:
        await self.metrics.close()
        self.service.stop()


class Prometheus:
    """A real Prometheus that scrapes services every tenth of a second."""

    def __init__(self, folder: Path, *services: Service) -> None:
        self.folder = folder
        self.address = f"127.0.0.1:{free_port()}"
        settings = folder / "prometheus.yml"
        settings.write_text(
            "global: {scrape_interval: 100ms, scrape_timeout: 100ms}\n"
            f"scrape_configs: [{{job_name: shop, file_sd_configs: [{{files: ['{folder / 'watched.json'}']}}]}}]\n"
        )
        self.command = ["prometheus", f"--config.file={settings}", f"--storage.tsdb.path={folder / 'data'}"]
        self.command += [
            f"--web.listen-address={self.address}",
            "--web.enable-admin-api",
            "--log.level=error",
        ]
        self.watch(*services)
        self.start()

    def watch(self, *services: Service) -> None:
        """Scrape these services from now on (it takes note within five seconds)."""
        written = self.folder / "written"
        written.write_text(json.dumps([{"targets": [service.address for service in services]}]))
        written.rename(self.folder / "watched.json")

    def start(self) -> None:
        """Begin, with what was stored before."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(PATIENCE)


class PrometheusPlace(ServedPlace):
    """A service that a running Prometheus watches, with nothing remembered from before."""

    def __init__(self, service: Service, prometheus: Prometheus) -> None:
        super().__init__(service)
        self.metrics: PrometheusMetrics = PrometheusMetrics(PlainTexts())
        url = f"http://{prometheus.address}"
        self.source = Source("main", "prometheus", url, timeout=Duration(seconds=5), delay=Duration())
        self.client = httpx.AsyncClient(base_url=url)

    async def settle(self) -> None:
        """Wait for two scrapes that show the service as it is now."""
        seen = self.service.pages
        await until(lambda: self.service.pages >= seen + 2)
        await self.shows(self.service.counted.total())

    async def shows(self, total: float) -> None:
        """Wait until it knows of so many requests."""
        for _ in range(int(PATIENCE / 0.05)):
            with contextlib.suppress(httpx.HTTPError):
                if await self.shown() == total:
                    return
            await asyncio.sleep(0.05)
        raise AssertionError("Prometheus never showed the services as they are")

    async def shown(self) -> float | None:
        """How many requests Prometheus knows of."""
        query = {"query": "sum(contract_requests_total)"}
        answer = (await self.client.get("/api/v1/query", params=query)).json()["data"]["result"]
        return float(answer[0]["value"][1]) if answer else None

    async def ready(self) -> None:
        """Wait until it serves."""
        for _ in range(int(PATIENCE / 0.05)):
            with contextlib.suppress(httpx.HTTPError):
                if (await self.client.get("/-/ready")).status_code == 200:
                    break
            await asyncio.sleep(0.05)

    async def begin(self) -> None:
        """Wait until it serves, forget what it saw, and let it see the service afresh."""
        await self.ready()
        self.service.counted = Counted()
        await self.settle()
        forget = {"match[]": '{__name__=~"contract_.*"}'}
        (await self.client.post("/api/v1/admin/tsdb/delete_series", params=forget)).raise_for_status()
        await self.settle()

    async def cut(self) -> None:
        self.source = replace(self.source, url=f"http://127.0.0.1:{free_port()}")

    async def fall_silent(self) -> None:
        await super().fall_silent()
        seen = self.service.pages
        await until(lambda: self.service.pages >= seen + 2)

    async def close(self) -> None:
        await self.metrics.close()
        await self.client.aclose()


class RememberedPlace(Place):
    """The in-memory source."""

    def __init__(self) -> None:
        self.metrics: InMemoryMetrics = InMemoryMetrics(bounds=(0.05, 0.2, 0.4, 0.8))
        self.source = Source("main", "memory")
        self.at = datetime(2026, 11, 2, 9, tzinfo=UTC)

    async def serve(self, *traffic: Traffic) -> None:
        self.at += timedelta(seconds=1)
        for kind in traffic:
            labels = {"variant": kind.variant, "region": kind.region}
            self.metrics.happenings += [Happening(self.at, kind.failed, kind.seconds, labels)] * kind.requests

    async def queue(self, length: float) -> None:
        self.metrics.readings["queue"] = length

    async def restart(self) -> None:
        """Memory counts single requests: there is nothing to start again."""

    async def cut(self) -> None:
        self.metrics.problem = "the source is out of reach"

    async def read(self, *requests: MetricRequest) -> Sequence[Sample]:
        return await self.metrics.read(self.source, requests, self.at)

    def now(self) -> datetime:
        return self.at

    async def count(self, *requests: MetricRequest) -> Sequence[Tally]:
        self.at += timedelta(milliseconds=1)
        return await self.metrics.count(self.source, requests, self.at)

    async def halves(self, *requests: MetricRequest) -> Sequence[Tally]:
        return await self.metrics.halves(self.source, requests, self.at)

    async def fall_silent(self) -> None:
        self.metrics.problem = "the service answers with HTTP status 503"

    async def speak_again(self) -> None:
        self.metrics.problem = ""


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def until(holds: Callable[[], bool]) -> None:
    """Poll, with a bound."""
    for _ in range(int(PATIENCE / 0.02)):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to hold")
