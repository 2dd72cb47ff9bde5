"""The demo's processes: a Pilotage server, the shop, and its users. Started, watched and ended by their number alone."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from pilotage.domain.errors import OutsideError

READY = 30.0
"""Seconds a process gets until it answers; a loaded machine needs a few."""

_GENTLY = 10.0
"""Seconds a process gets to end by itself before it is killed."""
_LOOK = 0.05
_TRIES = 5
"""Pairs of free ports tried: between finding one and using it, another program may take it."""


@dataclass
class Child:
    """One process: its name for people, and the file its words go to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    async def stop(self) -> None:
        """End it gently, then firmly."""
        if self.alive:
            self.process.terminate()
            await self._ended(_GENTLY)
        if self.alive:
            self.process.kill()
            await self._ended(_GENTLY)

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        await self._ended(_GENTLY)

    async def _ended(self, seconds: float) -> None:
        for _ in range(int(seconds / _LOOK)):
            if not self.alive:
                return
            await asyncio.sleep(_LOOK)

    def last_words(self) -> str:
        """The end of what it printed."""
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-5:])


@dataclass
class Playground:
    """The shop's folder and everything that runs on it. ``traffic_seconds`` bounds the users, ``rate`` is per second."""

    folder: Path
    seed: int
    rate: float
    traffic_seconds: float
    server_port: int = 0
    shop_port: int = 0
    children: dict[str, Child] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """The address of the Pilotage server."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def shop(self) -> str:
        """The address of the shop."""
        return f"http://127.0.0.1:{self.shop_port}"

    @property
    def logs(self) -> Path:
        """Where the processes' words go."""
        return self.folder / "logs"

    async def start(self) -> None:
        """Start the shop, the server and the users, each once the one before answers. Raises OutsideError."""
        self.logs.mkdir(exist_ok=True)
        for attempt in range(1, _TRIES + 1):
            self.shop_port, self.server_port = free_ports(2)
            try:
                await self._start_shop()
                await self.start_server()
            except OutsideError:
                taken = any(" in use" in child.last_words() for child in self.children.values())
                await self.stop()
                if attempt == _TRIES or not taken:
                    raise
                continue
            break
        self._start_traffic()

    async def _start_shop(self) -> None:
        words = ["shop.py", "--port", str(self.shop_port), "--flags", self.server]
        self._spawn("shop", words)
        await self._answers("shop", f"{self.shop}/health")

    async def start_server(self) -> None:
        """Start the Pilotage server on its port, for the first time or again. Raises OutsideError."""
        words = ["-m", "pilotage.interfaces.cli.main", "serve", "--port", str(self.server_port)]
        self._spawn("server", words, {"SHOP_METRICS": f"{self.shop}/metrics", "PYTHON": sys.executable})
        await self._answers("server", f"{self.server}/health")

    def _start_traffic(self) -> None:
        words = ["traffic.py", self.shop, "--rate", f"{self.rate:g}"]
        self._spawn("traffic", [*words, "--seconds", f"{self.traffic_seconds:g}", "--seed", str(self.seed)])

    async def stop(self) -> None:
        """End whatever runs: users first, so that nobody finds the shop closed."""
        for name in ("traffic", "shop", "server"):
            if child := self.children.pop(name, None):
                await child.stop()

    def check(self) -> None:
        """Raises OutsideError when a process has ended that should run."""
        for child in self.children.values():
            if not child.alive:
                raise self._trouble(child, f"ended by itself (exit status {child.process.returncode})")

    def _spawn(self, name: str, words: Sequence[str], more: Mapping[str, str] | None = None) -> None:
        log = self.logs / f"{name}.log"
        # What another server or database is set to in the surroundings is not meant for this one.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PILOTAGE_")}
        with log.open("ab") as file:
            # A session of their own: Ctrl-C reaches the demo alone, which ends them in order.
            process = subprocess.Popen(  # noqa: S603 - this Python, on files of the demo
                [sys.executable, *words],
                cwd=self.folder,
                env={**environment, "PYTHONUNBUFFERED": "1", **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.children[name] = Child(name, process, log)

    async def _answers(self, name: str, address: str) -> None:
        child = self.children[name]
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            for _ in range(int(READY / _LOOK)):
                if not child.alive:
                    raise self._trouble(child, f"did not start (exit status {child.process.returncode})")
                try:
                    if (await client.get(address)).is_success:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(_LOOK)
        raise self._trouble(child, f"did not answer within {READY:g} s")

    def _trouble(self, child: Child, what: str) -> OutsideError:
        words = child.last_words()
        said = f" Its last words:\n{words}" if words else ""
        return OutsideError(
            f"The demo's {child.name} {what}.{said}", f"Everything it printed is in {child.log}."
        )


def free_ports(number: int) -> list[int]:
    """Ports of this machine that nobody listens on now, all different."""
    held = [socket.socket() for _ in range(number)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
