"""Awards stand in numbered places, a refusal may be excused, a notice has its file."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

IN_FORCE = sa.text("declined_at IS NULL AND lapsed_at IS NULL AND fallen_at IS NULL")
WAITING = sa.text("excuse IS NOT NULL AND judged_at IS NULL")
COLUMNS = (
    ("seat", sa.Integer(), "1"),
    ("excuse", sa.String(length=20), None),
    ("judged_at", sa.DateTime(timezone=True), None),
    ("excused", sa.Boolean(), None),
    ("judge_reason", sa.Text(), None),
    ("notice_sha256", sa.String(length=64), None),
    ("notice_size", sa.Integer(), None),
    ("seal", sa.String(length=64), None),
)


def upgrade():
    # Columns are added and dropped in place: a table that is made anew would lose the rows that point to it on SQLite.
    for name, kind, default in COLUMNS:
        op.add_column("award", sa.Column(name, kind, nullable=default is None, server_default=default))
    _in_force("attempt_id", "seat")
    op.create_index("ix_award_judgement", "award", ["declined_at"], postgresql_where=WAITING, sqlite_where=WAITING)


def downgrade():
    op.drop_index("ix_award_judgement", table_name="award")
    _in_force("attempt_id")
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("award", name)


def _in_force(*columns):
    op.drop_index("uq_award_in_force", table_name="award")
    op.create_index(
        "uq_award_in_force", "award", list(columns), unique=True, postgresql_where=IN_FORCE, sqlite_where=IN_FORCE
    )
