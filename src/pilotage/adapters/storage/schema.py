"""Making and checking the tables: a database is new, ours, older (migrated here), newer than us, or not ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

from pilotage.domain.errors import StoreUnusable

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "pilotage_schema"
"""The table in which Alembic notes the revision; having it is what makes a database ours."""

HEAD = "0002"
"""The newest revision, known here so that a start on an up-to-date database need not load Alembic."""


def check(connection: Connection, place: str) -> bool:
    """Whether the tables are as this version needs them; False when they must be made or migrated.

    Raises StoreUnusable for a database of a newer Pilotage or of something else; changes nothing.
    """
    names = inspect(connection).get_table_names()
    if VERSION_TABLE not in names:
        if names:
            raise StoreUnusable(
                f"{place} is a database, but not one of Pilotage: it holds {', '.join(sorted(names)[:5])}.",
                "Nothing in it was changed. Name another database, or a file that does not exist yet.",
            )
        return False
    found = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    if found == HEAD:
        return True
    if found is not None and found not in known_revisions():
        raise StoreUnusable(
            f"{place} was written by a newer Pilotage: its schema is {found}, this version knows up to {HEAD}.",
            "Nothing in it was changed. Upgrade Pilotage here, or name another database.",
        )
    return False


def migrate(connection: Connection) -> None:
    """Bring the tables to ``HEAD``, inside the transaction of ``connection``."""
    from alembic import command

    config = _configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def known_revisions() -> frozenset[str]:
    """Every revision there is a migration for."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_configuration())
    return frozenset(script.revision for script in scripts.walk_revisions())


def _configuration() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
