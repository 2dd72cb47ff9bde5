"""The command line gets the same answers from the database and from a server."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from pilotage.domain.errors import Conflict, NotFound, PilotageError, PlanError, Refused, UsageError
from pilotage.domain.exposure import Exposure
from pilotage.domain.flags import Flag
from pilotage.domain.people import Actor
from pilotage.interfaces.cli.embedded import EmbeddedGateway
from pilotage.interfaces.cli.gateway import Gateway
from pilotage.interfaces.cli.remote import RemoteGateway
from pilotage.interfaces.errors import error_object
from tests.interfaces.http.conftest import PLAN, House


async def both(house: House) -> tuple[Gateway, Gateway]:
    return EmbeddedGateway(house.app, Actor(person="maria")), RemoteGateway(await house.client())


async def test_every_question_is_answered_alike(house: House, tmp_path: Path) -> None:
    embedded, remote = await both(house)
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    one = await embedded.create(plan, {"version": "1.0.0", "previous": "0.9"})
    other = await remote.create(plan, {"version": "1.0.0", "previous": "0.9", "again": True})
    assert (one.pop("notes"), len(other.pop("notes"))) == ([], 1)
    assert _renamed(other) == _renamed(one)
    release = one["release"]["id"]
    assert (await remote.start(release, False))["said"]
    await house.settle()
    flag = Flag("new-shop", Exposure(share=10.0), revision=1)
    await house.storage.put_flag(
        flag,
        0,
        '{"at": "2026-01-05T09:00:00Z", "by": {"rule": "x"}, "event": "flag_killed"}',
        "2026-01-05T09:00:00Z",
    )

    async def answers(of: Gateway) -> list[Any]:
        return [
            await of.releases([], 10),
            await of.releases(["running"], 10),
            await of.show(release),
            await of.why(release),
            await of.log(release),
            await of.log(release, 2, 1),
            await of.plan_document(release),
            await of.flags(),
            await of.flag("new-shop"),
            await of.verify(""),
            await of.verify(release),
            await of.doctor(),
            await of.somebody_works(),
        ]

    assert await answers(remote) == await answers(embedded)
    for gateway, name in ((embedded, "embedded.zip"), (remote, "remote.zip")):
        await gateway.export(release, tmp_path / name)
    packs = [zipfile.ZipFile(tmp_path / name) for name in ("embedded.zip", "remote.zip")]
    assert packs[0].namelist() == packs[1].namelist()
    assert [packs[0].read(n) for n in packs[0].namelist()] == [packs[1].read(n) for n in packs[1].namelist()]


async def test_every_wish_is_answered_alike(house: House, tmp_path: Path) -> None:
    embedded, remote = await both(house)
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    said = []
    for gateway in (embedded, remote):
        release = (await gateway.create(plan, {"version": "1.0.0", "again": True}))["release"]["id"]
        told = [await gateway.start(release, False)]
        await house.settle()
        for verb, words in (
            ("attest", {"about": "Support is told"}),
            ("hold", {"reason": "a doubt"}),
            ("resume", {"reason": "none"}),
            ("report-metric", {"metric": "error rate", "value": 1.5}),
            ("abort", {"reason": "enough"}),
        ):
            told.append(await gateway.act(release, verb, words))
        said.append([_renamed(answer, release) for answer in told])
    assert said[0] == said[1]


async def test_every_error_is_told_alike(house: House, tmp_path: Path) -> None:
    embedded, remote = await both(house)
    plan, bad, asking = tmp_path / "plan.yaml", tmp_path / "bad.yaml", tmp_path / "asking.yaml"
    plan.write_text(PLAN)
    bad.write_text(PLAN.replace("go: primary", "go: nobody"))
    asking.write_text(PLAN.replace("qa: kim", "qa: ask"))
    release = (await embedded.create(plan, {"version": "1.0.0"}))["release"]["id"]

    async def errors(of: Gateway) -> list[tuple[type, dict[str, Any]]]:
        found: list[tuple[type, dict[str, Any]]] = []
        for kind, ask in (
            (NotFound, of.show("nothing")),
            (NotFound, of.flag("nothing")),
            (NotFound, of.verify("nothing")),
            (PlanError, of.create(bad, {"version": "1"})),
            (UsageError, of.create(asking, {"version": "1"})),
            (UsageError, of.create(plan, {"version": " "})),
            (Conflict, of.create(plan, {"version": "1.0.0"})),
            (UsageError, of.create(plan, {"version": "1", "roles": {"qaa": ("kim",)}})),
            (Refused, of.act(release, "hold", {"reason": "not started"})),
            (Refused, of.act(release, "approve", {})),
        ):
            with pytest.raises(kind) as caught:
                await ask
            assert isinstance(caught.value, PilotageError)
            found.append((kind, error_object(caught.value)))
        return found

    assert await errors(remote) == await errors(embedded)


def _renamed(value: Any, release: str = "") -> Any:
    """The same answer about another release of the plan, number for number."""
    names = [release] if release else ["shop-1.0.0-2", "shop-1.0.0"]
    match value:
        case str():
            for name in names:
                value = value.replace(name, "RELEASE")
            return value
        case dict():
            return {_renamed(k, release): _renamed(v, release) for k, v in value.items()}
        case list():
            return [_renamed(item, release) for item in value]
        case _:
            return value
