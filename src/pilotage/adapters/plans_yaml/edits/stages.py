"""Edits of stages: what has been passed is history, what is on goes no further, what comes later may change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pilotage.adapters.plans_yaml.compile.outline import Ids, StageOutline, StepOutline
from pilotage.adapters.plans_yaml.edits.differences import (
    Edit,
    EditKind,
    Progress,
    called,
    changed_keys,
    condition_edits,
    guard_edits,
    listed,
    text_of,
)
from pilotage.adapters.plans_yaml.edits.strictness import rises
from pilotage.adapters.plans_yaml.grammar.durations import parse_bake
from pilotage.adapters.plans_yaml.grammar.mistakes import GrammarError
from pilotage.adapters.plans_yaml.merge import words
from pilotage.adapters.plans_yaml.tree import Entries, Items, Node, Place, Text

_FREE_IN_STAGE = ("title", "goal", "audience", "owner", "takes")
_FREE_IN_LINE = ("name", "takes", "covers", "look-at", "by-hand")
_WORDS = ("do", "check", "meeting")
"""What a person's line says; rewording it is free where its id is pinned."""


def stage_edits(
    before: Sequence[StageOutline], after: Sequence[StageOutline], place: Place, progress: Progress
) -> Iterator[Edit]:
    """Every difference of the stages; ``place`` is where the new list stands."""
    old, new = {stage.id: stage for stage in before}, {stage.id: stage for stage in after}
    begun = [each for each in old if each in progress.passed or each == progress.current]
    if list(new)[: len(begun)] != begun:
        sentence = "the stages the release has reached, their ids and their order cannot change"
        yield Edit(EditKind.REFUSED, place, sentence)
    for gone in (each for each in old if each not in new and each not in begun):
        yield Edit(EditKind.APPROVAL, place, f'the stage "{gone}" is gone')
    for added in (each for each in new if each not in old):
        yield Edit(EditKind.APPROVAL, new[added].node.place, f'the stage "{added}" is new')
    shared = [each for each in new if each in old]
    if [each for each in shared if each not in begun] != [
        each for each in old if each in new and each not in begun
    ]:
        yield Edit(EditKind.APPROVAL, place, "later stages change their order")
    for each in shared:
        yield from _stage(old[each], new[each], progress)


def _stage(old: StageOutline, new: StageOutline, progress: Progress) -> Iterator[Edit]:
    """One stage in both plans."""
    passed, current = old.id in progress.passed, old.id == progress.current
    for name, before, after, place in changed_keys(old.node, new.node):
        what = f'"{name}" of the stage "{old.id}"'
        if name in _FREE_IN_STAGE or name in (
            "stage",
            "id",
        ):  # its id is the same, or it would be another stage
            yield Edit(EditKind.FREE, place, f"{what} changes")
        elif name in ("steps", "prepare"):
            steps = (old.steps, new.steps) if name == "steps" else (old.prepare, new.prepare)
            yield from _steps(what, *steps, place, progress, passed=passed)
        elif passed:
            yield Edit(EditKind.REFUSED, place, f"{what} changes, and that stage has been passed")
        elif name in ("expose", "ramp"):
            yield _reach(what, before, after, place, current=current)
        elif name in ("gate", "before", "judge"):
            yield from _checks(what, before, after, place)
        elif name == "guard":
            yield from guard_edits(before, after, place)
        elif name == "bake":
            yield _bake(what, text_of(before), text_of(after), place)
        else:
            yield Edit(EditKind.APPROVAL, place, f"{what} changes")


def _reach(what: str, before: Node | None, after: Node | None, place: Place, *, current: bool) -> Edit:
    """Who can meet the change: no further in the stage that is on, and further later only if that is approved."""
    further = rises(words(before), words(after))
    if current and further is not False:
        sentence = f"{what} may reach further, and that stage is on; put a new stage after it"
        return Edit(EditKind.REFUSED, place, sentence)
    how = "reaches less far" if further is False else "may reach further"
    return Edit(EditKind.APPROVAL, place, f"{what} {how}")


def _bake(what: str, old: str, new: str, place: Place) -> Edit:
    """A longer bake is free."""
    try:
        before, after = parse_bake(old), parse_bake(new)
    except GrammarError:
        return Edit(EditKind.APPROVAL, place, f"{what} changes")
    most = [(bake.most or bake.least).approximate_seconds for bake in (before, after)]
    longer = after.least.approximate_seconds >= before.least.approximate_seconds and most[1] >= most[0]
    if longer and before.ongoing == after.ongoing:
        return Edit(EditKind.FREE, place, f"{what} becomes longer")
    return Edit(EditKind.APPROVAL, place, f"{what} becomes shorter, or says something else")


# ---------------------------------------------------------------------------------------------- lines with ids


def _checks(what: str, before: Node | None, after: Node | None, place: Place) -> Iterator[Edit]:
    """A gate: conditions by their numbers, people's lines by their ids."""
    conditions = [
        Items(place, tuple(x for x in listed(node) if isinstance(x, Text))) for node in (before, after)
    ]
    yield from condition_edits(conditions[0], conditions[1], place, what, alarm=False)
    yield from _by_id(_check_ids(before), _check_ids(after), what, place)


def _check_ids(node: Node | None) -> dict[str, Entries]:
    """The lines people tick, by id."""
    ids = Ids()
    lines = (line for line in listed(node) if isinstance(line, Entries))
    return {ids.give(text_of(line.get("id")) or text_of(line.get("check"))): line for line in lines}


def _by_id(old: dict[str, Entries], new: dict[str, Entries], what: str, place: Place) -> Iterator[Edit]:
    """Lines with ids: added, gone, moved, changed."""
    for each in (each for each in new if each not in old):
        yield Edit(EditKind.APPROVAL, new[each].place, f'{what}: "{called(new[each])}" is new')
    for each in (each for each in old if each not in new):
        yield Edit(
            EditKind.APPROVAL, place, f'{what}: "{called(old[each])}" is gone; pin an id before rewording'
        )
    shared = [each for each in new if each in old]
    if shared != [each for each in old if each in new]:
        yield Edit(EditKind.APPROVAL, place, f"{what}: lines change their order")
    for each in shared:
        yield from _line(old[each], new[each], what)


def _line(old: Entries, new: Entries, what: str) -> Iterator[Edit]:
    """One check or step in both plans."""
    for name, before, after, place in changed_keys(old, new):
        if name in _FREE_IN_LINE or name in _WORDS:
            yield Edit(EditKind.FREE, place, f'{what}: the words of "{called(new)}" change')
        elif name == "measure":
            yield from condition_edits(before, after, place, f'{what}: "{called(new)}"', alarm=False)
        else:
            yield Edit(EditKind.APPROVAL, place, f'{what}: "{name}" of "{called(new)}" changes')


def _steps(
    what: str,
    before: Sequence[StepOutline],
    after: Sequence[StepOutline],
    place: Place,
    progress: Progress,
    *,
    passed: bool,
) -> Iterator[Edit]:
    """Steps by id; what a passed stage did is history, and a one-way door that was gone through stays one."""
    old, new = _step_ids(before), _step_ids(after)
    everywhere = {part.key: part.node for step in after for part in step.walk()}
    for part in (part for step in before for part in step.walk()):
        was_door = isinstance(part.node, Entries) and text_of(part.node.get("undo")) == "impossible"
        now = everywhere.get(part.key)
        still = isinstance(now, Entries) and text_of(now.get("undo")) == "impossible"
        if was_door and not still and (passed or part.key in progress.ran):
            sentence = f'"{part.name}" ran and cannot be undone; "undo: impossible" stays'
            yield Edit(EditKind.REFUSED, now.place if now else place, sentence)
    for edit in _by_id(old, new, what, place):
        if passed and edit.kind is EditKind.APPROVAL:
            sentence = f"{edit.sentence}, and that stage has been passed"
            yield Edit(EditKind.REFUSED, edit.place, sentence)
        else:
            yield edit


def _step_ids(steps: Sequence[StepOutline]) -> dict[str, Entries]:
    return {step.id: step.node for step in steps if isinstance(step.node, Entries)}
