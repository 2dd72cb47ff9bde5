"""The remote gateway: which request each question becomes, and how a server's errors come back as ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilotage.domain import errors
from pilotage.interfaces.cli.remote import RemoteGateway


class Server:
    """Answers with what a test says, and remembers what it was asked."""

    def __init__(self, status: int = 200, answer: Any = None) -> None:
        self.status = status
        self.answer: Any = {"schema": 1} if answer is None else answer
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if isinstance(self.answer, bytes):
            return httpx.Response(self.status, content=self.answer)
        return httpx.Response(self.status, json=self.answer)

    def ask(self, question: Callable[[RemoteGateway], Awaitable[Any]]) -> Any:
        """Ask one question of a gateway in front of this server."""

        async def asked() -> Any:
            transport = httpx.MockTransport(self)
            async with httpx.AsyncClient(base_url="http://server/api/v1/", transport=transport) as client:
                return await question(RemoteGateway(client))

        return asyncio.run(asked())


@pytest.mark.parametrize(
    ("question", "method", "address", "body"),
    [
        (lambda g: g.releases(["running"], 5), "GET", "/api/v1/releases?status=running&limit=5", None),
        (lambda g: g.show("a/b"), "GET", "/api/v1/releases/a%2Fb", None),
        (lambda g: g.why("r"), "GET", "/api/v1/releases/r/why", None),
        (lambda g: g.log("r", 3), "GET", "/api/v1/releases/r/log?after=3", None),
        (lambda g: g.evidence("r"), "GET", "/api/v1/releases/r/evidence", None),
        (lambda g: g.evidence("r", "error rate"), "GET", "/api/v1/releases/r/evidence?metric=error+rate", None),
        (lambda g: g.replay("r", "guard: {}", "g.yaml"), "POST", "/api/v1/releases/r/replay",
         {"rules": "guard: {}", "name": "g.yaml"}),
        (lambda g: g.start("r", True), "POST", "/api/v1/releases/r/start", {"rehearsal": True}),
        (lambda g: g.act("r", "hold", {"reason": "x"}), "POST", "/api/v1/releases/r/hold", {"reason": "x"}),
        (lambda g: g.plan_document("r"), "GET", "/api/v1/releases/r/plan", None),
        (lambda g: g.turn_flag("f", "kill", {"reason": "x"}), "POST", "/api/v1/flags/f/kill", {"reason": "x"}),
        (lambda g: g.verify("s"), "GET", "/api/v1/audit/verify?stream=s", None),
        (lambda g: g.doctor(), "GET", "/api/v1/doctor", None),
    ],
)  # fmt: skip
def test_each_question_is_one_request(question: Any, method: str, address: str, body: Any) -> None:
    server = Server()
    assert server.ask(question) == {}
    (request,) = server.asked
    assert (request.method, request.url.raw_path.decode()) == (method, address)
    assert (json.loads(request.content) if request.content else None) == body
    assert ("idempotency-key" in request.headers) == (method == "POST")


@pytest.mark.parametrize(
    ("status", "fault", "kind"),
    [
        (404, "you", errors.NotFound),
        (409, "you", errors.Conflict),
        (422, "you", errors.UsageError),
        (403, "rule", errors.Refused),
        (401, "login", errors.LoginRequired),
        (503, "outside", errors.OutsideError),
        (500, "ours", errors.Bug),
    ],
)
def test_an_error_comes_back_as_the_one_raised_there(
    status: int, fault: str, kind: type[errors.PilotageError]
) -> None:
    server = Server(status, {"title": "No", "detail": "It cannot be.", "hint": "Do this.", "fault": fault})
    with pytest.raises(kind) as raised:
        server.ask(lambda gateway: gateway.why("r"))
    assert type(raised.value) is kind
    assert (raised.value.message, raised.value.hint) == ("It cannot be.", "Do this.")


def test_the_mistakes_of_a_plan_come_back_with_their_places() -> None:
    problem = {"file": "plan", "line": 2, "column": 3, "message": "unknown key", "warning": False}
    server = Server(422, {"title": "The plan cannot be used", "fault": "plan", "problems": [problem]})
    with pytest.raises(errors.PlanError) as raised:
        server.ask(lambda gateway: gateway.why("r"))
    assert str(raised.value.problems[0]) == "plan:2:3  unknown key"


@pytest.mark.parametrize(
    ("status", "answer"), [(200, b"<html>hello</html>"), (502, b"bad gateway"), (200, [1])]
)
def test_something_else_answers_at_that_address(status: int, answer: Any) -> None:
    with pytest.raises(errors.OutsideError, match="not a Pilotage server"):
        Server(status, answer).ask(lambda gateway: gateway.why("r"))


def test_a_create_sends_the_resolved_plan(folder: Path) -> None:
    server = Server(201, {"release": {}, "not_yet": []})
    server.ask(
        lambda gateway: gateway.create(folder / "plan.yaml", {"version": "1", "roles": {"qa": ("kim",)}})
    )
    sent = json.loads(server.asked[0].content)
    assert "plan: shop" in sent["document"]
    assert (sent["version"], sent["roles"]) == ("1", {"qa": ["kim"]})


def test_an_audit_pack_is_fetched_into_a_folder(tmp_path: Path) -> None:
    file = Server(200, b"PK").ask(lambda gateway: gateway.export("r", tmp_path))
    assert file == tmp_path / "r-audit.zip"
    assert file.read_bytes() == b"PK"


def test_watching_tells_each_change_once_and_ends_with_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pilotage.interfaces.cli.remote.LOOK_EVERY", 0.0)
    stands = iter([(2, "running"), (2, "running"), (3, "completed")])
    log = [{"number": 1}, {"number": 2}, {"number": 3}]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/log"):
            after = int(request.url.params["after"])
            return httpx.Response(
                200, json={"told": [told for told in log if after < told["number"] <= number[0]]}
            )
        number[0], status = next(stands)
        shown = {"line": {"number": number[0], "status": status}, "release": {"hold": None}, "waits": []}
        return httpx.Response(200, json=shown)

    number = [0]

    async def watched() -> list[list[int]]:
        async with httpx.AsyncClient(
            base_url="http://s/api/v1/", transport=httpx.MockTransport(answer)
        ) as client:
            return [[t["number"] for t in w["told"]] async for w in RemoteGateway(client).watch("r")]

    assert asyncio.run(watched()) == [[1, 2], [3]]
