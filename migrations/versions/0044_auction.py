"""Auctions: when one begins, how it stands, and every offer that counted, guarded by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("closed_at IS NULL")

# An offer may be written where the auction as it stands takes it; the next number, never earlier than the last one.
COUNTS = """
EXISTS (
  SELECT 1 FROM auction AS a
  WHERE a.id = NEW.auction_id AND a.closed_at IS NULL AND NEW.seq = a.seq + 1
    AND NEW.at >= a.starts_at AND NEW.at < a.ends_at AND (a.last_at IS NULL OR NEW.at >= a.last_at)
    AND NEW.amount_fen >= 1 AND NEW.amount_fen >= a.floor_fen AND NEW.amount_fen <= a.ceiling_fen
    AND (a.own OR (NEW.round IS NULL AND (a.best_fen IS NULL OR NEW.amount_fen <= a.best_fen - a.step_fen)))
    AND (NOT a.own OR (NEW.round BETWEEN 1 AND a.rounds AND NOT EXISTS (
      SELECT 1 FROM auction_offer AS o
      WHERE o.auction_id = NEW.auction_id AND o.registration_id = NEW.registration_id
        AND NEW.amount_fen > o.amount_fen - a.step_fen
    )))
)
"""
# Its terms stay; it moves on by one offer that was written just before, or it is closed, and then for good.
MOVES = """
  OLD.closed_at IS NULL AND NEW.id = OLD.id AND NEW.attempt_id = OLD.attempt_id AND NEW.own = OLD.own
  AND NEW.starts_at = OLD.starts_at AND NEW.rounds = OLD.rounds AND NEW.length_s = OLD.length_s
  AND NEW.step_fen = OLD.step_fen AND NEW.ceiling_fen = OLD.ceiling_fen AND NEW.floor_fen = OLD.floor_fen
  AND NEW.window_s = OLD.window_s AND NEW.extensions = OLD.extensions
  AND (
    (NEW.seq = OLD.seq AND NEW.ends_at = OLD.ends_at AND NEW.extended = OLD.extended
      AND COALESCE(NEW.best_fen, 0) = COALESCE(OLD.best_fen, 0)
      AND (NEW.last_at = OLD.last_at OR (NEW.last_at IS NULL AND OLD.last_at IS NULL)))
    OR (NEW.closed_at IS NULL AND NEW.seq = OLD.seq + 1 AND EXISTS (
      SELECT 1 FROM auction_offer AS o
      WHERE o.auction_id = NEW.id AND o.seq = NEW.seq AND o.at = NEW.last_at
        AND NEW.best_fen <= o.amount_fen AND NEW.best_fen = COALESCE(
          CASE WHEN OLD.best_fen < o.amount_fen THEN OLD.best_fen END, o.amount_fen)
        AND (
          (o.extended_to IS NULL AND NEW.ends_at = OLD.ends_at AND NEW.extended = OLD.extended)
          OR (o.extended_to = NEW.ends_at AND NEW.ends_at > OLD.ends_at AND NEW.extended = OLD.extended + 1)
        )
    ))
  )
"""
RULES = (
    ("auction_offer_counts", "INSERT", "auction_offer", COUNTS, "an offer that does not count"),
    ("auction_offer_stays", "UPDATE", "auction_offer", None, "an offer never changes"),
    ("auction_offer_kept", "DELETE", "auction_offer", None, "an offer is never taken away"),
    ("auction_moves", "UPDATE", "auction", MOVES, "an auction moves on by its offers alone"),
    ("auction_begins", "INSERT", "auction", "NEW.seq = 0 AND NEW.extended = 0", "an auction begins without offers"),
    ("auction_kept", "DELETE", "auction", None, "an auction is never taken away"),
)


def upgrade():
    op.add_column("attempt", sa.Column("auction_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "auction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("attempt_id", BIG, nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("length_s", sa.Integer(), nullable=False),
        sa.Column("step_fen", sa.BigInteger(), nullable=False),
        sa.Column("ceiling_fen", sa.BigInteger(), nullable=False),
        sa.Column("floor_fen", sa.BigInteger(), nullable=False),
        sa.Column("window_s", sa.Integer(), nullable=False),
        sa.Column("extensions", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extended", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("best_fen", sa.BigInteger(), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("step_fen >= 1 AND rounds >= 1 AND length_s >= 1", name=op.f("ck_auction_terms_positive")),
        sa.CheckConstraint("extended BETWEEN 0 AND extensions", name=op.f("ck_auction_extended_at_most")),
        sa.CheckConstraint("seq >= 0 AND (seq = 0) = (best_fen IS NULL)", name=op.f("ck_auction_best_of_offers")),
        sa.CheckConstraint("(seq = 0) = (last_at IS NULL)", name=op.f("ck_auction_last_of_offers")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_auction_ends_after_start")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_auction_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_auction_attempt_id")),
    )
    op.create_index("ix_auction_open", "auction", ["ends_at"], postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_table(
        "auction_offer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("auction_id", BIG, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("registration_id", BIG, nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extended_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_ref", sa.String(length=32), nullable=False),
        sa.CheckConstraint("seq >= 1 AND amount_fen >= 1", name=op.f("ck_auction_offer_counts_from_one")),
        sa.ForeignKeyConstraint(["auction_id"], ["auction.id"], name=op.f("fk_auction_offer_auction_id_auction")),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["registration.id"], name=op.f("fk_auction_offer_registration_id_registration")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_offer")),
        sa.UniqueConstraint("auction_id", "seq", name=op.f("uq_auction_offer_auction_id_seq")),
        sa.UniqueConstraint(
            "auction_id", "registration_id", "round", name=op.f("uq_auction_offer_auction_id_registration_id_round")
        ),
        sa.UniqueConstraint("entry_ref", name=op.f("uq_auction_offer_entry_ref")),
    )
    op.create_index(op.f("ix_auction_offer_registration_id"), "auction_offer", ["registration_id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for name, verb, table, allowed, said in RULES:
        wrong = f"NOT COALESCE(({allowed}), {'0' if sqlite else 'FALSE'})" if allowed else None
        if sqlite:
            when = f" WHEN {wrong}" if wrong else ""
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{said}'); END")
        else:
            raises = f"RAISE EXCEPTION '{said}' USING ERRCODE = 'check_violation';"
            body = f"IF {wrong} THEN {raises} END IF; RETURN NEW;" if wrong else raises
            op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
            op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade():
    op.drop_table("auction_offer")
    op.drop_table("auction")
    if op.get_bind().dialect.name != "sqlite":
        for name, *_ in RULES:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_column("attempt", "auction_at")
