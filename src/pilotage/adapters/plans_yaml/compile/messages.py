"""Messages: channels, audiences and the rows that say who hears what, when."""

from __future__ import annotations

from dataclasses import replace

from pilotage.adapters.plans_yaml.compile.declared import AUDIENCES, CHANNELS, audience_names
from pilotage.adapters.plans_yaml.compile.outline import Ids
from pilotage.adapters.plans_yaml.compile.reading import Reading
from pilotage.adapters.plans_yaml.compile.traits import read_moment, read_when
from pilotage.adapters.plans_yaml.grammar.moments import RELEASE_STARTS
from pilotage.adapters.plans_yaml.grammar.names import Known
from pilotage.adapters.plans_yaml.merge import line_name
from pilotage.adapters.plans_yaml.tree import Entries, Node, Text
from pilotage.domain.ids import same_name
from pilotage.domain.messages import AudienceOfMessages, Channel, MessageRow
from pilotage.domain.moments import Moment, Repeated

KINDS = ("maintenance", "in progress", "announcement", "resolved", "incident")
_TYPES = ("email", "webhook", "file", "terminal", "by hand")
_ABOUT = ("type", "address", "reads", "describe")
_ADDRESS = {"webhook": "url", "file": "path"}
"""Another key under which the address of a channel of that type may stand."""


def read_channels(reading: Reading, node: Node | None) -> dict[str, Channel]:
    """``channels``, and the built-in ones, which are a person's task until they are connected."""
    found = {key.value: _channel(reading, key, value) for key, value in reading.entries(node)}
    known = {same_name(name) for name in found}
    return found | {name: Channel(name, type=name) for name in CHANNELS if same_name(name) not in known}


def _channel(reading: Reading, name: Text, node: Node) -> Channel:
    fields = reading.mapping(node) or Entries(node.place, ())
    # A name of a type is enough (``email: {host: …}``); an address on the web makes any other one a webhook.
    usual = next(
        (t for t in _TYPES if t == same_name(name.value)), "webhook" if "url" in fields else name.value
    )
    kind = reading.choice(fields.get("type"), _TYPES, usual)
    settings = tuple((k.value, v.value) for k, v in fields if k.value not in _ABOUT and isinstance(v, Text))
    address = reading.text(fields.get("address") or fields.get(_ADDRESS.get(kind, "address")))
    return Channel(
        name.value,
        type=kind,
        address=address,
        settings=settings,
        reads=reading.flag(fields.get("reads")),
        describe=reading.text(fields.get("describe")),
        connected=kind == "terminal"
        or (kind in _ADDRESS and bool(address))
        or (kind == "email" and "host" in fields),
    )


def read_audiences(reading: Reading, node: Node | None) -> dict[str, AudienceOfMessages]:
    """``audiences``, and the built-in ones."""
    found = {key.value: _audience(reading, key.value, value) for key, value in reading.entries(node)}
    known = {same_name(name) for name in found}
    return found | {name: AudienceOfMessages(name) for name in AUDIENCES if name not in known}


def _audience(reading: Reading, name: str, node: Node) -> AudienceOfMessages:
    fields = reading.mapping(node) or Entries(node.place, ())
    return AudienceOfMessages(
        name,
        via=reading.names_in(fields.get("via"), reading.names.channels),
        addresses=reading.texts(fields.get("addresses") or fields.get("address")),
        describe=reading.text(fields.get("describe")),
    )


def read_messages(
    reading: Reading, root: Entries, audiences: dict[str, AudienceOfMessages]
) -> tuple[MessageRow, ...]:
    """``messages``: sent by the calendar (``at``) or by a ``notify`` step (``message``, a name)."""
    ids, known = Ids(), audience_names(root, reading.names)
    return reading.lines(root.get("messages"), lambda node: _row(reading, node, ids, known, audiences))


def _row(
    reading: Reading, node: Node, ids: Ids, known: Known[str], audiences: dict[str, AudienceOfMessages]
) -> MessageRow | None:
    fields = reading.mapping(node)
    if fields is None:
        return None
    name, at = reading.text(fields.get("message")), fields.get("at")
    text, template = reading.text(fields.get("text")), reading.text(fields.get("template"))
    row = ids.give(line_name("messages", fields))
    if template:  # one that was found has become the text
        reading.yet(f'the template "{template}", which is not there', fields.place)
    if bool(name) == (at is not None):
        reading.doubt(
            node.place,
            'a message has "at" (sent by the calendar) or "message" (a name, sent by a notify step), one of the two',
        )
    if name:
        reading.messages.setdefault(same_name(name), row)
        reading.names_of_messages = (*reading.names_of_messages, name)
    if not text and not template:
        reading.problems.error(node.place, 'a message says something: add "text" or "template"')
    to = reading.occupied(reading.names_in(fields.get("to"), known))
    via = reading.names_in(fields.get("via"), reading.names.channels)
    if "via" not in fields:
        via = tuple(dict.fromkeys(c for name in to if name in audiences for c in audiences[name].via))
    if not via and "via" not in fields and to:
        reading.problems.error(
            node.place,
            f'say how this is sent, such as "via: email"; {" and ".join(to)} has no channel of its own',
        )
    return MessageRow(
        row,
        to,
        via,
        at=_moment(reading, at),
        text=text,
        subject=reading.text(fields.get("subject")),
        kind=reading.choice(fields.get("kind"), KINDS, ""),
        when=read_when(reading, fields.get("when"), after_a_trigger=True),
    )


def _moment(reading: Reading, node: Node | None) -> Moment | None:
    """A repeated message without a beginning belongs to no release; with an end alone it begins with the release."""
    moment = read_moment(reading, node)
    if node is None or not isinstance(moment, Repeated) or moment.starts:
        return moment
    if moment.ends:
        return replace(moment, starts=RELEASE_STARTS)
    reading.yet(f'a message outside of any release ("{moment.text}")', node.place)
    return moment
