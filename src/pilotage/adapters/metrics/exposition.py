"""A page of metrics, in Prometheus' text format or OpenMetrics, as series.

Sources: https://prometheus.io/docs/instrumenting/exposition_formats/ and https://openmetrics.io.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

Key = tuple[str, tuple[tuple[str, str], ...]]
"""A series: its name, and its labels in order."""

ACCEPT = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.9,*/*;q=0.1"

_TYPE = re.compile(r"^#[ \t]+TYPE[ \t]+(\S+)[ \t]+(\S+)", re.MULTILINE)
_ENDING = re.compile("_(?:total|created|bucket|g?count|g?sum|info)$")
_SUFFIXES = {
    "counter": ("", "_total", "_created"),
    "histogram": ("_bucket", "_count", "_sum"),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "summary": ("", "_count", "_sum"),
    "info": ("_info",),
}


_NAME = re.compile(r"[A-Za-z_:][\w:]*")


@dataclass(frozen=True, slots=True)
class Page:
    """The wanted series of one page. ``names`` are all names there, also those declared and still without a series."""

    series: dict[Key, float]
    names: frozenset[str]


def read_page(text: str, media_type: str, wanted: Collection[str]) -> Page:
    """The series of the ``wanted`` names on a page; raises ``ValueError`` where it is in neither of the two formats.

    Only the families of these names go through the parser: it takes about a tenth of a millisecond for each line, and
    a page may have thousands, every second.
    """
    from prometheus_client import parser as plain
    from prometheus_client.openmetrics import parser as openmetrics

    strict = "openmetrics" in media_type
    parser = openmetrics if strict else plain
    declared = dict(_TYPE.findall(text))
    names, kept = _sift(text, {_family(name) for name in wanted})
    series: dict[Key, float] = {}
    try:
        for family in parser.text_string_to_metric_families(kept):
            # The parser names every counter of the text format NAME_total; the page, and so the plan, may not.
            renamed = not strict and family.type == "counter" and f"{family.name}_total" not in declared
            for sample in family.samples:
                name = sample.name.removesuffix("_total") if renamed else sample.name
                if name in wanted:
                    series[name, tuple(sorted(sample.labels.items()))] = float(sample.value)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        # What the parser raises depends on where in a malformed line it stumbles.
        raise ValueError(str(error) or type(error).__name__) from None
    known = {name + suffix for name, kind in declared.items() for suffix in _SUFFIXES.get(kind, ("",))}
    return Page(series, frozenset(known | names))


def _sift(text: str, families: Collection[str]) -> tuple[set[str], str]:
    """All names of series on the page, and only those lines that are about ``families``."""
    names: set[str] = set()
    kept: list[str] = []
    # Only a line feed ends a line in either format: a label may hold what Python, too, takes for an end.
    for line in map(str.strip, text.split("\n")):
        if line.startswith("#"):
            words = line.split(None, 3)
            if len(words) < 3 or _family(words[2]) in families:
                kept.append(line)
        elif found := _NAME.match(line):
            names.add(found[0])
            if _family(found[0]) in families:
                kept.append(line)
        elif line:
            # A name in quotes, or no metric at all: the parser says which.
            kept.append(line)
    return names, "\n".join(kept) + "\n"


def _family(name: str) -> str:
    """The name without the endings that one family's series differ in."""
    return _ENDING.sub("", name)
