"""Tokens of the server, and the answers it gave under an idempotency key."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Microseconds since 1970 where the engine has no moments.
moment = sa.BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "token",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("secret_hash", sa.String, nullable=False, unique=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("machine", sa.Boolean, nullable=False),
        sa.Column("made", moment, nullable=False),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("expires", moment),
        sa.Column("revoked", moment),
        sa.Column("revoked_by", sa.String, nullable=False, server_default=""),
    )
    op.create_table(
        "given_answer",
        sa.Column("caller", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("asked", sa.String, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", moment, nullable=False),
    )
    op.create_index("given_answer_at", "given_answer", ["at"])
