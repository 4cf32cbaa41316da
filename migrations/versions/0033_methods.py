"""A need may be decided by the mean of the prices; a selection keeps its method's parameters."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BEFORE = ("DIRECT", "RANDOM", "BID_LOW")


def upgrade():
    _methods((*BEFORE, "BID_AVG"))
    op.add_column("selection", sa.Column("parameters", sa.Text(), nullable=True))


def downgrade():
    op.drop_column("selection", "parameters")
    _methods(BEFORE)


def _methods(codes):
    with op.batch_alter_table("need") as table:
        table.drop_constraint("method", type_="check")
        table.create_check_constraint("method", sa.column("method").in_(codes))
