"""Files of an offer, sealed until the opening."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "proposal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("offer_id", KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("box", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("key IS NULL OR sha256 IS NOT NULL", name=op.f("ck_proposal_key_of_a_known_file")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_proposal_offer_id_offer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("offer_id", "place", name=op.f("uq_proposal_offer_id_place")),
    )


def downgrade():
    op.drop_table("proposal")
