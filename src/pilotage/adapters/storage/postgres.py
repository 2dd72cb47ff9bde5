"""PostgreSQL: many workers and servers on one database. Needs the extra ``pilotage[postgres]`` (psycopg 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from pilotage.adapters.storage import commits, schema
from pilotage.adapters.storage.database import Database
from pilotage.adapters.storage.reading import release_columns, whole_release
from pilotage.adapters.storage.store import KEEP_SAMPLES, DatabaseStorage
from pilotage.adapters.storage.tables import release
from pilotage.application.ports.storage import Change, ReleaseRow
from pilotage.domain.errors import StoreUnusable, UsageError

CLAIM_WINDOW = timedelta(seconds=5)
"""How far back a claim usually looks. Behind it lie dead versions of rows that were claimed and moved on; while an old
snapshot keeps them (a backup, a forgotten transaction), walking through them makes every claim slower than the last."""

SWEEP_EVERY = timedelta(seconds=10)
"""How often a claim looks all the way back, for what has been left lying longer than the window."""

_MIGRATING = 0x70696C6F74616765
"""Advisory lock: of several that start at once, one migrates and the others wait. It spells "pilotage"."""

# Losing a claim or a quiet look in a crash of the server costs another look, so these commits need not wait for its
# disk; `synchronous_commit` off holds for their transaction alone.
_CLAIM = text("""
with due as materialized (
  select release_id from tick where due <= :now and due > :after order by due limit :limit for update skip locked
)
update tick t set due = :until, fence = t.fence + 1, owner = :owner, came_due = coalesce(t.came_due, t.due)
from due where t.release_id = due.release_id
returning t.release_id, t.came_due, t.fence, set_config('synchronous_commit', 'off', true)
""")
_FINISH_QUIET = text("""
with look as (
  select * from unnest(
    cast(:ids as text[]), cast(:dues as timestamptz[]), cast(:fences as bigint[]), cast(:versions as int[]),
    cast(:judgings as text[])
  ) as look(id, due, fence, version, judging)
), mine as (
  update tick t set due = look.due, fence = t.fence + 1, owner = '', came_due = null
  from look join release r on r.id = look.id
  where t.release_id = look.id and t.fence = look.fence and r.version = look.version
  returning t.release_id, look.judging
), judged as (
  update judging j set state = mine.judging from mine where j.release_id = mine.release_id
)
select release_id, set_config('synchronous_commit', 'off', true) from mine
""")


def postgres_storage(url: str, *, keep_samples: int = KEEP_SAMPLES) -> DatabaseStorage:
    """A store in the database of a ``postgresql://user:password@host/name`` address. Raises UsageError."""
    return DatabaseStorage(PostgresDatabase(url), keep_samples)


class PostgresDatabase(Database):
    """One PostgreSQL database, over a few connections."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet: ``ready`` does. Raises UsageError for an address that is none."""
        try:
            address = make_url(url).set(drivername="postgresql+psycopg")
        except (ArgumentError, ValueError) as error:
            raise UsageError(
                "The address of the database cannot be read.",
                "Write it as postgresql://user:password@host/name.",
            ) from error
        options = "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
        given = address.query.get("options", "")
        try:
            engine = create_engine(
                address,
                connect_args={"connect_timeout": 5, "options": f"{options} {given}".strip()},
                isolation_level="READ COMMITTED",
                pool_size=8,
                max_overflow=0,
            )
        except ModuleNotFoundError as error:
            raise UsageError(
                "PostgreSQL needs a driver that is not installed.", "Run: pip install 'pilotage[postgres]'"
            ) from error
        shown = address.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        super().__init__(engine, f"The database {shown}", readers=4, writers=4)
        self._swept = datetime.min.replace(tzinfo=UTC)

    def prepare(self) -> None:
        """Make or migrate the tables, or check those there are."""
        with self.engine.begin() as connection:
            if connection.execute(text("show transaction_read_only")).scalar() == "on":
                raise StoreUnusable(
                    f"{self.place} can be read but not written.",
                    "It is a standby, or was set to read only. Name the primary server.",
                )
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
            if not schema.check(connection, self.place):
                schema.migrate(connection)

    def claim_due(
        self, connection: Connection, now: datetime, limit: int, lease: timedelta, owner: str
    ) -> Sequence[ReleaseRow]:
        """Lock what nobody else is just taking, lease it, then read it: as it is while nobody can change it."""
        sweep = not timedelta() <= now - self._swept < SWEEP_EVERY
        after = datetime.min.replace(tzinfo=UTC) if sweep else now - CLAIM_WINDOW
        claim = {"now": now, "after": after, "limit": limit, "until": now + lease, "owner": owner}
        claimed = {id_: (came, fence) for id_, came, fence, _ in connection.execute(_CLAIM, claim)}
        if sweep and len(claimed) < limit:
            self._swept = now
        if not claimed:
            return []
        query = select(*release_columns).select_from(whole_release).where(release.c.id.in_(claimed))
        rows = [ReleaseRow(*found, *claimed[found.id]) for found in connection.execute(query)]
        return sorted(rows, key=lambda row: (row.due or now, row.id))

    def commit(self, connection: Connection, changes: Sequence[Change], keep_samples: int) -> frozenset[str]:
        """A shard in which nothing happened is one statement, and need not wait for the disk."""
        if len({c.row.id for c in changes}) == len(changes) and all(map(_quiet, changes)):
            return _finish_quiet(connection, changes, keep_samples)
        return commits.commit(connection, changes, keep_samples)

    def worth_another_try(self, error: DBAPIError) -> bool:
        """Also when two transactions waited for each other and this one was picked to end."""
        return super().worth_another_try(error) or _state(error) in ("40P01", "40001")

    def explain(self, error: DBAPIError) -> StoreUnusable:
        """The server's states in words (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
        said = str(error.orig).strip().splitlines()
        first = said[0] if said else type(error.orig).__name__
        state = _state(error)
        if not state:
            state = next(
                (code for phrase, code in _SAID_ON_CONNECTING.items() if phrase in str(error.orig)), ""
            )
        lost = _LOST if state or error.connection_invalidated else _UNREACHABLE
        what, next_ = _MEANINGS.get(state, lost)
        return StoreUnusable(f"{self.place} {what} ({first})", next_)


def _finish_quiet(connection: Connection, changes: Sequence[Change], keep_samples: int) -> frozenset[str]:
    parameters = {
        "ids": [c.row.id for c in changes],
        "dues": [c.row.due for c in changes],
        "fences": [c.fence for c in changes],
        "versions": [c.expected for c in changes],
        "judgings": [c.row.judging for c in changes],
    }
    written = frozenset(id_ for id_, _ in connection.execute(_FINISH_QUIET, parameters))
    accepted = [(c, c.fence + 1) for c in changes if c.row.id in written and c.fence is not None]
    commits.write_samples(connection, accepted, keep_samples)
    return written


def _quiet(change: Change) -> bool:
    """Whether a look at a claimed release found nothing to do."""
    loud = change.events or change.effects or change.ended or change.snapshot or change.create is not None
    return not loud and change.fence is not None and change.expected == change.row.version


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


_UNREACHABLE = (
    "cannot be reached",
    "Check that the server runs, and the host, port and name in its address. Nothing was lost: what was due stays due.",
)
_LOST = (
    "failed",
    "Check the server's log. Nothing is half-written: what was not reported as done was not done.",
)
# A connection that fails comes without its state; these are the server's words (in English) for it.
_SAID_ON_CONNECTING = {
    "password authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "does not exist": "3D000",
    "too many clients": "53300",
}
_MEANINGS = {
    "28P01": ("refused the password", "Mend the user or the password in its address."),
    "28000": ("does not let this user in", "Mend the user in its address, or the server's pg_hba.conf."),
    "3D000": ("does not exist", "Make it (createdb), or mend its name in the address."),
    "42501": ("does not allow this user enough", "Let this user own the database, or the schema in it."),
    "25006": ("can be read but not written", "It is a standby or set to read only. Name the primary server."),
    "53100": ("cannot grow: its disk is full", "Free some space there. Nothing is half-written."),
    "53300": ("has no connection left", "Raise max_connections there, or run fewer workers."),
    "55P03": (
        "is locked by somebody else for too long",
        "End the transaction that holds it, then try again.",
    ),
}
