"""What a person can ask of a running release, by the word used on the command line and in the API's addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from pilotage.application.shapes import WrongShape, record_of
from pilotage.domain import facts
from pilotage.domain.errors import UsageError

WISHES: Mapping[str, type] = {
    "approve": facts.Approve,
    "reject": facts.Reject,
    "attest": facts.Attest,
    "choose": facts.ChooseOption,
    "override": facts.Override,
    "withdraw": facts.Withdraw,
    "hold": facts.Hold,
    "resume": facts.Resume,
    "advance": facts.Advance,
    "abort": facts.Abort,
    "rollback": facts.RollBack,
    "report-metric": facts.ReportMetric,
    "report-problem": facts.ReportProblem,
    "report-incident": facts.ReportIncident,
    "answer-trait": facts.TellTrait,
    "answer-input": facts.TellInput,
}
"""Word to fact; the fact's fields are what must be said with it."""


def wish(word: str, said: Mapping[str, Any]) -> facts.Body:
    """The fact of a word and its fields. Raises UsageError for an unknown word, field or value."""
    if word not in WISHES:
        near = get_close_matches(word, WISHES, n=1)
        raise UsageError(
            f'A release cannot be asked to "{word}".',
            f'Did you mean "{near[0]}"?' if near else f"It can be asked to {', '.join(WISHES)}.",
        )
    kind = WISHES[word]
    try:
        body: facts.Body = record_of(kind).decode(said)
    except WrongShape as error:
        wanted = ", ".join(field.name for field in fields(kind))
        raise UsageError(f'"{word}" was not told rightly: {error}.', f"It takes: {wanted}.") from error
    return body
