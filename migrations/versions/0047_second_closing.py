"""Who was invited by a draw to offer, and until when."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

OFFERING = sa.text("offers_close_at IS NOT NULL AND decision IS NULL")


def upgrade():
    op.add_column("registration", sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("attempt", sa.Column("offers_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("attempt", sa.Column("offers_close_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("attempt", sa.Column("offers_provisional", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("attempt") as table:
        table.create_check_constraint("offers_from_until", "(offers_from IS NULL) = (offers_close_at IS NULL)")
    op.create_index(
        "ix_attempt_offers", "attempt", ["offers_close_at"], postgresql_where=OFFERING, sqlite_where=OFFERING
    )


def downgrade():
    op.drop_index("ix_attempt_offers", "attempt")
    with op.batch_alter_table("attempt") as table:
        table.drop_constraint("offers_from_until", type_="check")
    op.drop_column("attempt", "offers_provisional")
    op.drop_column("attempt", "offers_close_at")
    op.drop_column("attempt", "offers_from")
    op.drop_column("registration", "invited_at")
