"""Tables of registration: registration, registration_member."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "registration",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("promised_days", sa.Integer(), nullable=False),
        sa.Column("contribution", sa.String(length=64), nullable=False),
        sa.Column(
            "made",
            sa.Enum("browser", "server", "desk", name="made", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.CheckConstraint("length(contribution) = 64", name=op.f("ck_registration_contribution_is_32_bytes")),
        sa.CheckConstraint("promised_days > 0", name=op.f("ck_registration_days_positive")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_registration_agency_id_agency")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_registration_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
    )
    op.create_index(op.f("ix_registration_agency_id"), "registration", ["agency_id"], unique=False)
    op.create_index(op.f("ix_registration_attempt_id"), "registration", ["attempt_id"], unique=False)
    op.create_table(
        "registration_member",
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_registration_member_attempt_id_attempt")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_registration_member_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("registration_id", "code", name=op.f("pk_registration_member")),
    )
    op.create_index(op.f("ix_registration_member_attempt_id"), "registration_member", ["attempt_id"], unique=False)
    op.create_index(
        "uq_registration_member_in_force",
        "registration_member",
        ["attempt_id", "code"],
        unique=True,
        postgresql_where=sa.text("in_force"),
        sqlite_where=sa.text("in_force"),
    )


def downgrade():
    op.drop_table("registration_member")
    op.drop_table("registration")
