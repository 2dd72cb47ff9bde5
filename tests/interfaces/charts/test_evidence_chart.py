"""The chart of evidence: well-formed, safe, readable without eyes, and drawn from exactly the numbers it was given."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from pilotage.application.use_cases.evidence_view import (
    LARGEST,
    Decided,
    EvidenceView,
    Level,
    LimitLine,
    LineEvidence,
    MetricEvidence,
    RatePoint,
    RatioPoint,
    StageSpan,
)
from pilotage.domain.metrics import Unit
from pilotage.interfaces.charts.evidence import WIDTH, draw
from pilotage.interfaces.charts.style import CSS, ROOT
from pilotage.testing.clock import MONDAY

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert("&")</script>\x00\x1b[31m ]]> \ud800'


def view(**more: object) -> EvidenceView:
    """Twenty minutes with four looks a minute, the last of which rolls back."""
    moments = [MONDAY + timedelta(seconds=15 * i) for i in range(1, 81)]
    metric = MetricEvidence(
        "error rate",
        Unit.PERCENT,
        span=300.0,
        points=tuple(RatePoint(m, 0.1 + i / 100, 0.1, 150.0 * i) for i, m in enumerate(moments)),
        intervals=tuple(RatioPoint(m, 0.5 + i / 50, 1 + i / 20, 4 + i / 50) for i, m in enumerate(moments)),
        levels=tuple(Level(m, 1.06**i) for i, m in enumerate(moments)),
        tests=(
            LineEvidence(
                "error rate worse by 20", 105.0, 100.0, "certain", "it is worse", moments[-1], tolerated=1.2
            ),
        ),
        limits=(LimitLine(0.5, "error rate > 0.5%"), LimitLine(50.0, "error rate > 50%")),
        tolerated=1.2,
        canary=0.89,
        baseline=0.1,
        canary_requests=12_000.0,
        baseline_requests=108_000.0,
        smallest=2.4,
    )
    whole = EvidenceView(
        release="checkout-1.4.0",
        title="Checkout",
        status="rolled back",
        timezone="Europe/Berlin",
        budget=0.01,
        needed=100.0,
        since=MONDAY,
        until=moments[-1],
        metrics=(metric,),
        stages=(StageSpan("pilot", "10%", MONDAY, moments[39]), StageSpan("wide", "25%", moments[39])),
        decided=(Decided(moments[-1], "rolled back", "It is rolled back: it is worse"),),
    )
    return replace(whole, **more)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(svg).iter(f"{SVG}text")]


def test_it_is_one_document_that_is_complete_in_itself() -> None:
    svg = draw(view())
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox", "").startswith(f"0 0 {WIDTH:.0f} ")
    names = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert names <= {"svg", "title", "desc", "style", "rect", "text", "line", "path", "circle"}
    assert not re.search(r"href|url\(|@import|https?://(?!www\.w3\.org/2000/svg)|\son\w+=|javascript", svg)
    assert "nan" not in svg.lower().replace("finance", "")
    assert len(svg) < 40_000


def test_it_can_be_read_without_eyes() -> None:
    root = ET.fromstring(draw(view()))
    assert root.get("role") == "img"
    ids = {node.get("id"): node.text or "" for node in root if node.get("id")}
    named = [ids[name] for name in root.get("aria-labelledby", "").split()]
    assert named[0] == "Checkout: error rate"
    for words in (
        "canary 0.89 %",
        "12,000 requests",
        "baseline 0.1 %",
        "99 %",
        "105 of 100",
        "It is rolled back",
    ):
        assert words in named[1]


def test_every_number_that_matters_stands_in_it() -> None:
    said = " | ".join(texts(draw(view())))
    for words in (
        "Canary 0.89 %", "Baseline 0.1 %", "12,000 requests on the canary", "limit 0.5 %", "↑ limit 50 %",
        "tolerated 1.2x", "needed 100", "doubt 10", "pilot: 10%", "wide: 25%", "10:20:00 rolled back",
        "It is rolled back: it is worse", "Europe/Berlin", "99 % interval",
    ):  # fmt: skip
        assert words in said, f"{words!r} is not in {said}"


def test_the_band_is_the_interval_and_nothing_else() -> None:
    """Read the drawing back: every corner of the band is the low or high end of one look's interval."""
    given = view()
    root = ET.fromstring(draw(given))
    bands = [node.get("d", "") for node in root.iter(f"{SVG}path") if node.get("class") == "band"]
    assert len(bands) == 1
    corners = [tuple(map(float, pair.split())) for pair in bands[0].strip("MZ").split("L")]
    points = given.metrics[0].intervals
    ends = [p.high or math.inf for p in points] + [p.low for p in reversed(points)]
    assert len(corners) == len(ends)
    (_, y1), (_, y2) = corners[0], corners[-1]
    slope = (y2 - y1) / (math.log(ends[-1]) - math.log(ends[0]))
    for (_, y), end in zip(corners, ends, strict=True):
        assert y == pytest.approx(y1 + slope * (math.log(end) - math.log(ends[0])), abs=0.02)


def test_what_is_empty_at_the_right_is_time_left() -> None:
    running = view(decided=(), status="running")

    def last_dot(given: EvidenceView) -> float:
        return max(float(n.get("cx", "")) for n in ET.fromstring(draw(given)).iter(f"{SVG}circle"))

    soon = replace(running, baked=MONDAY + timedelta(minutes=24))
    assert last_dot(soon) < last_dot(running)
    assert "baked 10:24" in " ".join(texts(draw(soon)))
    next_week = replace(running, baked=MONDAY + timedelta(days=7))
    assert last_dot(running) / 2 < last_dot(next_week) < last_dot(running), "the past keeps most of the room"
    assert "baked" not in " ".join(texts(draw(next_week)))


def test_somebodys_words_stay_words() -> None:
    given = view(
        release=NASTY,
        title=NASTY,
        stages=(StageSpan(NASTY, NASTY, MONDAY),),
        decided=(Decided(MONDAY, "held", NASTY),),
    )
    metric = replace(given.metrics[0], metric=NASTY, problem=NASTY)
    svg = draw(replace(given, metrics=(metric,)))
    svg.encode("utf-8")
    assert not list(ET.fromstring(svg).iter(f"{SVG}script"))


@pytest.mark.parametrize("problem", ["", "the source is down " * 30])
def test_without_data_it_says_so_and_why(problem: str) -> None:
    empty = replace(view().metrics[0], points=(), intervals=(), levels=(), tests=(), problem=problem)
    said = " ".join(texts(draw(view(metrics=(empty,)))))
    assert "No data yet" in said
    assert problem[:18] in said
    nothing = draw(view(metrics=(), notes=("conversion is reported by hand",)))
    assert "conversion is reported by hand" in " ".join(texts(nothing))


def test_a_metric_that_is_not_there_is_no_picture_of_another() -> None:
    said = texts(draw(view(), "latency"))
    assert "Checkout: latency" in said
    assert "No data yet" in said


def test_one_look_is_a_dot_and_a_gap_stays_a_gap() -> None:
    whole = view().metrics[0]
    one = replace(whole, points=whole.points[:1], intervals=whole.intervals[:1], levels=whole.levels[:1])
    root = ET.fromstring(draw(view(metrics=(one,), decided=())))
    assert list(root.iter(f"{SVG}circle"))
    holes = [replace(p, canary=None) if 30 <= i < 40 else p for i, p in enumerate(whole.points)]
    root = ET.fromstring(draw(view(metrics=(replace(whole, points=tuple(holes), intervals=(), levels=()),))))
    assert len([n for n in root.iter(f"{SVG}path") if n.get("class") == "canary"]) == 2
    late = [p for i, p in enumerate(whole.points) if not 30 <= i < 60]
    root = ET.fromstring(draw(view(metrics=(replace(whole, points=tuple(late), intervals=(), levels=()),))))
    assert len([n for n in root.iter(f"{SVG}path") if n.get("class") == "canary"]) == 2


def test_the_ratio_of_a_latency_is_of_slow_requests_and_is_not_held_against_a_margin_of_times() -> None:
    latency = replace(view().metrics[0], unit=Unit.TIME, ratio_of="slow requests", tolerated=1.1)
    said = " | ".join(texts(draw(view(metrics=(latency,)))))
    assert "Canary : baseline, slow requests" in said
    assert "tolerated 1.1x" not in said
    assert "above the tolerated line" not in said


def test_limits_close_to_each_other_have_names_that_do_not_lie_upon_each_other() -> None:
    limits = tuple(LimitLine(value, f"> {value}") for value in (0.5, 0.51, 0.52, 50.0))
    root = ET.fromstring(draw(view(metrics=(replace(view().metrics[0], limits=limits),))))
    places = sorted(float(n.get("y", "")) for n in root.iter(f"{SVG}text") if "limit " in (n.text or ""))
    assert len(places) == 4
    assert all(below - above >= 14 for above, below in itertools.pairwise(places))


def test_an_interval_without_an_upper_end_reaches_the_edge() -> None:
    metric = view().metrics[0]
    open_ = tuple(replace(p, low=0.0, high=None) if i < 10 else p for i, p in enumerate(metric.intervals))
    root = ET.fromstring(draw(view(metrics=(replace(metric, intervals=open_),))))
    assert len([n for n in root.iter(f"{SVG}path") if n.get("class") == "band"]) == 1
    desc = root.find(f"{SVG}desc")
    assert desc is not None
    only_open = ET.fromstring(draw(view(metrics=(replace(metric, intervals=open_[:1]),)))).find(f"{SVG}desc")
    assert only_open is not None
    assert "not known yet" in (only_open.text or "")


def test_a_limit_alone_has_no_ratio_and_a_long_zone_is_called_by_its_city() -> None:
    line = LineEvidence("error rate > 0.5", 20.0, 1000.0, "doubt", "it may be broken")
    alone = replace(view().metrics[0], intervals=(), tests=(line,), tolerated=None)
    said = " | ".join(texts(draw(view(metrics=(alone,), timezone="America/Argentina/Buenos_Aires"))))
    assert "Evidence that the limit is broken" in said
    assert "needed 1,000" in said
    assert "tolerated" not in said
    assert "Buenos Aires" in said


@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("value", [0.0, 1e-9, 0.3, 99.0, 1e6])
def test_any_size_of_number_can_be_drawn(unit: Unit, value: float) -> None:
    metric = view().metrics[0]
    points = tuple(replace(p, canary=value, baseline=value) for p in metric.points)
    wide = tuple(replace(p, low=1 / 64, high=64.0, estimate=None) for p in metric.intervals)
    sure = tuple(replace(level, e_value=LARGEST) for level in metric.levels)
    svg = draw(
        view(metrics=(replace(metric, unit=unit, points=points, intervals=wide, levels=sure, canary=value),))
    )
    for node in ET.fromstring(svg).iter():
        for name in ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy"):
            if (place := node.get(name)) is not None:
                assert -20 <= float(place) <= 900, (node.tag, name, place)


def test_a_page_may_bring_the_style_itself() -> None:
    assert "<style>" not in draw(view(), style=False)
    assert f'class="{ROOT}"' in draw(view(), style=False)
    assert all(
        rule.strip().startswith((f".{ROOT}", "@media"))
        for rule in re.findall(r"[^{}]+(?=\{)", CSS)
        if rule.strip()
    )
    used = set(re.findall(r'class="([^"]+)"', draw(view())))
    for names in used:
        for name in names.split():
            assert f".{name}" in CSS or name == ROOT, name
