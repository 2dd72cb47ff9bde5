"""Evidence over HTTP: the same numbers as data and as a picture, judged again, and the same to the command line."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from httpx import AsyncClient

from pilotage.domain.people import Actor
from pilotage.domain.tokens import Scope
from pilotage.interfaces.charts.style import CSS_HASH
from pilotage.interfaces.cli.embedded import EmbeddedGateway
from pilotage.interfaces.cli.remote import RemoteGateway
from tests.interfaces.http.conftest import House, problem
from tests.interfaces.http.test_openapi import schema_of
from tests.support.past import with_numbers

RULES = "rollback: {automatic: error rate worse than baseline by 900%}\n"


@pytest.fixture
async def past(house: House) -> str:
    """A release that was rolled back by its numbers."""
    return await with_numbers(house.storage, house.storage)


async def test_the_numbers_have_an_etag_and_are_as_they_are_described(maria: AsyncClient, past: str) -> None:
    answer = await maria.get(f"releases/{past}/evidence")
    found = answer.json()
    assert found["metrics"][0]["tests"][0]["verdict"] == "certain"
    jsonschema.validate(found, schema_of("/api/v1/releases/{release}/evidence", "get", 200))
    tag = answer.headers["etag"]
    assert tag.startswith(f'"{found["number"]}-')
    again = await maria.get(f"releases/{past}/evidence", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    one = (await maria.get(f"releases/{past}/evidence", params={"metric": "error rate"})).json()
    assert one == found


async def test_the_picture_may_bring_its_own_style_and_nothing_else(maria: AsyncClient, past: str) -> None:
    answer = await maria.get(f"releases/{past}/evidence.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert ET.fromstring(answer.text).tag.endswith("svg")
    policy = answer.headers["content-security-policy"]
    assert CSS_HASH in policy
    assert "unsafe" not in policy
    tag = answer.headers["etag"]
    assert (
        await maria.get(f"releases/{past}/evidence.svg", headers={"If-None-Match": tag})
    ).status_code == 304


async def test_it_is_judged_again_by_rules_that_are_sent(maria: AsyncClient, past: str) -> None:
    own = (await maria.post(f"releases/{past}/replay", json={})).json()
    assert own["comparison"] == "It would have been rolled back when it was."
    jsonschema.validate(own, schema_of("/api/v1/releases/{release}/replay", "post", 200))
    other = (await maria.post(f"releases/{past}/replay", json={"rules": RULES, "name": "lax.yaml"})).json()
    assert (other["stopped"], other["rules"]) == (None, "lax.yaml")
    bad = await maria.post(f"releases/{past}/replay", json={"rules": "stages: []", "name": "lax.yaml"})
    assert problem(bad) == (422, "plan")
    assert bad.json()["problems"][0]["file"] == "lax.yaml"


async def test_what_is_not_there(maria: AsyncClient, past: str) -> None:
    for address in (
        "releases/nothing/evidence",
        f"releases/{past}/evidence?metric=latency",
        "releases/nothing/evidence.svg",
    ):
        assert problem(await maria.get(address)) == (404, "you")
    assert problem(await maria.post("releases/nothing/replay", json={})) == (404, "you")


async def test_reading_is_enough_and_needed(house: House, past: str) -> None:
    reader = await house.client(await house.token("kim", Scope.READ))
    flags_only = await house.client(await house.token("sdk", Scope.FLAGS, machine=True))
    for client, status in ((reader, 200), (flags_only, 403)):
        assert (await client.get(f"releases/{past}/evidence")).status_code == status
        assert (await client.get(f"releases/{past}/evidence.svg")).status_code == status
        assert (await client.post(f"releases/{past}/replay", json={})).status_code == status


async def test_the_command_line_gets_the_same_from_the_database_and_from_a_server(
    house: House, past: str, tmp_path: Path
) -> None:
    del tmp_path
    embedded, remote = EmbeddedGateway(house.app, Actor(person="maria")), RemoteGateway(await house.client())
    assert await remote.evidence(past) == await embedded.evidence(past)
    assert await remote.evidence(past, "error rate") == await embedded.evidence(past, "error rate")
    assert await remote.evidence_picture(past) == await embedded.evidence_picture(past)
    assert await remote.replay(past) == await embedded.replay(past)
    assert await remote.replay(past, RULES, "lax.yaml") == await embedded.replay(past, RULES, "lax.yaml")
