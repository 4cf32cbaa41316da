"""Tables of announcement: announcement, amendment, attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "announcement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=True),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("open", "direct", name="announcementkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("rulebook", sa.String(length=40), nullable=True),
        sa.Column("wished_closing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_provisional", sa.Boolean(), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("expected_days", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "withdraw_reason",
            sa.Enum(
                "need_ceased",
                "terms_wrong",
                "project_changed",
                "funds_withdrawn",
                name="withdrawreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("withdraw_explanation", sa.Text(), nullable=True),
        sa.Column("repeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(no IS NULL) = (published_at IS NULL)", name=op.f("ck_announcement_number_at_publication")),
        sa.CheckConstraint(
            "approved_at IS NULL OR submitted_at IS NOT NULL", name=op.f("ck_announcement_approved_after_submission")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_announcement_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("need_id", name=op.f("uq_announcement_need_id")),
        sa.UniqueConstraint("no", name=op.f("uq_announcement_no")),
    )
    op.create_index("ix_announcement_closing", "announcement", ["closes_at"], unique=False)
    op.create_index("ix_announcement_public", "announcement", ["published_at", "id"], unique=False)
    op.create_table(
        "amendment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("announcement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content_before", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("expected_days_before", sa.Integer(), nullable=False),
        sa.Column("expected_days", sa.Integer(), nullable=False),
        sa.Column("closes_at_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_amendment_announcement_id_announcement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("announcement_id", "revision", name=op.f("uq_amendment_announcement_id_revision")),
    )
    op.create_index(op.f("ix_amendment_announcement_id"), "amendment", ["announcement_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("announcement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("beacon_rule", sa.String(length=40), nullable=False),
        sa.Column("offer_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_offer_key", sa.LargeBinary(), nullable=True),
        sa.Column("winners", sa.Integer(), nullable=False),
        sa.Column("alternates", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "drawn",
                "unsuccessful",
                "void",
                "withdrawn",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_attempt_decision_has_instant")),
        sa.CheckConstraint("alternates BETWEEN 0 AND 5", name=op.f("ck_attempt_alternates_up_to_five")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_attempt_attempts_from_one")),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_attempt_announcement_id_announcement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("announcement_id", "number", name=op.f("uq_attempt_announcement_id_number")),
    )
    op.create_index(op.f("ix_attempt_announcement_id"), "attempt", ["announcement_id"], unique=False)
    op.create_index("ix_attempt_closing", "attempt", ["closes_at"], unique=False)


def downgrade():
    op.drop_table("attempt")
    op.drop_table("amendment")
    op.drop_table("announcement")
