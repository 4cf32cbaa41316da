"""Tables of direct: commission, named_price."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "commission",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("need_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "small_amount",
                "continuity",
                "urgent",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("minutes", sa.String(length=64), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("accepted_at IS NULL OR ended_at IS NOT NULL", name=op.f("ck_commission_accepted_is_ended")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_commission_agency_id_agency")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_commission_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission")),
    )
    op.create_index(op.f("ix_commission_agency_id"), "commission", ["agency_id"], unique=False)
    op.create_index(op.f("ix_commission_need_id"), "commission", ["need_id"], unique=False)
    op.create_index(
        "uq_commission_open",
        "commission",
        ["need_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "named_price",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "side",
            sa.Enum("purchaser", "agency", name="side", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_named_price_amount_positive")),
        sa.ForeignKeyConstraint(
            ["commission_id"], ["commission.id"], name=op.f("fk_named_price_commission_id_commission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_price")),
    )
    op.create_index(op.f("ix_named_price_commission_id"), "named_price", ["commission_id"], unique=False)


def downgrade():
    op.drop_table("named_price")
    op.drop_table("commission")
