"""The names of one small plan, which every test of the grammars reads against, and how a refusal is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pytest

from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Known, MetricName, Names, known
from pilotage.domain.metrics import Unit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Noun = TypeVar("Noun", bound="DataclassInstance")

METRICS = {
    metric.name: metric
    for metric in (
        MetricName("error rate", Unit.PERCENT, ("endpoint", "user segment", "region")),
        MetricName("latency p95", Unit.TIME),
        MetricName("open P0 bugs", Unit.COUNT),
        MetricName("open Severity 2 bugs without workaround", Unit.COUNT),
        MetricName("NPS", Unit.SCORE),
        MetricName("throughput", Unit.PER_SECOND),
        MetricName("page weight", Unit.BYTES),
        MetricName("step count", Unit.COUNT),
        MetricName("search and replace errors", Unit.COUNT),
    )
}
STAGES = {
    "internal": "internal",
    "pilot": "pilot",
    "go live": "go-live",
    "general availability": "ga",
    "ga": "ga",
    "dark launch": "dark-launch",
    "beta": "beta",
    "stabilization": "stabilization",
    "production": "production",
    "after": "after",
    "afterwards": "afterwards",
}
NAMES = Names(
    metrics=Known("metric", METRICS),
    roles=known("role", ("primary", "on-call", "client", "manager", "support", "engineering lead", "qa lead",
                         "research and development")),
    stages=Known("stage", STAGES),
    segments=known("segment", ("team", "beta testers", "us west", "us east", "europe", "friends and family")),
    traits=known("trait", ("schema changes", "user-facing", "post-mortem warranted", "not yet announced")),
    inputs=known("input", ("release date", "slug")),
    types=known("release type", ("patch", "hotfix", "major")),
    calendars=known("calendar", ("school", "holidays")),
)  # fmt: skip


def refusal(parse: Callable[..., object], text: str, *scope: object) -> GrammarError:
    """The error ``parse`` raises for ``text``; its offset always lies within the text."""
    with pytest.raises(GrammarError) as caught:
        parse(text, *scope)
    assert 0 <= caught.value.offset <= len(text)
    return caught.value


def with_text(noun: Noun, text: str) -> Noun:
    """The same noun, with the words it was written in."""
    return replace(noun, text=text)
