"""Merged queries answer what the single ones would have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.metrics.evaluate import evaluate
from pilotage.adapters.metrics.exposition import Page
from pilotage.adapters.metrics.history import History
from pilotage.adapters.metrics.merging import MOST_TOGETHER, batches
from pilotage.adapters.metrics.promql import parse
from pilotage.adapters.metrics.questions import Found

ON = 'sum(increase(requests{variant="on"}[5m]))'
OFF = 'sum(increase(requests{variant="off"}[5m]))'


def test_queries_that_differ_in_one_label_become_one() -> None:
    [batch] = batches([ON, OFF, ON])
    assert batch.text == 'sum by (variant) (increase(requests{variant=~"on|off"}[5m]))'
    assert batch.members == {ON: "on", OFF: "off"}


def test_buckets_keep_their_bounds() -> None:
    texts = [f'sum by (le) (increase(t_bucket{{variant="{v}",service="shop"}}[5m]))' for v in ("on", "o.ff")]
    [batch] = batches(texts)
    assert (
        batch.text == 'sum by (le, variant) (increase(t_bucket{variant=~"on|o\\\\.ff",service="shop"}[5m]))'
    )


def test_the_label_that_joins_most_is_taken() -> None:
    texts = [f'sum(x{{release="{r}",variant="{v}"}})' for r in ("1", "2", "3") for v in ("on", "off")]
    found = batches(texts)
    assert len(found) == 2
    assert {batch.label for batch in found} == {"release"}


@pytest.mark.parametrize(
    "texts",
    [
        ["up{a='1'}", "up{a='2'}"],  # not aggregated: how many series there are would be lost
        ['sum(x{a=""})', 'sum(x{a="1"})'],  # the empty value also matches series without the label
        ['sum(x{a=~"1"})', 'sum(x{a=~"2"})'],  # one series may match both
        ['sum by (a) (x{a="1"})', 'sum by (a) (x{a="2"})'],  # the label is part of the answer
        ['sum(x{a="1"}) / sum(y{a="1"})', 'sum(x{a="2"}) / sum(y{a="2"})'],
        ['sum(x{a="1",a!="3"})', 'sum(x{a="2",a!="3"})'],
        ['sum(x{a="1"})', 'max(x{a="2"})'],
        ["histogram_quantile(0.9, x{a='1'})", "histogram_quantile(0.9, x{a='2'})"],
    ],
)
def test_what_could_answer_something_else_is_asked_by_itself(texts: list[str]) -> None:
    assert [batch.text for batch in batches(texts)] == texts


def test_a_merged_query_has_a_bound() -> None:
    found = batches(f'sum(x{{a="{number}"}})' for number in range(2 * MOST_TOGETHER + 1))
    assert [len(batch.members) for batch in found] == [MOST_TOGETHER, MOST_TOGETHER, 1]


def test_a_problem_is_everybodys() -> None:
    [batch] = batches([ON, OFF])
    assert dict(batch.share(Found(problem="it broke"))) == dict.fromkeys([ON, OFF], Found(problem="it broke"))


VALUES = st.sampled_from(["", "on", "off", "a|b", "a.b", "a b", 'q"', "\\"])
LABELS = st.fixed_dictionaries(
    {}, optional={"variant": VALUES, "region": VALUES, "le": st.sampled_from(["1", "+Inf"])}
)
SERIES = st.lists(st.tuples(LABELS, st.integers(0, 50), st.integers(0, 50)), max_size=12)
SHAPES = st.sampled_from(
    [
        "sum(x{%s})",
        "100 * avg(x{%s})",
        "max(x{%s}) / 2",
        "count(x{%s})",
        "sum(increase(x{%s}[5m]))",
        "sum by (le) (rate(x{%s}[5m]))",
    ]
)
MATCHERS = st.lists(st.tuples(st.sampled_from(["variant", "region"]), VALUES), min_size=1, max_size=2)


@given(SERIES, st.lists(st.tuples(SHAPES, MATCHERS), min_size=2, max_size=8))
def test_together_or_alone_the_answers_are_the_same(
    series: list[tuple[dict[str, str], int, int]], asked: list[tuple[str, list[tuple[str, str]]]]
) -> None:
    history = History()
    history.want(frozenset({"x"}), 300)
    start = datetime(2026, 11, 2, 9, tzinfo=UTC)
    for moment in (0, 1):
        page = {
            ("x", tuple(sorted(labels.items()))): float(first + moment * more)
            for labels, first, more in series
        }
        history.add(Page(page, frozenset({"x"})), start + timedelta(seconds=60 * moment))
    escaped = {value: value.replace("\\", "\\\\").replace('"', '\\"') for _, ms in asked for _, value in ms}
    texts = [shape % ",".join(f'{label}="{escaped[value]}"' for label, value in ms) for shape, ms in asked]
    found = dict(pair for b in batches(texts) for pair in b.share(evaluate(parse(b.text), {"": history})))
    for text in texts:
        alone = evaluate(parse(text), {"": history})
        assert not alone.problem
        assert values(found[text]) == values(alone), text


def values(found: Found) -> list[tuple[tuple[tuple[str, str], ...], float]]:
    return sorted((tuple(sorted(series.labels.items())), round(series.value, 9)) for series in found.series)
