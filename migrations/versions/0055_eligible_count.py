"""Who could register for a need, where they are fewer than a selection needs; the smaller minimum of an announcement."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "eligible_count",
        sa.Column("id", KEY, nullable=False),
        sa.Column("need_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rulebook", sa.String(40), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column(
            "fund",
            sa.Enum("fiscal", "state", "social", name="fund", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("agencies", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.CheckConstraint("minimum > 0", name=op.f("ck_eligible_count_minimum_positive")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_eligible_count_need_id_need")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_eligible_count_region_region")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligible_count")),
    )
    op.create_index("ix_eligible_count_need_id", "eligible_count", ["need_id"])
    op.add_column("announcement", sa.Column("minimum", sa.Integer(), nullable=True))


def downgrade():
    op.drop_column("announcement", "minimum")
    op.drop_index("ix_eligible_count_need_id", "eligible_count")
    op.drop_table("eligible_count")
