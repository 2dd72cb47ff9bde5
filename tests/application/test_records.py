"""The chain shows every change to a record, and another program can check it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotage.application.ports.storage import EventRow
from pilotage.application.records import BEGINNING, Broken, chain, hash_of, verify

NINE = datetime(2026, 1, 1, 9, tzinfo=UTC)


def rows(count: int = 5) -> tuple[EventRow, ...]:
    return chain("checkout-2", 1, BEGINNING, [(NINE + timedelta(hours=n), f"body {n}") for n in range(count)])


def test_a_whole_record_holds_and_goes_on_where_it_stopped() -> None:
    first, last = rows(5)[:2], rows(5)[2:]
    assert chain("checkout-2", 3, first[-1].hash, [(row.at, row.body) for row in last]) == last
    assert verify(rows(5), rows(5)[-1].hash) is None
    assert verify([], BEGINNING) is None


def test_the_hash_is_the_one_the_recipe_gives() -> None:
    text = "0:,10:checkout-2,1:1,20:2026-01-01T09:00:00Z,5:caf\u00e9,"
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert hash_of("", "checkout-2", 1, NINE, "caf\u00e9") == expected


@pytest.mark.parametrize(
    "change",
    [
        {"body": "body 2 and more"},
        {"at": NINE},
        {"stream": "checkout-3"},
        {"hash": "0" * 64},
        {"number": 7},
    ],
)
def test_a_changed_event_is_named(change: dict[str, object]) -> None:
    damaged = [replace(row, **change) if row.number == 3 else row for row in rows()]  # type: ignore[arg-type]
    broken = verify(damaged)
    assert broken is not None
    assert broken.number == 3


def test_a_removed_event_is_named_wherever_it_stood() -> None:
    whole = rows()
    assert verify(whole[1:]) == Broken("checkout-2", 1, "missing; event 2 follows event 0")
    assert verify(whole[:2] + whole[3:]) == Broken("checkout-2", 3, "missing; event 4 follows event 2")
    cut = verify(whole[:-1], head=whole[-1].hash)
    assert cut is not None
    assert str(cut).startswith("checkout-2, event 5: missing")
    assert verify([], head=whole[-1].hash) is not None


def test_an_event_put_in_between_is_named() -> None:
    whole = rows()
    forged = chain("checkout-2", 3, whole[1].hash, [(NINE, "forged")])
    broken = verify([*whole[:2], *forged, *whole[3:]])
    assert broken is not None
    assert broken.number == 4


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_no_text_moves_between_fields_unseen(one: tuple[str, str], other: tuple[str, str]) -> None:
    hashes = {hash_of("", stream, 1, NINE, body) for stream, body in (one, other)}
    assert len(hashes) == len({one, other})
