"""The commands that answer a release's open questions."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

import pytest

from pilotage.application.use_cases.ways_to_answer import ways_to_answer
from pilotage.domain.events import QuestionKind
from pilotage.domain.release import Question, Release
from pilotage.testing.builders import plan_of, stage

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def answered(kind: QuestionKind, about: str, options: tuple[str, ...] = ()) -> list[list[str]]:
    question = Question(f"q/{about}", kind, "Is it so?", ("primary",), about, AT, options=options)
    release = Release(
        id="shop 1", plan=plan_of(stage("pilot", gate=["Ready"])), questions={question.id: question}
    )
    (way,) = ways_to_answer(release)
    assert (way.question, way.text) == (question.id, "Is it so?")
    lines = [shlex.split(command) for command in (*way.commands, *filter(None, [way.refusing]))]
    assert all(line[0] == "pilotage" for line in lines)
    assert all(line[-2:] == ["--release", "shop 1"] for line in lines)
    return [line[1:-2] for line in lines]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (QuestionKind.GO, [["approve", "q/it's"], ["reject", "q/it's", "--reason", "WHY"]]),
        (QuestionKind.CONFIRM, [["approve", "q/it's"], ["reject", "q/it's", "--reason", "WHY"]]),
        (QuestionKind.WORK, [["attest", "it's"], ["attest", "it's", "--not", "--comment", "WHY"]]),
        (QuestionKind.TRAIT, [["answer", "trait", "it's", "yes"], ["answer", "trait", "it's", "no"]]),
        (QuestionKind.NUMBER, [["report", "metric", "it's", "VALUE"]]),
        (QuestionKind.CHOICE, [["choose", "do it", "q/it's"], ["choose", "leave it", "q/it's"]]),
    ],
)
def test_a_question_s_commands(kind: QuestionKind, words: list[list[str]]) -> None:
    assert answered(kind, "it's", ("do it", "leave it")) == words


def test_every_kind_of_question_has_a_command() -> None:
    assert all(answered(kind, "x", ("a", "b")) for kind in QuestionKind)


def test_nothing_asked_nothing_to_answer() -> None:
    assert ways_to_answer(Release(id="r", plan=plan_of(stage("only")))) == ()
