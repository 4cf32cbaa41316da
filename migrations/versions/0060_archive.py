"""Archives are sealed: the manifest as it was, and the documents it names."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was sealed before."""
    op.create_table(
        "archive",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=32), nullable=False),
        sa.Column("contract_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(number = 1) = (sealed_by IS NULL)", name=op.f("ck_archive_supplement_has_hand")),
        sa.ForeignKeyConstraint(["contract_id"], ["contract.id"], name=op.f("fk_archive_contract_id_contract")),
        sa.ForeignKeyConstraint(["sealed_by"], ["organisation.id"], name=op.f("fk_archive_sealed_by_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_archive_contract_id_number")),
        sa.UniqueConstraint("no", name=op.f("uq_archive_no")),
        sa.UniqueConstraint("sha256", name=op.f("uq_archive_sha256")),
    )
    op.create_table(
        "archive_document",
        sa.Column("archive_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["archive_id"], ["archive.id"], name=op.f("fk_archive_document_archive_id_archive")),
        sa.PrimaryKeyConstraint("archive_id", "name", name=op.f("pk_archive_document")),
    )


def downgrade() -> None:
    """What was sealed is forgotten; the log remembers the hash."""
    op.drop_table("archive_document")
    op.drop_table("archive")
