"""Tables of award: award."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "award",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=24), nullable=False),
        sa.Column("announcement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("publicity_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accept_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fallen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("accepted_at IS NULL OR declined_at IS NULL", name=op.f("ck_award_accepted_or_declined")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_award_amount_positive")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_award_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_award_announcement_id_announcement")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_award_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sa.UniqueConstraint("attempt_id", "rank", name=op.f("uq_award_attempt_id_rank")),
        sa.UniqueConstraint("no", name=op.f("uq_award_no")),
    )
    op.create_index(op.f("ix_award_agency_id"), "award", ["agency_id"], unique=False)
    op.create_index(op.f("ix_award_announcement_id"), "award", ["announcement_id"], unique=False)
    op.create_index(
        "uq_award_in_force",
        "award",
        ["attempt_id"],
        unique=True,
        postgresql_where=sa.text("declined_at IS NULL AND lapsed_at IS NULL AND fallen_at IS NULL"),
        sqlite_where=sa.text("declined_at IS NULL AND lapsed_at IS NULL AND fallen_at IS NULL"),
    )


def downgrade():
    op.drop_table("award")
