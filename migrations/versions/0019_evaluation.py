"""Tables of evaluation: sheet."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sheet",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contract_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "evaluator",
            sa.Enum("owner", "authority", name="evaluator", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("timeliness", sa.Integer(), nullable=True),
        sa.Column("fees", sa.Integer(), nullable=True),
        sa.Column("attitude", sa.Integer(), nullable=True),
        sa.Column("conduct", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("evaluated_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lock_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(submitted_at IS NULL) = (evaluated_by IS NULL) AND (submitted_at IS NULL) = (lock_due_at IS NULL)",
            name=op.f("ck_sheet_marks_have_evaluator"),
        ),
        sa.CheckConstraint(
            "expired_at IS NULL OR submitted_at IS NULL OR submitted_at >= expired_at",
            name=op.f("ck_sheet_expired_or_late"),
        ),
        sa.CheckConstraint("late_days >= 0", name=op.f("ck_sheet_late_not_negative")),
        sa.CheckConstraint("locked_at IS NULL OR submitted_at IS NOT NULL", name=op.f("ck_sheet_locked_has_marks")),
        sa.CheckConstraint(
            "submitted_at IS NULL OR (quality BETWEEN 1 AND 5 AND timeliness BETWEEN 1 AND 5 AND fees BETWEEN 1 AND 5 AND attitude BETWEEN 1 AND 5 AND conduct BETWEEN 1 AND 5)",
            name=op.f("ck_sheet_marks_one_to_five"),
        ),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_sheet_contract_id_contract")),
        sa.ForeignKeyConstraint(["evaluated_by"], ["organisation.id"], name=op.f("fk_sheet_evaluated_by_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet")),
        sa.UniqueConstraint("contract_id", "evaluator", name=op.f("uq_sheet_contract_id_evaluator")),
    )
    op.create_index(op.f("ix_sheet_contract_id"), "sheet", ["contract_id"], unique=False)
    op.create_index("ix_sheet_due", "sheet", ["due_at"], unique=False)
    op.create_index("ix_sheet_lock_due", "sheet", ["lock_due_at"], unique=False)


def downgrade():
    op.drop_table("sheet")
