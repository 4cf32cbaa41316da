"""An envelope that did not open waits for its body; a selection that stopped goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

AWAITED = sa.text("broken_at IS NOT NULL AND handed_in_at IS NULL AND lapsed_at IS NULL")
INSTANTS = ("broken_at", "hand_in_due_at", "handed_in_at", "lapsed_at")
CHECKS = {
    "broken_has_a_limit": "(broken_at IS NULL) = (hand_in_due_at IS NULL)",
    "handed_in_with_body": "(handed_in_at IS NULL) = (handed_in IS NULL)",
    "body_of_broken": "handed_in_at IS NULL OR (broken_at IS NOT NULL AND lapsed_at IS NULL)",
    "lapsed_unopened": "lapsed_at IS NULL OR (broken_at IS NOT NULL AND opened_at IS NULL)",
}


def upgrade():
    with op.batch_alter_table("offer") as table:
        for name in INSTANTS:
            table.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("handed_in", sa.LargeBinary(), nullable=True))
        table.add_column(sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
        for name, condition in CHECKS.items():
            table.create_check_constraint(name, condition)
    op.create_index("ix_offer_broken", "offer", ["hand_in_due_at"], postgresql_where=AWAITED, sqlite_where=AWAITED)
    with op.batch_alter_table("selection") as table:
        table.drop_constraint("stopped_by_an_envelope", type_="check")
        table.drop_column("stopped_by")


def downgrade():
    with op.batch_alter_table("selection") as table:
        table.add_column(sa.Column("stopped_by", sa.String(length=64), nullable=True))
        table.create_check_constraint("stopped_by_an_envelope", "(stopped_at IS NULL) = (stopped_by IS NULL)")
    op.drop_index("ix_offer_broken", table_name="offer")
    with op.batch_alter_table("offer") as table:
        for name in CHECKS:
            table.drop_constraint(name, type_="check")
        for name in ("provisional", "handed_in", *reversed(INSTANTS)):
            table.drop_column(name)
