"""Where numbers come from, as a plan says it."""

from __future__ import annotations

from pilotage.domain.metrics import Source
from pilotage.domain.time import Duration

from .conftest import Compile


def test_a_source_says_how_long_its_answers_take_and_how_late_its_numbers_are(compiled: Compile) -> None:
    plan = compiled("""
        plan: storage far away
        sources:
          far: {type: prometheus, url: "https://metrics.example.com", timeout: 20s, delay: 1m}
          near: {type: prometheus, url: "http://localhost:9090"}
        stages: [{stage: pilot, expose: 10%}, {stage: everyone, expose: everyone}]
    """)
    far, near = (plan.sources[name] for name in ("far", "near"))
    assert far == Source(
        "far",
        "prometheus",
        "https://metrics.example.com",
        timeout=Duration(seconds=20),
        delay=Duration(seconds=60),
    )
    assert (near.timeout, near.delay) == (Duration(seconds=10), Duration(seconds=2))
