"""Which question or line a person means by a few words: its id, the end of its id, or a part that fits only one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pilotage.domain.ids import slug
from pilotage.domain.release import Question


def known_about(words: str, names: Collection[str]) -> str:
    """The one of ``names`` that ``words`` means; empty when none or several fit."""
    if words in names:
        return words
    wanted = slug(words)
    if not words.strip():
        return ""
    last_part = [name for name in names if slug(name.rsplit("/", 1)[-1]) == wanted]
    ending = [name for name in names if slug(name).endswith(wanted)]
    anywhere = [name for name in names if wanted in slug(name)]
    return next((found[0] for found in (last_part, ending, anywhere) if len(found) == 1), "")


def find_question(words: str, questions: Iterable[Question]) -> Question | None:
    """The question ``words`` mean; without words, the only one there is."""
    open_now = list(questions)
    if not words.strip():
        return open_now[0] if len(open_now) == 1 else None
    by_id = {q.id: q for q in open_now}
    found = known_about(words, by_id)
    if found:
        return by_id[found]
    by_text = [q for q in open_now if slug(words) in slug(q.text)]
    return by_text[0] if len(by_text) == 1 else None
