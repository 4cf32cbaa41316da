"""What becomes of a purchase that failed, the need that follows it, and the two exceptions of going direct."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

REASONS = ("small_amount", "continuity", "urgent")
EXCEPTIONS = ("two_failures", "sole_qualified")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _reason(values):
    quoted = ", ".join(f"'{value}'" for value in values)
    with op.batch_alter_table("commission") as table:
        table.drop_constraint("reason", type_="check")
        table.create_check_constraint("reason", f"reason IN ({quoted})")


def upgrade():
    with op.batch_alter_table("need") as table:
        table.add_column(sa.Column("follows_id", KEY, nullable=True))
        table.add_column(sa.Column("exceptional", sa.String(40), nullable=True))
        table.create_foreign_key("fk_need_follows_id_need", "need", ["follows_id"], ["id"])
        table.create_check_constraint("exceptional", "exceptional IN ('two_failures', 'sole_qualified')")
        table.create_index("ix_need_follows_id", ["follows_id"])
    with op.batch_alter_table("announcement") as table:
        table.add_column(sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("concluded_way", sa.String(40), nullable=True))
        table.add_column(sa.Column("concluded_because", sa.Text(), nullable=True))
        table.create_check_constraint("ending", "concluded_way IN ('change', 'direct', 'cancel')")
        table.create_check_constraint("concluded_somehow", "(concluded_at IS NULL) = (concluded_way IS NULL)")
    _reason((*REASONS, *EXCEPTIONS))


def downgrade():
    _reason(REASONS)
    with op.batch_alter_table("announcement") as table:
        table.drop_constraint("concluded_somehow", type_="check")
        table.drop_constraint("ending", type_="check")
        table.drop_column("concluded_because")
        table.drop_column("concluded_way")
        table.drop_column("concluded_at")
    with op.batch_alter_table("need") as table:
        table.drop_index("ix_need_follows_id")
        table.drop_constraint("exceptional", type_="check")
        table.drop_constraint("fk_need_follows_id_need", type_="foreignkey")
        table.drop_column("exceptional")
        table.drop_column("follows_id")
