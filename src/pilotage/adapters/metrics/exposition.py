"""A page of metrics, in Prometheus' text format or OpenMetrics, as series.

Sources: https://prometheus.io/docs/instrumenting/exposition_formats/ and https://openmetrics.io.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A series: its name, and its labels in order."""

ACCEPT = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.9,*/*;q=0.1"

_TYPE = re.compile(r"^#[ \t]+TYPE[ \t]+(\S+)[ \t]+(\S+)", re.MULTILINE)
_SUFFIXES = {
    "counter": ("", "_total", "_created"),
    "histogram": ("_bucket", "_count", "_sum"),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "summary": ("", "_count", "_sum"),
    "info": ("_info",),
}


@dataclass(frozen=True, slots=True)
class Page:
    """The series of one page. ``names`` has also the names that are declared and have no series yet."""

    series: dict[Key, float]
    names: frozenset[str]


def read_page(text: str, media_type: str) -> Page:
    """The series on a page; raises ``ValueError`` where it is not in one of the two formats."""
    from prometheus_client import parser as plain
    from prometheus_client.openmetrics import parser as openmetrics

    strict = "openmetrics" in media_type
    parser = openmetrics if strict else plain
    declared = dict(_TYPE.findall(text))
    series: dict[Key, float] = {}
    try:
        for family in parser.text_string_to_metric_families(text):
            # The parser names every counter of the text format NAME_total; the page, and so the plan, may not.
            renamed = not strict and family.type == "counter" and not declared.get(f"{family.name}_total")
            for sample in family.samples:
                name = sample.name.removesuffix("_total") if renamed else sample.name
                series[name, tuple(sorted(sample.labels.items()))] = float(sample.value)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        # What the parser raises depends on where in a malformed line it stumbles.
        raise ValueError(str(error) or type(error).__name__) from None
    known = {name + suffix for name, kind in declared.items() for suffix in _SUFFIXES.get(kind, ("",))}
    return Page(series, frozenset(known | {name for name, _ in series}))
