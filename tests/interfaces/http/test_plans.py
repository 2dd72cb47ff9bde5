"""Plans over HTTP, flags by hand, and what is asked of the installation."""

from __future__ import annotations

from pathlib import Path

from httpx import AsyncClient

from pilotage.adapters.plans_yaml.plans import YamlPlans
from pilotage.application.simulation.play import simulate
from pilotage.application.simulation.scenario import built_in
from pilotage.domain.exposure import Exposure
from pilotage.domain.flags import Flag
from pilotage.interfaces.simulated import as_object
from pilotage.testing.clock import MONDAY
from tests.interfaces.http.conftest import PLAN, House, create, document, problem, started


async def test_a_plan_is_checked_with_every_mistake_at_its_place(maria: AsyncClient) -> None:
    fine = (await maria.post("plans/check", json={"document": PLAN, "name": "shop.yaml"})).json()
    assert (fine["ok"], fine["plan"], fine["errors"]) == (True, "shop", [])
    assert fine["digest"] == YamlPlans().read_text(PLAN).plan.digest  # type: ignore[union-attr]  # it reads
    bad = PLAN.replace("bake: 0s", "bake: 0 parsecs")
    found = (await maria.post("plans/check", json={"document": bad, "name": "shop.yaml"})).json()
    assert (found["ok"], found["plan"], found["digest"]) == (False, None, None)
    assert [(e["file"].endswith("shop.yaml"), e["line"]) for e in found["errors"]] == [(True, 10), (True, 15)]


async def test_no_file_of_the_server_is_read_for_a_plan(maria: AsyncClient, tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("word-nobody-may-see: here\n")
    for path in ("plans/check", "plans/simulate", "releases"):
        body = {"document": f"extends: {secret}\n{PLAN}", **({"version": "1"} if path == "releases" else {})}
        answer = await maria.post(path, json=body)
        assert "word-nobody-may-see" not in answer.text
        assert "was sent alone" in answer.text


async def test_a_simulation_is_the_one_the_command_line_plays(maria: AsyncClient) -> None:
    body = {"document": document(), "start": "2026-01-05T09:00:00Z", "scenario": "error-spike", "seed": 7}
    answer = await maria.post("plans/simulate", json=body)
    plan = YamlPlans().restore(document())
    assert answer.json() == as_object(simulate(plan, built_in("error-spike"), MONDAY, 7))


async def test_a_simulation_that_cannot_be_played_is_told_why(maria: AsyncClient) -> None:
    assert problem(
        await maria.post("plans/simulate", json={"document": document(), "scenario": "sunny"})
    ) == (422, "you")
    assert problem(await maria.post("plans/simulate", json={"document": "plan:"})) == (422, "plan")
    naive = {"document": document(), "start": "2026-01-05T09:00:00"}
    assert problem(await maria.post("plans/simulate", json=naive)) == (422, "you")


async def test_flags_are_looked_at_and_switched_by_hand(house: House, maria: AsyncClient) -> None:
    flag = Flag("team/checkout", Exposure(share=10.0), revision=1)
    assert await house.storage.put_flag(
        flag,
        0,
        '{"at": "2026-01-05T09:00:00Z", "by": {"rule": "x"}, "event": "flag_killed"}',
        "2026-01-05T09:00:00Z",
    )
    address = "flags/team%2Fcheckout"
    assert (await maria.get(address)).json()["exposure"]["share"] == 10.0
    assert [f["name"] for f in (await maria.get("flags")).json()["flags"]] == ["team/checkout"]
    assert problem(await maria.post(f"{address}/kill", json={"reason": " "})) == (422, "you")
    killed = await maria.post(f"{address}/kill", json={"reason": "smoke"})
    assert killed.json()["killed"] is True
    assert (await maria.post(f"{address}/revive", json={"reason": "no fire"})).json()["killed"] is False
    forced = await maria.post(f"{address}/users", json={"user": "kim", "on": True, "reason": "to try it"})
    assert forced.json()["forced"] == {"kim": True}
    history = (await maria.get(f"{address}/history")).json()["history"]
    assert [h["by"]["person"] for h in history[1:]] == ["maria"] * 3
    for path in ("", "/history"):
        assert problem(await maria.get(f"flags/nothing{path}")) == (404, "you")


async def test_the_installation_answers_for_itself(house: House, maria: AsyncClient) -> None:
    await started(house, maria)
    findings = (await maria.get("doctor")).json()["findings"]
    assert findings[0]["about"] == "database"
    assert (await maria.get("worker")).json() == {"works": None}
    assert (await maria.get("http://localhost/ready")).json() == {"status": "ready"}
    assert (await maria.get("http://localhost/version")).json()["api"] == "v1"
    assert (await maria.get("http://localhost/")).json()["api"] == "/api/v1"
    assert problem(await maria.get("audit/verify", params={"stream": "nothing"})) == (404, "you")
    house.served.state.served.stopping.set()
    assert problem(await maria.get("http://localhost/ready")) == (503, "outside")
    assert (await maria.get("http://localhost/health")).status_code == 200


async def test_a_release_created_here_is_found_by_every_question(house: House, maria: AsyncClient) -> None:
    release = await create(maria, planned_at="2026-02-02T09:00:00+01:00", traits={}, title="The big one")
    shown = (await maria.get(f"releases/{release}")).json()
    assert shown["line"]["title"] == "The big one"
    assert shown["release"]["planned_at"] == "2026-02-02T08:00:00Z"
