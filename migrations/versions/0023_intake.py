"""The journal of imported files and of their rows: intake, intake_row."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "intake",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=12), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("file_rows", sa.Integer(), nullable=False),
        sa.Column("chosen_rows", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("chosen_rows BETWEEN 1 AND file_rows", name=op.f("ck_intake_some_rows")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_intake_account_id_account")),
        sa.ForeignKeyConstraint(["party_id"], ["organisation.id"], name=op.f("fk_intake_party_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake")),
        sa.UniqueConstraint("no", name=op.f("uq_intake_no")),
    )
    op.create_index(op.f("ix_intake_account_id"), "intake", ["account_id"], unique=False)
    op.create_index(
        "uq_intake_running",
        "intake",
        ["account_id", "kind", "sha256"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "intake_row",
        sa.Column("intake_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "done",
                "known",
                "waiting",
                "refused",
                "stopped",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("subject", sa.String(length=80), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=True),
        sa.CheckConstraint("(outcome IS NULL) = (cells IS NOT NULL)", name=op.f("ck_intake_row_cells_until_done")),
        sa.ForeignKeyConstraint(["intake_id"], ["intake.id"], name=op.f("fk_intake_row_intake_id_intake")),
        sa.PrimaryKeyConstraint("intake_id", "row", name=op.f("pk_intake_row")),
    )
    op.create_index("ix_intake_row_digest", "intake_row", ["digest"], unique=False)


def downgrade():
    op.drop_table("intake_row")
    op.drop_table("intake")
