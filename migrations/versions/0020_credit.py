"""Tables of credit: credit_event."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "credit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "deduction", "bonus", "service", name="eventkind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=2), nullable=True),
        sa.Column("evaluator", sa.String(length=20), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("contract_no", sa.String(length=24), nullable=True),
        sa.Column("evidence", sa.String(length=80), nullable=False),
        sa.Column("entry_ref", sa.String(length=32), nullable=False),
        sa.Column("rulebook", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'service' OR (contract_no IS NOT NULL AND weight > 0)",
            name=op.f("ck_credit_event_service_has_contract"),
        ),
        sa.CheckConstraint("points >= 0", name=op.f("ck_credit_event_points_not_negative")),
        sa.ForeignKeyConstraint(["category"], ["category.code"], name=op.f("fk_credit_event_category_category")),
        sa.ForeignKeyConstraint(["party_id"], ["organisation.id"], name=op.f("fk_credit_event_party_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_event")),
        sa.UniqueConstraint("party_id", "code", "evidence", name=op.f("uq_credit_event_party_id_code_evidence")),
    )
    op.create_index("ix_credit_event_category", "credit_event", ["category", "kind", "at"], unique=False)
    op.create_index("ix_credit_event_party", "credit_event", ["party_id", "at"], unique=False)


def downgrade():
    op.drop_table("credit_event")
