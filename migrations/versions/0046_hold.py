"""Announcements that are held: since when, by whom and why, and how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_HELD = sa.text("held_at IS NOT NULL")
OPEN = sa.text("ended_at IS NULL")


def upgrade():
    with op.batch_alter_table("announcement") as batch:
        batch.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_announcement_held", "announcement", ["held_at"], postgresql_where=IS_HELD, sqlite_where=IS_HELD)
    op.create_table(
        "hold",
        sa.Column("id", BIG, nullable=False),
        sa.Column("announcement_id", BIG, nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("supervision", "fault", name="holdkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("held_by", BIG, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_because", sa.Text(), nullable=True),
        sa.Column("evidence", sa.String(length=64), nullable=True),
        sa.Column("closes_at_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(closes_at IS NULL) = (closes_at_before IS NULL)", name=op.f("ck_hold_moved_from_somewhere")
        ),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_hold_announcement_id_announcement")
        ),
        sa.ForeignKeyConstraint(["held_by"], ["organisation.id"], name=op.f("fk_hold_held_by_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    op.create_index("ix_hold_announcement_id", "hold", ["announcement_id"])
    op.create_index("uq_hold_open", "hold", ["announcement_id"], unique=True, postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade():
    op.drop_table("hold")
    op.drop_index("ix_announcement_held", "announcement")
    with op.batch_alter_table("announcement") as batch:
        batch.drop_column("held_at")
