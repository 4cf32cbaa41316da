"""Tables of offer: offer."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "offer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("registration_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("entry_ref", sa.String(length=32), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(body IS NULL) = (amount_fen IS NULL)", name=op.f("ck_offer_amount_after_opening")),
        sa.CheckConstraint("(opened_at IS NULL) = (body IS NULL)", name=op.f("ck_offer_body_after_opening")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_offer_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
        sa.UniqueConstraint("commitment", name=op.f("uq_offer_commitment")),
        sa.UniqueConstraint("entry_ref", name=op.f("uq_offer_entry_ref")),
    )
    op.create_index(op.f("ix_offer_registration_id"), "offer", ["registration_id"], unique=False)


def downgrade():
    op.drop_table("offer")
