"""Releases over HTTP: created, looked at, moved, and refused in words."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from httpx import AsyncClient

from pilotage.domain.errors import StoreUnusable
from tests.interfaces.http.conftest import PLAN, House, create, document, problem, started

BAD_PLAN = PLAN.replace("go: primary", "go: nobody-we-know")


async def test_a_release_is_created_from_the_document_that_was_sent(house: House, maria: AsyncClient) -> None:
    answer = await maria.post(
        "releases", json={"document": document(), "version": "1.0.0", "previous": "0.9"}
    )
    assert answer.status_code == 201
    line = answer.json()["release"]
    assert (line["id"], line["version"], line["previous"], line["status"]) == (
        "shop-1.0.0",
        "1.0.0",
        "0.9",
        "planned",
    )
    kept = (await maria.get("releases/shop-1.0.0/plan")).json()["document"]
    assert kept == document()
    assert [r["id"] for r in (await maria.get("releases")).json()["releases"]] == ["shop-1.0.0"]
    assert (await maria.get("releases", params={"status": "running"})).json() == {"releases": []}


async def test_a_plan_written_by_hand_may_be_sent_as_it_is(maria: AsyncClient) -> None:
    answer = await maria.post("releases", json={"document": PLAN, "version": "1.0.0"})
    assert answer.status_code == 201
    assert (await maria.get("releases/shop-1.0.0/plan")).json()["document"] == document()


async def test_a_plan_with_mistakes_is_answered_with_all_of_them(maria: AsyncClient) -> None:
    answer = await maria.post("releases", json={"document": BAD_PLAN, "version": "1.0.0"})
    assert problem(answer) == (422, "plan")
    (mistake,) = answer.json()["problems"]
    assert mistake["line"] == 14
    assert "nobody-we-know" in mistake["message"]


async def test_what_the_plan_asks_for_is_listed_when_it_is_missing(maria: AsyncClient) -> None:
    asks = PLAN.replace("qa: kim", "qa: ask")
    answer = await maria.post("releases", json={"document": asks, "version": "1"})
    assert problem(answer) == (422, "you")
    assert [missing["name"] for missing in answer.json()["missing"]] == ["qa"]
    release = await create(maria, asks, roles={"qa": ["kim"]})
    assert (await maria.get(f"releases/{release}")).json()["release"]["roles"] == {"qa": ["kim"]}


async def test_a_whole_way_through_people_and_gates(house: House, maria: AsyncClient) -> None:
    release = await started(house, maria)
    why = (await maria.get(f"releases/{release}/why")).json()
    assert any("All critical paths tested" in wait["text"] for wait in why["waits"])
    for check in ("All critical paths tested", "Support is told"):
        answer = await maria.post(f"releases/{release}/attest", json={"about": check})
        assert answer.status_code == 200, answer.text
        assert answer.json()["said"]
    await house.settle()
    kim = await house.client(headers={"Pilotage-As": "kim"})
    refused = await kim.post(f"releases/{release}/approve", json={})
    assert problem(refused) == (403, "rule")
    answer = await maria.post(f"releases/{release}/approve", json={"comment": "looks well"})
    # Maria started it: the plan does not let her approve her own release.
    assert answer.status_code in (200, 403)
    log = (await maria.get(f"releases/{release}/log")).json()["told"]
    assert [told["number"] for told in log] == list(range(1, len(log) + 1))
    rest = (await maria.get(f"releases/{release}/log", params={"after": 3, "limit": 2})).json()["told"]
    assert rest == log[3:5]


async def test_every_word_of_a_person_has_its_address(house: House, maria: AsyncClient) -> None:
    release = await started(house, maria)
    held = await maria.post(f"releases/{release}/hold", json={"reason": "a doubt"})
    assert held.json()["release"]["hold"]["reason"] == "a doubt"
    number = await maria.post(f"releases/{release}/report-metric", json={"metric": "error rate", "value": 1})
    assert number.status_code == 200, number.text
    lifted = await maria.post(f"releases/{release}/resume", json={"reason": "no doubt"})
    assert lifted.json()["release"]["hold"] is None
    stopped = await maria.post(f"releases/{release}/abort", json={"reason": "not today"})
    assert stopped.json()["release"]["status"] == "aborted"


async def test_nothing_is_found_under_an_unknown_name(maria: AsyncClient) -> None:
    for path in ("", "/why", "/log", "/events", "/plan", "/audit", "/events/stream"):
        assert problem(await maria.get(f"releases/nothing{path}")) == (404, "you")
    assert problem(await maria.post("releases/nothing/start", json={})) == (404, "you")
    assert problem(await maria.get("nowhere")) == (404, "you")
    assert problem(await maria.put("releases", json={})) == (405, "you")


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("hold", {}),
        ("hold", {"reason": 5}),
        ("hold", {"reason": None}),
        ("hold", {"reason": "a", "raison": "b"}),
        ("hold", {"reason": "a\x00b"}),
        ("attest", {"about": "x", "passed": "yes"}),
        ("report-metric", {"metric": "error rate", "value": "1"}),
        ("report-metric", {"metric": "error rate", "value": 1, "arm": "elsewhere"}),
        ("start", {"rehearsal": 1}),
    ],
)
async def test_a_body_that_does_not_fit_is_told_where(
    house: House, maria: AsyncClient, word: str, body: dict[str, object]
) -> None:
    release = await create(maria)
    before = len(await house.app.loader.history(release))
    answer = await maria.post(f"releases/{release}/{word}", json=body)
    assert problem(answer) == (422, "you")
    assert len(await house.app.loader.history(release)) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'{"reason": "\\ud800"}',
        b'{"reason": ' + b"[" * 900 + b"]" * 900 + b"}",
        b"[" * 200_000,
        b'{"metric":"m","value":1e999}',
        b"\xff",
    ],
)
async def test_a_body_that_cannot_be_read_is_a_mistake_of_the_caller(maria: AsyncClient, raw: bytes) -> None:
    release = await create(maria)
    json_ = {"Content-Type": "application/json"}
    word = "report-metric" if b"1e999" in raw else "hold"
    answer = await maria.post(f"releases/{release}/{word}", content=raw, headers=json_)
    assert answer.status_code in (400, 422)
    assert problem(answer)[1] == "you"


async def test_an_unchanged_release_is_not_sent_again(house: House, maria: AsyncClient) -> None:
    release = await create(maria)
    first = await maria.get(f"releases/{release}")
    etag = first.headers["etag"]
    assert etag.startswith(f'"{first.json()["line"]["number"]}-')
    again = await maria.get(f"releases/{release}", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    await maria.post(f"releases/{release}/start", json={})
    changed = await maria.get(f"releases/{release}", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


async def test_who_decided_on_an_earlier_state_is_told_so_and_nothing_is_done(
    house: House, maria: AsyncClient
) -> None:
    release = await create(maria)
    old = (await maria.get(f"releases/{release}")).headers["etag"]
    assert (
        await maria.post(f"releases/{release}/start", json={}, headers={"If-Match": old})
    ).status_code == 200
    await house.settle()
    events = len(await house.app.loader.history(release))
    late = await maria.post(f"releases/{release}/abort", json={"reason": "x"}, headers={"If-Match": old})
    assert problem(late) == (412, "you")
    assert problem(await maria.post(f"releases/{release}/start", json={}, headers={"If-Match": '"1"'})) == (
        412,
        "you",
    )
    assert len(await house.app.loader.history(release)) == events
    now = {"If-Match": f'"{events}"'}
    assert (
        await maria.post(f"releases/{release}/abort", json={"reason": "x"}, headers=now)
    ).status_code == 200
    odd = await maria.post(
        f"releases/{release}/abort", json={"reason": "x"}, headers={"If-Match": "yesterday"}
    )
    assert problem(odd) == (422, "you")


async def test_events_come_in_pages_as_they_are_stored(house: House, maria: AsyncClient) -> None:
    release = await started(house, maria)
    rows = await house.storage.events(release)
    first = (await maria.get(f"releases/{release}/events", params={"limit": 2})).json()
    assert first["more"] is True
    assert [e["event"] for e in first["events"]] == [json.loads(row.body) for row in rows[:2]]
    assert first["events"][1]["hash"] == rows[1].hash
    rest = (await maria.get(f"releases/{release}/events", params={"after": 2, "limit": 1000})).json()
    assert rest["more"] is False
    assert [e["number"] for e in rest["events"]] == [row.number for row in rows[2:]]


async def test_the_audit_pack_is_a_zip_file(house: House, maria: AsyncClient) -> None:
    release = await started(house, maria)
    answer = await maria.get(f"releases/{release}/audit")
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="{release}-audit.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        assert f"{release}/events.jsonl" in pack.namelist()
    verified = (await maria.get("audit/verify")).json()
    assert verified["holds"] is True
    assert verified["events"] == len(await house.storage.events(release))


async def test_a_release_does_not_start_on_what_is_not_carried_out_yet(maria: AsyncClient) -> None:
    later = PLAN.replace("plan: shop\n", "plan: shop\ntimezone: ask\n")
    answer = await maria.post("releases", json={"document": later, "version": "1"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["not_yet"]
    refused = await maria.post(f"releases/{answer.json()['release']['id']}/start", json={})
    assert problem(refused) == (403, "rule")
    # The line is the one of the document that was pinned, which is laid out anew.
    assert [f["form"] for f in refused.json()["forms"]] == [f["form"] for f in answer.json()["not_yet"]]


async def test_a_lost_database_is_said_in_words(
    house: House, maria: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        raise StoreUnusable("/var/lib/pilotage.db is locked.", "Find out by whom.")

    monkeypatch.setattr(house.storage, "releases", lost)
    answer = await maria.get("releases")
    assert problem(answer) == (503, "outside")
    assert answer.headers["retry-after"]
    monkeypatch.setattr(house.storage, "flags_revision", lost)
    ready = await maria.get("http://localhost/ready")
    assert problem(ready) == (503, "outside")
    assert "/var/lib" not in ready.text
    assert (await maria.get("http://localhost/health")).json() == {"status": "alive"}


async def test_what_nobody_foresaw_is_ours_and_tells_nothing_of_the_inside(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(house.storage, "releases", broken)
    answer = await (await house.client(raises=False)).get("releases")
    assert problem(answer) == (500, "ours")
    assert "a secret detail" not in answer.text
