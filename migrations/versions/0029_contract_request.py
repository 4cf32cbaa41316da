"""What either side of a contract asks for later, and what became of it: extensions, changes, ends, filings."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_at IS NULL")


def code(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.create_table(
        "contract_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("contract_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", code("kind", "extension", "amendment", "termination", "breach", "unsigned"), nullable=False),
        sa.Column("asked_by", code("side", "purchaser", "agency"), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("cause", code("cause", "purchaser", "force_majeure", "scope", "other"), nullable=True),
        sa.Column("breach", code("breach", "V03", "V04", "V10", "V13", "V14"), nullable=True),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("unanswered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            code("outcome", "agreed", "refused", "recalled", "upheld", "dismissed", "moot"),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_contract_request_closed_has_outcome")
        ),
        sa.CheckConstraint("version IS NULL OR outcome = 'agreed'", name=op.f("ck_contract_request_version_agreed")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_request_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_request")),
        sa.UniqueConstraint("contract_id", "number", name=op.f("uq_contract_request_contract_id_number")),
    )
    op.create_index(
        "uq_contract_request_open",
        "contract_request",
        ["contract_id", "kind"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(
        "uq_contract_request_ends",
        "contract_request",
        ["contract_id"],
        unique=True,
        postgresql_where=sa.text("ends"),
        sqlite_where=sa.text("ends = 1"),
    )
    op.create_index(
        "ix_contract_request_due",
        "contract_request",
        ["answer_due_at"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )


def downgrade():
    op.drop_table("contract_request")
