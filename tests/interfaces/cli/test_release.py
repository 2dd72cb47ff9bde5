"""``pilotage release`` and what people answer, on the embedded database."""

from __future__ import annotations

import json
import shlex
import zipfile
from pathlib import Path

import pytest

from tests.support.calling import Caller


def until_blocked(pilotage: Caller, release: str) -> str:
    """Carry the release on until only people can; returns what watching printed."""
    said = pilotage("release", "watch", release, "--until-blocked", "--timeout", "30s")
    assert said.status in (0, 3, 5), f"{said.status}\n{said.out}\n{said.err}"
    return said.out


def test_create_names_the_release_after_plan_and_version(pilotage: Caller, created: str) -> None:
    assert created == "shop-1.0.0"


def test_a_second_release_of_a_version_must_be_meant(pilotage: Caller, created: str) -> None:
    words = ("release", "create", "plan.yaml", "--version", "1.0.0")
    said = pilotage(*words)
    assert said.status == 2
    assert f"There is a release of 1.0.0 already: {created}, planned." in said.err
    again = pilotage.done(*words, "--again", "--json").json
    assert again["release"]["id"] == "shop-1.0.0-2"
    assert again["notes"] == [
        "There was a release of 1.0.0 already: shop-1.0.0 (planned). This one is shop-1.0.0-2."
    ]
    pilotage.done("release", "abort", "shop-1.0.0", "--reason", "twice", "--yes")
    pilotage.done("release", "abort", "shop-1.0.0-2", "--reason", "twice", "--yes")
    assert "shop-1.0.0 (aborted)" in pilotage.done(*words).err


def test_names_of_any_script_have_ids_of_their_own(pilotage: Caller, folder: Path) -> None:
    (folder / "plan.yaml").write_text("""\
plan: 商店
roles: {primary: maria}
stages:
  - {stage: 测试, bake: 0s, gate: [check: 关键路径, check: 文档], go: by itself}
  - {stage: 发布, bake: 0s, go: by itself}
""")
    release = pilotage.done("release", "create", "plan.yaml", "--version", "正式 2", "--json").json[
        "release"
    ]["id"]
    assert release == "商店-正式-2"
    pilotage.done("release", "start", release)
    until_blocked(pilotage, release)
    shown = pilotage.done("release", "show", release, "--json").json
    assert [stage["id"] for stage in shown["stages"]] == ["测试", "发布"]
    assert [question["id"] for question in shown["questions"]] == ["测试/gate/关键路径", "测试/gate/文档"]
    for check in ("文档", "关键路径"):
        pilotage.done("attest", check)
    assert pilotage("release", "watch", release, "--timeout", "30s").status == 0
    assert pilotage.done("release", "export", "--json").json["file"] == f"{release}-audit.zip"


def test_why_and_show_name_the_commands_that_answer(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", created)
    until_blocked(pilotage, created)
    told = pilotage.done("release", "why", created)
    assert "To answer:\n" in told.out
    ways = pilotage.done("release", "why", created, "--json").json["answers"]
    shown = pilotage.done("release", "show", created, "--json").json
    assert shown["answers"] == ways
    assert [way["question"] for way in ways] == [question["id"] for question in shown["questions"]]
    assert all(command in told.out for way in ways for command in way["commands"])
    for way in ways:
        name, *words = shlex.split(way["commands"][0].replace("VALUE", "0.4%"))
        assert name == "pilotage"
        pilotage.done(*words, by="maria")
    until_blocked(pilotage, created)
    (go,) = pilotage.done("release", "why", created, "--json").json["answers"]
    assert go["commands"] == [f"pilotage approve internal/go/0 --release {created}"]
    assert go["refusing"] == f"pilotage reject internal/go/0 --reason WHY --release {created}"
    assert go["refusing"] in pilotage.done("release", "show", created).out


def test_create_asks_for_everything_the_plan_asks_at_once(pilotage: Caller, folder: Path) -> None:
    text = (folder / "plan.yaml").read_text().replace("qa: kim", "qa: ask")
    text += "traits: {schema changes: {ask: 'Does it change the schema?'}}\ninputs: {project: {ask: 'Which project?'}}\n"
    (folder / "plan.yaml").write_text(text)
    said = pilotage("release", "create", "plan.yaml", "--version", "1")
    assert said.status == 2
    for option in ("--role 'qa=NAME'", "--trait 'schema changes=yes'", "--input 'project=TEXT'"):
        assert option in said.err
    missing = pilotage("release", "create", "plan.yaml", "--version", "1", "--json").json["error"]["missing"]
    assert [(m["kind"], m["name"]) for m in missing] == [
        ("role", "qa"),
        ("trait", "schema changes"),
        ("input", "project"),
    ]
    given = ("--role", "qa=kim,lee", "--trait", "schema changes=no", "--input", "project=Shop=1")
    made = pilotage.done("release", "create", "plan.yaml", "--version", "1", *given, "--json").json
    state = pilotage.done("release", "show", made["release"]["id"], "--json").json["release"]
    assert state["roles"] == {"qa": ["kim", "lee"]}
    assert state["inputs"] == {"project": "Shop=1"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--role", "qa"), "--role 'on-call=sam,lee'"),
        (("--trait", "x=maybe"), "Answer yes or no."),
        (("--planned", "soon"), "2026-12-07 09:00"),
    ],
)
def test_create_says_how_an_option_is_written(
    pilotage: Caller, words: tuple[str, ...], expected: str
) -> None:
    said = pilotage("release", "create", "plan.yaml", "--version", "1", *words)
    assert said.status == 2
    assert expected in said.err


def test_a_planned_time_is_of_the_plans_zone(pilotage: Caller, folder: Path) -> None:
    (folder / "plan.yaml").write_text(
        (folder / "plan.yaml").read_text().replace("roles:", "timezone: Europe/Madrid\nroles:", 1)
    )
    made = pilotage.done(
        "release", "create", "plan.yaml", "--version", "1", "--planned", "2026-12-07 09:00", "--json"
    ).json
    state = pilotage.done("release", "show", made["release"]["id"], "--json").json["release"]
    assert state["planned_at"] == "2026-12-07T08:00:00Z"


def test_start_says_that_nobody_carries_it_on(pilotage: Caller, created: str) -> None:
    said = pilotage.done("release", "start", created, by="ana")
    assert "ana started the release" in said.out
    assert "Nobody carries it on now: `pilotage release watch shop-1.0.0`" in said.err
    assert pilotage.done("release", "why", created, "--json").json["somebody_works"] is False


def test_watching_stops_where_only_people_can_act_though_messages_are_due_and_a_step_is_theirs(
    pilotage: Caller, folder: Path
) -> None:
    text = (folder / "plan.yaml").read_text()
    text = text.replace("undo: rm deployed}]", "undo: rm deployed}, {do: Try it, by: qa}]")
    text += "channels: {log: {type: file, path: log.jsonl}}\n"
    text += (
        "messages: [{at: every 1h for 48h after internal starts, to: primary, via: log, text: Still going}]\n"
    )
    (folder / "plan.yaml").write_text(text)
    made = pilotage.done("release", "create", "plan.yaml", "--version", "1", "--json").json["release"]["id"]
    pilotage.done("release", "start", made)
    assert pilotage("release", "watch", made, "--until-blocked", "--timeout", "20s").status == 5
    waits = pilotage.done("release", "why", made, "--all", "--json").json["waits"]
    assert [(wait["text"], wait["aside"]) for wait in waits] == [
        ("Try it", False),
        ('the message "Still going" is due', True),
    ]


def test_a_rehearsal_acts_on_nothing(pilotage: Caller, created: str, folder: Path) -> None:
    pilotage.done("release", "start", created, "--rehearse")
    until_blocked(pilotage, created)
    assert not (folder / "deployed").exists()
    assert pilotage.done("release", "show", created, "--json").json["line"]["rehearsal"] is True


def test_a_release_travels_to_everyone(pilotage: Caller, created: str, folder: Path) -> None:
    pilotage.done("release", "start", by="ana")
    assert 'Waits: "All critical paths tested" is to be ticked. Who can act: maria' in until_blocked(
        pilotage, created
    )
    assert (folder / "deployed").exists()
    pilotage.done("attest", "critical paths", by="maria")
    pilotage.done("attest", "support", "--proof", "https://example.com/chat", by="maria")
    until_blocked(pilotage, created)
    why = pilotage.done("release", "why", created)
    assert "Go or no-go" in why.out
    assert "maria" in why.out
    assert (
        "✓ maria (primary) approved the go of internal: fine."
        in pilotage.done("approve", "-m", "fine", by="maria").out
    )
    said = pilotage("release", "watch", created, "--timeout", "30s")
    assert said.status == 0, said.out + said.err
    assert said.out.rstrip().endswith("1.0.0 is complete: everyone has it.")
    log = pilotage.done("release", "log", created).out
    assert "maria" in log
    assert "Release 1.0.0 is complete" in log
    assert pilotage.done("release", "why", created).out == "It waits for nothing: it is completed.\n"
    assert pilotage.done("audit", "verify", "--json").json["holds"] is True


def test_a_bad_number_rolls_it_back_and_watching_says_so(
    pilotage: Caller, created: str, folder: Path
) -> None:
    pilotage.done("release", "start", by="ana")
    until_blocked(pilotage, created)
    pilotage.done("report", "metric", "error rate", "8%", "--count", "5000", by="maria")
    said = pilotage("release", "watch", created, "--timeout", "30s")
    assert said.status == 3, said.out + said.err
    assert not (folder / "deployed").exists()
    log = pilotage.done("release", "log", created).out
    assert log.index("Exposure falls from team to nobody") < log.index("undone")


def test_watching_as_json_is_one_event_a_line(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    said = pilotage("release", "watch", created, "--until-blocked", "--timeout", "30s", "--json")
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert said.status == 5
    assert all(line["schema"] == 1 for line in lines)
    assert [line["number"] for line in lines[:-1]] == list(range(1, len(lines)))
    assert lines[-1] == {"schema": 1, "release": created, "status": "running", "exit": 5}


def test_watching_again_tells_how_it_stands_and_the_last_lines(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    first = until_blocked(pilotage, created)
    assert "created release 1.0.0" in first
    for number in range(5):
        pilotage.done("release", "hold", "--reason", f"doubt {number}", by="maria")
        pilotage.done("release", "resume", "--reason", "none", by="maria")
    words = ("release", "watch", created, "--until-blocked", "--timeout", "30s")
    again = pilotage(*words)
    stands, stages, exposure, *lines = again.out.splitlines()
    assert "1.0.0 is in internal" in stands
    assert stages.startswith("● internal")
    assert exposure == "Exposure: team"
    assert "created release 1.0.0" not in again.out
    assert len([line for line in lines if line.startswith("20")]) == 8
    assert "doubt 4" in again.out
    assert "--all shows it" in again.err
    assert "created release 1.0.0" in pilotage(*words, "--all").out.splitlines()[0]
    assert "created release 1.0.0" in pilotage(*words, "--since", "1h").out.splitlines()[0]
    assert "doubt 4" not in pilotage(*words, "--since", "0s").out
    assert pilotage(*words, "--since", "1h", "--all").status == 2


def test_watching_stops_at_its_timeout_and_says_it_still_runs(pilotage: Caller, folder: Path) -> None:
    text = (folder / "plan.yaml").read_text().replace("touch deployed", "sleep 2")
    (folder / "plan.yaml").write_text(text.replace("rm deployed}", "rm deployed, after-crash: repeat}"))
    release = pilotage.done("release", "create", "plan.yaml", "--version", "2", "--json").json["release"][
        "id"
    ]
    pilotage.done("release", "start", release, by="ana")
    said = pilotage("release", "watch", release, "--timeout", "0s")
    assert said.status == 6
    assert "goes on watching" in said.err


def test_who_may_not_is_refused_with_who_may(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    until_blocked(pilotage, created)
    said = pilotage("attest", "critical paths", by="zoe")
    assert said.status == 5
    assert "zoe is not among the people of this plan" in said.err
    said = pilotage("attest", "critical paths", "--json", by="zoe")
    assert said.json["error"]["fault"] == "rule"
    assert said.json["error"]["exit"] == 5


def test_the_same_click_twice_is_one(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    until_blocked(pilotage, created)
    pilotage.done("attest", "critical paths", by="maria")
    before = pilotage.done("release", "show", created, "--json").json["line"]["number"]
    assert "nothing changed" in pilotage.done("attest", "critical paths", by="maria").out
    assert pilotage.done("release", "show", created, "--json").json["line"]["number"] == before


def test_hold_resume_and_abort(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    pilotage.done("release", "hold", "--reason", "Support is overrun", by="ana")
    assert "Support is overrun" in pilotage.done("release", "why").out
    assert "held" in pilotage.done("release", "list").out
    pilotage.done("release", "resume", "--reason", "room again", by="ana")
    said = pilotage("release", "abort", "--reason", "next month", by="ana")
    assert said.status == 2
    assert "--yes" in said.err
    pilotage.done("release", "abort", "--reason", "next month", "--yes", by="ana")
    assert pilotage("release", "watch", created, "--timeout", "5s").status == 1


def test_a_reason_is_asked_for(pilotage: Caller, created: str) -> None:
    said = pilotage("release", "hold", created)
    assert said.status == 2
    assert "--reason" in said.err


def test_which_release_is_meant(pilotage: Caller, created: str) -> None:
    said = pilotage.done("release", "show", "1.0")
    assert "(shop-1.0.0)" in said.err
    assert pilotage("release", "show", "nothing").status == 2
    pilotage.done("release", "create", "plan.yaml", "--version", "1.1.0")
    said = pilotage("release", "show")
    assert said.status == 2
    assert "shop-1.0.0" in said.err
    assert "shop-1.1.0" in said.err
    assert "Several releases fit" in pilotage("release", "show", "shop").err
    pilotage.done("release", "start", "shop-1.1.0", by="ana")
    assert "(shop-1.1.0)" in pilotage.done("release", "show").err


def test_start_means_the_one_not_started_yet_and_looking_the_last_one(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start")
    pilotage.done("release", "create", "plan.yaml", "--version", "1.1.0")
    assert "(shop-1.1.0)" in pilotage("release", "start").err
    for release in ("shop-1.1.0", created):
        pilotage.done("release", "abort", release, "--reason", "a try", "--yes")
    for verb in ("show", "why", "log"):
        assert f"({created})" in pilotage.done("release", verb).err
    assert f"({created})" in pilotage("release", "watch").err
    assert pilotage("release", "hold", "--reason", "x").status == 2


def test_an_empty_installation_says_what_to_do(pilotage: Caller) -> None:
    assert "release create" in pilotage.done("release", "list").out
    assert "release create" in pilotage("release", "why").err
    assert "made when a release first lets somebody" in pilotage.done("flags", "list").out


def test_a_status_nobody_has(pilotage: Caller) -> None:
    said = pilotage("release", "list", "--status", "flying")
    assert said.status == 2
    assert "rolled back" in said.err
    assert pilotage.done("release", "list", "--status", "Rolled-Back", "--json").json == {"releases": []}


def test_a_plan_changed_since_is_told_at_the_start(pilotage: Caller, created: str, folder: Path) -> None:
    (folder / "plan.yaml").write_text((folder / "plan.yaml").read_text().replace("bake: 0s", "bake: 2s"))
    assert (
        "has changed since this release was created"
        in pilotage.done("release", "start", created, by="ana").err
    )


def test_what_is_not_carried_out_yet_keeps_it_from_starting(pilotage: Caller, folder: Path) -> None:
    with (folder / "plan.yaml").open("a") as plan:
        plan.write("monitoring: [{do: Look at the graphs, at: every day during everyone}]\n")
    made = pilotage.done("release", "create", "plan.yaml", "--version", "1")
    assert "line 19: monitoring" in made.err
    said = pilotage("release", "start", "--json")
    assert said.status == 5
    assert said.json["error"]["forms"][0]["line"] == 19


def test_the_record_can_be_taken_away(pilotage: Caller, created: str, folder: Path) -> None:
    file = Path(pilotage.done("release", "export", created, "--json").json["file"])
    with zipfile.ZipFile(file) as pack:
        assert {"README.txt", "events.jsonl"} <= {Path(name).name for name in pack.namelist()}
    said = pilotage("audit", "export", created, "--output", "no/such/folder/x.zip")
    assert said.status == 2
    assert "--output" in said.err


def test_flags_by_hand(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    until_blocked(pilotage, created)
    assert "new-shop  team" in pilotage.done("flags", "list").out
    assert (
        "nobody (killed: Payments fail)"
        in pilotage.done("flags", "kill", "new-shop", "--reason", "Payments fail").out
    )
    pilotage.done("flags", "revive", "new-shop", "--reason", "mended")
    pilotage.done("flags", "set", "new-shop", "u1", "off", "--reason", "they asked")
    shown = pilotage.done("flags", "show", "new-shop").out
    assert "u1: off, by hand" in shown
    assert "ana pulled the kill switch" in shown
    assert pilotage("flags", "set", "new-shop", "u1", "maybe", "--reason", "x").status == 2
    assert "Did you mean" in pilotage("flags", "show", "new-shap").err


def test_doctor_says_what_to_mend(pilotage: Caller, created: str) -> None:
    assert pilotage.done("doctor", "--json").json["ok"] is True
    pilotage.done("release", "start", by="ana")
    said = pilotage("doctor")
    assert said.status == 1
    assert "no worker is running" in said.out
    assert "pilotage serve" in said.out


def test_a_problem_and_an_incident(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    pilotage.done("report", "incident", "Payments are down", "--severity", "P0", by="maria")
    assert "Payments are down" in pilotage.done("release", "show").out
    said = pilotage("report", "metric", "error rate", "much", by="maria")
    assert said.status == 2
    assert "450ms" in said.err


def test_tokens_are_made_listed_without_their_secret_and_revoked(pilotage: Caller) -> None:
    assert "No token yet" in pilotage.done("token", "list").out
    made = pilotage.done("token", "create", "maria", "--lasts", "30d", "--json").json
    listed = pilotage.done("token", "list")
    assert made["secret"] not in listed.out
    assert "maria" in listed.out
    assert "counts no more" in pilotage.done("token", "revoke", made["token"]["id"]).out
    assert pilotage.done("token", "list", "--json").json["tokens"][0]["revoked"]
    assert pilotage("token", "create", "maria", "--scope", "all").status == 2


def test_what_somebody_wrote_does_not_steer_another_ones_terminal(pilotage: Caller, created: str) -> None:
    pilotage.done("release", "start", by="ana")
    pilotage.done("release", "hold", "--reason", "slow\x1b[2J\x1b]0;mine\x07 and red", by="ana")
    said = pilotage.done("release", "show")
    assert "Held: slow and red" in said.out
    assert "\x1b" not in said.out
