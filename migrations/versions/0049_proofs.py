"""What came with a refused award and with the statement on a low price; until when such a price is decided on."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("award", sa.Column("decline_file", sa.String(64), nullable=True))
    op.add_column("price_question", sa.Column("file", sa.String(64), nullable=True))
    op.add_column("price_question", sa.Column("decide_due_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    op.drop_column("price_question", "decide_due_at")
    op.drop_column("price_question", "file")
    op.drop_column("award", "decline_file")
