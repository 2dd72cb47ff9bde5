"""``plan simulate``: the timeline in sentences, who is asked when, what blocked how long, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from pilotage.application.simulation.fitting import fitted
from pilotage.application.simulation.outcome import Moment, Simulation
from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import BUILT_IN, Scenario, built_in
from pilotage.decisions.explain import Importance, importance, sentence
from pilotage.domain.plan import Plan
from pilotage.interfaces.cli.failures import BLOCKED, DONE, ERROR, ROLLED_BACK
from pilotage.interfaces.cli.output import BAD, DOUBT, GOOD, QUIET, STRONG, say, span
from pilotage.interfaces.cli.typed import moment
from pilotage.interfaces.simulated import as_object, longest_waits

__all__ = ["as_object", "play", "say_played", "status"]

_OUTCOMES = {"completed": DONE, "rolled back": ROLLED_BACK, "stuck": BLOCKED}


def play(plan: Plan, scenario: str, start: str, seed: int | None) -> Simulation:
    """Play a plan from a moment as typed (empty: now). Raises UsageError, PlanError for a scenario that cannot be."""
    from pilotage import bootstrap

    chosen = _scenario(scenario)
    at = moment(start, _zone_name(plan)) if start else bootstrap.open_clock().now().replace(microsecond=0)
    return simulate(plan, fitted(chosen, plan), at, seed)


def _scenario(text: str) -> Scenario:
    from pilotage import bootstrap

    if text in BUILT_IN or not (Path(text).suffix or "/" in text or Path(text).exists()):
        return built_in(text)
    return bootstrap.read_scenario(Path(text))


def status(played: Simulation) -> int:
    """The exit status by outcome."""
    return _OUTCOMES.get(played.outcome, ERROR)


def _zone_name(plan: Plan) -> str:
    """The plan's zone; UTC while it is still to be asked for."""
    try:
        ZoneInfo(plan.timezone)
    except (KeyError, ValueError):
        return "UTC"
    return plan.timezone


def say_played(played: Simulation, *, everything: bool) -> None:
    """Tell it to a person."""
    plan = played.release.plan
    zone = ZoneInfo(_zone_name(plan))
    _say_not_yet(played)
    say(f"{plan.title or plan.id}, scenario {played.scenario.name}: {played.scenario.describe}", STRONG)
    say(f"Times are of {zone.key}.", QUIET)
    _say_timeline(told(played, everything=everything), zone)
    _say_blocked(played)
    say("")
    _say_outcome(played)


def _say_not_yet(played: Simulation) -> None:
    if not played.not_yet:
        return
    say("Understood, not yet carried out (simulated as if these lines were not there):", DOUBT)
    for form in played.not_yet:
        say(f"  line {form.line}: {form.form}", DOUBT)
    say("")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline: the moment it is about, its sentence, and the moments that say the same after it."""

    moment: Moment
    sentence: str
    again: tuple[datetime, ...] = ()


def told(played: Simulation, *, everything: bool) -> list[Told]:
    """The timeline: without the quiet lines unless ``everything``; what repeats itself without a word between, once."""
    lines: list[Told] = []
    for one in played.moments:
        if not everything and importance(one.happened.event) is Importance.QUIET:
            continue
        words = sentence(one.happened, one.before)
        if lines and lines[-1].sentence == words:
            lines[-1] = replace(lines[-1], again=(*lines[-1].again, one.happened.at))
        else:
            lines.append(Told(one, words))
    return lines


def _say_timeline(lines: list[Told], zone: tzinfo) -> None:
    day = None
    for line in lines:
        at = line.moment.happened.at.astimezone(zone)
        if at.date() != day:
            day = at.date()
            say("")
            say(f"{at:%A %Y-%m-%d}", STRONG)
        turn = importance(line.moment.happened.event) is Importance.TURN
        say(f"  {at:%H:%M}  {line.sentence}", None if turn else QUIET)
        if line.again:
            times = "once" if len(line.again) == 1 else f"{len(line.again)} times"
            say(f"         again {times}, until {line.again[-1].astimezone(zone):%Y-%m-%d %H:%M}", QUIET)


def _say_blocked(played: Simulation) -> None:
    waits = longest_waits(played)
    if not waits:
        return
    say("")
    say("What it waited for, longest first:", STRONG)
    for wait in waits[:12]:
        who = f" ({', '.join(wait.who)})" if wait.who else ""
        say(f"  {span((wait.until - wait.since).total_seconds()):>14}  {wait.text}{who}")
    if len(waits) > 12:
        say(f"  and {len(waits) - 12} shorter ones", QUIET)


def _say_outcome(played: Simulation) -> None:
    took = span((played.ended - played.began).total_seconds())
    match played.outcome:
        case "completed":
            say(f"✓ It completes after {took}.", GOOD)
        case "rolled back":
            say(f"↺ It is rolled back, {_since_fault(played)}.", BAD)
        case "stuck":
            say(f"▲ After {took} nothing moves any more:", DOUBT)
            for wait in played.stuck:
                say(f"  {wait.text}" + (f" ({', '.join(wait.who)})" if wait.who else ""), DOUBT)
        case other:
            say(f"It ends {other} after {took}.", DOUBT)


def _since_fault(played: Simulation) -> str:
    state = played.release.rollback
    if played.fault_at is None or state is None or state.started < played.fault_at:
        return f"after {span((played.ended - played.began).total_seconds())}"
    return f"{span((state.started - played.fault_at).total_seconds())} after the fault began"
