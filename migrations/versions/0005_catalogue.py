"""Tables of catalogue: category, item, qualification, item_version."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "category",
        sa.Column("code", sa.String(length=2), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "item",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("category", sa.String(length=2), nullable=False),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("fk_item_category_category")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_item")),
    )
    op.create_index(op.f("ix_item_category"), "item", ["category"], unique=False)
    op.create_table(
        "qualification",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grades", sa.Text(), nullable=False),
        sa.Column("authority", sa.String(length=40), nullable=False),
        sa.Column("part_of", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["authority"], ["authority.code"], name=op.f("fk_qualification_authority_authority")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qualification")),
    )
    op.create_table(
        "item_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_code", sa.String(length=4), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("authorities", sa.Text(), nullable=False),
        sa.Column("approval", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("q", sa.String(length=10), nullable=False),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.Column("requires", sa.Text(), nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("fee_nature", sa.String(length=10), nullable=False),
        sa.Column("fee_basis", sa.Text(), nullable=False),
        sa.Column("self_service", sa.Boolean(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.String(length=10), nullable=False),
        sa.Column("verified", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_item_version_versions_from_one")),
        sa.ForeignKeyConstraint(["item_code"], ["item.code"], name=op.f("fk_item_version_item_code_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_code", "effective_from", name=op.f("uq_item_version_item_code_effective_from")),
        sa.UniqueConstraint("item_code", "version", name=op.f("uq_item_version_item_code_version")),
    )
    op.create_index(op.f("ix_item_version_item_code"), "item_version", ["item_code"], unique=False)


def downgrade():
    op.drop_table("item_version")
    op.drop_table("qualification")
    op.drop_table("item")
    op.drop_table("category")
