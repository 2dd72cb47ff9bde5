"""The given answers port: what was answered to whom under which idempotency key, so that a repeated call gets it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer that was given. ``asked`` is a hash of the whole question: the same key for another one is a mistake.

    ``caller`` says who asked, so that nobody meets the answer of somebody else; ``status`` is of HTTP.
    """

    caller: str
    key: str
    asked: str
    status: int
    body: str
    at: datetime


class GivenAnswers(Protocol):
    """Keeps answers for a while."""

    async def given_answer(self, caller: str, key: str) -> GivenAnswer | None:
        """What was answered, or None."""
        ...

    async def keep_answer(self, answer: GivenAnswer, forget_before: datetime) -> None:
        """Keep an answer, unless there is one already; answers given before ``forget_before`` go."""
        ...
