"""A need for several items."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.add_column("need", sa.Column("further", sa.String(length=100), nullable=True))
    op.create_table(
        "need_item",
        sa.Column("need_id", BIG, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_code", sa.String(length=4), nullable=False),
        sa.Column("item_version_id", BIG, nullable=False),
        sa.CheckConstraint("position >= 2", name=op.f("ck_need_item_after_the_main_item")),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_item_need_id_need")),
        sa.ForeignKeyConstraint(["item_code"], ["item.code"], name=op.f("fk_need_item_item_code_item")),
        sa.ForeignKeyConstraint(
            ["item_version_id"], ["item_version.id"], name=op.f("fk_need_item_item_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("need_id", "position", name=op.f("pk_need_item")),
        sa.UniqueConstraint("need_id", "item_code", name=op.f("uq_need_item_need_id_item_code")),
    )
    op.create_index(op.f("ix_need_item_item_code"), "need_item", ["item_code"])


def downgrade():
    op.drop_table("need_item")
    op.drop_column("need", "further")
