"""An auction's instant says whether its day was known for certain when it was announced."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """As a second closing says it."""
    with op.batch_alter_table("attempt") as attempt:
        attempt.add_column(sa.Column("auction_provisional", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Nothing is computed anew."""
    with op.batch_alter_table("attempt") as attempt:
        attempt.drop_column("auction_provisional")
