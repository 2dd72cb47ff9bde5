"""The real OpenFeature SDK and its OFREP provider, against our routes on a real server on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import uvicorn
from fastapi import FastAPI
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from pilotage.application.use_cases.flag_reading import FlagReader
from pilotage.decisions.flags.compiled import compile_flag
from pilotage.domain.exposure import Exposure, Segment, SegmentTest
from pilotage.domain.flags import Flag
from pilotage.interfaces.http.ofrep import ofrep_router
from tests.flag_store import FlagsInMemory

TEAM = Segment("team", tests=(SegmentTest("email", "ends with", ("@example.com",)),))
CHECKOUT = Flag("new-checkout", Exposure(share=25.0, segments={"team": 100.0}), {"team": TEAM}, revision=1)


@pytest.fixture(scope="module")
def store() -> FlagsInMemory:
    """What the server reads; a test exchanges its flags while the server runs."""
    return FlagsInMemory()


@pytest.fixture(scope="module")
def address(store: FlagsInMemory) -> Iterator[str]:
    """A server of ours on a free port of loopback."""
    app = FastAPI()
    app.include_router(ofrep_router(FlagReader(store)))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not (server.started and server.servers):
            assert thread.is_alive(), "the server ended before it started"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture
def client(address: str, store: FlagsInMemory) -> Iterator[OpenFeatureClient]:
    store.shelve(CHECKOUT)
    provider = OFREPProvider(address)
    api.set_provider(provider, "ofrep-test")
    yield api.get_client("ofrep-test")
    api.clear_providers()
    provider.session.close()


def test_the_sdk_gets_what_the_flag_says_for_every_user(client: OpenFeatureClient) -> None:
    evaluate = compile_flag(CHECKOUT)
    seen = set()
    for n in range(40):
        context = EvaluationContext(f"user-{n}", {"email": "a@elsewhere.org", "age": 31, "beta": True})
        details = client.get_boolean_details("new-checkout", False, context)
        expected = evaluate(f"user-{n}", {})
        assert (details.value, details.variant, details.reason) == (
            expected.value, expected.variant, Reason.SPLIT,
        )  # fmt: skip
        assert details.error_code is None
        seen.add(details.value)
    assert seen == {True, False}


def test_the_sdk_reads_segment_reason_and_metadata(client: OpenFeatureClient) -> None:
    details = client.get_boolean_details(
        "new-checkout", False, EvaluationContext("user-1", {"email": "maria@example.com"})
    )
    assert (details.value, details.reason) == (True, Reason.TARGETING_MATCH)
    assert details.flag_metadata == {"version": "1"}


@pytest.mark.requirement(211)
def test_a_kill_reaches_the_next_evaluation_of_the_sdk(
    client: OpenFeatureClient, store: FlagsInMemory
) -> None:
    context = EvaluationContext("user-1", {"email": "maria@example.com"})
    assert client.get_boolean_value("new-checkout", False, context)
    store.shelve(replace(CHECKOUT, killed=True, revision=2))
    details = client.get_boolean_details("new-checkout", True, context)
    assert (details.value, details.variant, details.reason) == (False, "off", Reason.DISABLED)


@pytest.mark.parametrize("default", [True, False])
def test_the_sdk_falls_back_to_its_default_where_there_is_no_answer(
    client: OpenFeatureClient, store: FlagsInMemory, default: bool
) -> None:
    unknown = client.get_boolean_details("nothing", default, EvaluationContext("user-1"))
    assert (unknown.value, unknown.error_code) == (default, ErrorCode.FLAG_NOT_FOUND)
    assert unknown.error_message is not None
    assert 'there is no flag "nothing"' in unknown.error_message
    anonymous = client.get_boolean_details("new-checkout", default, EvaluationContext())
    assert (anonymous.value, anonymous.error_code) == (default, ErrorCode.TARGETING_KEY_MISSING)
    store.broken = True
    lost = client.get_boolean_details("new-checkout", default, EvaluationContext("user-1"))
    assert (lost.value, lost.error_code) == (default, ErrorCode.GENERAL)


def test_a_flag_read_as_another_type_is_a_type_error_of_the_sdk(client: OpenFeatureClient) -> None:
    details = client.get_string_details("new-checkout", "plain", EvaluationContext("user-1"))
    assert (details.value, details.error_code) == ("plain", ErrorCode.TYPE_MISMATCH)
