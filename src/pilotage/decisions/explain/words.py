"""Names, lengths and moments as people read them: a stage, step or check by what the plan calls it, never by its key."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pilotage.decisions import people, rollback
from pilotage.decisions.variables import PLACEHOLDER, fill, variables
from pilotage.domain.events import Happened
from pilotage.domain.exposure import Exposure
from pilotage.domain.facts import Surroundings
from pilotage.domain.gates import Check
from pilotage.domain.people import PLAN
from pilotage.domain.release import Release

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SOON = timedelta(minutes=10)
_LASTING = ("version", "previous", "release", "plan", "system", "title")
"""Variables that mean the same at every moment of a release."""
_SHORTEST = 0.95
"""Seconds below which a length is not worth a number."""


def one_line(text: str) -> str:
    """``text`` on one line, without characters that would steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def capital(text: str) -> str:
    """``text`` with a capital first letter, the rest as it is.

    >>> capital("error rate is 8 %")
    'Error rate is 8 %'
    """
    return text[:1].upper() + text[1:]


def told(text: str, *more: str) -> str:
    """``text``, and after a colon what was said about it, where anything was.

    >>> told("maria held the release", "", "odd numbers"), told("The release is held", "")
    ('maria held the release: odd numbers', 'The release is held')
    """
    words = "; ".join(part for part in more if part)
    return f"{text}: {words}" if words else text


def listed(names: tuple[str, ...], last: str = "and") -> str:
    """Names in a row.

    >>> listed(("team", "beta", "europe"))
    'team, beta and europe'
    """
    return f" {last} ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def span(seconds: float) -> str:
    """A length of time rounded to what people care about, in the plan's own units.

    >>> span(0.2), span(4.2), span(75), span(3700), span(200_000)
    ('less than 1s', '4s', '1m 15s', '1h 1m', '2d 7h')
    """
    if seconds < _SHORTEST:
        return "less than 1s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return _two(*divmod(whole, _MINUTE), "m", "s")
    if whole < _DAY:
        return _two(*divmod(whole // _MINUTE, 60), "h", "m")
    return _two(*divmod(whole // _HOUR, 24), "d", "h")


def _two(large: int, small: int, large_unit: str, small_unit: str) -> str:
    return f"{large}{large_unit} {small}{small_unit}" if small else f"{large}{large_unit}"


def clock(release: Release, at: datetime, now: datetime) -> str:
    """``14:02``, with its date (``2026-01-06 14:02``) unless that is today, in the plan's time zone."""
    zone = ZoneInfo(release.plan.timezone)
    local = at.astimezone(zone)
    same_day = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if same_day else f"{local:%Y-%m-%d %H:%M}"


def moment(release: Release, at: datetime, now: datetime) -> str:
    """When something happens, seen from ``now``: ``in 5s``, or ``at 14:02``."""
    if timedelta() <= at - now < _SOON:
        return f"in {span((at - now).total_seconds())}"
    return f"at {clock(release, at, now)}"


def stage_name(release: Release, stage_id: str) -> str:
    """A stage as the plan names it; its id where the plan has none of that id."""
    return next((s.name for s in release.plan.stages if s.id == stage_id), stage_id)


def rung_name(release: Release, stage_id: str, rung: int) -> str:
    """The audience of a rung, where the stage has several (``10%``); empty where there is nothing to tell apart."""
    stage = next((s for s in release.plan.stages if s.id == stage_id), None)
    if stage is None or len(stage.rungs) < 2 or not 0 <= rung < len(stage.rungs):
        return ""
    return stage.rungs[rung].text


def step_name(release: Release, key: str, at: datetime) -> str:
    """A step in quotes, with its variables filled in, wherever it belongs: a stage, or the rollback under way."""
    step = rollback.find(release, key)
    return f'"{fill(step.name, variables(release, at))}"' if step else f'"{key}"'


def find_check(release: Release, key: str) -> Check | None:
    """The line of a gate with that key."""
    plan = release.plan
    inside = (c for s in plan.stages for c in (*s.before, *s.gate, *s.judge))
    return next((c for c in (*plan.before, *plan.sign_offs, *inside) if c.key == key), None)


def about_name(release: Release, about: str, at: datetime) -> str:
    """What an approval or a check is about: ``the go of pilot``, the line of a gate in quotes, or a step."""
    stage, *rest = about.split("/")
    if rest[:1] == ["go"]:
        rung = rung_name(release, stage, int(rest[1])) if len(rest) > 1 and rest[1].isdigit() else ""
        return f"the go of {stage_name(release, stage)}" + (f" at {rung}" if rung else "")
    if rest[:1] == ["long-bake"]:
        return f"how long {stage_name(release, stage)} is watched"
    if rest[:1] == ["evidence"]:
        return f"whether the traffic of {stage_name(release, stage)} is enough"
    check = find_check(release, about)
    return f'"{check.text}"' if check else step_name(release, about, at)


def approval_place(release: Release, about: str) -> str:
    """Where a line that is nothing but an approval stands: ``the gate of pilot``; empty for anything else.

    Such a line ("approved by product") is no name for what was approved.
    """
    check = find_check(release, about)
    if check is None or not check.approvals or any(len(c.terms) > 1 for c in check.conditions):
        return ""
    home, part, *_ = f"{about}/".split("/")
    if home in ("before", "sign-offs"):
        return "the start of the release" if home == "before" else "the sign-offs"
    return f"{'the start' if part == 'before' else 'the gate'} of {stage_name(release, home)}"


def role_names(release: Release, roles: tuple[str, ...], last: str = "and") -> str:
    """Roles with the people who hold them: ``primary (maria) and qa (kim)``."""
    names = (people.name_role(release, Surroundings(), role) for role in roles)
    return listed(tuple(dict.fromkeys(names)), last)


def message_name(release: Release, row_id: str, at: datetime) -> str:
    """A message in quotes: its subject, else the first line of its text.

    Empty where that holds a variable that may have changed since the message was written, or the plan has no such row.
    """
    row = next((r for r in release.plan.messages if r.id == row_id), None)
    text = (row.subject or row.text.strip().partition("\n")[0]) if row else ""
    lasting = {name: value for name, value in variables(release, at).items() if name in _LASTING}
    filled = fill(text, lasting)
    return f'"{filled}"' if filled and not PLACEHOLDER.search(filled) else ""


def standing(release: Release, metric: str, state: str) -> str:
    """What a guard's state says about its metric, with the limits of the present stage: ``is off target (errors < 2%)``."""
    stage = next((s for s in release.plan.stages if s.id == release.stage), None)
    guard = next((g for g in stage.guards if g.metric == metric), None) if stage else None
    target = f" ({guard.target.text})" if guard and guard.target and guard.target.text else ""
    alert = f" ({guard.alert.text})" if guard and guard.alert and guard.alert.text else ""
    between = f"is between target{target} and alert{alert}" if alert else f"is off target{target}"
    words = {
        "on target": f"is on target{target}",
        "watch": between,
        "alert": f"is beyond its alert{alert}",
        "worse": "is worse than the control",
        "no data": "has no data",
        "unsure": "rests on too little to tell",
    }
    return words.get(state, f"is {state}")


def rule_of(h: Happened, *said: str) -> str:
    """The plan's line something happened by, in brackets; empty where a person did it or the words already quote it."""
    rule = h.by.rule
    if not rule or h.by == PLAN or any(rule in text for text in said):
        return ""
    return f" ({rule})"


def audience(exposure: Exposure) -> str:
    """Who can meet the change, as part of a sentence: ``nobody meets it``, ``10% can meet it``."""
    return "nobody meets it" if exposure.nobody else f"{exposure} can meet it"
