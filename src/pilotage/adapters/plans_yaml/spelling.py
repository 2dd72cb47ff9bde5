"""One spelling of names: a name used in another spelling than declared (``error_rate``) is written as declared.

Only names that the file itself declares are known here, and only values that can name them are touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from pilotage.adapters.plans_yaml.keys import FILES, SECTIONS, resolve
from pilotage.adapters.plans_yaml.keys.shape import Either, Form, ListOf, Named, Table, Word
from pilotage.adapters.plans_yaml.strict import kind_of
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Text
from pilotage.domain.ids import same_name

_DECLARED_BY_KEY = (
    "metrics",
    "roles",
    "people",
    "windows",
    "environments",
    "traits",
    "channels",
    "audiences",
    "procedures",
)

Speller = Callable[[str], str]


def one_spelling(tree: Entries) -> Entries:
    """The tree with every name spelled as the file declares it."""
    kind = kind_of(tree)
    spellers = {section: _speller(names) for section, names in _declared(tree).items() if names}
    return _Respelled(spellers).entries(tree, FILES[kind] if kind else SECTIONS)


def _declared(tree: Entries) -> dict[str, list[str]]:
    """The names a file declares, by the section that declares them."""
    declared = {name: _keys(tree.get(name)) for name in _DECLARED_BY_KEY}
    exposure, stages, messages = tree.get("exposure"), tree.get("stages"), tree.get("messages")
    declared["segments"] = _keys(exposure.get("segments")) if isinstance(exposure, Entries) else []
    declared["stages"] = _texts(stages, "stage")
    declared["messages"] = _texts(messages, "message")
    return declared


def _keys(node: Node | None) -> list[str]:
    return [key.value for key, _ in node] if isinstance(node, Entries) else []


def _texts(node: Node | None, key: str) -> list[str]:
    lines = (
        [line.get(key) for line in node.items if isinstance(line, Entries)] if isinstance(node, Items) else []
    )
    return [text.value for text in lines if isinstance(text, Text)]


def _speller(names: Iterable[str]) -> Speller:
    """A function that writes each of ``names`` in a text as it is declared."""
    spelled = {same_name(name): name for name in names if same_name(name)}
    longest_first = sorted(spelled, key=len, reverse=True)
    patterns = (r"[ _-]+".join(map(re.escape, name.split())) for name in longest_first)
    anywhere = re.compile(rf"(?<![\w{{-])(?:{'|'.join(patterns)})(?![\w}}-])", re.IGNORECASE)
    return lambda text: anywhere.sub(lambda found: spelled.get(same_name(found[0]), found[0]), text)


class _Respelled:
    """A walk along the key table."""

    def __init__(self, spellers: dict[str, Speller]) -> None:
        self._spellers = spellers

    def entries(self, node: Entries, table: Table) -> Entries:
        """A mapping with fixed keys."""
        changed = (
            (k, self._node(v, table.keys[k.value].value) if k.value in table.keys else v) for k, v in node
        )
        return replace(node, entries=tuple(changed))

    def _node(self, node: Node, form: Form) -> Node:
        """A node of a form."""
        form = resolve(form)
        if isinstance(form, Either):
            return next((new for each in form.forms if (new := self._node(node, each)) != node), node)
        if isinstance(form, Word) and isinstance(node, Text):
            return self._text(node, form.names)
        if isinstance(form, ListOf) and isinstance(node, Items):
            return replace(node, items=tuple(self._node(item, form.item) for item in node.items))
        if isinstance(form, Named) and isinstance(node, Entries):
            changed = ((self._text(k, form.names), self._node(v, form.value)) for k, v in node)
            return replace(node, entries=tuple(changed))
        if isinstance(form, Table) and isinstance(node, Entries):
            return self.entries(node, form)
        return node

    def _text(self, text: Text, sections: tuple[str, ...]) -> Text:
        """A text that may name things of these sections."""
        value = text.value
        for section in sections:
            if section in self._spellers:
                value = self._spellers[section](value)
        return text if value == text.value else replace(text, value=value)
