"""Judges: the roster, who judges an attempt, and their sheets."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_FORCE = sa.text("retired_at IS NULL")
OPEN = sa.text("closed_at IS NULL")


def upgrade():
    op.create_table(
        "judge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("no", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("trade", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_judge_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_judge_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judge")),
        sa.UniqueConstraint("no", name=op.f("uq_judge_no")),
    )
    op.create_index(op.f("ix_judge_organisation_id"), "judge", ["organisation_id"])
    op.create_index(
        "uq_judge_account", "judge", ["account_id"], unique=True, postgresql_where=IN_FORCE, sqlite_where=IN_FORCE
    )
    op.create_table(
        "panel",
        sa.Column("id", KEY, nullable=False),
        sa.Column("attempt_id", KEY, nullable=False),
        sa.Column("roster", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_panel_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_panel")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_panel_attempt_id")),
    )
    op.create_index("ix_panel_open", "panel", ["attempt_id"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_table(
        "seat",
        sa.Column("id", KEY, nullable=False),
        sa.Column("panel_id", KEY, nullable=False),
        sa.Column("judge_id", KEY, nullable=False),
        sa.Column("seated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stepped_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("locked_at IS NULL OR declared_at IS NOT NULL", name=op.f("ck_seat_declared_before_locked")),
        sa.CheckConstraint(
            "stepped_back_at IS NULL OR declared_at IS NULL", name=op.f("ck_seat_declared_or_stepped_back")
        ),
        sa.CheckConstraint(
            "(stepped_back_at IS NULL) = (reason IS NULL)", name=op.f("ck_seat_stepped_back_with_reason")
        ),
        sa.ForeignKeyConstraint(["panel_id"], ["panel.id"], name=op.f("fk_seat_panel_id_panel")),
        sa.ForeignKeyConstraint(["judge_id"], ["judge.id"], name=op.f("fk_seat_judge_id_judge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("panel_id", "judge_id", name=op.f("uq_seat_panel_id_judge_id")),
    )
    op.create_index(op.f("ix_seat_judge_id"), "seat", ["judge_id"])
    op.create_table(
        "sheet_line",
        sa.Column("seat_id", KEY, nullable=False),
        sa.Column("registration_id", KEY, nullable=False),
        sa.Column("service", sa.Integer(), nullable=True),
        sa.Column("team", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("service IS NULL OR service BETWEEN 0 AND 100", name=op.f("ck_sheet_line_service_points")),
        sa.CheckConstraint("team IS NULL OR team BETWEEN 0 AND 100", name=op.f("ck_sheet_line_team_points")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_sheet_line_seat_id_seat")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_sheet_line_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("seat_id", "registration_id", name=op.f("pk_sheet_line")),
    )


def downgrade():
    op.drop_table("sheet_line")
    op.drop_table("seat")
    op.drop_table("panel")
    op.drop_table("judge")
