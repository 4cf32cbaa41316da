"""Offer keys that two of three holders open: the holders, the sealed halves, the uses of their keys."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_FORCE = sa.text("ended_at IS NULL")
STANDING = sa.text("lapsed_at IS NULL")


def upgrade():
    op.create_table(
        "holder",
        sa.Column("id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
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
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('operator', 'regulator', 'supervisor')", name=op.f("ck_holder_an_office")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= enrolled_at", name=op.f("ck_holder_ended_after_enrolment")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_holder_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_holder_region_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder")),
        sa.UniqueConstraint("public_key", name=op.f("uq_holder_public_key")),
    )
    for name, columns in (("uq_holder_kind", ["region", "role"]), ("uq_holder_office", ["organisation_id"])):
        op.create_index(name, "holder", columns, unique=True, postgresql_where=IN_FORCE, sqlite_where=IN_FORCE)
    op.create_table(
        "key_half",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("pair", sa.String(length=40), nullable=False),
        sa.Column("holder_id", BIG, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_key_half_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_key_half_holder_id_holder")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_half")),
        sa.UniqueConstraint("attempt_id", "pair", "holder_id", name=op.f("uq_key_half_attempt_id_pair_holder_id")),
    )
    op.create_index(op.f("ix_key_half_holder_id"), "key_half", ["holder_id"])
    op.create_table(
        "key_use",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("holder_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("lapsed_at IS NULL OR kept IS NULL", name=op.f("ck_key_use_lapsed_keeps_nothing")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_key_use_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["holder_id"], ["holder.id"], name=op.f("fk_key_use_holder_id_holder")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_key_use_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_use")),
    )
    op.create_index(
        "uq_key_use_standing",
        "key_use",
        ["attempt_id", "holder_id"],
        unique=True,
        postgresql_where=STANDING,
        sqlite_where=STANDING,
    )


def downgrade():
    op.drop_table("key_use")
    op.drop_table("key_half")
    op.drop_table("holder")
