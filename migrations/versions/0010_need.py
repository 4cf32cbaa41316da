"""Tables of need: need."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "need",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("purchaser_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_code", sa.String(length=4), nullable=False),
        sa.Column("item_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "fund",
            sa.Enum("fiscal", "state", "social", name="fund", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "payer",
            sa.Enum("purchaser", "authority", name="payer", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("budget_line", sa.Text(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("expected_days", sa.Integer(), nullable=False),
        sa.Column(
            "method",
            sa.Enum("DIRECT", "RANDOM", "BID_LOW", name="method", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("project_code", sa.String(length=30), nullable=True),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.Column("authority", sa.String(length=40), nullable=True),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(method = 'RANDOM') = (price_fen IS NOT NULL)", name=op.f("ck_need_random_states_price")),
        sa.CheckConstraint("method <> 'DIRECT' OR payer = 'purchaser'", name=op.f("ck_need_authority_pays_competes")),
        sa.CheckConstraint("abandoned_at IS NULL OR taken_at IS NULL", name=op.f("ck_need_taken_or_abandoned")),
        sa.CheckConstraint("budget_fen > 0", name=op.f("ck_need_budget_positive")),
        sa.CheckConstraint("expected_days > 0", name=op.f("ck_need_days_positive")),
        sa.CheckConstraint(
            "price_fen IS NULL OR (price_fen > 0 AND price_fen <= budget_fen)", name=op.f("ck_need_price_in_budget")
        ),
        sa.ForeignKeyConstraint(["authority"], ["authority.code"], name=op.f("fk_need_authority_authority")),
        sa.ForeignKeyConstraint(["item_code"], ["item.code"], name=op.f("fk_need_item_code_item")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_version.id"], name=op.f("fk_need_item_version_id_item_version")
        ),
        sa.ForeignKeyConstraint(["purchaser_id"], ["purchaser.id"], name=op.f("fk_need_purchaser_id_purchaser")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_need_region_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("no", name=op.f("uq_need_no")),
    )
    op.create_index(op.f("ix_need_item_code"), "need", ["item_code"], unique=False)
    op.create_index(op.f("ix_need_purchaser_id"), "need", ["purchaser_id"], unique=False)
    op.create_index(op.f("ix_need_region"), "need", ["region"], unique=False)


def downgrade():
    op.drop_table("need")
