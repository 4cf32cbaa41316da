"""Tables of contract: contract."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "contract",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=24), nullable=False),
        sa.Column("award_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sign_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("upload_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column(
            "uploaded_by",
            sa.Enum("purchaser", "agency", name="side", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirm_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deemed", sa.Boolean(), nullable=False),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reject_reason", sa.Text(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("confirmed_at IS NULL OR lapsed_at IS NULL", name=op.f("ck_contract_confirmed_or_lapsed")),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR uploaded_at IS NOT NULL", name=op.f("ck_contract_confirmed_has_upload")
        ),
        sa.CheckConstraint("uploaded_at IS NULL OR file IS NOT NULL", name=op.f("ck_contract_upload_has_file")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_contract_award_id_award")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
        sa.UniqueConstraint("award_id", name=op.f("uq_contract_award_id")),
        sa.UniqueConstraint("no", name=op.f("uq_contract_no")),
    )


def downgrade():
    op.drop_table("contract")
