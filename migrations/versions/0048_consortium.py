"""Members of a consortium answer for themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("registration_member") as table:
        table.add_column(sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))
        table.create_check_constraint("member_by_its_own_hand", "lead OR NOT in_force OR joined_at IS NOT NULL")
        table.create_index("ix_registration_member_code", ["code"])


def downgrade():
    with op.batch_alter_table("registration_member") as table:
        table.drop_index("ix_registration_member_code")
        table.drop_constraint("member_by_its_own_hand", type_="check")
        table.drop_column("declined_at")
        table.drop_column("joined_at")
