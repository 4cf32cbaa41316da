"""The database itself holds a contract to the price and the time that were won."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was opened before stays as it was recorded."""
    op.create_index("uq_award_won", "award", ["id", "amount_fen", "promised_days"], unique=True)
    with op.batch_alter_table("contract") as contract:
        contract.add_column(sa.Column("won_fen", sa.BigInteger(), nullable=True))
        contract.add_column(sa.Column("won_days", sa.Integer(), nullable=True))
        contract.create_foreign_key(
            "fk_contract_won", "award", ["award_id", "won_fen", "won_days"], ["id", "amount_fen", "promised_days"]
        )
        contract.create_check_constraint("won_whole", "(won_fen IS NULL) = (won_days IS NULL)")
        contract.create_check_constraint(
            "price_equals_award", "won_fen IS NULL OR amount_fen IS NULL OR amount_fen = won_fen"
        )
        contract.create_check_constraint("days_within_award", "won_days IS NULL OR days IS NULL OR days <= won_days")


def downgrade() -> None:
    """The rules alone say it again."""
    with op.batch_alter_table("contract") as contract:
        contract.drop_constraint("days_within_award", type_="check")
        contract.drop_constraint("price_equals_award", type_="check")
        contract.drop_constraint("won_whole", type_="check")
        contract.drop_constraint("fk_contract_won", type_="foreignkey")
        contract.drop_column("won_days")
        contract.drop_column("won_fen")
    op.drop_index("uq_award_won", "award")
