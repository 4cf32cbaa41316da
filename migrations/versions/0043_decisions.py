"""What people decide after a freeze: the owner's choice, or the sheets of judges, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

AWAITED = sa.text("decide_by IS NOT NULL AND resulted_at IS NULL AND voided_at IS NULL")


def upgrade():
    op.add_column("selection", sa.Column("scores", sa.Text(), nullable=True))
    op.add_column("selection", sa.Column("choice_reason", sa.Text(), nullable=True))
    op.add_column("selection", sa.Column("decided_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("selection", sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("selection", sa.Column("provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_selection_awaited", "selection", ["decide_by"], postgresql_where=AWAITED, sqlite_where=AWAITED)


def downgrade():
    op.drop_index("ix_selection_awaited", "selection")
    for name in ("provisional", "decide_by", "decided_from", "choice_reason", "scores"):
        op.drop_column("selection", name)
