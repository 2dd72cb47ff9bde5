"""How the open questions of a release are answered: commands to copy, the same in every interface."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from pilotage.decisions import rollback
from pilotage.domain.events import QuestionKind
from pilotage.domain.release import Question, Release

_YES = (
    QuestionKind.GO,
    QuestionKind.APPROVAL,
    QuestionKind.VOTE,
    QuestionKind.CONFIRM,
    QuestionKind.DISCUSS,
)
_DONE = (QuestionKind.CHECK, QuestionKind.WORK)


@dataclass(frozen=True, slots=True)
class WayToAnswer:
    """How one open question is answered: whole command lines, quoted for a shell.

    ``commands`` say yes, or take one option each; ``refusing`` says no, empty where no is one of the options. Words in
    capitals stand for what only the answering person knows: ``WHY``, ``VALUE``, ``LINK``.
    """

    question: str
    text: str
    commands: tuple[str, ...]
    refusing: str


def ways_to_answer(release: Release) -> tuple[WayToAnswer, ...]:
    """Every open question of a release with the commands that answer it, in the order they were asked."""
    return tuple(_way(release, question) for question in release.questions.values())


def _way(release: Release, question: Question) -> WayToAnswer:
    def line(words: tuple[str, ...]) -> str:
        return shlex.join((*words, "--release", release.id)) if words else ""

    commands = tuple(line(words) for words in _answering(release, question))
    return WayToAnswer(question.id, question.text, commands, line(_refusing(question)))


def _answering(release: Release, question: Question) -> Iterator[tuple[str, ...]]:
    """The words of every command that answers, without the release."""
    if question.kind in _YES:
        yield "pilotage", "approve", question.id
    elif question.kind in _DONE:
        proof = ("--proof", "LINK") if _needs_proof(release, question.about) else ()
        yield "pilotage", "attest", question.about, *proof
    elif question.kind is QuestionKind.TRAIT:
        for answer in ("yes", "no"):
            yield "pilotage", "answer", "trait", question.about, answer
    elif question.kind is QuestionKind.NUMBER:
        yield "pilotage", "report", "metric", question.about, "VALUE"
    else:
        for option in question.options:
            yield "pilotage", "choose", option, question.id


def _refusing(question: Question) -> tuple[str, ...]:
    if question.kind in _YES:
        return "pilotage", "reject", question.id, "--reason", "WHY"
    if question.kind in _DONE:
        return "pilotage", "attest", question.about, "--not", "--comment", "WHY"
    return ()


def _needs_proof(release: Release, about: str) -> bool:
    """Whether a line of a gate, or a step that people do, is taken only with a link or a file."""
    plan = release.plan
    lines = (*plan.before, *plan.sign_offs, *(c for s in plan.stages for c in (*s.before, *s.gate, *s.judge)))
    check = next((line for line in lines if line.key == about), None)
    if check is not None:
        return check.proof
    step = rollback.find(release, about)
    return step is not None and step.proof
