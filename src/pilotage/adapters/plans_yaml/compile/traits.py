"""Traits, inputs and the two questions any line may carry: ``when`` (whether it applies) and ``at``/``due`` (what time)."""

from __future__ import annotations

import re
from functools import partial

from pilotage.adapters.plans_yaml.compile.reading import LeftOut, Reading
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError, UnknownName
from pilotage.adapters.plans_yaml.grammar.moments import parse_moment
from pilotage.adapters.plans_yaml.grammar.traits import parse_when
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text
from pilotage.domain.moments import Moment, Repeated
from pilotage.domain.traits import Input, Trait, When

_NEGATED = re.compile(r"\b(?:not|never)\b|n['’]t\b", re.IGNORECASE)
_AUTOMATIC = re.compile(r"\bautomatic\b")


def read_traits(reading: Reading, node: Node | None) -> dict[str, Trait]:
    """``traits``: yes-or-no questions about a release. To be read last: a question this plan never asks is left out."""
    found = {}
    for key, value in reading.entries(node):
        trait = reading.line(value, partial(_trait, reading, key), value)
        if trait:
            found[key.value] = trait
    return found


def _trait(reading: Reading, name: Text, node: Node) -> Trait:
    fields = reading.mapping(node) or Entries(node.place, ())
    ask = fields.get("ask")
    if ask and _NEGATED.search(reading.text(ask)):
        reading.problems.error(
            ask.place, 'a question with "not" is easily answered the wrong way round; ask it without'
        )
    return Trait(
        name.value,
        ask=reading.text(ask) or f"{name.value}?",
        at=_asked_at(reading, fields.get("at"), needed=name.value in reading.traits_used),
        paths=reading.texts(fields.get("paths")),
        labels=reading.texts(fields.get("labels")),
    )


def read_inputs(reading: Reading, node: Node | None) -> dict[str, Input]:
    """``inputs``: texts asked for when a release is created, or at their ``at``."""
    found = {}
    for key, value in reading.entries(node):
        fields = value if isinstance(value, Entries) else Entries(value.place, ())
        ask = reading.text(fields.get("ask")) if isinstance(value, Entries) else reading.text(value)
        found[key.value] = Input(
            key.value,
            ask or f"{key.value}?",
            at=_asked_at(reading, fields.get("at"), needed=True),
            when=read_when(reading, fields.get("when")),
        )
    return found


def _asked_at(reading: Reading, node: Node | None, *, needed: bool) -> Moment | None:
    """When a question is asked. If that moment never comes in this plan, and the answer is needed: at the beginning."""
    try:
        return read_one_moment(reading, node)
    except LeftOut:
        if not needed:
            raise
        return None


def read_when(reading: Reading, node: Node | None, *, after_a_trigger: bool = False) -> When | None:
    """``when``: whether a line applies. ``automatic`` is known only in a rollback, ``after_a_trigger``."""
    known = after_a_trigger or "automatic" in reading.names.traits
    if isinstance(node, Text) and not known and _AUTOMATIC.search(node.value):
        reading.problems.error(
            node.place,
            '"automatic" is only known inside "rollback", where a trigger has fired; use a trait here',
        )
        return None
    when = reading.parse(node, parse_when, reading.names)
    if when:
        reading.traits_used.update(term.name for term in when.terms if term.kind == "trait")
    return when


def read_moment(reading: Reading, node: Node | None) -> Moment | None:
    """``at`` and ``due``. Raises LeftOut for a line of another file whose stage this plan does not have."""
    if not isinstance(node, Text):
        return reading.parse(node, parse_moment, reading.names)
    try:
        return parse_moment(node.value, reading.names)
    except UnknownName as mistake:
        if reading.elsewhere(node) and mistake.kind == "stage":
            raise LeftOut(f'this plan has no stage "{mistake.name}"') from mistake
        reading.error(node, mistake)
    except GrammarError as mistake:
        reading.error(node, mistake)
    return None


def read_one_moment(reading: Reading, node: Node | None) -> Moment | None:
    """As ``read_moment``, where a repeated one makes no sense."""
    moment = read_moment(reading, node)
    if isinstance(moment, Repeated) and isinstance(node, Text):
        reading.error(node, GrammarError(f'one moment is meant here; "{moment.text}" is many'))
        return None
    return moment
