"""The pictures of docs/explanation/evidence.md, from simulated releases: ``python -m tools.evidence_pictures``.

The benchmark's traffic and rules, the product's own evidence; nothing in them is drawn by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.evidence import policy, rules, scenarios
from bench.evidence.cost import pairs
from bench.evidence.rules import NEVER, Alarms
from bench.evidence.simulator import Scenario, generator, simulate
from bench.evidence.traffic import TICK, Counts, Traffic
from pilotage.decisions.evidence.evidence import Evidence
from pilotage.interfaces.charts.style import CSS, ROOT
from pilotage.interfaces.charts.svg import element, path, words

FOLDER = Path(__file__).parents[1] / "docs/explanation"
WIDTH, LEFT, RIGHT = 800.0, 64.0, 600.0
SEED = 11
MINUTE = 4

Place = Callable[[float], float]


def main() -> None:
    """Write them."""
    (FOLDER / "evidence-looks.svg").write_text(looks(), encoding="utf-8")
    (FOLDER / "evidence-story.svg").write_text(story(), encoding="utf-8")


def looks(rollouts: int = 400) -> str:
    """Of healthy releases in the calmest traffic there is, how many each rule has rolled back as time goes by."""
    scenario = next(s for s in scenarios.HARMLESS_ERRORS if s.name == "stationary")
    traffic = simulate(scenario, rollouts, generator(SEED, scenario.name))
    curves: list[tuple[str, str, Alarms]] = [
        ("error rate > 1 %, once", "rolled", rules.argo_default(traffic)),
        ("below 99 %, five times", "limit", rules.flagger_success_rate(traffic)),
        ("a z test at every look", "doubt", rules.naive_z(traffic)),
        ("> 1 %, three in a row", "baseline", rules.over_1_percent_thrice(traffic)),
        ("evidence", "canary", policy.alarms(traffic, scenario, grace=120.0)),
    ]
    top, bottom = 56.0, 300.0
    hours = scenario.ticks * TICK / 3600
    across, up = _linear(0, hours, LEFT, RIGHT), _linear(0, 100, bottom, top)
    parts = [_title("Healthy releases rolled back so far, %"), *_rows((0, 25, 50, 75, 100), up, "{:g}")]
    for index, (_, share) in enumerate(scenario.stages):
        at = across(scenario.stages[index][0] * TICK / 3600)
        parts += [_upright(at, top, bottom), words(f"{share:.0%}", at + 4, top + 12)]
    ends = []
    for name, class_, alarms in curves:
        so_far = [(alarms != NEVER) & (alarms < tick) for tick in range(scenario.ticks + 1)]
        shares = np.array([100 * flags.mean() for flags in so_far])
        steps = range(0, scenario.ticks + 1, 10)
        parts.append(
            element("path", d=path((across(t * TICK / 3600), up(shares[t])) for t in steps), class_=class_)
        )
        ends.append((up(shares[-1]), f"{name}: {shares[-1]:.0f} %"))
    parts += _names(ends)
    parts += [
        words(f"{hour} h", across(hour), bottom + 18, anchor="middle") for hour in range(0, int(hours) + 1, 2)
    ]
    return _picture(
        "looks", "The longer a rule looks, the more healthy releases it has rolled back", parts, 330.0
    )


def story() -> str:
    """One release: an hour of nothing, a burst of errors in both arms, and then a canary that is really worse."""
    scenario = Scenario("story", harmless=False, ticks=280, errors_times=10, onset=220)
    traffic = _with_burst(scenario, simulate(scenario, 1, generator(SEED, scenario.name)), range(110, 130))
    evidence = Evidence.of_service(horizon=scenario.ticks * TICK, grace=0.0)
    values, stop = [], scenario.ticks
    for tick, pair in enumerate(pairs(traffic.canary, traffic.control, traffic.ticks)):
        judgement = evidence.observe((tick + 1) * TICK, pair)
        values.append(max(judgement.e_value, 0.01))
        if judgement.action == "roll back":
            stop = tick + 1
            break
    across = _linear(0, scenario.ticks / MINUTE, LEFT, RIGHT)
    parts = [*_rates(traffic, across, stop), *_evidence(values, across, stop)]
    for at, name in ((0, "all is well"), (110, "both arms fail"), (220, "the canary fails")):
        parts += [_upright(across(at / MINUTE), 56, 416), words(name, across(at / MINUTE) + 4, 52, "head")]
    parts.append(
        element("line", x1=across(stop / MINUTE), x2=across(stop / MINUTE), y1=56, y2=416, class_="rolled")
    )
    parts += [
        words(f"{m} min", across(m), 434, anchor="middle") for m in range(0, scenario.ticks // MINUTE + 1, 10)
    ]
    return _picture("story", "What a threshold sees, and what the evidence says", parts, 446.0)


def _with_burst(scenario: Scenario, traffic: Traffic, when: range) -> Traffic:
    """The same release, with forty times the errors in both arms for a while: a database is away."""
    rng = generator(SEED, "burst")

    def hit(requests: Counts, errors: Counts) -> Counts:
        struck = errors.copy()
        span = slice(when.start, when.stop)
        struck[:, span] = rng.binomial(requests[:, span].astype(int), 40 * scenario.base)
        return struck

    arms = [replace(arm, errors=hit(arm.requests, arm.errors)) for arm in (traffic.control, traffic.canary)]
    return replace(traffic, control=arms[0], canary=arms[1])


def _rates(traffic: Traffic, across: Place, stop: int) -> list[str]:
    """Error rates of both arms by minute, with the threshold, and where it is crossed."""
    top, bottom, most = 76.0, 236.0, 6.0
    up = _linear(0, most, bottom, top)
    parts = [*_rows((0, 2, 4, 6), up, "{:g} %"), words("errors, by the minute", LEFT, 70)]
    parts.append(element("line", x1=LEFT, x2=RIGHT, y1=up(1), y2=up(1), class_="limit"))
    ends = [(up(1), "threshold: 1 %")]
    minutes = stop // MINUTE
    for arm, class_ in ((traffic.control, "baseline"), (traffic.canary, "canary")):
        requests, errors = (
            c[0, : minutes * MINUTE].reshape(minutes, MINUTE).sum(axis=1) for c in (arm.requests, arm.errors)
        )
        rates = np.minimum(100 * errors / requests, most)
        parts.append(
            element(
                "path", d=path((across(m + 0.5), up(rate)) for m, rate in enumerate(rates)), class_=class_
            )
        )
        if class_ == "canary":
            crossed = [(m, rate) for m, rate in enumerate(rates) if rate > 1]
            parts += [
                element("circle", cx=across(m + 0.5), cy=up(rate), r=4, class_="dot er")
                for m, rate in crossed
            ]
    return [
        *parts,
        *_names([*ends, (up(3.2), "canary: the solid line"), (up(2.5), "baseline: the dashed one")]),
    ]


def _evidence(values: list[float], across: Place, stop: int) -> list[str]:
    """The e-value on a logarithmic axis, with what is needed."""
    top, bottom = 276.0, 416.0
    up = _linear(-2, 3, bottom, top)
    parts = [words("evidence that the canary is worse", LEFT, 268)]
    parts += _rows((-2, -1, 0, 1, 2, 3), up, "{}", names=("0.01", "0.1", "1", "10", "100", "1,000"))
    parts.append(element("line", x1=LEFT, x2=RIGHT, y1=up(2), y2=up(2), class_="limit"))
    heights = np.minimum(np.log10(values), 3.0)
    curve = path((across((t + 1) / MINUTE), up(height)) for t, height in enumerate(heights))
    parts.append(element("path", d=curve, class_="canary"))
    return [*parts, *_names([(up(2), "needed: 100"), (up(2.7), f"rolled back at {stop / MINUTE:.1f} min")])]


def _linear(low: float, high: float, start: float, end: float) -> Place:
    return lambda value: float(start + (end - start) * (value - low) / (high - low))


def _title(text: str) -> str:
    return words(text, LEFT, 40, "head")


def _rows(values: tuple[float, ...], up: Place, form: str, names: tuple[str, ...] = ()) -> list[str]:
    """Level lines with their values."""
    parts = []
    for index, value in enumerate(values):
        parts.append(element("line", x1=LEFT, x2=RIGHT, y1=up(value), y2=up(value), class_="grid"))
        parts.append(
            words(names[index] if names else form.format(value), LEFT - 8, up(value) + 4, anchor="end")
        )
    return parts


def _upright(at: float, top: float, bottom: float) -> str:
    return element("line", x1=at, x2=at, y1=top, y2=bottom, class_="stage")


def _names(ends: list[tuple[float, str]]) -> list[str]:
    """Words at the right of lines, pushed apart where they would cover each other."""
    parts, last = [], -np.inf
    for y, name in sorted(ends):
        last = max(y, last + 16)
        parts.append(words(name, RIGHT + 8, last + 4))
    return parts


def _picture(name: str, title: str, parts: list[str], height: float) -> str:
    """The whole document."""
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("style", CSS),
        element("rect", width=WIDTH, height=height, class_="paper"),
        words(title, 16, 24, "title"),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        width=WIDTH,
        height=height,
        class_=ROOT,
        role="img",
        aria_labelledby=f"{name}-title",
    )


if __name__ == "__main__":
    main()
