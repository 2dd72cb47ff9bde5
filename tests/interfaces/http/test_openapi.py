"""The OpenAPI page tells the truth, and no request that it allows (or almost) is answered with a failure of ours."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from typing import Any

import jsonschema
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotage.domain.exposure import Exposure
from pilotage.domain.flags import Flag
from pilotage.interfaces.http.app import create_app
from pilotage.interfaces.wishes import WISHES
from pilotage.testing.world import World
from tests.interfaces.http.conftest import House, create, document, started

PAGE: dict[str, Any] = create_app(World().app, person="").openapi()
OPERATIONS = [
    (path, method, operation)
    for path, methods in PAGE["paths"].items()
    for method, operation in methods.items()
    if path.startswith("/api/")
]


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere() -> None:
    assert PAGE["openapi"].startswith("3.1")
    text = json.dumps(PAGE)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= set(PAGE["components"]["schemas"])
    assert '"#/$defs/' not in text


def test_every_operation_has_a_name_a_summary_and_its_problems() -> None:
    ids = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(ids) == len(set(ids))
    for path, method, operation in OPERATIONS:
        assert operation["summary"], path
        assert {"401", "403", "422"} <= set(operation["responses"]), path
        assert operation["security"], path
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (path, method, status)


def test_every_word_of_a_person_is_there() -> None:
    assert set(WISHES) <= {operation["operationId"] for _, _, operation in OPERATIONS}


def schema_of(path: str, method: str, status: int) -> dict[str, Any]:
    """The schema of an answer, with everything it refers to."""
    content = PAGE["paths"][path][method]["responses"][str(status)]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return {**schema, "components": PAGE["components"]}


async def test_answers_are_as_they_are_described(house: House, maria: AsyncClient) -> None:
    release = await started(house, maria)
    flag = Flag("f", Exposure(share=10.0, segments={"team": 100.0}), revision=1)
    record = '{"at": "2026-01-05T09:00:00Z", "by": {"rule": "x"}, "event": "flag_killed"}'
    await house.storage.put_flag(flag, 0, record, "2026-01-05T09:00:00Z")
    asked: list[tuple[str, str, dict[str, str], dict[str, Any] | None]] = [
        ("/api/v1/releases", "get", {}, None),
        ("/api/v1/releases", "post", {}, {"document": document(), "version": "2"}),
        ("/api/v1/releases", "post", {}, {"document": "plan:", "version": "2"}),
        ("/api/v1/releases/{release}", "get", {"release": release}, None),
        ("/api/v1/releases/{release}", "get", {"release": "nothing"}, None),
        ("/api/v1/releases/{release}/why", "get", {"release": release}, None),
        ("/api/v1/releases/{release}/log", "get", {"release": release}, None),
        ("/api/v1/releases/{release}/events", "get", {"release": release}, None),
        ("/api/v1/releases/{release}/plan", "get", {"release": release}, None),
        ("/api/v1/releases/{release}/hold", "post", {"release": release}, {"reason": "x"}),
        ("/api/v1/releases/{release}/hold", "post", {"release": release}, {}),
        ("/api/v1/releases/{release}/approve", "post", {"release": release}, {}),
        ("/api/v1/plans/check", "post", {}, {"document": document()}),
        ("/api/v1/flags", "get", {}, None),
        ("/api/v1/flags/{flag}", "get", {"flag": "f"}, None),
        ("/api/v1/flags/{flag}/kill", "post", {"flag": "f"}, {"reason": "x"}),
        ("/api/v1/flags/{flag}/history", "get", {"flag": "f"}, None),
        ("/api/v1/audit/verify", "get", {}, None),
        ("/api/v1/doctor", "get", {}, None),
        ("/api/v1/worker", "get", {}, None),
        ("/api/v1/me", "get", {}, None),
        ("/health", "get", {}, None),
        ("/version", "get", {}, None),
    ]
    for path, method, names, body in asked:
        answer = await maria.request(method, f"http://localhost{path.format(**names)}", json=body)
        jsonschema.validate(answer.json(), schema_of(path, method, answer.status_code))


texts = st.one_of(
    st.sampled_from(["shop-1.0.0", "checkout", "..", "%", "a/b", "", "\x00", "ü", "*", "0", "-1", "running"]),
    st.text(max_size=20),
)
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([0, 1, -1, 2**31, 2**63, 2**64]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def fields_of(operation: dict[str, Any]) -> list[str]:
    """The names of the fields a body of this operation may have."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    found = PAGE["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], body)
    return list(found.get("properties", {}))


@st.composite
def requests(draw: Any) -> tuple[str, str, dict[str, Any], dict[str, str], Any]:
    """A request that the page allows, or nearly: method, path, query, headers and body."""
    path, method, operation = draw(st.sampled_from(OPERATIONS))
    for part in ("release", "flag", "token"):
        name = draw(st.one_of(st.just("shop-1.0.0"), texts)).replace("\x00", "")
        path = path.replace(
            f"{{{part}}}", "".join(f"%{byte:02x}" for byte in name.encode("utf-8", "replace"))
        )
    wanted = [p for p in operation.get("parameters", []) if p["in"] == "query"]
    query = {p["name"]: str(draw(st.one_of(numbers, texts))) for p in wanted if draw(st.booleans())}
    headers = {
        name: draw(st.sampled_from(['"1"', '"99999999999999"', "x", "", "*", '"1-a", "2"']))
        for name in ("If-Match", "If-None-Match", "Idempotency-Key", "Last-Event-ID")
        if draw(st.booleans())
    }
    names = fields_of(operation)
    body = draw(values)
    if names and draw(st.booleans()):
        body = {name: draw(st.one_of(texts, values)) for name in names if draw(st.integers(0, 4))}
    return method, path, query, headers, body


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(st.lists(requests(), min_size=1, max_size=8))
async def test_no_request_is_answered_with_a_failure_of_ours(
    sent: list[tuple[str, str, dict[str, Any], dict[str, str], Any]],
) -> None:
    async with AsyncExitStack() as exits:
        house = House(exits)
        client = await house.client()
        await create(client)
        for method, path, query, headers, body in sent:
            if path.endswith("/stream"):
                continue  # it would go on for as long as the release does
            content = json.dumps(body).encode() if method == "post" else None
            kind = {"Content-Type": "application/json"}
            answer = await client.request(
                method, f"http://localhost{path}", params=query, content=content, headers=headers | kind
            )
            assert answer.status_code < 500, (method, path, query, headers, body, answer.text)
            await house.settle()
        assert (await house.app.audit.verify()).holds
