"""What the regulator finds stands beside what was filed: neither takes the other's place."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade():
    # In place, with the constraint at its column: both databases take it, and no row is written again.
    op.execute(
        "ALTER TABLE contract_request ADD COLUMN found VARCHAR(40) "
        "CONSTRAINT ck_contract_request_found CHECK (found IN ('V03', 'V04', 'V10', 'V13', 'V14'))"
    )


def downgrade():
    op.execute("ALTER TABLE contract_request DROP COLUMN found")
