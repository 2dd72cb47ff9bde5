"""After a rollback the team asks the numbers whether other rules would have been wiser."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.team import Team

LOOSER = "rollback: {automatic: error rate > 10%, then: hold}\n"


def test_the_team_judges_a_rollback_again_by_looser_rules(team: Team, tmp_path: Path) -> None:
    team.has_a_plan()
    team.is_at_everyone_but_for_the_last_go()
    number = ("report", "metric", "error rate", "8%", "--count", "5000", "--release", team.release)
    team.does(*number, by="maria")
    assert team.watches().status == 3

    shown = team.does("release", "evidence", team.release, by="kim")
    assert "rolled back" in shown.out
    assert "error rate is reported by hand" in shown.err

    same = team.does("release", "replay", team.release, by="kim")
    assert "It would have been rolled back when it was." in same.out
    assert same.out.count("error rate is 8 %") == 2

    rules = tmp_path / "looser.yaml"
    rules.write_text(LOOSER)
    looser = team.does("release", "replay", team.release, "--guard", str(rules), by="kim")
    assert "It would not have been rolled back" in looser.out
