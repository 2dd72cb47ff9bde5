"""The plans port: from a plan file, or from a pinned document, to a ``Plan``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pilotage.domain.errors import PlanProblem
from pilotage.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A plan that was read: the plan (None when there are errors), the resolved document to pin, and what was found.

    ``document`` is the whole plan as one text, with project file, ``extends``, ``include``, ``each`` and templates
    worked in; reading it again gives the same plan with the same digest. ``problems`` holds errors and warnings.
    """

    plan: Plan | None
    document: str
    problems: tuple[PlanProblem, ...]

    @property
    def errors(self) -> tuple[PlanProblem, ...]:
        """The mistakes, in order of place."""
        return tuple(problem for problem in self.problems if not problem.warning)

    @property
    def warnings(self) -> tuple[PlanProblem, ...]:
        """The doubts, in order of place: the plan is usable, and its author should know."""
        return tuple(problem for problem in self.problems if problem.warning)


class Plans(Protocol):
    """Reads plans."""

    def read(self, path: Path) -> ReadPlan:
        """Read a plan file with everything it refers to. Raises UsageError when there is no such file."""
        ...

    def read_text(self, text: str, name: str = "plan") -> ReadPlan:
        """Read a plan that came as one text from elsewhere, called ``name`` in messages.

        No file is looked at: one that the text refers to is a mistake. Safe on any thread.
        """
        ...

    def restore(self, document: str) -> Plan:
        """The plan of a pinned document (text made by ``read``). Raises Bug when it does not read any more."""
        ...

    def rejudged(self, document: str, changes: str, name: str = "rules") -> ReadPlan:
        """The plan of a pinned document, judging by other ``guard``, ``reactions``, ``evidence`` or ``rollback`` sections.

        ``changes`` holds those sections, in the language of plans; ``name`` is what it is called in messages. No file
        is looked at. Safe on any thread.
        """
        ...
