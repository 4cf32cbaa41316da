"""Tables of credential: credential."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "credential",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("qualification", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verify_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refuse_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_credential_valid_period")),
        sa.CheckConstraint("verified_at IS NULL OR refused_at IS NULL", name=op.f("ck_credential_verified_or_refused")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_credential_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["qualification"], ["qualification.code"], name=op.f("fk_credential_qualification_qualification")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"], ["organisation.id"], name=op.f("fk_credential_verified_by_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("no", name=op.f("uq_credential_no")),
        sa.UniqueConstraint(
            "qualification",
            "certificate_no",
            "agency_id",
            "valid_from",
            name=op.f("uq_credential_qualification_certificate_no_agency_id_valid_from"),
        ),
    )
    op.create_index(op.f("ix_credential_agency_id"), "credential", ["agency_id"], unique=False)


def downgrade():
    op.drop_table("credential")
