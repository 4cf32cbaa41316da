"""A published day says what it is for; two years' notices may both name the last days of one December."""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KNOWN = sa.text("SELECT day, year, working FROM calendar_day ORDER BY year, day")


def upgrade():
    _made_anew(("year", "day"), named=True)


def downgrade():
    _made_anew(("day",), named=False)


def _made_anew(key, *, named):
    """The table holds a few dozen rows and nothing points to it: its key is changed by writing it again."""
    bind = op.get_bind()
    rows = [(str(day), year, working) for day, year, working in bind.execute(KNOWN).all()]
    # Where one key per day must do, the later notice counts, as it does in the calendar.
    kept = {(year, day) if named else day: (day, year, working) for day, year, working in rows}
    op.drop_index("ix_calendar_day_year", table_name="calendar_day")
    op.drop_table("calendar_day")
    table = op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        *([sa.Column("name", sa.Text(), nullable=False)] if named else []),
        sa.ForeignKeyConstraint(["year"], ["calendar_year.year"], name=op.f("fk_calendar_day_year_calendar_year")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_calendar_day")),
    )
    op.create_index("ix_calendar_day_year", "calendar_day", ["year"])
    for day, year, working in kept.values():
        values = {"day": date.fromisoformat(day), "year": year, "working": bool(working)}
        bind.execute(table.insert().values(values | ({"name": ""} if named else {})))
