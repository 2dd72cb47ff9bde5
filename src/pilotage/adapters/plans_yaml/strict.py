"""The strict check (rule 7): every key known, every value of the right kind, every fixed word one of its list.

It runs on each file by itself, before anything is merged, so that every message points into the file that was written.
What a text means is asked later, by the grammars; here a text is only a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pilotage.adapters.plans_yaml.grammar.mistakes import (
    LISTED_IN_FULL,
    SHOWN_CHOICES,
    expected_one_of,
    suggest,
)
from pilotage.adapters.plans_yaml.keys import FILES, LANGUAGE, PLAN, TABLES, resolve
from pilotage.adapters.plans_yaml.keys.other_words import meant
from pilotage.adapters.plans_yaml.keys.shape import Either, Form, Key, ListOf, Named, Table, Word
from pilotage.adapters.plans_yaml.keys.steps import ACTIONS, STEP
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text
from pilotage.domain.ids import same_name

# Where a key that is right elsewhere is looked for, nearest first.
_ELSEWHERE = (
    TABLES["stage"],
    STEP,
    PLAN,
    TABLES["check"],
    TABLES["message"],
    TABLES["metric"],
    TABLES["type"],
)


def kind_of(tree: Entries) -> str | None:
    """Which kind of file it is: plan, project, campaign, or None (a file of sections)."""
    return next((kind for kind in FILES if kind in tree), None)


def check_file(tree: Entries, table: Table, problems: Problems) -> None:
    """Tell every mistake of one file against the table of its kind."""
    _check_head(tree, table, problems)
    _Strict(problems).table(tree, table)


def _check_head(tree: Entries, table: Table, problems: Problems) -> None:
    """``language: 1`` first where it is said at all, then the key that says which kind of file it is."""
    keys = [key for key, _ in tree]
    language = tree.get("language")
    if isinstance(language, Text) and language.value.isdigit() and language.value != LANGUAGE:
        problems.error(
            language.place,
            f"this Pilotage reads language {LANGUAGE}; the file is written in language {language.value}; "
            "use a newer Pilotage for it",
        )
    first = [key for key in keys if key.value != "language"]
    kind = next((name for name, each in FILES.items() if each is table), None)
    if language is not None and keys[0].value != "language":
        problems.error(_place(tree, "language"), 'put "language" first in the file')
    if kind is not None and kind in tree and first[0].value != kind:
        problems.error(
            _place(tree, kind), f'put "{kind}" first in the file; it says which kind of file this is'
        )


def _place(tree: Entries, key: str) -> Place:
    found = tree.key(key)
    return found.place if found else tree.place


class _Strict:
    """One walk over one file."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    # ------------------------------------------------------------------------------------------ by form

    def value(self, name: str, node: Node, form: Form, key: Key | None = None) -> None:
        """Check the value of ``name`` against a form."""
        fitting = _fitting(form, node)
        if fitting is None:
            self._wrong_kind(name, node, form, key)
        elif isinstance(fitting, Word) and isinstance(node, Text):
            self._word(node, fitting)
        elif isinstance(fitting, ListOf) and isinstance(node, Items):
            for item in node.items:
                self.value(name, item, fitting.item, key)
        elif isinstance(fitting, Named) and isinstance(node, Entries):
            self._named(node, fitting)
        elif isinstance(fitting, Table) and isinstance(node, Entries):
            self.table(node, fitting)

    def _word(self, node: Text, word: Word) -> None:
        """A fixed word, where only some are right."""
        if not word.one_of or node.value in word.one_of:
            return
        if word.pattern and re.fullmatch(word.pattern, node.value):
            return
        if word.expected:
            self.problems.error(node.place, f'expected {word.expected}; found "{node.value}"')
        else:
            self.problems.error(node.place, expected_one_of(node.value, word.one_of, also=word.also).message)

    def _named(self, node: Entries, named: Named) -> None:
        """The plan's own names: none empty, none twice in another spelling."""
        seen: dict[str, Text] = {}
        for key, value in node:
            folded = key.value if named.exact else same_name(key.value)
            if not folded:
                self.problems.error(key.place, f"{named.what} needs a name")
            elif folded in seen:
                first = seen[folded]
                self.problems.error(
                    key.place,
                    f'"{key.value}" is the same name as "{first.value}" (line {first.place.line}): '
                    "case, space, - and _ are alike; keep one",
                )
            seen.setdefault(folded, key)
            self.value(key.value, value, named.value)

    def _wrong_kind(self, name: str, node: Node, form: Form, key: Key | None) -> None:
        """A list where a text is meant, and the like."""
        if key and key.if_list and isinstance(node, Items):
            items = [item.value for item in node.items if isinstance(item, Text)]
            message = key.if_list.format(items=", ".join(items), joined=" and ".join(items))
            self.problems.error(node.place, message)
            return
        if isinstance(node, Text) and resolve(form) is STEP:
            message = f'"{node.value}" is not a step; for a person\'s work write "do: {node.value}"'
            self.problems.error(node.place, message)
            return
        found = {Text: "a text", Items: "a list", Entries: 'lines of "name: value"'}[type(node)]
        takes = f"{describe(form)}, as in {name}: {key.example}" if key and key.example else describe(form)
        self.problems.error(node.place, f'"{name}" takes {takes}; found {found}')

    # ------------------------------------------------------------------------------------------ tables

    def table(self, node: Entries, table: Table) -> None:
        """Check a mapping with fixed keys."""
        if table is STEP and not self._is_step(node):
            return
        for key, value in node:
            known = table.keys.get(key.value)
            if known is None:
                self.problems.error(key.place, _unknown_key(key.value, table))
            else:
                self.value(key.value, value, known.value, known)
        for name, known in table.keys.items():
            if known.required and name not in node:
                self.problems.error(node.place, f'{table.title} needs "{name}": {_sentence(known.says)}')
        standing = [key for key, _ in node if key.value in table.one_of_keys]
        if table.one_of_keys and len(standing) != 1:
            self.problems.error(node.place, table.one_of_message)

    def _is_step(self, node: Entries) -> bool:
        """A step does one thing, and carries only what belongs to it. False when nobody can tell what it does."""
        actions = [key for key, _ in node if key.value in ACTIONS]
        if not actions and "undo" in node:
            actions = [key for key, _ in node if key.value == "undo"]
        if not actions:
            self._unknown_step(node)
            return False
        if len(actions) > 1:
            first, second = actions[0].value, actions[1].value
            self.problems.error(
                actions[1].place, f'a step does one thing; "{first}" and "{second}" are two steps'
            )
        for key, _ in node:
            belongs = STEP.keys[key.value].only_for if key.value in STEP.keys else ()
            if belongs and not any(action.value in belongs for action in actions):
                self.problems.error(
                    key.place, f'"{key.value}" belongs to {_or(belongs)}, not to {actions[0].value}'
                )
        return True

    def _unknown_step(self, node: Entries) -> None:
        unknown = next((key for key, _ in node if key.value not in STEP.keys), None)
        if unknown is None:
            message = f"a step says what it does; begin it with one of {_some(ACTIONS)}"
            self.problems.error(node.place, message)
            return
        word = meant(unknown.value, ACTIONS)
        hint = f'; did you mean "{word}"?' if word else suggest(unknown.value, ACTIONS)
        hint = hint or f"; expected one of {_some(ACTIONS)}"
        self.problems.error(unknown.place, f'unknown step "{unknown.value}"{hint}')


def _unknown_key(name: str, table: Table) -> str:
    """The message for a key the table does not have, with the best help there is."""
    message = f'unknown key "{name}" in {table.title}'
    if word := meant(name, table.keys):
        return f'{message}; did you mean "{word}"?'
    if elsewhere := next((each for each in _ELSEWHERE if each is not table and name in each.keys), None):
        return f"{message}; it belongs to {elsewhere.title}"
    return message + (suggest(name, table.keys) or f"; expected one of {_some(table.keys)}")


def _fitting(form: Form, node: Node) -> Form | None:
    """The form, or the one of several, that takes this kind of node; None when none does."""
    form = resolve(form)
    if isinstance(form, Either):
        return next((fit for each in form.forms if (fit := _fitting(each, node)) is not None), None)
    return form if isinstance(node, _TAKES[type(form)]) else None


_TAKES: dict[type, type] = {Word: Text, ListOf: Items, Named: Entries, Table: Entries}


def describe(form: Form) -> str:
    """A form in words: ``a duration such as "15m"``, ``a list of steps``."""
    form = resolve(form)
    if isinstance(form, Word):
        return f'{form.what} such as "{form.like[0]}"' if form.like else form.what
    if isinstance(form, ListOf):
        item = resolve(form.item)
        return f"a list, each item {item.title if isinstance(item, Table) else describe(item)}"
    if isinstance(form, Named):
        return f'lines of "{form.what.split(" ", 1)[-1]}: value"'
    if isinstance(form, Table):
        return f"lines with the keys {_some(form.keys)}"
    assert isinstance(form, Either)
    return ", or ".join(dict.fromkeys(describe(each) for each in form.forms))


def _some(words: Iterable[str]) -> str:
    """A few of many words."""
    known = list(words)
    if len(known) <= LISTED_IN_FULL:
        return ", ".join(known)
    return f"{', '.join(known[:SHOWN_CHOICES])}, … and {len(known) - SHOWN_CHOICES} more"


def _or(words: Iterable[str]) -> str:
    """``run, migrate or smoke``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _sentence(says: str) -> str:
    """A line of the table inside a sentence."""
    return says[0].lower() + says[1:].rstrip(".")
