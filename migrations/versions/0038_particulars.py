"""Every method, what it asks for besides, and how many are chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

BEFORE = ("DIRECT", "RANDOM", "BID_LOW", "BID_AVG")
ADDED = (
    "BID_LIVE",
    "BID_ROUNDS",
    "BID_RATE",
    "SHORTLIST_THEN_BID",
    "CREDIT_MERIT",
    "SCHEME_MERIT",
    "COMPARE",
)


def upgrade():
    op.add_column("need", sa.Column("winners", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("need", sa.Column("particulars", sa.Text(), nullable=True))
    _methods((*BEFORE, *ADDED), fixed=("RANDOM", "CREDIT_MERIT"))
    with op.batch_alter_table("need") as table:
        table.create_check_constraint("winners_from_one", "winners >= 1")


def downgrade():
    with op.batch_alter_table("need") as table:
        table.drop_constraint("winners_from_one", type_="check")
    _methods(BEFORE, fixed=("RANDOM",))
    op.drop_column("need", "particulars")
    op.drop_column("need", "winners")


def _methods(codes, *, fixed):
    with op.batch_alter_table("need") as table:
        table.drop_constraint("method", type_="check")
        table.create_check_constraint("method", sa.column("method").in_(codes))
        table.drop_constraint("random_states_price", type_="check")
        table.create_check_constraint(
            "random_states_price", sa.column("method").in_(fixed) == sa.column("price_fen").is_not(None)
        )
