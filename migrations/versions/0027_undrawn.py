"""What waits to be drawn is found without reading every selection: each round of the sweep asks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

WAITING = sa.text("drawn_at IS NULL")


def upgrade():
    op.create_index("ix_selection_undrawn", "selection", ["frozen_at"], postgresql_where=WAITING, sqlite_where=WAITING)


def downgrade():
    op.drop_index("ix_selection_undrawn", table_name="selection")
