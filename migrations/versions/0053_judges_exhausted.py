"""When nobody was left to judge an attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("panel", sa.Column("exhausted_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("panel", "exhausted_at")
