"""The plans port on YAML files: read with everything a plan refers to, checked, compiled; pinned documents restored."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from pilotage.adapters.plans_yaml.compile import compile_plan
from pilotage.adapters.plans_yaml.document import Document, load_document, load_text, read_resolved
from pilotage.adapters.plans_yaml.rejudged import rejudged
from pilotage.adapters.plans_yaml.render import digest
from pilotage.adapters.plans_yaml.tree import Problems
from pilotage.application.ports.plans import ReadPlan
from pilotage.domain.errors import Bug, PlanProblem
from pilotage.domain.plan import Plan

MOST_ERRORS = 20
"""How many mistakes are told at once: whoever mends twenty reads the file anew anyway."""

KEPT_PLANS = 64
"""How many restored plans are kept; releases of one plan share it."""


class YamlPlans:
    """Reads plans from YAML files. Meant for one thread."""

    def __init__(self) -> None:
        """Begin with no restored plan."""
        self._restored: OrderedDict[str, Plan] = OrderedDict()

    def read(self, path: Path) -> ReadPlan:
        """Read a plan file with everything it refers to. Raises UsageError when there is no such file.

        A project or campaign file is checked too, and told not to be a plan.
        """
        checked, kind = self._check(path)
        if checked.plan is None and not checked.errors:
            not_a_plan = PlanProblem(str(path), 1, 1, f"this is a {kind} file; a release needs a plan file")
            return ReadPlan(None, checked.document, (not_a_plan, *checked.problems))
        return checked

    def check(self, path: Path) -> ReadPlan:
        """As ``read``, for a person: at most 20 mistakes, then the doubts; also for project and campaign files."""
        checked, _ = self._check(path)
        return ReadPlan(checked.plan, checked.document, (*checked.errors[:MOST_ERRORS], *checked.warnings))

    def read_text(self, text: str, name: str = "plan") -> ReadPlan:
        """Read a plan that was sent as one text, called ``name`` in messages; no file is looked at."""
        problems = Problems()
        document = load_text(text, name, problems)
        if document is None:
            return ReadPlan(None, "", _sorted(problems))
        plan = None
        if document.kind == "plan":
            # A resolved document renders as itself. Lines that its project wrote for other plans were left out before.
            resolved = document.text == text
            place = {"shared": document.file} if resolved else {"file": document.file}
            plan = compile_plan(document.tree, problems, digest=document.digest, **place)
        else:
            problems.error(
                document.tree.place, f"this is a {document.kind} file; a release needs a plan file"
            )
        return ReadPlan(None if problems.errors else plan, document.text, _sorted(problems))

    def restore(self, document: str) -> Plan:
        """The plan of a pinned document (text made by ``read``). Raises Bug when it does not read any more."""
        key = digest(document)
        found = self._restored.get(key)
        if found is None:
            found = self._restored[key] = _restore(document, key)
            while len(self._restored) > KEPT_PLANS:
                self._restored.popitem(last=False)
        self._restored.move_to_end(key)
        return found

    def rejudged(self, document: str, changes: str, name: str = "rules") -> ReadPlan:
        """A pinned plan with other sections of judging, each in the place of its own."""
        return rejudged(document, changes.encode("utf-8", "surrogatepass"), name)

    def _check(self, path: Path) -> tuple[ReadPlan, str]:
        problems = Problems()
        document = load_document(path, problems)
        if document is None:
            return ReadPlan(None, "", _sorted(problems)), "broken"
        plan = _compile(document, path, problems) if document.kind in ("plan", "project") else None
        usable = document.kind == "plan" and not problems.errors
        return ReadPlan(plan if usable else None, document.text, _sorted(problems)), document.kind


def _compile(document: Document, path: Path, problems: Problems) -> Plan:
    shared = (
        document.project.place.file
        if document.project
        else document.file
        if document.kind == "project"
        else ""
    )
    file = "" if document.kind == "project" else document.file
    return compile_plan(
        document.tree,
        problems,
        digest=document.digest,
        folder=str(path.resolve().parent),
        file=file,
        shared=shared,
    )


def _restore(document: str, key: str) -> Plan:
    problems = Problems()
    tree = read_resolved(document, problems)
    plan = compile_plan(tree, problems, digest=key, shared=tree.place.file) if tree else None
    if plan is None or problems.errors:
        raise Bug(
            "a plan that was pinned into a release does not read any more:\n"
            + "\n".join(map(str, problems.errors)),
            "Please report this with the plan; the release stays as it is until a version that reads it is installed.",
        )
    return plan


def _sorted(problems: Problems) -> tuple[PlanProblem, ...]:
    """Without repeats, mistakes first, each kind in order of place."""
    return tuple(sorted(set(problems.found), key=lambda problem: (problem.warning, problem)))
