"""``when``: whether a line of the plan applies to this release."""

from __future__ import annotations

from dataclasses import dataclass

from pilotage.decisions.people import holders
from pilotage.domain.release import Release
from pilotage.domain.traits import TraitTerm, When


@dataclass(frozen=True, slots=True)
class Applies:
    """The answer, or (``answer`` None) the trait whose question is still open."""

    answer: bool | None
    unanswered: str = ""


def applies(when: When | None, release: Release) -> Applies:
    """Whether a line with this ``when`` applies. No ``when``: always."""
    if when is None:
        return Applies(True)
    open_question = ""
    for term in when.terms:
        answer = _term(term, release)
        if answer is None:
            open_question = open_question or term.name
        elif answer is not when.all_of:
            return Applies(answer)
    return Applies(None, open_question) if open_question else Applies(when.all_of)


def _term(term: TraitTerm, release: Release) -> bool | None:
    match term.kind:
        case "type":
            answer: bool | None = release.type == term.name
        case "named":
            answer = bool(holders(release, term.name))
        case "automatic":
            answer = bool(release.rollback and release.rollback.automatic)
        case _:
            answer = release.traits.get(term.name)
    return answer if answer is None else answer is not term.negated
