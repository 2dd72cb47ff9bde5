"""The tables, the same on SQLite and PostgreSQL. The migrations make them; a test holds the two together.

What changes at every look (``tick``, ``judging``) is kept apart from what changes with an event (``release``), so that
a quiet look rewrites little and the index on ``due``, the queue itself, stays small.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: ``timestamptz`` on PostgreSQL, whole microseconds since 1970 on SQLite, which has none."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of that engine."""
        return dialect.type_descriptor(
            TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger()
        )

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """On the way in."""
        if value is None or dialect.name == "postgresql":
            return value
        return (value - EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """On the way out."""
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return None if value is None else EPOCH + value * _MICROSECOND


metadata = MetaData()

plan = Table(
    "plan",
    metadata,
    Column("digest", String, primary_key=True),
    Column("document", Text, nullable=False),
)

release = Table(
    "release",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("head", String, nullable=False),
    Column("state", Text, nullable=False),
    Column("plan_digest", String, nullable=False),
    Column("status", String, nullable=False),
    Column("system", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("created", Moment, nullable=False),
    Column("updated", Moment, nullable=False),
    Index("release_by_status", "status", "updated"),
    postgresql_with={"fillfactor": 85},
)

judging = Table(
    "judging",
    metadata,
    Column("release_id", String, primary_key=True),
    Column("state", Text, nullable=False),
    postgresql_with={"fillfactor": 50},
)

tick = Table(
    "tick",
    metadata,
    Column("release_id", String, primary_key=True),
    Column("due", Moment),
    # Grows with every claim and every write: whoever holds an older one is too late.
    Column("fence", BigInteger, nullable=False),
    Column("owner", String, nullable=False, server_default=""),
    # While claimed: the time that came, for `due` then holds the end of the lease.
    Column("came_due", Moment),
    Index("tick_due", "due"),
    postgresql_with={
        "fillfactor": 50,
        "autovacuum_vacuum_scale_factor": 0.02,
        "autovacuum_vacuum_threshold": 500,
        "autovacuum_vacuum_cost_delay": 0,
    },
)

event = Table(
    "event",
    metadata,
    Column("stream", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", String, nullable=False),
)

effect = Table(
    "effect",
    metadata,
    Column("id", String, primary_key=True),
    Column("release_id", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("due", Moment, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("owner", String, nullable=False, server_default=""),
    Column("lease", Moment),
    # A lease ran out without an outcome: it may have happened. Stays true when it is given back untouched.
    Column("doubtful", Boolean, nullable=False, server_default=false()),
    Column("outcome", Text),
    Column("ended", Moment),
)
Index(
    "effect_open",
    effect.c.due,
    sqlite_where=effect.c.outcome.is_(None),
    postgresql_where=effect.c.outcome.is_(None),
)
Index(
    "effect_of_release",
    effect.c.release_id,
    sqlite_where=effect.c.outcome.is_(None),
    postgresql_where=effect.c.outcome.is_(None),
)

sample = Table(
    "sample",
    metadata,
    Column("release_id", String, primary_key=True),
    # The fence of the write it came with, and its place in it: together the order of arrival.
    Column("fence", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("body", Text, nullable=False),
)

flag = Table(
    "flag",
    metadata,
    Column("name", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("body", Text, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", String, primary_key=True),
    Column("secret_hash", String, nullable=False, unique=True),
    Column("holder", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("machine", Boolean, nullable=False),
    Column("made", Moment, nullable=False),
    Column("made_by", String, nullable=False),
    Column("expires", Moment),
    Column("revoked", Moment),
    Column("revoked_by", String, nullable=False, server_default=""),
)

given_answer = Table(
    "given_answer",
    metadata,
    Column("caller", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("asked", String, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("given_answer_at", "at"),
)
