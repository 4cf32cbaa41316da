"""What the database refuses, a person is told in words, or it never comes to him (layout.md §10)."""

from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Constraint, Index, UniqueConstraint

from app.database import Base
from tests.architecture.reading import STAGES

CHANCE = "drawn from chance, or a hash of what was: two are never the same"
NUMBER = "given by `app.numbering`, which counts under the lock of its own row"
LOCK = "asked for, or counted, under the lock of a row that whoever writes the same waits for"
SHAPE = "said twice in one input, which the act's own rules refuse before"
CLOCKWORK = "written by the market alone, outside anybody's request"

SILENT = {
    CHANCE: """
        uq_entry_ref uq_entry_leaf uq_account_invitation_no uq_notice_ref uq_prepared_act_no uq_intake_no uq_alarm_ref
        uq_auction_offer_entry_ref uq_offer_entry_ref uq_offer_commitment uq_archive_sha256
    """,
    NUMBER: """
        uq_need_no uq_announcement_no uq_judge_no uq_price_entry_no uq_credential_no uq_sanction_no uq_outage_no
    """,
    LOCK: """
        uq_announcement_need_id uq_attempt_announcement_id_number uq_amendment_announcement_id_revision
        uq_auction_offer_auction_id_seq uq_award_attempt_id_rank uq_award_in_force uq_award_no uq_award_won
        uq_candidate_selection_id_registration_id uq_candidate_selection_id_rank uq_contract_award_id uq_contract_no
        uq_contract_request_contract_id_number uq_contract_request_ends uq_panel_attempt_id uq_seat_panel_id_judge_id
        uq_archive_no uq_performance_contract_id uq_pause_open uq_deliverable_performance_id_version uq_deliverable_no
        uq_objection_no uq_intake_running uq_credit_event_party_id_code_evidence
    """,
    SHAPE: "uq_need_item_need_id_item_code uq_proposal_offer_id_place uq_key_half_attempt_id_pair_holder_id",
    CLOCKWORK: """
        uq_entry_position uq_head_tree_size_timestamp uq_delivery_notice_id_channel uq_item_version_item_code_version
        uq_item_version_item_code_effective_from uq_extension_announcement_id_outage_id uq_auction_attempt_id
        uq_auction_pause_auction_id_number uq_price_question_offer_id uq_selection_attempt_id
    """,
}
"""Why nobody ever meets a constraint without words; whoever adds one says it here, or gives it words in its stage."""

WORDED = {name for stage in STAGES for name in stage.constraints}


def constraints() -> Iterator[tuple[str, Constraint | Index]]:
    """What must be unique, and every check, by name.

    Primary and foreign keys follow from rows that the act has read; a check says of one row what the rules of its acts
    have asked of that row, which they hold locked: a person meets none of them, but where a stage gives it words.
    """
    for table in Base.metadata.tables.values():
        for one in (*table.constraints, *table.indexes):
            if isinstance(one, UniqueConstraint | CheckConstraint) or (isinstance(one, Index) and one.unique):
                yield str(one.name), one


def test_every_unique_thing_has_words_or_never_comes_to_a_person() -> None:
    unique = {name for name, one in constraints() if not isinstance(one, CheckConstraint)}
    said = [name for names in SILENT.values() for name in names.split()]
    assert sorted({name for name in said if said.count(name) > 1}) == []
    assert unique - WORDED == set(said)


def test_words_are_said_of_constraints_that_there_are() -> None:
    """A name that no table knows would never be said."""
    assert WORDED - {name for name, _ in constraints()} == set()


def test_no_two_are_unique_by_the_same_columns() -> None:
    """SQLite names the columns alone: `violated` could not tell one from the other."""
    by_columns: dict[str, list[str]] = {}
    for name, one in constraints():
        if not isinstance(one, CheckConstraint):
            columns = ", ".join(f"{column.table.name}.{column.name}" for column in one.columns)
            by_columns.setdefault(columns, []).append(name)
    assert [names for names in by_columns.values() if len(names) > 1] == []
