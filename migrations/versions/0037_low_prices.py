"""A price so low that it must be explained before anybody is ranked."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

OPEN = sa.text("decided_at IS NULL")


def upgrade():
    op.create_table(
        "price_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("offer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(stated_at IS NULL) = (statement IS NULL)", name=op.f("ck_price_question_stated_with_words")
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (accepted IS NULL)", name=op.f("ck_price_question_decided_with_answer")
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR (stated_at IS NULL) = (reason IS NULL)",
            name=op.f("ck_price_question_a_statement_is_answered_with_reasons"),
        ),
        sa.CheckConstraint(
            "accepted IS NULL OR NOT accepted OR stated_at IS NOT NULL",
            name=op.f("ck_price_question_accepted_what_was_stated"),
        ),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_price_question_offer_id_offer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_question")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_price_question_offer_id")),
    )
    op.create_index("ix_price_question_open", "price_question", ["due_at"], postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade():
    op.drop_table("price_question")
