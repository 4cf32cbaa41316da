"""Agencies object to a notice, an exclusion or a result."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_at IS NULL")


def code(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.create_table(
        "objection",
        sa.Column("id", BIG, nullable=False),
        sa.Column("no", sa.String(length=24), nullable=False),
        sa.Column("announcement_id", BIG, nullable=False),
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("party_id", BIG, nullable=False),
        sa.Column("award_id", BIG, nullable=True),
        sa.Column("kind", code("kind", "notice", "exclusion", "result"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("interest", sa.Text(), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pauses", sa.Boolean(), nullable=False),
        sa.Column("answer_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("conceded", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("appeal_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", code("outcome", "upheld", "dismissed", "recalled", "lapsed"), nullable=True),
        sa.Column("effect", code("effect", "skipped", "void", "recorded"), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_objection_closed_has_outcome")),
        sa.CheckConstraint("(answered_at IS NULL) = (conceded IS NULL)", name=op.f("ck_objection_answer_says_what")),
        sa.CheckConstraint(
            "(effect IS NOT NULL) = (outcome IS NOT NULL AND outcome = 'upheld')",
            name=op.f("ck_objection_upheld_has_effect"),
        ),
        sa.CheckConstraint("(appealed_at IS NULL) = (decide_due_at IS NULL)", name=op.f("ck_objection_appeal_has_due")),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcement.id"], name=op.f("fk_objection_announcement_id_announcement")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_objection_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["party_id"], ["organisation.id"], name=op.f("fk_objection_party_id_organisation")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_objection_award_id_award")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objection")),
        sa.UniqueConstraint("no", name=op.f("uq_objection_no")),
    )
    op.create_index(op.f("ix_objection_announcement_id"), "objection", ["announcement_id"])
    op.create_index(op.f("ix_objection_party_id"), "objection", ["party_id"])
    op.create_index(
        "uq_objection_open",
        "objection",
        ["attempt_id", "kind", "party_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index("ix_objection_waiting", "objection", ["appeal_due_at"], postgresql_where=OPEN, sqlite_where=OPEN)


def downgrade():
    op.drop_table("objection")
