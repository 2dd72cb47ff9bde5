"""The error family. Each error says whose fault it is and ends with what to do next.

PilotageError
 ├─ PlanError          the plan's: every mistake at once, with file:line:column
 ├─ UsageError         the caller's: a wrong argument, an unknown id
 │   ├─ NotFound
 │   └─ Conflict       somebody else was faster, or it is there already; look again and decide anew
 │       └─ Outdated   it is not as the caller saw it when they decided
 ├─ Refused            a rule of the plan says no: who may, and when it would be allowed
 ├─ LoginRequired      no valid token
 ├─ OutsideError       the outside system's: unreachable, slow, or answered nonsense
 │   └─ StoreUnusable  the database cannot be used: read-only, locked, full, newer, not ours
 └─ Bug                ours: please report it, with the text it carries
"""

from __future__ import annotations

from dataclasses import dataclass


class PilotageError(Exception):
    """Something a person must know. ``message`` says what is wrong, ``hint`` what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep both texts; ``str()`` joins them."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True, order=True)
class PlanProblem:
    """One mistake (or, with ``warning``, one doubt) in a plan file. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}  {self.message}"


class PlanError(PilotageError):
    """The plan cannot be used as it is written. ``problems`` lists every mistake, in order of place."""

    def __init__(self, problems: tuple[PlanProblem, ...], hint: str = "") -> None:
        """Keep the problems; the message is their list. ``hint``: what to do, where it is no plan file that is wrong."""
        self.problems = problems
        super().__init__(
            "\n".join(str(p) for p in problems),
            hint or "Mend the plan file and run `pilotage plan check` again.",
        )


class UsageError(PilotageError):
    """The call is wrong: an argument, an id, a combination."""

    exit_code = 2


class NotFound(UsageError):
    """Nothing by that name."""


class Conflict(UsageError):
    """It does not fit what is there: the release changed meanwhile, or there is one already."""


class Outdated(Conflict):
    """The caller decided on an earlier state, and asked to be told so (``If-Match``)."""


class Refused(PilotageError):
    """A rule says no. Recorded, and answered with who may or when it would be allowed."""

    exit_code = 5


class LoginRequired(PilotageError):
    """A token is missing, expired or unknown."""

    exit_code = 4


class OutsideError(PilotageError):
    """An outside system failed us."""


class StoreUnusable(OutsideError):
    """The database cannot be used."""


class Bug(PilotageError):
    """Our own fault."""
