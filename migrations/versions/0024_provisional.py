"""Every stored deadline can be marked as provisional, and what is marked is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MARKS = (
    ("announcement", "review_provisional"),
    ("purchaser", "provisional"),
    ("agency", "provisional"),
    ("credential", "provisional"),
    ("commission", "provisional"),
    ("deliverable", "provisional"),
)
FOUND = (
    ("announcement", "closes_at", "closing_provisional"),
    ("award", "made_at", "provisional"),
    ("contract", "opened_at", "provisional"),
    ("deliverable", "confirm_due_at", "provisional"),
    ("sheet", "opened_at", "provisional"),
)


def upgrade():
    # Columns are added and dropped in place: a table that is made anew would lose the rows that point to it on SQLite.
    for table, column in MARKS:
        op.add_column(table, sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("agency", sa.Column("supplemented_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("performance", sa.Column("unknown_year", sa.Integer(), nullable=True))
    op.execute(sa.text("UPDATE performance SET unknown_year = 2027 WHERE provisional"))
    op.drop_column("performance", "provisional")
    for table, column, mark in FOUND:
        op.create_index(
            f"ix_{table}_provisional",
            table,
            [column],
            postgresql_where=sa.text(mark),
            sqlite_where=sa.text(f"{mark} = 1"),
        )
    op.create_index(
        "ix_performance_provisional",
        "performance",
        ["unknown_year"],
        postgresql_where=sa.text("unknown_year IS NOT NULL"),
        sqlite_where=sa.text("unknown_year IS NOT NULL"),
    )


def downgrade():
    op.drop_index("ix_performance_provisional", table_name="performance")
    for table, _, _ in reversed(FOUND):
        op.drop_index(f"ix_{table}_provisional", table_name=table)
    op.add_column("performance", sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.text("UPDATE performance SET provisional = (unknown_year IS NOT NULL)"))
    op.drop_column("performance", "unknown_year")
    op.drop_column("agency", "supplemented_at")
    for table, column in reversed(MARKS):
        op.drop_column(table, column)
