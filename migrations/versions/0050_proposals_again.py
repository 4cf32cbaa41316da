"""Files of proposals whose boxes did not open, and what their agencies hand in for them."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

BROKEN = sa.text("broken_at IS NOT NULL AND lapsed_at IS NULL AND opened_at IS NULL")
AWAITED = sa.text("broken_at IS NOT NULL AND handed_in_at IS NULL AND lapsed_at IS NULL")
CHECKS = {
    "file_handed_in": "(handed_in_at IS NULL) = (handed_in IS NULL)",
    "file_of_broken": "handed_in_at IS NULL OR (broken_at IS NOT NULL AND sha256 IS NOT NULL)",
}
COLUMNS = {
    "broken_at": sa.DateTime(timezone=True),
    "handed_in_at": sa.DateTime(timezone=True),
    "handed_in": sa.String(64),
}


def upgrade():
    op.drop_index("ix_offer_broken", table_name="offer")
    with op.batch_alter_table("offer") as table:
        table.add_column(sa.Column("legible", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.drop_constraint("body_of_broken", type_="check")
        table.create_check_constraint("body_of_broken", "handed_in_at IS NULL OR broken_at IS NOT NULL")
        table.create_check_constraint(
            "legible_of_broken", "NOT legible OR (broken_at IS NOT NULL AND handed_in_at IS NULL)"
        )
    op.create_index("ix_offer_broken", "offer", ["hand_in_due_at"], postgresql_where=BROKEN, sqlite_where=BROKEN)
    with op.batch_alter_table("proposal") as table:
        for name, kind in COLUMNS.items():
            table.add_column(sa.Column(name, kind, nullable=True))
        for name, condition in CHECKS.items():
            table.create_check_constraint(name, condition)


def downgrade():
    with op.batch_alter_table("proposal") as table:
        for name in CHECKS:
            table.drop_constraint(name, type_="check")
        for name in reversed(COLUMNS):
            table.drop_column(name)
    op.drop_index("ix_offer_broken", table_name="offer")
    with op.batch_alter_table("offer") as table:
        table.drop_constraint("legible_of_broken", type_="check")
        table.drop_constraint("body_of_broken", type_="check")
        table.create_check_constraint(
            "body_of_broken", "handed_in_at IS NULL OR (broken_at IS NOT NULL AND lapsed_at IS NULL)"
        )
        table.drop_column("legible")
    op.create_index("ix_offer_broken", "offer", ["hand_in_due_at"], postgresql_where=AWAITED, sqlite_where=AWAITED)
