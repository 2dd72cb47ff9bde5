"""From a plan file to the whole document: with its project, the plan it extends, what it includes, and its templates.

The project file is ``pilotage.yaml`` in the plan's folder or, inside a repository, in the nearest folder above it, up
to the root of the repository. What comes out is one tree, every node with the place where it was written, and one text
(``text``) that reads back as the same tree and is pinned into a release.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pilotage.adapters.plans_yaml.each import expand_each
from pilotage.adapters.plans_yaml.keys import FILES, LANGUAGE, PLAN, SECTIONS
from pilotage.adapters.plans_yaml.merge import (
    ABOUT_THE_FILE,
    check_drops,
    drop,
    include,
    line_name,
    merge,
    without,
)
from pilotage.adapters.plans_yaml.reader import MOST_BYTES, decode, read_tree
from pilotage.adapters.plans_yaml.render import digest, render
from pilotage.adapters.plans_yaml.strict import check_file, kind_of
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Problems, Text
from pilotage.adapters.plans_yaml.variation import Skipped, Variation, refuse_variations
from pilotage.domain.errors import UsageError
from pilotage.domain.ids import slug

PROJECT_FILE = "pilotage.yaml"
MOST_EXTENDS = 2
"""How many plans may stand behind a plan."""

_NOT_SENT = (
    "is another file, and this plan was sent alone; send what `pilotage plan show --whole FILE` prints"
)


@dataclass(frozen=True)
class Document:
    """A plan file with everything it refers to.

    ``kind`` is plan, project or campaign. ``tree`` is the merged tree; a ``template`` that still stands in a message
    names a file that is not there (the others have become the message's ``text``). ``project`` is the project file's
    tree, ``files`` every file that was read, ``skipped`` the stages a variation leaves out.
    """

    kind: str
    tree: Entries
    file: str
    project: Entries | None = None
    files: tuple[Path, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @cached_property
    def text(self) -> str:
        """The resolved document, in canonical YAML: what ``plan show --whole`` prints and a release is pinned to."""
        return render(self.tree)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of ``text``; approvals are given for it."""
        return digest(self.text)


def load_document(path: Path, problems: Problems) -> Document | None:
    """Read a plan, project or campaign file and all that belongs to it. None when there is nothing to go on with.

    Every mistake of every file goes to ``problems``. Raises UsageError when ``path`` is no readable file.
    """
    try:
        data = _bytes_of(path)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise UsageError(
            f"{path}: {reason}", "Say which plan file you mean, such as plans/checkout.yaml."
        ) from error
    return _Loader(problems).document(path, data)


def load_text(text: str, name: str, problems: Problems) -> Document | None:
    """As ``load_document``, for a file that was sent from elsewhere: ``name`` only says how to call it.

    No file of this machine is looked at. One the text refers to is a mistake of the text; a template, a doubt.
    """
    return _Loader(problems, alone=True).document(Path(name), text.encode("utf-8", "surrogatepass"))


def read_resolved(text: str, problems: Problems) -> Entries | None:
    """The tree of a resolved document (``Document.text``). It refers to no other file."""
    return read_tree(text, "plan", problems)


@dataclass
class _Loader:
    """Reads files for one document."""

    problems: Problems
    alone: bool = False
    """Whether the text was sent without its neighbours, so that no other file may be read."""
    read: dict[str, Path] = field(default_factory=dict)
    """Every file that was read, by the name places carry."""
    reading: list[Path] = field(default_factory=list)
    """Files on the way down, to find circles."""
    skipped: list[Skipped] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------ documents

    def document(self, path: Path, data: bytes) -> Document | None:
        """The document that begins in ``path``."""
        tree = self._parse(path, data)
        if tree is None:
            return None
        kind, file = kind_of(tree), _shown(path)
        if kind is None:
            self.problems.error(
                tree.place,
                'a plan file begins with "plan: NAME" (a shared one with "project: NAME"); this has neither',
            )
            return None
        check_file(tree, FILES[kind], self.problems)
        tree = self._included(tree, path)
        if kind != "plan":
            return Document(kind, tree, file, files=tuple(self.read.values()))
        plan, droppable = self._extended(tree, path, level=0)
        project = self._project(path)
        if project is not None:
            shared, more = drop(without(project, *ABOUT_THE_FILE), plan.get("drop"))
            plan, droppable = merge(shared, plan), droppable | more
        check_drops(tree.get("drop"), droppable, self.problems)
        if "stages" not in plan:
            self.problems.error(tree.place, 'a plan needs "stages", one at least')
        plan = self._with_templates(expand_each(_ordered(plan), self.problems))
        return Document(kind, plan, file, project, tuple(self.read.values()), tuple(self.skipped))

    def _extended(self, tree: Entries, path: Path, level: int) -> tuple[Entries, set[str]]:
        """The plan laid upon the plan it extends, if it does; and the ids of that plan that could be dropped."""
        extends = tree.get("extends")
        if not isinstance(extends, Text):
            refuse_variations(tree, self.problems)
            return tree, set()
        found = self._base(extends, path, level)
        if found is None:
            return tree, set()
        base_path, base = found
        check_file(base, PLAN, self.problems)
        with _OnTheWay(self, path):
            base, below = self._extended(self._included(base, base_path), base_path, level + 1)
        check_drops(base.get("drop"), below, self.problems)
        base, droppable = drop(without(base, *ABOUT_THE_FILE), tree.get("drop"))
        return merge(base, tree, stages=Variation(self.problems, self.skipped).join), droppable

    def _base(self, extends: Text, path: Path, level: int) -> tuple[Path, Entries] | None:
        """The plan that is extended; None after telling why it cannot be."""
        if level == MOST_EXTENDS:
            message = f"a plan has at most {MOST_EXTENDS} others behind it; this would be one more"
            self.problems.error(extends.place, message)
            return None
        found = self._other(path, extends)
        if found is not None and kind_of(found[1]) != "plan":
            self.problems.error(extends.place, f'"{extends.value}" is no plan; only a plan can be extended')
            return None
        return found

    def _project(self, path: Path) -> Entries | None:
        """The project file's tree, with what it includes."""
        file = None if self.alone else _project_file(path)
        if file is None:
            return None
        try:
            data = _bytes_of(file)
        except OSError as error:
            message = f"cannot read the project file {_shown(file)} ({(error.strerror or 'no reason given').lower()})"
            self.problems.error(Place(_shown(path), 1, 1), message)
            return None
        tree = self._parse(file, data)
        if tree is None:
            return None
        if kind_of(tree) != "project":
            self.problems.error(
                tree.place, f'{PROJECT_FILE} holds what plans share; it begins with "project: NAME"'
            )
            return None
        check_file(tree, FILES["project"], self.problems)
        return self._included(tree, file)

    def _included(self, tree: Entries, path: Path) -> Entries:
        """The tree with the files it includes."""
        named = tree.get("include")
        for name in named.items if isinstance(named, Items) else (named,) if named else ():
            found = self._other(path, name) if isinstance(name, Text) else None
            if found is None or not isinstance(name, Text):
                continue
            file, other = found
            if kind := kind_of(other):
                self.problems.error(
                    name.place, f'"{name.value}" is a {kind} file; "include" takes files of sections only'
                )
                continue
            check_file(other, SECTIONS, self.problems)
            with _OnTheWay(self, path):
                tree = include(tree, self._included(other, file), self.problems)
        return tree

    # ------------------------------------------------------------------------------------------ files

    def _other(self, path: Path, name: Text) -> tuple[Path, Entries] | None:
        """A file that ``path`` names, read; None after telling why not."""
        other = path.parent / name.value
        if not self.alone and other.resolve() in (path.resolve(), *(p.resolve() for p in self.reading)):
            self.problems.error(
                name.place, f'"{name.value}" leads back to this file; files cannot go round in a circle'
            )
            return None
        data = self._bytes(other, name)
        tree = self._parse(other, data) if data is not None else None
        return (other, tree) if tree is not None else None

    def _bytes(self, path: Path, name: Text) -> bytes | None:
        if self.alone:
            self.problems.error(name.place, f'"{name.value}" {_NOT_SENT}')
            return None
        try:
            return _bytes_of(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no such file"
            message = f'cannot read "{name.value}" ({reason.lower()}); looked for {_shown(path)}{_near(path)}'
            self.problems.error(name.place, message)
            return None

    def _parse(self, path: Path, data: bytes) -> Entries | None:
        file = _shown(path)
        self.read[file] = path
        text = decode(data, file, self.problems)
        return None if text is None else read_tree(text, file, self.problems)

    # ------------------------------------------------------------------------------------------ templates

    def _with_templates(self, tree: Entries) -> Entries:
        """The tree with every message's template read in as its text, so that it is pinned with the plan."""
        messages = tree.get("messages")
        if not isinstance(messages, Items):
            return tree
        lines = Items(messages.place, tuple(self._with_template(line) for line in messages.items))
        return Entries(
            tree.place, tuple((k, lines if k.value == "messages" else v) for k, v in tree), tree.flow
        )

    def _with_template(self, line: Node) -> Node:
        template = line.get("template") if isinstance(line, Entries) else None
        if not isinstance(line, Entries) or not isinstance(template, Text):
            return line
        if "text" in line:
            self.problems.error(template.place, 'a message has "text" or "template", one of the two')
            return line
        text = self._template(template)
        if text is None:
            return line
        entries = [
            (replace(key, value="text"), replace(template, value=text, quoted=True))
            if value is template
            else (key, value)
            for key, value in line
        ]
        if (
            "id" not in line and "message" not in line
        ):  # its id stays that of the file's name, whatever the file says
            known = slug(line_name("messages", line))
            entries.insert(0, (Text(template.place, "id"), Text(template.place, known)))
        return Entries(line.place, tuple(entries))

    def _template(self, template: Text) -> str | None:
        """What a template file says; None, with a doubt, when it is not there yet."""
        if self.alone:
            self.problems.warn(template.place, f'template "{template.value}" {_NOT_SENT}')
            return None
        written_in = self.read.get(template.place.file)
        path = (written_in.parent if written_in else Path()) / template.value
        try:
            data = _bytes_of(path)
        except (OSError, ValueError):
            self.problems.warn(
                template.place, f'template "{template.value}" is not there yet; looked for {_shown(path)}'
            )
            return None
        return decode(data, _shown(path), self.problems)


class _OnTheWay:
    """While another file is read, the one that named it stands on the way; meeting it again is a circle."""

    def __init__(self, loader: _Loader, path: Path) -> None:
        self.loader = loader
        self.path = path

    def __enter__(self) -> None:
        self.loader.reading.append(self.path)

    def __exit__(self, *_: object) -> None:
        self.loader.reading.pop()


def _project_file(plan: Path) -> Path | None:
    """The project file of a plan: in its folder, or in the nearest folder above it within the same repository."""
    folder = plan.resolve().parent
    inside = [folder]
    for above in _up(folder):
        if any((above / mark).exists() for mark in (".git", ".hg", ".svn")):
            inside = [each for each in _up(folder) if each.is_relative_to(above)]
            break
    for each in inside:
        file = each / PROJECT_FILE
        if file.is_file() and file != plan.resolve():
            return file
    return None


def _up(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _bytes_of(path: Path) -> bytes:
    """The bytes of a file, as far as a plan file may go and one further, so that a longer one is noticed."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _shown(path: Path) -> str:
    """How places name a file: from the current folder where it is below it, else in full."""
    full = path.resolve()
    try:
        here = Path.cwd()
    except FileNotFoundError:  # somebody removed the current folder
        return str(full)
    return str(full.relative_to(here) if full.is_relative_to(here) else full)


def _near(path: Path) -> str:
    """A file that was perhaps meant."""
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _ordered(tree: Entries) -> Entries:
    """The merged plan: ``language`` and ``plan`` first, then its sections in the order of the key table."""
    order = {name: number for number, name in enumerate(PLAN.keys)}
    plan = [(key, value) for key, value in tree if key.value == "plan"]
    rest = [(key, value) for key, value in tree if key.value not in ABOUT_THE_FILE]
    rest.sort(key=lambda entry: order.get(entry[0].value, len(order)))
    start = Place(tree.place.file, 1, 1)
    return Entries(tree.place, ((Text(start, "language"), Text(start, LANGUAGE)), *plan, *rest))
