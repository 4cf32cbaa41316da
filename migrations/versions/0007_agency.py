"""Tables of agency: agency."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "agency",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("legal_representative", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("introduction", sa.Text(), nullable=False),
        sa.Column("commitments", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_for", sa.Text(), nullable=True),
        sa.Column("asked_rounds", sa.Integer(), nullable=False),
        sa.Column("supplement_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publicity_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reject_reason", sa.Text(), nullable=True),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("admitted_at IS NULL OR rejected_at IS NULL", name=op.f("ck_agency_admitted_or_rejected")),
        sa.CheckConstraint(
            "publicity_ends_at IS NULL OR passed_at IS NOT NULL", name=op.f("ck_agency_publicity_after_check")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_agency_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_agency_organisation_id")),
    )
    op.create_index(op.f("ix_agency_admitted_at"), "agency", ["admitted_at"], unique=False)
    op.create_index(op.f("ix_agency_publicity_ends_at"), "agency", ["publicity_ends_at"], unique=False)
    op.create_index(op.f("ix_agency_sort_key"), "agency", ["sort_key"], unique=False)


def downgrade():
    op.drop_table("agency")
