"""Announcements are searched by words, by number and by sound: two columns, each in an index in the list's order."""

import unicodedata

import sqlalchemy as sa
from alembic import op
from pypinyin import Style, lazy_pinyin

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BATCH = 500
NAMED = """
SELECT announcement.id, announcement.no, need.title, item_version.name AS item, organisation.name AS purchaser
FROM announcement
JOIN need ON need.id = announcement.need_id
JOIN item_version ON item_version.id = need.item_version_id
JOIN purchaser ON purchaser.id = need.purchaser_id
JOIN organisation ON organisation.id = purchaser.organisation_id
WHERE announcement.no IS NOT NULL AND announcement.id > :after
ORDER BY announcement.id LIMIT :batch
"""
WRITE = "UPDATE announcement SET words = :words, spelling = :spelling WHERE id = :id"


def upgrade():
    with op.batch_alter_table("announcement") as table:
        table.add_column(sa.Column("words", sa.String(length=400), nullable=True))
        table.add_column(sa.Column("spelling", sa.String(length=1000), nullable=True))
    _fill(op.get_bind())
    op.create_index("ix_announcement_words", "announcement", ["published_at", "id", "words"])
    op.create_index("ix_announcement_spelling", "announcement", ["published_at", "id", "spelling"])


def downgrade():
    op.drop_index("ix_announcement_spelling", table_name="announcement")
    op.drop_index("ix_announcement_words", table_name="announcement")
    with op.batch_alter_table("announcement") as table:
        table.drop_column("spelling")
        table.drop_column("words")


def _fill(connection):
    after = 0
    while True:
        rows = connection.execute(sa.text(NAMED), {"after": after, "batch": BATCH}).all()
        if not rows:
            return
        connection.execute(sa.text(WRITE), [_searched(row) for row in rows])
        after = rows[-1].id


def _searched(row):
    title, item, purchaser = (_folded(text) for text in (row.title, row.item, row.purchaser))
    spelt = (row.no.lower(), _sound(title), _sound(item), *(_sound(text, True) for text in (title, item, purchaser)))
    return {"id": row.id, "words": " ".join((title, item, purchaser))[:400], "spelling": " ".join(spelt)[:1000]}


def _folded(text):
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def _sound(text, initials=False):
    return "".join(lazy_pinyin(text, style=Style.FIRST_LETTER if initials else Style.NORMAL))
