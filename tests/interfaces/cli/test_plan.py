"""``pilotage plan``: check, show, fmt, schema, simulate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.calling import Caller


def test_a_good_plan_is_fine(pilotage: Caller) -> None:
    said = pilotage.done("plan", "check", "plan.yaml")
    assert "plan.yaml is fine" in said.out


def test_every_mistake_is_told_with_its_place_and_a_suggestion(pilotage: Caller, folder: Path) -> None:
    text = (folder / "plan.yaml").read_text()
    (folder / "plan.yaml").write_text(
        text.replace("bake: 0s", "bakee: 1s", 1).replace("expose: team", "expose: teams")
    )
    said = pilotage("plan", "check", "plan.yaml")
    assert said.status == 1
    assert 'plan.yaml:10:5  unknown key "bakee" in a stage; did you mean "bake"?' in said.out
    assert 'unknown segment "teams"; did you mean "team"?' in said.out
    assert "mistakes. Mend and check again." in said.out


def test_the_same_as_json(pilotage: Caller, folder: Path) -> None:
    (folder / "plan.yaml").write_text("plan: x\nstages: [{stage: all, expose: nobody}]\nstagess: []\n")
    said = pilotage("plan", "check", "plan.yaml", "--json")
    assert said.status == 1
    assert said.json["ok"] is False
    first = said.json["errors"][0]
    assert (first["file"], first["line"], first["column"]) == ("plan.yaml", 3, 1)
    assert "stages" in first["message"]


def test_forms_not_carried_out_yet_are_named_with_their_line(pilotage: Caller, folder: Path) -> None:
    with (folder / "plan.yaml").open("a") as plan:
        plan.write("monitoring: [{do: Look at the graphs, at: every day during everyone}]\n")
    form = pilotage.done("plan", "check", "plan.yaml", "--json").json["not_yet"][0]
    assert (form["form"], form["line"]) == ("monitoring", 19)
    said = pilotage.done("plan", "check", "plan.yaml")
    assert "plan.yaml:19:1  understood, not yet carried out: monitoring" in said.out
    said = pilotage.done("plan", "simulate", "plan.yaml")
    assert said.out.startswith("Understood, not yet carried out")
    assert "line 19: monitoring" in said.out


def test_a_missing_file_is_the_callers_mistake(pilotage: Caller) -> None:
    said = pilotage("plan", "check", "nowhere.yaml")
    assert said.status == 2
    assert "nowhere.yaml: No such file" in said.err
    said = pilotage("plan", "simulate", "nowhere.yaml", "--json")
    assert said.status == 2
    assert said.json["error"]["fault"] == "you"


@pytest.mark.parametrize(
    ("change", "kind", "status"),
    [
        (("bake: 0s, go", "bake: 2d, go"), "free", 0),
        (("error rate > 5%", "error rate > 50%"), "needs the approvals again", 0),
        (("flag: new-shop", "flag: other"), "refused", 5),
    ],
)
def test_an_edit_of_a_running_release_is_sorted(
    pilotage: Caller, folder: Path, created: str, change: tuple[str, str], kind: str, status: int
) -> None:
    pilotage.done("release", "start", created, by="ana")
    plan = folder / "plan.yaml"
    plan.write_text(plan.read_text().replace(*change))
    said = pilotage("plan", "check", "plan.yaml", "--against", created, "--json")
    assert said.status == status
    assert [edit["kind"] for edit in said.json["edits"]] == [kind]


def test_show_tells_stages_people_and_the_way_back(pilotage: Caller) -> None:
    said = pilotage.done("plan", "show", "plan.yaml")
    for expected in (
        "1. internal",
        "primary: maria",
        "run: touch deployed",
        "automatic   error rate > 5%",
        "go          primary",
    ):
        assert expected in said.out
    as_object = pilotage.done("plan", "show", "plan.yaml", "--json").json
    assert [stage["id"] for stage in as_object["stages"]] == ["internal", "everyone"]


def test_show_tells_what_is_prepared_when_the_go_is_asked_and_who_follows_up(
    pilotage: Caller, folder: Path
) -> None:
    text = (folder / "plan.yaml").read_text()
    text = text.replace("go: by itself}", "go: primary at the end, prepare: [{do: Book the room, by: qa}]}")
    (folder / "plan.yaml").write_text(text + "  follow-up: {Root cause: 24h by qa, Post-mortem: 1w}\n")
    lines = [" ".join(line.split()) for line in pilotage.done("plan", "show", "plan.yaml").out.splitlines()]
    for expected in (
        "prepared Book the room (by qa)",
        "go primary at the end",
        "follow-ups Root cause (within 24h by qa)",
        "Post-mortem (within 1w)",
    ):
        assert expected in lines


def test_show_marks_a_loosened_guard(pilotage: Caller, folder: Path) -> None:
    text = (folder / "plan.yaml").read_text()
    text = text.replace("exposure:", "guard: {error rate: 'target < 1%, alert > 2%'}\nexposure:", 1)
    text = text.replace("    bake: 0s\n", "    bake: 0s\n    guard: {error rate: alert > 4%}\n", 1)
    (folder / "plan.yaml").write_text(text)
    said = pilotage.done("plan", "show", "plan.yaml")
    assert "▲ looser than the plan's target < 1%, alert > 2%" in said.out
    assert pilotage.done("plan", "show", "plan.yaml", "--json").json["stages"][0]["loosened"] == [
        "error rate"
    ]


def test_show_whole_is_a_plan_that_reads_back_to_the_same_digest(pilotage: Caller, folder: Path) -> None:
    whole = pilotage.done("plan", "show", "plan.yaml", "--whole").out
    (folder / "whole.yaml").write_text(whole)
    one = pilotage.done("plan", "check", "plan.yaml", "--json").json["digest"]
    assert pilotage.done("plan", "check", "whole.yaml", "--json").json["digest"] == one


def test_fmt_keeps_comments_and_formats_once(pilotage: Caller, folder: Path) -> None:
    (folder / "plan.yaml").write_text("plan:   shop   # ours\nstages:\n    - {stage: all, expose: nobody}\n")
    assert pilotage("plan", "fmt", "--check", "plan.yaml").status == 1
    pilotage.done("plan", "fmt", "plan.yaml")
    assert "# ours" in (folder / "plan.yaml").read_text()
    assert pilotage("plan", "fmt", "--check", "plan.yaml").status == 0


def test_the_schema_is_json(pilotage: Caller) -> None:
    assert json.loads(pilotage.done("plan", "schema").out)["$schema"].startswith("https://json-schema.org")


def test_simulate_plays_the_plan_to_its_end(pilotage: Caller) -> None:
    said = pilotage.done("plan", "simulate", "plan.yaml", "--start", "2026-12-07 09:00")
    assert "Monday 2026-12-07" in said.out
    assert "All critical paths tested" in said.out
    assert "✓ It completes after" in said.out


def test_the_same_simulation_comes_out_the_same(pilotage: Caller) -> None:
    call = ("plan", "simulate", "plan.yaml", "--start", "2026-12-07T09:00+01:00", "--seed", "7", "--json")
    first, second = pilotage.done(*call), pilotage.done(*call)
    assert first.out == second.out
    assert first.json["began"] == "2026-12-07T08:00:00Z"
    assert first.json["outcome"] == "completed"


def test_a_scenario_file_makes_its_fault_happen(pilotage: Caller, folder: Path) -> None:
    (folder / "down.yaml").write_text(
        "scenario: down\nfaults:\n  - {metric: Error_Rate, value: 9%, stage: everyone, after: 0s}\npatience: 1m\n"
    )
    text = (
        (folder / "plan.yaml").read_text().replace("source: manual, ask: every 1d of primary", "source: prom")
    )
    text = text.replace(
        "metrics:", "sources: {prom: {type: prometheus, url: http://127.0.0.1:1}}\nmetrics:", 1
    )
    text = text.replace("source: prom}", "source: prom, query: up}").replace("bake: 0s, go", "bake: 2h, go")
    (folder / "plan.yaml").write_text(text)
    said = pilotage("plan", "simulate", "plan.yaml", "--scenario", "down.yaml", "--json")
    assert said.status == 3
    assert said.json["outcome"] == "rolled back"
    assert said.json["fault_at"]


def test_an_unknown_scenario_is_answered_with_those_there_are(pilotage: Caller) -> None:
    said = pilotage("plan", "simulate", "plan.yaml", "--scenario", "meteor")
    assert said.status == 2
    assert "error-spike" in said.err


def test_a_start_that_is_no_time_is_told(pilotage: Caller) -> None:
    said = pilotage("plan", "simulate", "plan.yaml", "--start", "next tuesday")
    assert said.status == 2
    assert "2026-12-07 09:00" in said.err
