"""As which version its subject stood when an act was prepared for a colleague's hand."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What waits already counts none."""
    with op.batch_alter_table("prepared_act") as prepared:
        prepared.add_column(sa.Column("subject_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Nothing is compared."""
    with op.batch_alter_table("prepared_act") as prepared:
        prepared.drop_column("subject_version")
