"""Tables of pricelist: price_entry."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "price_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("agency_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_code", sa.String(length=4), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("rate_ppm", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("complaint_phone", sa.Text(), nullable=False),
        sa.Column("committed_days", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(price_fen IS NULL) <> (rate_ppm IS NULL)", name=op.f("ck_price_entry_amount_or_rate")),
        sa.CheckConstraint("committed_days > 0", name=op.f("ck_price_entry_days_positive")),
        sa.CheckConstraint("price_fen IS NULL OR price_fen > 0", name=op.f("ck_price_entry_price_positive")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_price_entry_agency_id_agency")),
        sa.ForeignKeyConstraint(["item_code"], ["item.code"], name=op.f("fk_price_entry_item_code_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_entry")),
        sa.UniqueConstraint(
            "agency_id",
            "item_code",
            "effective_from",
            "unit",
            name=op.f("uq_price_entry_agency_id_item_code_effective_from_unit"),
        ),
        sa.UniqueConstraint("no", name=op.f("uq_price_entry_no")),
    )
    op.create_index(op.f("ix_price_entry_agency_id"), "price_entry", ["agency_id"], unique=False)
    op.create_index("ix_price_entry_item", "price_entry", ["item_code", "effective_from"], unique=False)


def downgrade():
    op.drop_table("price_entry")
