"""The calendar: windows and freezes. Spans taken from school calendars, holidays and RRULEs are not carried out yet."""

from __future__ import annotations

from pilotage.adapters.plans_yaml.compile.people import read_zone
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.grammar.mistakes import UnknownName, suggest
from pilotage.adapters.plans_yaml.grammar.windows import parse_span
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text
from pilotage.domain.calendar import Dates, NotYet, Weekly, Window, WindowKind
from pilotage.domain.ids import same_name
from pilotage.domain.plan import Plan


def read_windows(reading: Reading, node: Node | None, zone: str, tags: tuple[str, ...]) -> dict[str, Window]:
    """``windows``. ``zone`` counts where a window names none; ``tags`` are what ``for`` and ``except`` may name."""
    found = {}
    for key, value in reading.entries(node):
        window = _window(reading, key, value, zone, tags)
        if window:
            found[key.value] = window
    return found


def _window(reading: Reading, name: Text, node: Node, zone: str, tags: tuple[str, ...]) -> Window | None:
    fields = reading.mapping(node)
    if fields is None:
        return None
    kinds = [kind for kind in WindowKind if kind.value in fields]
    if len(kinds) != 1:
        reading.doubt(
            name.place,
            f'a window has one of only, prefer, avoid or freeze; "{name.value}" has {len(kinds) or "none"}',
        )
        return None
    span, text = _span(reading, fields.get(kinds[0].value))
    if span is None:
        return None
    return Window(
        name.value,
        kinds[0],
        span,
        zone=read_zone(reading, fields.get("zone"), zone),
        because=reading.text(fields.get("because")),
        but_not=_tags(reading, fields.get("except"), tags),
        only_for=_tags(reading, fields.get("for"), tags),
        text=text,
    )


def note_windows(reading: Reading, root: Entries, plan: Plan) -> None:
    """Note the windows that count in this plan and are not carried out yet: those it names, and those that count everywhere."""
    own = plan.types[plan.type].windows if plan.type in plan.types else ()
    named = {*own, *(name for stage in plan.stages for name in (*stage.windows, *stage.start_in))}
    section = root.get("windows")
    for window in plan.windows.values():
        counts = window.kind in (WindowKind.AVOID, WindowKind.FREEZE) or window.name in named
        key = section.key(window.name) if isinstance(section, Entries) else None
        if key and counts and isinstance(window.span, NotYet):
            reading.yet(f'the window "{window.name}" ({window.text})', key.place)


def _span(reading: Reading, node: Node | None) -> tuple[Weekly | Dates | NotYet | None, str]:
    """The span with its text. Recurrence rules, and several spans under one name, are kept as text."""
    if isinstance(node, Entries):
        return NotYet("rrule"), "a recurrence rule"
    written = reading.text_nodes(node)
    spans = [reading.parse(item, parse_span, reading.names) for item in written]
    text = " and ".join(item.value for item in written)
    if not spans or None in spans:
        return None, text
    return (spans[0] if len(spans) == 1 else NotYet(text)), text


def _tags(reading: Reading, node: Node | None, tags: tuple[str, ...]) -> tuple[str, ...]:
    """Release types, systems or environments, in their declared spelling."""
    spelled = {same_name(tag): tag for tag in reversed(tags)}
    found = []
    for item in reading.text_nodes(node):
        tag = spelled.get(same_name(item.value))
        # A project's windows may name systems that this plan has nothing to do with; a near miss is a mistake even so.
        foreign = tag is None and reading.in_project(item) and not suggest(item.value, tags)
        if foreign:
            found.append(item.value)
        elif tag is None:
            reading.error(item, UnknownName("release type, system or environment", item.value, tags))
        else:
            found.append(tag)
    return tuple(found)
