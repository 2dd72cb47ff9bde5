"""People, roles, hours, the escalation and who may override: the sections that say who is meant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pilotage.adapters.plans_yaml.compile.declared import BUSINESS_HOURS
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.traits import read_when
from pilotage.adapters.plans_yaml.grammar.asks import parse_each_of, parse_who
from pilotage.adapters.plans_yaml.grammar.cadences import parse_rota
from pilotage.adapters.plans_yaml.grammar.durations import parse_duration, parse_within
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.grammar.windows import parse_absence, parse_hours
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text
from pilotage.domain.calendar import Weekly
from pilotage.domain.ids import same_name
from pilotage.domain.people import EscalationLevel, Overrides, Permission, Person, Role, Who
from pilotage.domain.time import Duration

ASK = "ask"
_MONDAY_TO_FRIDAY = frozenset(range(5))


def read_roles(reading: Reading, node: Node | None) -> dict[str, Role]:
    """``roles``: short (``primary: maria``, ``[sam, lee]``, ``ask``) or with fields."""
    return {key.value: _role(reading, key.value, value) for key, value in reading.entries(node)}


def _role(reading: Reading, name: str, node: Node) -> Role:
    if not isinstance(node, Entries):
        people = reading.texts(node)
        return Role(name, () if people == (ASK,) else people, ask=people == (ASK,))
    people = reading.texts(node.get("people"))
    rota = node.get("rota")
    if rota:
        reading.parse(rota, parse_rota)
        reading.yet(f"rota of {name}", rota.place)
    if must := node.get("must"):
        reading.yet(f"duties of {name} (must)", must.place)
        for duty in reading.items(must):
            _duty(reading, duty)
    return Role(
        name,
        people=() if people == (ASK,) else people,
        ask=people == (ASK,),
        can=frozenset(p for item in reading.text_nodes(node.get("can")) if (p := _permission(reading, item))),
        optional=reading.flag(node.get("optional")),
        self_approval=reading.flag(node.get("self-approval")),
        title=reading.text(node.get("title")),
        rota=reading.text(rota),
    )


def _duty(reading: Reading, node: Node) -> None:
    """A duty is not carried out yet; its ``when`` is checked all the same."""
    if isinstance(node, Entries):
        read_when(reading, node.get("when"))


def _permission(reading: Reading, node: Text) -> Permission | None:
    found = reading.choice(node, tuple(Permission), "")
    return Permission(found) if found else None


def read_people(
    reading: Reading, node: Node | None, roles: dict[str, Role], roles_node: Node | None
) -> dict[str, Person]:
    """``people``. In a plan without this section the roles declare the people they name; with it, every name must stand there."""
    found = {key.value: _person(reading, key.value, value) for key, value in reading.entries(node)}
    known = {same_name(name) for name in found}
    for key, role in reading.entries(roles_node):
        held = role.get("people") if isinstance(role, Entries) else role
        for holder in reading.text_nodes(held):
            if holder.value == ASK or same_name(holder.value) in known:
                continue
            if node is not None:
                reading.error(holder, UnknownName("person", holder.value, found))
            elif key.value in roles:
                found.setdefault(holder.value, Person(holder.value))
    for key, person in reading.entries(node):
        stand_in = person.get("stand-in") if isinstance(person, Entries) else None
        if isinstance(stand_in, Text) and same_name(stand_in.value) not in known:
            reading.error(
                stand_in, UnknownName("person", stand_in.value, [n for n in found if n != key.value])
            )
    return found


def _person(reading: Reading, name: str, node: Node) -> Person:
    fields = reading.mapping(node) or Entries(node.place, ())
    zone = fields.get("timezone")
    return Person(
        name,
        name=reading.text(fields.get("name")),
        email=reading.text(fields.get("email")),
        timezone=read_zone(reading, zone) if zone else "",
        away=tuple(
            a for item in reading.items(fields.get("away")) if (a := reading.parse(item, parse_absence))
        ),
        stand_in=reading.text(fields.get("stand-in")),
    )


def read_zone(reading: Reading, node: Node | None, default: str = "UTC") -> str:
    """An IANA time zone name."""
    if not isinstance(node, Text):
        return default
    try:
        ZoneInfo(node.value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reading.error(node, _unknown_zone(node.value))
        return default
    return node.value


def _unknown_zone(name: str) -> GrammarError:
    from zoneinfo import available_timezones  # slow, and only wanted for the suggestion

    return UnknownName("time zone", name, available_timezones())


def read_hours(reading: Reading, node: Node | None) -> dict[str, Weekly]:
    """``hours``; business hours are Monday to Friday 09:00 to 17:00 where nobody says otherwise."""
    found = {BUSINESS_HOURS: Weekly(_MONDAY_TO_FRIDAY, time(9), time(17))}
    for key, value in reading.entries(node):
        spans = reading.items(value)
        if len(spans) > 1:
            reading.yet(f"hours in several spans ({key.value})", key.place)
        for item in spans[:1]:
            span = reading.parse(item, parse_hours)
            if span is None:
                continue
            name = BUSINESS_HOURS if same_name(key.value) == BUSINESS_HOURS else key.value
            found[name] = span
    return found


def read_escalation(reading: Reading, node: Node | None) -> tuple[EscalationLevel, ...]:
    """``escalation``: whom to ask next, level by level."""
    return reading.lines(node, lambda item: _level(reading, item))


def _level(reading: Reading, node: Node) -> EscalationLevel | None:
    fields = reading.mapping(node)
    to = reading.name(fields.get("to"), reading.names.roles) if fields else ""
    if fields is None or not to:
        return None
    reading.occupied([to])
    during = reading.name(fields.get("during"), reading.names.hours)
    wait = reading.parse(fields.get("wait"), parse_duration)
    return EscalationLevel(to, during, wait or Duration(seconds=900))


def read_overrides(reading: Reading, node: Node | None) -> Overrides:
    """``overrides``: who may override a gate. Nobody, unless the plan says so."""
    fields = reading.mapping(node)
    reason = fields.get("reason") if fields else None
    if reason:
        reading.choice(reason, ["required"], "required")
    return Overrides(reading.kept(fields.get("by"), read_who)) if fields else Overrides()


def read_who(reading: Reading, node: Node | None) -> Who | None:
    """``by`` and ``who``: ``[a, b]``, ``any of a, b``, ``a``. Optional roles nobody holds drop out.

    Raises LeftOut when nobody else remains.
    """
    if node is None:
        return None
    if isinstance(node, Items):
        who = _each_of(reading, reading.text_nodes(node))
    else:
        who = reading.parse(node, parse_who, reading.names)
    return who and Who(reading.occupied(who.roles), who.any_of)


def _each_of(reading: Reading, nodes: Sequence[Text]) -> Who | None:
    """One by one, so that every wrong name is told at its place."""
    named = [
        found for item in nodes if (found := reading.parse(item, lambda t: parse_each_of([t], reading.names)))
    ]
    roles = tuple(dict.fromkeys(role for who in named for role in who.roles))
    return Who(roles) if roles else None


def read_within(reading: Reading, node: Node | None) -> tuple[Duration | None, str | None]:
    """``within: 1d then manager``; ``(None, None)`` where nothing is said: the defaults apply."""
    return reading.parse(node, parse_within, reading.names) or (None, None)
