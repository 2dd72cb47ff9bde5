"""The shop's plan: it is understood whole, and its own metrics, read from the running shop, show the fault of 1.2.0."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pilotage.adapters.clock.system import SystemClock
from pilotage.adapters.metrics.scrape import ScrapeMetrics
from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.domain.metrics import Arm, MetricRequest
from pilotage.domain.plan import Plan
from tests.adapters.metrics.places import PlainTexts
from tests.examples.test_shop import FlagService, Shop


@pytest.fixture(scope="module")
def plan(repository: Path) -> Plan:
    read = YamlPlans().read(repository / "examples" / "shop" / "plan.yaml")
    assert [str(problem) for problem in read.problems] == []
    assert read.plan is not None
    return read.plan


@pytest.fixture
def shop(repository: Path, tmp_path: Path) -> Iterator[Shop]:
    flags = FlagService()
    running = Shop(repository / "examples" / "shop", tmp_path / "state", flags)
    try:
        running.start()
        yield running
    finally:
        running.stop()
        flags.stop()


def test_the_plan_uses_only_what_is_carried_out(plan: Plan) -> None:
    assert plan.not_yet == ()
    assert [stage.name for stage in plan.stages] == ["team", "first users", "half", "everyone"]


async def test_its_metrics_tell_the_broken_version_from_the_old_path(plan: Plan, shop: Shop) -> None:
    shop.flags.on |= {f"u{number}" for number in range(300) if number % 3 == 0}
    assert shop.deploy("1.2.0").returncode == 0
    source = replace(plan.sources["shop"], url=f"{shop.url}/metrics")
    asked = [
        MetricRequest(plan.metrics[name], arm, {"variant": variant, "version": "1.2.0"})
        for name in ("error rate", "latency p95")
        for arm, variant in ((Arm.CANARY, "on"), (Arm.BASELINE, "off"))
    ]
    metrics, now = ScrapeMetrics(PlainTexts()), SystemClock().now()
    await metrics.read(source, asked, now)
    command = [sys.executable, "traffic.py", shop.url, "--rate", "150", "--seconds", "2"]
    traffic = await asyncio.create_subprocess_exec(
        *command, cwd=shop.folder, stdout=asyncio.subprocess.DEVNULL
    )
    assert await traffic.wait() == 0
    on, off, on_latency, off_latency = await metrics.read(source, asked, now + timedelta(seconds=3))
    await metrics.close()
    assert on.value == pytest.approx(8.3, abs=1.5)
    assert off.value == 0
    assert on.count is not None
    assert off.count is not None
    assert 250 <= on.count + off.count <= 301
    assert on_latency.value is not None
    assert off_latency.value is not None
    assert 0.005 <= on_latency.value < 0.25
    assert 0.005 <= off_latency.value < 0.25
