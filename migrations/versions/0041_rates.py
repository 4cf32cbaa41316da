"""Offers of a discount rate: what was opened, who stands with it, and who won by it."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade():
    for table in ("offer", "candidate", "award"):
        op.add_column(table, sa.Column("rate_ppm", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("offer") as table:
        table.create_check_constraint("rate_after_opening", "rate_ppm IS NULL OR body IS NOT NULL")


def downgrade():
    with op.batch_alter_table("offer") as table:
        table.drop_constraint("rate_after_opening", type_="check")
    for table in ("award", "candidate", "offer"):
        op.drop_column(table, "rate_ppm")
