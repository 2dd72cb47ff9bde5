"""PromQL: what is read, what is refused in words, which names it mentions, and how it is kept apart by a label."""

from __future__ import annotations

import pytest

from pilotage.adapters.metrics.promql import Matcher, parse, parse_selector
from pilotage.adapters.metrics.promql_text import NotUnderstood, escaped, names, seconds, split


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('requests{status=~"5..",variant="on"}', 'requests{status=~"5..",variant="on"}'),
        ("sum(increase(requests[5m]))", "sum(increase(requests[5m]))"),
        (
            "sum by (le, region)(rate(x_bucket{a!='b'}[1h30m]))",
            'sum by (le, region) (rate(x_bucket{a!="b"}[1h30m]))',
        ),
        ("sum(requests) by (region)", "sum by (region) (requests)"),
        ("100 * avg(instance:cpu:ratio)", "(100 * avg(instance:cpu:ratio))"),
        ("a + b * c / 2", "(a + ((b * c) / 2))"),
        ("-(a - b)", "(-1 * (a - b))"),
        ("max(a{}) # the worst", "max(a)"),
        ("count(a{x=`no\\escape`,})", 'count(a{x="no\\\\escape"})'),
        ('a{x="say \\"hi\\"\\n"}', 'a{x="say \\"hi\\"\\n"}'),
    ],
)
def test_what_plans_write_is_read_and_written_back(text: str, read: str) -> None:
    assert str(parse(text)) == read
    assert str(parse(str(parse(text)))) == read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("histogram_quantile(0.9, sum(x) by (le))", '"histogram_quantile(…)" in'),
        ("sum(increase(x[5m])", 'expected ), found the end in "sum(increase(x[5m])"'),
        ("increase(x)", 'expected [, found ) in "increase(x)"'),
        ("increase(x[five])", "expected a span such as 5m, found five"),
        ("x{a}", "expected =, !=, =~ or !~, found }"),
        ("x{a=5}", 'expected a "text", found 5'),
        ('x{a=~"("}', '"(" is no regular expression'),
        ("x or y", "did not expect or in"),
        ("sum by (a b) (x)", "expected ), found b"),
        ("§", 'cannot read "§"'),
        ("", "expected a name, found the end"),
    ],
)
def test_anything_else_is_refused_where_it_leaves_the_forms(text: str, said: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        parse(text)
    assert said in str(error.value)


def test_a_histogram_is_named_by_its_series() -> None:
    assert parse_selector('x_bucket{a="b"}').matchers == (Matcher("a", "=", "b"),)
    with pytest.raises(NotUnderstood, match="expected a series such as"):
        parse_selector("sum(x_bucket)")


@pytest.mark.parametrize(
    ("sign", "value", "labels", "holds"),
    [
        ("=", "on", {"a": "on"}, True),
        ("=", "", {}, True),
        ("!=", "on", {}, True),
        ("=~", "5..", {"a": "500"}, True),
        ("=~", "5", {"a": "500"}, False),
        ("!~", "5..", {"a": "200"}, True),
        ("=~", ".*", {}, True),
    ],
)
def test_a_matcher_holds_as_in_prometheus(sign: str, value: str, labels: dict[str, str], holds: bool) -> None:
    assert Matcher("a", sign, value).holds(labels) is holds


@pytest.mark.parametrize(
    ("text", "split_by_region"),
    [
        ("sum(increase(x[5m]))", "sum by (region) (increase(x[5m]))"),
        ("sum by (le) (rate(x[5m]))", "sum by (region, le) (rate(x[5m]))"),
        ("sum(rate(x[5m])) by (le)", "sum(rate(x[5m])) by (region, le)"),
        ("sum by () (x)", "sum by (region) (x)"),
        ("sum by (region) (x)", "sum by (region) (x)"),
        ("sum without (pod) (x)", "sum without (pod) (x)"),
        ("sum(x) without (pod)", "sum(x) without (pod)"),
        ("100 * sum(a) / sum(b)", "100 * sum by (region) (a) / sum by (region) (b)"),
        ('max(sum_total{sum="sum(x)"})', 'max by (region) (sum_total{sum="sum(x)"})'),
        (
            "histogram_quantile(0.9, sum(rate(x[5m])) by (le))",
            "histogram_quantile(0.9, sum(rate(x[5m])) by (region, le))",
        ),
        ("failure_percent", "failure_percent"),
    ],
)
def test_every_aggregation_is_kept_apart_by_the_label(text: str, split_by_region: str) -> None:
    assert split(text, "region") == split_by_region


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ('sum(increase(x{y="z"}[5m])) / sum by (le) (job:w:rate5m)', ("x", "job:w:rate5m")),
        ("a / on(instance) group_left(name) b", ("a", "b")),
        ("absent(a offset 5m) or vector(0)", ("a",)),
        ("sum without (pod) (a)", ("a",)),
        ("sum(a) by (le)", ("a",)),
        ("§", ()),
    ],
)
def test_the_names_in_any_query_are_found(text: str, mentioned: tuple[str, ...]) -> None:
    assert names(text) == mentioned


def test_a_span_is_counted_in_seconds() -> None:
    assert [seconds(span) for span in ("500ms", "6s", "1h30m", "1w")] == [0.5, 6, 5400, 604_800]
    with pytest.raises(NotUnderstood, match='expected a span such as 5m or 1h30m; found "5 m"'):
        seconds("5 m")


def test_a_value_cannot_leave_its_quotes() -> None:
    assert str(parse(f'x{{a="{escaped(chr(34) + "} or y{")}"}}')) == 'x{a="\\"} or y{"}'
