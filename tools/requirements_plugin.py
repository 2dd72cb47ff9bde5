"""A pytest plugin: ``@pytest.mark.requirement(n, ...)`` says which numbered requirements a test shows.

Wrong markers stop the run at collection. With ``--requirements-record FILE`` the outcome of every marked
test is written to FILE, which ``tools.requirements_report`` reads. Works under pytest-xdist: the numbers
travel with each test's report, and the record is written by the process that collects the reports.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import requirements_list

_PROPERTY = "requirements"
_WORST_FIRST = ("failed", "skipped", "passed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--requirements-record``."""
    parser.addoption(
        "--requirements-record",
        metavar="FILE",
        help="write which requirements the marked tests of this run showed to FILE",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker, and record outcomes where asked for (in the controller only, not in xdist's workers)."""
    config.addinivalue_line(
        "markers",
        "requirement(number, ...): this test would fail if these lines of docs/reference/requirements.md did not hold",
    )
    target = config.getoption("--requirements-record")
    if target and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(Path(target)), "requirements-recorder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Attach each marked test's numbers to its reports; a marker that names no requirement is an error."""
    known = {requirement.number for requirement in requirements_list.read()}
    for item in items:
        numbers: set[int] = set()
        for marker in item.iter_markers("requirement"):
            unknown = [number for number in marker.args if number not in known]
            if not marker.args or marker.kwargs or unknown:
                named = ", ".join(map(repr, unknown)) or "no number"
                raise pytest.UsageError(
                    f"{item.nodeid}: its requirement marker names {named}; "
                    f"expected numbers from 1 to {max(known)}, as in docs/reference/requirements.md"
                )
            numbers.update(marker.args)
        if numbers:
            item.user_properties.append((_PROPERTY, sorted(numbers)))


class Recorder:
    """Collects the outcome of every marked test and writes them as JSON when the session ends."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._tests: dict[str, dict[str, object]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst outcome of a test's three phases: a test that breaks in teardown has shown nothing."""
        numbers = dict(report.user_properties).get(_PROPERTY)
        if not numbers:
            return
        seen = self._tests.setdefault(report.nodeid, {"requirements": numbers, "outcome": "passed"})
        seen["outcome"] = min(str(seen["outcome"]), report.outcome, key=_WORST_FIRST.index)

    def pytest_sessionfinish(self) -> None:
        """Write the record."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": 1, "tests": self._tests}, indent=1, sort_keys=True)
        self._target.write_text(text + "\n", encoding="utf-8")
