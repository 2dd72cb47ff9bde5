"""Answers that were given, by idempotency key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from pilotage.adapters.storage.commits import insert_new
from pilotage.adapters.storage.tables import given_answer
from pilotage.application.ports.given_answers import GivenAnswer


def read_answer(connection: Connection, caller: str, key: str) -> GivenAnswer | None:
    """What was answered, or None."""
    wanted = select(given_answer).where(given_answer.c.caller == caller, given_answer.c.key == key)
    row = connection.execute(wanted).first()
    return None if row is None else GivenAnswer(row.caller, row.key, row.asked, row.status, row.body, row.at)


def keep_answer(connection: Connection, answer: GivenAnswer, forget_before: datetime) -> None:
    """Keep an answer unless there is one; older ones go."""
    connection.execute(delete(given_answer).where(given_answer.c.at < forget_before))
    values = {
        "caller": answer.caller,
        "key": answer.key,
        "asked": answer.asked,
        "status": answer.status,
        "body": answer.body,
        "at": answer.at,
    }
    insert_new(connection, given_answer, values)
