"""A few hundred users who pay for their carts: bounded traffic for a shop on this machine.

    python traffic.py http://127.0.0.1:8000 --rate 60 --seconds 30

Prints a line of JSON at the end: how many requests there were, by variant and status, and how many got no answer.
Each user comes back at their own rhythm; the same --seed sends the same users in the same order.
"""

import argparse
import asyncio
import json
import random
import signal
from collections import Counter
from urllib.parse import urlsplit

from people import everybody

MOST_PER_SECOND = 500
LONGEST = 3_600.0
"""Seconds."""

AT_ONCE = 16
"""Connections; a slow shop gets no more than this many requests at the same time."""

PATIENCE = 5.0
"""Seconds a user waits for an answer."""


class Buyer:
    """One kept connection to the shop, used by one user after the other."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def buy(self, user: str) -> str:
        """``on 200``, ``off 500``, or ``no answer``."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask(f"/checkout?user={user}")
        except (OSError, EOFError, ValueError, TimeoutError):
            self.close()
            return "no answer"

    async def _ask(self, target: str) -> str:
        if self.stream is None:
            self.stream = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.stream
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = head.split(" ", 2)[1]
        length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
        body = json.loads(await reader.readexactly(length))
        return f"{body.get('variant', 'off')} {status}"

    def close(self) -> None:
        """Hang up; the next user opens a new connection."""
        if self.stream is not None:
            self.stream[1].close()
            self.stream = None


async def traffic(address: str, rate: float, seconds: float, seed: int) -> Counter[str]:
    """Send ``rate`` requests a second for ``seconds``, or until told to stop."""
    parts = urlsplit(address)
    if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise SystemExit(f"traffic: only for a shop on this machine, not for {parts.hostname}")
    outcomes: Counter[str] = Counter()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    # No user is forgotten and none overruns the shop: each round, everybody comes once, in another order.
    order = random.Random(seed)
    round_: list[str] = []
    due = loop.time()
    end = due + min(seconds, LONGEST)
    pause = 1 / min(rate, MOST_PER_SECOND)

    async def buyer() -> None:
        nonlocal due, round_
        client = Buyer(parts.hostname or "", parts.port or 80)
        while not stop.is_set() and due < end:
            if not round_:
                round_ = everybody()
                order.shuffle(round_)
            user = round_.pop()
            # Who comes late is not made up for: a shop that was slow is not then flooded.
            due = max(due + pause, loop.time() - 1)
            await wait(due - loop.time())
            if not stop.is_set():
                outcomes[await client.buy(user)] += 1
        client.close()

    async def wait(seconds: float) -> None:
        if seconds > 0:
            try:
                await asyncio.wait_for(stop.wait(), seconds)
            except TimeoutError:
                return

    await asyncio.gather(*(buyer() for _ in range(AT_ONCE)))
    return outcomes


def main() -> None:
    """Run, and print what happened."""
    parser = argparse.ArgumentParser(description="Bounded traffic for a shop on this machine.")
    parser.add_argument("address", help="where the shop is, such as http://127.0.0.1:8000")
    parser.add_argument(
        "--rate", type=float, default=60.0, help=f"requests a second, up to {MOST_PER_SECOND}"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help=f"how long, up to {LONGEST:g}")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed sends the same users in the same order"
    )
    chosen = parser.parse_args()
    if chosen.rate <= 0 or chosen.seconds <= 0:
        parser.error("--rate and --seconds are above 0")
    outcomes = asyncio.run(traffic(chosen.address, chosen.rate, chosen.seconds, chosen.seed))
    print(json.dumps({"requests": outcomes.total(), "outcomes": dict(sorted(outcomes.items()))}))


if __name__ == "__main__":
    main()
