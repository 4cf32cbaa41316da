"""An award's notice waits while somebody objects."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("award", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("award", "held_until")
