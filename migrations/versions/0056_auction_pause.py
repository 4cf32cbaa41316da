"""What an outage takes of an auction is given back: when it stopped, when it goes on, guarded by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# As before, and not while it stands still.
COUNTS_BEFORE = """
EXISTS (
  SELECT 1 FROM auction AS a
  WHERE a.id = NEW.auction_id AND a.closed_at IS NULL AND NEW.seq = a.seq + 1
    AND NEW.at >= a.starts_at AND NEW.at < a.ends_at AND (a.last_at IS NULL OR NEW.at >= a.last_at)
    {more}
    AND NEW.amount_fen >= 1 AND NEW.amount_fen >= a.floor_fen AND NEW.amount_fen <= a.ceiling_fen
    AND (a.own OR (NEW.round IS NULL AND (a.best_fen IS NULL OR NEW.amount_fen <= a.best_fen - a.step_fen)))
    AND (NOT a.own OR (NEW.round BETWEEN 1 AND a.rounds AND NOT EXISTS (
      SELECT 1 FROM auction_offer AS o
      WHERE o.auction_id = NEW.auction_id AND o.registration_id = NEW.registration_id
        AND NEW.amount_fen > o.amount_fen - a.step_fen
    )))
)
"""
COUNTS = COUNTS_BEFORE.format(more="AND (a.resumes_at IS NULL OR NEW.at >= a.resumes_at)")
# As before, or by a pause that was written just before.
SAME = """
  OLD.closed_at IS NULL AND NEW.id = OLD.id AND NEW.attempt_id = OLD.attempt_id AND NEW.own = OLD.own
  AND NEW.starts_at = OLD.starts_at AND NEW.rounds = OLD.rounds AND NEW.length_s = OLD.length_s
  AND NEW.step_fen = OLD.step_fen AND NEW.ceiling_fen = OLD.ceiling_fen AND NEW.floor_fen = OLD.floor_fen
  AND NEW.window_s = OLD.window_s AND NEW.extensions = OLD.extensions
"""
QUIET = """
  NEW.seq = OLD.seq AND NEW.extended = OLD.extended
  AND COALESCE(NEW.best_fen, 0) = COALESCE(OLD.best_fen, 0)
  AND (NEW.last_at = OLD.last_at OR (NEW.last_at IS NULL AND OLD.last_at IS NULL))
"""
BY_OFFER = """
  NEW.closed_at IS NULL AND NEW.seq = OLD.seq + 1 AND EXISTS (
    SELECT 1 FROM auction_offer AS o
    WHERE o.auction_id = NEW.id AND o.seq = NEW.seq AND o.at = NEW.last_at
      AND NEW.best_fen <= o.amount_fen AND NEW.best_fen = COALESCE(
        CASE WHEN OLD.best_fen < o.amount_fen THEN OLD.best_fen END, o.amount_fen)
      AND (
        (o.extended_to IS NULL AND NEW.ends_at = OLD.ends_at AND NEW.extended = OLD.extended)
        OR (o.extended_to = NEW.ends_at AND NEW.ends_at > OLD.ends_at AND NEW.extended = OLD.extended + 1)
      )
  )
"""
BY_PAUSE = """
  NEW.closed_at IS NULL AND NEW.paused = OLD.paused + 1 AND EXISTS (
    SELECT 1 FROM auction_pause AS p
    WHERE p.auction_id = NEW.id AND p.number = NEW.paused AND p.until_at = NEW.resumes_at
      AND p.ends_before = OLD.ends_at AND p.ends_at = NEW.ends_at
  )
"""
STILL = """
  NEW.paused = OLD.paused
  AND (NEW.resumes_at = OLD.resumes_at OR (NEW.resumes_at IS NULL AND OLD.resumes_at IS NULL))
"""
MOVES_BEFORE = f"{SAME} AND (({QUIET} AND NEW.ends_at = OLD.ends_at) OR ({BY_OFFER}))"
MOVES = (
    f"{SAME} AND (({STILL} AND (({QUIET} AND NEW.ends_at = OLD.ends_at) OR ({BY_OFFER}))) OR ({QUIET} AND {BY_PAUSE}))"
)
STOPS = """
EXISTS (
  SELECT 1 FROM auction AS a
  WHERE a.id = NEW.auction_id AND a.closed_at IS NULL AND NEW.number = a.paused + 1 AND NEW.seq = a.seq
    AND NEW.since_at >= a.starts_at AND (a.last_at IS NULL OR NEW.since_at > a.last_at)
    AND (a.resumes_at IS NULL OR NEW.since_at >= a.resumes_at) AND NEW.ends_before = a.ends_at
)
"""
REPLACED = (
    ("auction_offer_counts", "INSERT", "auction_offer", COUNTS, "an offer that does not count"),
    ("auction_moves", "UPDATE", "auction", MOVES, "an auction moves on by its offers alone"),
)
BEFORE = (
    ("auction_offer_counts", "INSERT", "auction_offer", COUNTS_BEFORE.format(more=""), "an offer that does not count"),
    ("auction_moves", "UPDATE", "auction", MOVES_BEFORE, "an auction moves on by its offers alone"),
)
NEW = (
    ("auction_pause_counts", "INSERT", "auction_pause", STOPS, "a pause that cannot be"),
    ("auction_pause_stays", "UPDATE", "auction_pause", None, "a pause never changes"),
    ("auction_pause_kept", "DELETE", "auction_pause", None, "a pause is never taken away"),
)


def upgrade():
    op.add_column("auction", sa.Column("paused", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("auction", sa.Column("resumes_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "auction_pause",
        sa.Column("id", BIG, nullable=False),
        sa.Column("auction_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost_s", sa.Integer(), nullable=False),
        sa.Column("ends_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1 AND seq >= 0 AND lost_s >= 1", name=op.f("ck_auction_pause_counts_from_one")),
        sa.CheckConstraint(
            "since_at < until_at AND ends_before < ends_at", name=op.f("ck_auction_pause_goes_on_later")
        ),
        sa.ForeignKeyConstraint(["auction_id"], ["auction.id"], name=op.f("fk_auction_pause_auction_id_auction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auction_pause")),
        sa.UniqueConstraint("auction_id", "number", name=op.f("uq_auction_pause_auction_id_number")),
    )
    for rule in (*REPLACED, *NEW):
        _guard(*rule)


def downgrade():
    for rule in BEFORE:
        _guard(*rule)
    op.drop_table("auction_pause")
    if op.get_bind().dialect.name != "sqlite":
        for name, *_ in NEW:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_column("auction", "resumes_at")
    op.drop_column("auction", "paused")


def _guard(name, verb, table, allowed, said):
    """The guard of that name, in the place of an earlier one."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    wrong = f"NOT COALESCE(({allowed}), {'0' if sqlite else 'FALSE'})" if allowed else None
    if sqlite:
        when = f" WHEN {wrong}" if wrong else ""
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{said}'); END")
    else:
        raises = f"RAISE EXCEPTION '{said}' USING ERRCODE = 'check_violation';"
        body = f"IF {wrong} THEN {raises} END IF; RETURN NEW;" if wrong else raises
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
        op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
