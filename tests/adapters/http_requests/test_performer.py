"""Requests to a real server on the loopback, on good days and on bad ones."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from pilotage.adapters.http_requests import HttpRequestsPerformer
from pilotage.application.masking import MASK
from pilotage.domain.effects import SendRequest
from pilotage.domain.facts import OutcomeKind
from pilotage.testing.performers import RecordingPerformer
from tests.support.effects import KnownSecrets, effect
from tests.support.loopback import Asked, Loopback, Reply, closed_port, loopback


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as started:
        yield started


@pytest.fixture
def requests() -> HttpRequestsPerformer:
    secrets = KnownSecrets(API_TOKEN="s3cret-value", HOOK="http://127.0.0.1:1/hooks/s3cret-path")
    return HttpRequestsPerformer(secrets, RecordingPerformer())


async def test_the_request_arrives_as_written_with_its_key_and_secrets(
    server: Loopback, requests: HttpRequestsPerformer
) -> None:
    server.replies["/purge?all=1"] = Reply(202, b'{"purged": 7, "by": "s3cret-value"}')
    action = SendRequest(
        "post",
        server.url + "/purge?all=1",
        (("Authorization", "Bearer env:API_TOKEN"), ("X-Size", "größe"), ("user-agent", "ours")),
        body='{"é": 1}',
        expect='"purged"',
        capture=(("purged", '"purged": ([0-9]+)'),),
    )
    outcome = await requests.perform(effect(action, id="größe/1#2"))
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("POST", '{"é": 1}'.encode())
    assert asked.headers["authorization"] == "Bearer s3cret-value"
    assert asked.headers["idempotency-key"] == "gr%C3%B6%C3%9Fe/1#2"
    assert asked.headers["user-agent"] == "ours"
    assert outcome.kind is OutcomeKind.DONE
    assert outcome.detail == f"POST {server.url}/purge answered 202"
    assert outcome.captured == {"purged": "7"}
    assert outcome.output == f'{{"purged": 7, "by": "{MASK}"}}'
    assert outcome.seconds > 0


async def test_a_header_that_cannot_be_a_header_is_the_plans_mistake(
    server: Loopback, requests: HttpRequestsPerformer
) -> None:
    for headers in ((("X-A", "a\r\nX-B: b"),), (("", "x"),), (("X Y", "x"),)):
        outcome = await requests.perform(effect(SendRequest("GET", server.url, headers)))
        assert outcome.kind is OutcomeKind.FAILED
        assert outcome.detail.endswith("Mend the request in the plan.")
    assert server.asked == []


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (
            Reply(500, b"stack\n\ndatabase is down\n"),
            "answered 500 Internal Server Error: database is down. Look at that service",
        ),
        (Reply(401), "answered 401 Unauthorized. Check the credentials"),
        (Reply(404, b"no"), "answered 404 Not Found: no. Check the address in the plan"),
        (Reply(503, headers={"Retry-After": "120"}), "come back later (Retry-After: 120)"),
        (Reply(422, b"bad"), "answered 422 Unprocessable Entity: bad. Mend the request"),
        (Reply(799), "answered 799. Look at that service"),
        (Reply(307, headers={"Location": "/x"}), "Only GET and HEAD follow a redirect; ask /x directly"),
        (Reply(200, b"fine"), 'answered 200, but "ready" does not stand in the answer'),
    ],
)
async def test_an_answer_that_does_not_pass_says_why_and_what_next(
    server: Loopback, requests: HttpRequestsPerformer, reply: Reply, says: str
) -> None:
    server.replies["/go"] = reply
    outcome = await requests.perform(effect(SendRequest("POST", server.url + "/go", expect="ready")))
    assert outcome.kind is OutcomeKind.FAILED
    assert says.replace("Entity", "") in outcome.detail.replace("Entity", "").replace("Content", "")
    assert len(server.asked) == 1


async def test_a_get_follows_redirects_and_takes_its_headers_only_to_the_same_server(
    server: Loopback, requests: HttpRequestsPerformer
) -> None:
    with loopback() as other:
        server.replies["/old"] = Reply(301, headers={"Location": "/new"})
        server.replies["/new"] = Reply(302, headers={"Location": other.url + "/away"})
        other.replies["/away"] = Reply(200, b"here")
        action = SendRequest("GET", server.url + "/old", (("X-Api-Key", "env:API_TOKEN"),), expect="here")
        assert (await requests.perform(effect(action))).done
        assert [asked.headers.get("x-api-key") for asked in server.asked] == ["s3cret-value"] * 2
        assert "x-api-key" not in other.asked[0].headers


async def test_a_redirect_in_a_circle_ends(server: Loopback, requests: HttpRequestsPerformer) -> None:
    server.replies["/round"] = Reply(302, headers={"Location": "/round"})
    outcome = await requests.perform(effect(SendRequest("GET", server.url + "/round")))
    assert outcome.kind is OutcomeKind.FAILED
    assert "redirects in a circle or too often" in outcome.detail
    assert len(server.asked) == 6


async def test_a_redirect_to_nowhere_is_told(server: Loopback, requests: HttpRequestsPerformer) -> None:
    server.replies["/bad"] = Reply(302, headers={"Location": "gopher://x"})
    outcome = await requests.perform(effect(SendRequest("GET", server.url + "/bad")))
    assert outcome.kind is OutcomeKind.FAILED


@pytest.mark.parametrize("body", [b"", b"drip"])
async def test_a_server_that_is_silent_or_never_ends_runs_into_the_timeout(
    server: Loopback, requests: HttpRequestsPerformer, body: bytes
) -> None:
    server.replies["/slow"] = Reply(200, body, hang=True)
    outcome = await requests.perform(effect(SendRequest("POST", server.url + "/slow", timeout=0.3)))
    assert outcome.kind is OutcomeKind.TIMED_OUT
    assert "gave no whole answer within 0.3 s; it may have arrived" in outcome.detail


async def test_an_endless_answer_is_cut(server: Loopback, requests: HttpRequestsPerformer) -> None:
    server.replies["/flood"] = Reply(200, b"y" * 65536, times=2000)
    outcome = await requests.perform(effect(SendRequest("GET", server.url + "/flood", expect="end")))
    assert outcome.kind is OutcomeKind.FAILED
    assert '"end" does not stand in the first 1024 KiB of the answer' in outcome.detail
    assert len(outcome.output) == 65536


async def test_nobody_listening_is_told(requests: HttpRequestsPerformer) -> None:
    with closed_port() as port:
        outcome = await requests.perform(
            effect(SendRequest("GET", f"http://me:pw@127.0.0.1:{port}/health?key=abc"))
        )
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.detail.startswith(f"GET http://127.0.0.1:{port}/health failed: it cannot be reached (")
    assert "pw" not in outcome.detail
    assert "key" not in outcome.detail


async def test_https_where_there_is_no_tls_is_told(server: Loopback, requests: HttpRequestsPerformer) -> None:
    outcome = await requests.perform(effect(SendRequest("GET", f"https://127.0.0.1:{server.port}/")))
    assert outcome.kind is OutcomeKind.FAILED
    assert "Check whether the address is http:// or https://" in outcome.detail


async def test_a_connection_that_breaks_in_the_answer_may_have_done_it(
    requests: HttpRequestsPerformer,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        outcome = await requests.perform(effect(SendRequest("POST", url)))
        thread.join()
    assert outcome.kind is OutcomeKind.FAILED
    assert "so it may have arrived" in outcome.detail


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://127.0.0.1/x", "http://[::1", "http://127.0.0.1:99999/", ""]
)
async def test_an_address_that_is_none_is_the_plans_mistake(
    requests: HttpRequestsPerformer, url: str
) -> None:
    outcome = await requests.perform(effect(SendRequest("GET", url)))
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.detail.endswith("Mend the request in the plan."), outcome.detail


async def test_a_secret_address_is_shown_by_its_reference(requests: HttpRequestsPerformer) -> None:
    outcome = await requests.perform(effect(SendRequest("POST", "env:HOOK")))
    assert outcome.detail.startswith("POST env:HOOK failed")
    assert "s3cret-path" not in repr(outcome)
    outcome = await requests.perform(effect(SendRequest("POST", "env:GONE")))
    assert outcome.detail == 'The secret "env:GONE" is not set. Set it.'


@pytest.mark.parametrize("encoding", ["no-such-thing", "latin-1"])
async def test_odd_encodings_are_read(
    server: Loopback, requests: HttpRequestsPerformer, encoding: str
) -> None:
    headers = {"Content-Type": f"text/plain; charset={encoding}"}
    server.replies["/odd"] = lambda _: Reply(200, "größe\0".encode("latin-1"), headers)
    outcome = await requests.perform(effect(SendRequest("GET", server.url + "/odd", expect="gr")))
    assert outcome.output == ("größe" if encoding == "latin-1" else "gr��e")


async def test_the_probe_is_asked_by_the_performer_of_commands() -> None:
    probes = RecordingPerformer()
    requests = HttpRequestsPerformer(KnownSecrets(), probes)
    asked = effect(SendRequest("POST", "http://127.0.0.1:1"), probe="./is-done.sh")
    assert await requests.happened(asked) is False
    await probes.perform(asked)
    assert await requests.happened(asked) is True


async def test_the_same_effect_carries_the_same_key(
    server: Loopback, requests: HttpRequestsPerformer
) -> None:
    server.replies["/"] = lambda asked: Reply(200, asked.headers["idempotency-key"].encode())
    keys = {
        (await requests.perform(effect(SendRequest("POST", server.url + "/"), id=i))).output for i in "aab"
    }
    assert keys == {"a", "b"}
    assert isinstance(server.asked[0], Asked)
