"""Where a prepared act will count."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("prepared_act") as table:
        table.add_column(sa.Column("region", sa.String(6), nullable=True))
        table.create_foreign_key("fk_prepared_act_region_region", "region", ["region"], ["code"])


def downgrade():
    with op.batch_alter_table("prepared_act") as table:
        table.drop_constraint("fk_prepared_act_region_region", type_="foreignkey")
        table.drop_column("region")
