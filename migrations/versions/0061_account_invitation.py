"""Colleagues invited into an organisation."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nobody was invited yet."""
    op.create_table(
        "account_invitation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("no", sa.String(16), nullable=False),
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("invited_by", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_account_invitation_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["account.id"], name=op.f("fk_account_invitation_invited_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_invitation")),
        sa.UniqueConstraint("no", name=op.f("uq_account_invitation_no")),
    )
    op.create_index("ix_account_invitation_organisation_id", "account_invitation", ["organisation_id"])


def downgrade() -> None:
    """Whoever was invited is not any more."""
    op.drop_table("account_invitation")
