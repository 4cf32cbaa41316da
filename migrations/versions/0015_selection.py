"""Tables of selection: beacon, beacon_entry, selection, candidate."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "beacon",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_beacon")),
    )
    op.create_table(
        "beacon_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "public",
                "purchaser",
                "agency",
                "clerk",
                "operator",
                "regulator",
                "supervisor",
                "admin",
                "system",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_beacon_entry_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beacon_entry")),
    )
    op.create_index(op.f("ix_beacon_entry_on"), "beacon_entry", ["on"], unique=False)
    op.create_index(
        "uq_beacon_entry_role",
        "beacon_entry",
        ["on", "role"],
        unique=True,
        postgresql_where=sa.text("set_aside_at IS NULL"),
        sqlite_where=sa.text("set_aside_at IS NULL"),
    )
    op.create_table(
        "selection",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_text", sa.Text(), nullable=False),
        sa.Column("frozen", sa.String(length=64), nullable=False),
        sa.Column("verdicts", sa.Text(), nullable=False),
        sa.Column("freeze_ref", sa.String(length=32), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("valid", sa.Integer(), nullable=False),
        sa.Column("beacon_rule", sa.String(length=40), nullable=False),
        sa.Column("beacon_on", sa.Date(), nullable=True),
        sa.Column("beacon_value", sa.String(length=40), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.String(length=64), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.String(length=64), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("resulted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(stopped_at IS NULL) = (stopped_by IS NULL)", name=op.f("ck_selection_stopped_by_an_envelope")
        ),
        sa.CheckConstraint("drawn_at IS NULL OR secret IS NOT NULL", name=op.f("ck_selection_draw_reveals_secret")),
        sa.CheckConstraint(
            "opened_at IS NULL OR key_destroyed_at IS NULL", name=op.f("ck_selection_opened_or_destroyed")
        ),
        sa.CheckConstraint("voided_at IS NULL OR resulted_at IS NULL", name=op.f("ck_selection_void_without_result")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_selection_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selection")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_selection_attempt_id")),
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("selection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_candidate_registration_id_registration")
        ),
        sa.ForeignKeyConstraint(["selection_id"], ["selection.id"], name=op.f("fk_candidate_selection_id_selection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("selection_id", "rank", name=op.f("uq_candidate_selection_id_rank")),
        sa.UniqueConstraint("selection_id", "registration_id", name=op.f("uq_candidate_selection_id_registration_id")),
    )
    op.create_index(op.f("ix_candidate_selection_id"), "candidate", ["selection_id"], unique=False)


def downgrade():
    op.drop_table("candidate")
    op.drop_table("selection")
    op.drop_table("beacon_entry")
    op.drop_table("beacon")
