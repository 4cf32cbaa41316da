"""Tables of the beacon thrown in the hall: throw_entry, settled_throw."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "throw_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("selection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
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
        sa.Column("thrown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column(
            "witness",
            sa.Enum("registrant", "supervisor", name="witness", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("names", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_throw_entry_account_id_account")),
        sa.ForeignKeyConstraint(["selection_id"], ["selection.id"], name=op.f("fk_throw_entry_selection_id_selection")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throw_entry")),
    )
    op.create_index(op.f("ix_throw_entry_selection_id"), "throw_entry", ["selection_id"], unique=False)
    op.create_index(
        "uq_throw_entry_role",
        "throw_entry",
        ["selection_id", "role"],
        unique=True,
        postgresql_where=sa.text("set_aside_at IS NULL"),
        sqlite_where=sa.text("set_aside_at IS NULL"),
    )
    op.create_table(
        "settled_throw",
        sa.Column("selection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("thrown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column(
            "witness",
            sa.Enum("registrant", "supervisor", name="witness", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selection.id"], name=op.f("fk_settled_throw_selection_id_selection")
        ),
        sa.PrimaryKeyConstraint("selection_id", name=op.f("pk_settled_throw")),
    )


def downgrade():
    op.drop_table("settled_throw")
    op.drop_table("throw_entry")
