"""What every part of the compiler reads with: nodes to values, names to what is declared, mistakes to their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Concatenate, ParamSpec, TypeVar

from pilotage.adapters.plans_yaml.compile.declared import declared_names, vacant_roles
from pilotage.adapters.plans_yaml.compile.outline import Outliner
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.grammar.names import Known
from pilotage.adapters.plans_yaml.grammar.numbers import parse_boolean, parse_choice
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text
from pilotage.domain.conditions import Condition
from pilotage.domain.ids import same_name
from pilotage.domain.plan import NotYet

Value = TypeVar("Value")
Line = TypeVar("Line")
Word = TypeVar("Word", bound=StrEnum)
More = ParamSpec("More")


class LeftOut(Exception):
    """A line that does not count in this plan, and why: its stage is not there, or an optional role is held by nobody."""


class Reading:
    """One plan being read: its outline, the names in scope, the problems found and the forms not yet carried out.

    Every method takes a node that may be missing (None) or of the wrong type. The strict check of the document layer
    has told of wrong types already; here they read as missing, and are only told if nobody else did (``finish``).
    """

    def __init__(self, problems: Problems, root: Entries, file: str, shared: str = "") -> None:
        """``file`` is the plan's own file, ``shared`` its project's.

        Lines of other files may be left out where this plan lacks their stage, those of the project also where it
        lacks their step: they are written for many plans.
        """
        self.problems = problems
        self.outliner = Outliner(problems)
        self.outline = self.outliner.outline(root)
        self.names = declared_names(root, self.outline)
        self.file = file
        self.shared = shared
        self.not_yet: list[NotYet] = []
        self.vacant = vacant_roles(root)
        """Folded names of the optional roles nobody holds."""
        self.has_matrix = False
        """Whether the plan's release type lists approvals."""
        self.messages: dict[str, str] = {}
        """Ids of the named messages, by folded name."""
        self.names_of_messages: tuple[str, ...] = ()
        """Those names as written."""
        self.flag_name = ""
        """The flag of ``exposure``; empty where the plan has none."""
        self.exposure_via = ""
        """What moves that flag."""
        self.conditions: list[tuple[Place, Condition, str]] = []
        """Every condition read, with its place and the stage (or ``rollback``) it belongs to, for checks over the whole."""
        self.traits_used: set[str] = set()
        """The traits some ``when`` asks for."""
        self.guarded: list[tuple[Place, str]] = []
        """Every metric that a guard reads, with the place of its guard."""
        self._doubts: list[tuple[Place, str]] = []

    # ------------------------------------------------------------------------------------------ plain values

    def text(self, node: Node | None) -> str:
        """The text; empty where there is none."""
        if node is None:
            return ""
        if isinstance(node, Text):
            return node.value
        self.doubt(node.place, "expected a text here")
        return ""

    def items(self, node: Node | None) -> tuple[Node, ...]:
        """The items of a list; a single text or mapping reads as a list of one."""
        if node is None:
            return ()
        return node.items if isinstance(node, Items) else (node,)

    def texts(self, node: Node | None) -> tuple[str, ...]:
        """The texts of a list, or one text."""
        return tuple(item.value for item in self.text_nodes(node))

    def text_nodes(self, node: Node | None) -> tuple[Text, ...]:
        """As ``texts``, with their places."""
        found = []
        for item in self.items(node):
            if isinstance(item, Text):
                found.append(item)
            else:
                self.doubt(item.place, "expected a text here")
        return tuple(found)

    def entries(self, node: Node | None) -> Iterator[tuple[Text, Node]]:
        """The entries of a mapping; nothing for anything else."""
        if isinstance(node, Entries):
            yield from node
        elif node is not None:
            self.doubt(node.place, 'expected lines of "name: value" here')

    def mapping(self, node: Node | None) -> Entries | None:
        """The node if it is a mapping."""
        if node is None or isinstance(node, Entries):
            return node
        self.doubt(node.place, 'expected lines of "name: value" here')
        return None

    def pairs(self, node: Node | None) -> tuple[tuple[str, str], ...]:
        """A mapping of texts, in order."""
        return tuple((key.value, self.text(value)) for key, value in self.entries(node))

    def flag(self, node: Node | None, default: bool = False) -> bool:
        """``true`` or ``false``, the only booleans of the language (the strict check tells of others)."""
        found = self.recheck(node, parse_boolean)
        return default if found is None else found

    def word(self, node: Node | None, words: type[Word], default: Word) -> Word:
        """One word of a fixed list."""
        return words(self.choice(node, tuple(words), default))

    def choice(self, node: Node | None, words: Iterable[str], default: str) -> str:
        """As ``word``, over plain texts."""
        found = self.recheck(node, parse_choice, words)
        return default if found is None else found

    # ------------------------------------------------------------------------------------------ grammars and names

    def parse(
        self,
        node: Node | None,
        grammar: Callable[Concatenate[str, More], Value],
        *more: More.args,
        **named: More.kwargs,
    ) -> Value | None:
        """What a grammar makes of a text; None where there is no text, or where it cannot be read (told at its place)."""
        if node is None:
            return None
        if not isinstance(node, Text):
            self.doubt(node.place, "expected a text here")
            return None
        try:
            return grammar(node.value, *more, **named)
        except GrammarError as mistake:
            self.error(node, mistake)
            return None

    def recheck(
        self,
        node: Node | None,
        grammar: Callable[Concatenate[str, More], Value],
        *more: More.args,
        **named: More.kwargs,
    ) -> Value | None:
        """As ``parse``, for what the strict check knows too: its word counts, ours is only told if it says nothing."""
        if not isinstance(node, Text):
            return None
        try:
            return grammar(node.value, *more, **named)
        except GrammarError as mistake:
            self.doubt(node.place, mistake.message)
            return None

    def error(self, node: Text, mistake: GrammarError) -> None:
        """Tell a grammar's mistake where it stands in the file."""
        # A text over several lines (a block) has no column for an offset; its place is the best there is.
        offset = 0 if "\n" in node.value else mistake.offset + node.quoted
        self.problems.error(node.place, mistake.message, offset)

    def name(self, node: Node | None, known: Known[str]) -> str:
        """The declared spelling of a name; empty where it is missing or unknown (told)."""
        return self.parse(node, known.get) or ""

    def names_in(self, node: Node | None, known: Known[str]) -> tuple[str, ...]:
        """As ``name``, for one or a list."""
        found = (self.name(item, known) for item in self.text_nodes(node))
        return tuple(name for name in found if name)

    # ------------------------------------------------------------------------------------------ lines that may be left out

    def lines(self, node: Node | None, read: Callable[[Node], Value | None]) -> tuple[Value, ...]:
        """What ``read`` makes of each item of a list, without those that are left out (each is said)."""
        return tuple(made for item in self.items(node) if (made := self.line(item, read, item)) is not None)

    def line(self, node: Node, read: Callable[[Line], Value | None], line: Line) -> Value | None:
        """What ``read`` makes of a line that stands at ``node``; None, and said, where it is left out."""
        try:
            return read(line)
        except LeftOut as reason:
            if (
                self.outline.stages
            ):  # a project file alone has none: what hangs on them is judged with each plan
                self.problems.warn(node.place, f"left out: {reason}")
            return None

    def kept(self, node: Node | None, read: Callable[[Reading, Node | None], Value]) -> Value | None:
        """What must not be left out, because what it belongs to would mean something else without it: then it is a mistake."""
        try:
            return read(self, node)
        except LeftOut as reason:
            if node is not None:
                self.problems.error(node.place, f"this cannot be left out here, and {reason}")
            return None

    def occupied(self, roles: Iterable[str]) -> tuple[str, ...]:
        """The roles without the optional ones nobody holds. Raises LeftOut when none is left."""
        given = tuple(roles)
        kept = tuple(role for role in given if same_name(role) not in self.vacant)
        if given and not kept:
            raise LeftOut(f"it is for {', '.join(given)}, an optional role nobody holds")
        return kept

    def stage_place(self, stage: str, *keys: str) -> Place:
        """Where the first of these keys of a stage has its value; else the whole stage."""
        node = self.outline.node(stage)
        return next((value.place for key in keys if (value := node.get(key))), node.place)

    def elsewhere(self, node: Node) -> bool:
        """Whether the node stands in another file than the plan's own."""
        return node.place.file != self.file

    def in_project(self, node: Node) -> bool:
        """Whether the node stands in the project file."""
        return node.place.file == self.shared

    def yet(self, form: str, place: Place) -> None:
        """Note a form that is understood, but not yet carried out."""
        self.not_yet.append(NotYet(form, place.line, place.file))

    def doubt(self, place: Place, message: str) -> None:
        """A mistake the strict check should have told of; told here only if nothing else is said about its line."""
        self._doubts.append((place, message))

    def finish(self) -> None:
        """Tell of the doubts nobody else has complained about."""
        told = {(p.file, p.line) for p in self.problems.found if not p.warning}
        for place, message in self._doubts:
            if (place.file, place.line) not in told:
                self.problems.error(place, message)
