"""Tables of sanction: sanction."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sanction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=20), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "yellow",
                "suspend",
                "blacklist",
                name="sanctionkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("rulebook", sa.String(length=40), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seconded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("decided_by <> seconded_by", name=op.f("ck_sanction_two_accounts")),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_sanction_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["authority"], ["authority.code"], name=op.f("fk_sanction_authority_authority")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_sanction_decided_by_account")),
        sa.ForeignKeyConstraint(["party_id"], ["organisation.id"], name=op.f("fk_sanction_party_id_organisation")),
        sa.ForeignKeyConstraint(["seconded_by"], ["account.id"], name=op.f("fk_sanction_seconded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanction")),
        sa.UniqueConstraint("no", name=op.f("uq_sanction_no")),
    )
    op.create_index("ix_sanction_party", "sanction", ["party_id", "until_at"], unique=False)


def downgrade():
    op.drop_table("sanction")
