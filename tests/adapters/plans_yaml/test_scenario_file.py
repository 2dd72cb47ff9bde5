"""Scenario files: read as strictly as plans, with the same kind of messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotage.adapters.plans_yaml.scenario_file import read_scenario
from pilotage.application.simulation.scenario import FaultKind
from pilotage.domain.errors import PlanError, UsageError
from pilotage.domain.time import Duration


def scenario_file(tmp_path: Path, text: str) -> Path:
    """A file with that text."""
    file = tmp_path / "s.yaml"
    file.write_text(text)
    return file


def test_every_key_is_read(tmp_path: Path) -> None:
    scenario = read_scenario(
        scenario_file(
            tmp_path,
            "scenario: down\ndescribe: It fails\n"
            "faults:\n"
            "  - {metric: error rate, value: 8%, stage: pilot, after: 2h, lasts: 1d}\n"
            "  - {metric: latency, value: 900ms}\n"
            "  - {metric: score, value: 3}\n"
            "  - {metric: tickets, silent: true}\n"
            "away: [manager]\nnobody-approves: true\nfailing: {smoke: 2}\n"
            "traits: {schema changes: true}\ninputs: {project: Shop}\npatience: 2h\n",
        )
    )
    assert (scenario.name, scenario.describe, scenario.away) == ("down", "It fails", frozenset({"manager"}))
    assert (scenario.nobody_approves, scenario.failing) == (True, {"smoke": 2})
    assert (scenario.traits, scenario.inputs) == ({"schema changes": True}, {"project": "Shop"})
    assert scenario.patience == Duration(seconds=7200)
    assert [fault.value for fault in scenario.faults] == [8.0, 0.9, 3.0, None]
    first, *_, last = scenario.faults
    assert (first.stage, first.after, first.lasts) == ("pilot", Duration(seconds=7200), Duration(days=1))
    assert last.kind is FaultKind.SILENT
    assert last.after == Duration(seconds=1800)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("faults: []\n", "scenario"),
        ("scenario: x\nfault: []\n", 's.yaml:2:1  unknown key "fault" in a scenario; did you mean "faults"?'),
        ("scenario: x\nfaults: [{value: 3}]\n", "metric"),
        ("scenario: x\nfaults: [{metric: m, value: lots}]\n", "s.yaml:2:29"),
        ("scenario: x\nfaults: [{metric: m, after: soon}]\n", 'found "soon"'),
        ("scenario: x\nfaults: [{metric: m, value: 3, silent: true}]\n", "contradict"),
        ("scenario: x\npatience: 1 hour\n", "1h"),
        ("scenario: x\nnobody-approves: maybe\n", "true or false"),
        ("scenario: x\nfailing: {smoke: often}\n", "often"),
        ("scenario: [\n", "s.yaml:1:11"),
    ],
)
def test_every_mistake_is_told_at_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PlanError) as raised:
        read_scenario(scenario_file(tmp_path, text))
    assert message in str(raised.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_scenario(tmp_path / "nowhere.yaml")
