"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Microseconds since 1970 where the engine has no moments.
moment = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "release",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("head", sa.String, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("plan_digest", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created", moment, nullable=False),
        sa.Column("updated", moment, nullable=False),
        postgresql_with={"fillfactor": 85},
    )
    op.create_index("release_by_status", "release", ["status", "updated"])
    op.create_table(
        "judging",
        sa.Column("release_id", sa.String, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "tick",
        sa.Column("release_id", sa.String, primary_key=True),
        sa.Column("due", moment),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("owner", sa.String, nullable=False, server_default=""),
        sa.Column("came_due", moment),
        postgresql_with={
            "fillfactor": 50,
            "autovacuum_vacuum_scale_factor": 0.02,
            "autovacuum_vacuum_threshold": 500,
            "autovacuum_vacuum_cost_delay": 0,
        },
    )
    op.create_index("tick_due", "tick", ["due"])
    op.create_table(
        "event",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )
    op.create_table(
        "effect",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("release_id", sa.String, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("due", moment, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("owner", sa.String, nullable=False, server_default=""),
        sa.Column("lease", moment),
        sa.Column("doubtful", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("outcome", sa.Text),
        sa.Column("ended", moment),
    )
    still_open = sa.text("outcome IS NULL")
    op.create_index(
        "effect_open", "effect", ["due"], sqlite_where=still_open, postgresql_where=still_open
    )
    op.create_index(
        "effect_of_release", "effect", ["release_id"], sqlite_where=still_open, postgresql_where=still_open
    )
    op.create_table(
        "sample",
        sa.Column("release_id", sa.String, primary_key=True),
        sa.Column("fence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "flag",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
