"""Warnings and alarms over time limits, one of each for a limit; outages: watch."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_at IS NULL")


def upgrade():
    op.create_table(
        "alarm",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ref", sa.String(length=16), nullable=False),
        sa.Column("watch", sa.String(length=40), nullable=False),
        sa.Column("no", sa.String(length=40), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "level",
            sa.Enum("warning", "alarm", name="level", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("party_id", KEY, nullable=True),
        sa.Column("authority", sa.String(length=40), nullable=True),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_party_id", KEY, nullable=True),
        sa.Column("assigned_account_id", KEY, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", KEY, nullable=True),
        sa.Column(
            "reason",
            sa.Enum(
                "remedied",
                "excused",
                "referred",
                "unfounded",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("closed_by IS NULL OR closed_at IS NOT NULL", name=op.f("ck_alarm_closed_by_a_hand")),
        sa.CheckConstraint("(closed_by IS NULL) = (reason IS NULL)", name=op.f("ck_alarm_hand_gives_reason")),
        sa.CheckConstraint(
            "(assigned_at IS NULL) = (assigned_party_id IS NULL)", name=op.f("ck_alarm_assigned_to_somebody")
        ),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_alarm_region_region")),
        sa.ForeignKeyConstraint(["party_id"], ["organisation.id"], name=op.f("fk_alarm_party_id_organisation")),
        sa.ForeignKeyConstraint(["authority"], ["authority.code"], name=op.f("fk_alarm_authority_authority")),
        sa.ForeignKeyConstraint(
            ["assigned_party_id"], ["organisation.id"], name=op.f("fk_alarm_assigned_party_id_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["assigned_account_id"], ["account.id"], name=op.f("fk_alarm_assigned_account_id_account")
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["organisation.id"], name=op.f("fk_alarm_closed_by_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("ref", name=op.f("uq_alarm_ref")),
        sa.UniqueConstraint("watch", "no", "since_at", "level", name=op.f("uq_alarm_watch_no_since_at_level")),
    )
    op.create_index("ix_alarm_no", "alarm", ["no"])
    op.create_index("ix_alarm_open", "alarm", ["region", "id"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_table(
        "outage",
        sa.Column("id", KEY, nullable=False),
        sa.Column("no", sa.String(length=16), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column(
            "failed",
            sa.Enum(
                "all",
                "signing_in",
                "registering",
                "offering",
                name="failed",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", KEY, nullable=False),
        sa.Column("agreed_by", KEY, nullable=False),
        sa.CheckConstraint("since_at < until_at", name=op.f("ck_outage_outage_forward")),
        sa.ForeignKeyConstraint(["region"], ["region.code"], name=op.f("fk_outage_region_region")),
        sa.ForeignKeyConstraint(["recorded_by"], ["organisation.id"], name=op.f("fk_outage_recorded_by_organisation")),
        sa.ForeignKeyConstraint(["agreed_by"], ["organisation.id"], name=op.f("fk_outage_agreed_by_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sa.UniqueConstraint("no", name=op.f("uq_outage_no")),
    )


def downgrade():
    op.drop_table("outage")
    op.drop_table("alarm")
