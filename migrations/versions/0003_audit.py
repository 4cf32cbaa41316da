"""Tables of audit: deployment, entry, head, idempotency_key, node, disclosure, entry_subject."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


SQLITE_STAYS = """
CREATE TRIGGER entry_stays BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END
"""
SQLITE_FROZEN = """
CREATE TRIGGER entry_frozen BEFORE UPDATE ON entry
WHEN NOT (
    OLD.position IS NULL AND NEW.position IS NOT NULL AND OLD.id = NEW.id AND OLD.ref = NEW.ref AND OLD.act = NEW.act
    AND OLD.at = NEW.at AND OLD.opens = NEW.opens AND OLD.salt = NEW.salt AND OLD.payload = NEW.payload
    AND OLD.private_salt = NEW.private_salt AND OLD.private = NEW.private AND OLD.digest = NEW.digest
    AND OLD.leaf = NEW.leaf
)
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END
"""
POSTGRESQL = """
CREATE FUNCTION entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'an entry is never deleted'; END IF;
    IF OLD.position IS NULL AND NEW.position IS NOT NULL
       AND (to_jsonb(OLD) - 'position') = (to_jsonb(NEW) - 'position') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an entry is never changed';
END $$
"""
POSTGRESQL_TRIGGER = """
CREATE TRIGGER entry_guard BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION entry_guard()
"""


def guard():
    """The database itself keeps the record: no DELETE, no UPDATE except index NULL → n (protocol.md §3.3)."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (SQLITE_STAYS, SQLITE_FROZEN) if sqlite else (POSTGRESQL, POSTGRESQL_TRIGGER):
        op.execute(statement)


def upgrade():
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_deployment_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_table(
        "entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "opens",
            sa.Enum("at_once", "later", "never", name="opens", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("private_salt", sa.String(length=64), nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("position IS NULL OR position >= 0", name=op.f("ck_entry_position_from_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("leaf", name=op.f("uq_entry_leaf")),
        sa.UniqueConstraint("position", name=op.f("uq_entry_position")),
        sa.UniqueConstraint("ref", name=op.f("uq_entry_ref")),
    )
    op.create_index(op.f("ix_entry_act"), "entry", ["act"], unique=False)
    op.create_index(
        "ix_entry_waiting",
        "entry",
        ["at", "id"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
        sqlite_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "head",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tree_size", sa.BigInteger(), nullable=False),
        sa.Column("root_hash", sa.String(length=64), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
        sa.UniqueConstraint("tree_size", "timestamp", name=op.f("uq_head_tree_size_timestamp")),
    )
    op.create_index(op.f("ix_head_tree_size"), "head", ["tree_size"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("account", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.String(length=80), nullable=True),
        sa.Column("receipt_text", sa.Text(), nullable=True),
        sa.Column("receipt_key_id", sa.Text(), nullable=True),
        sa.Column("receipt_signature", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("account", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_node")),
    )
    op.create_table(
        "disclosure",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("by_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["by_entry_id"], ["entry.id"], name=op.f("fk_disclosure_by_entry_id_entry")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_disclosure_entry_id_entry")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_disclosure")),
    )
    op.create_index(op.f("ix_disclosure_by_entry_id"), "disclosure", ["by_entry_id"], unique=False)
    op.create_table(
        "entry_subject",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_entry_subject_entry_id_entry")),
        sa.PrimaryKeyConstraint("entry_id", "subject", name=op.f("pk_entry_subject")),
    )
    op.create_index("ix_entry_subject_subject", "entry_subject", ["subject", "entry_id"], unique=False)
    guard()


def downgrade():
    op.drop_table("entry_subject")
    op.drop_table("disclosure")
    op.drop_table("node")
    op.drop_table("idempotency_key")
    op.drop_table("head")
    op.drop_table("entry")
    op.drop_table("deployment")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION entry_guard()")
