"""What a direct award exceeded."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("commission") as table:
        table.add_column(sa.Column("over_cap", sa.String(40), nullable=True))
        table.create_check_constraint("cap", "over_cap IN ('awards', 'share')")


def downgrade():
    with op.batch_alter_table("commission") as table:
        table.drop_constraint("cap", type_="check")
        table.drop_column("over_cap")
