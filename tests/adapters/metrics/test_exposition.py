"""Pages of metrics, and pages that are none."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.adapters.metrics.exposition import read_page

PLAIN = """\
# HELP errors Errors
# TYPE errors counter
errors{a="b"} 3
# TYPE later_total counter
# TYPE paid_total counter
paid_total 7 1700000000000
# TYPE t histogram
t_bucket{le="0.1"} 1
t_bucket{le="+Inf"} 2
t_sum 0.5
t_count 2
loose 4
"""

WANTED = frozenset({"errors", "paid_total", "later_total", "t_bucket", "loose", "x"})


def test_a_label_may_hold_what_python_takes_for_the_end_of_a_line() -> None:
    page = read_page('errors{a="b\u2028c\x85d"} 3\nloose 4\n', "text/plain", WANTED)
    assert page.series == {("errors", (("a", "b\u2028c\x85d"),)): 3, ("loose", ()): 4}


def test_the_text_format_is_read_with_the_names_it_has() -> None:
    page = read_page(PLAIN, "text/plain; version=0.0.4", WANTED)
    assert page.series["errors", (("a", "b"),)] == 3
    assert page.series["paid_total", ()] == 7
    assert page.series["t_bucket", (("le", "+Inf"),)] == 2
    assert page.series["loose", ()] == 4
    assert ("t_sum", ()) not in page.series
    assert "t_sum" in page.names
    # Declared and still without a series: that is calm, and no mistyped name.
    assert "later_total" in page.names
    assert "t_bucket" in page.names
    assert "latr_total" not in page.names


def test_openmetrics_is_read_by_its_own_rules() -> None:
    text = '# TYPE paid counter\npaid_total{a="b"} 7 # {trace="x"} 1\n# EOF\n'
    page = read_page(text, "application/openmetrics-text; version=1.0.0; charset=utf-8", WANTED)
    assert page.series == {("paid_total", (("a", "b"),)): 7.0}
    with pytest.raises(ValueError, match="EOF"):
        read_page("# TYPE paid counter\npaid_total 7\n", "application/openmetrics-text", WANTED)


@pytest.mark.parametrize(
    "text", ["<html><body>Log in</body></html>", '{"status": "ok"}', "x{a=b} 1", "x one"]
)
def test_another_kind_of_page_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_page(text, "text/html", WANTED)


@given(st.text(st.characters(codec="ascii"), max_size=200) | st.text(max_size=50), st.booleans())
def test_no_page_breaks_the_reader(text: str, strict: bool) -> None:
    with contextlib.suppress(ValueError):
        read_page(text, "application/openmetrics-text" if strict else "text/plain", WANTED)


@given(
    st.lists(
        st.sampled_from([*PLAIN.splitlines(), "# EOF", "# TYPE", 't_bucket{le="', "{}", "# HELP x"]),
        max_size=12,
    ),
    st.booleans(),
)
def test_no_shuffled_page_breaks_the_reader(lines: list[str], strict: bool) -> None:
    with contextlib.suppress(ValueError):
        read_page("\n".join(lines), "application/openmetrics-text" if strict else "text/plain", WANTED)


def test_lines_about_other_metrics_cost_next_to_nothing() -> None:
    other = "".join(f'other_total{{number="{number}"}} 1\n' for number in range(50_000))
    page = read_page(other + "loose 4\n" + other, "text/plain", WANTED)
    assert page.series == {("loose", ()): 4.0}
    assert page.names == {"other_total", "loose"}
