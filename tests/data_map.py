"""The map of what is kept, drawn from the tables themselves: `python -m tests.data_map` puts it into PRIVACY.md.

Of a table it says the first sentence of its docstring and what of it leads to a visitor; of each column, what it is
there for (`PURPOSES`). A column without a purpose fails a test: nothing is kept that nobody can say the use of.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import Table

# All tables must be known before they are drawn.
from core.store import erasure, loop_tables, office_tables, own_data, usage_tables  # noqa: F401
from core.store.tables import Base

PRIVACY = Path(__file__).resolve().parent.parent / "PRIVACY.md"
MARKS = ("<!-- map: python -m tests.data_map -->\n", "<!-- end of map -->")

HEAD = "| table | what it holds | forget me | my data | columns, by what they are for |"

PURPOSES: dict[str, str] = {
    "finding it again": """
        artefact_id audit_id base_id base_number before_id consent_id correction_id dataset_id deed_id
        draft_id evaluation_id gap_id hand_off_id head_id interaction_id item_id knowledge_id live_id
        link_id mark_id member_id memory_id monitor_id number passage_id position removal_id review_id
        revision_id row_id run_id serving_id session_id source_id step_id survey_id term_id text_id
        try_id document_id part cluster
    """,
    "whose it is, so that they can see it and be forgotten": """
        visitor_id visitor_key
    """,
    "what somebody typed or was answered": """
        input_text output_text corrected_text approved_text edited_text comment reason reasons contact
        request output messages text title answer subject benefit improvement people recommend
        disappointment role company_size alike texts source_term target_term content heading document
        name words
    """,
    "what a visitor allowed, and when": """
        consent_log consent_train consent_version consented_at has_chosen log train decided_at
    """,
    "when it was": """
        created_at recorded_at started_at ended_at answered_at asked_at assumed at beat_at changed_at
        checked_label closed_at corrected_at disabled_at erased_at expires_at first_at first_day
        first_shown_at last_at read_at retired_at seen_at shared_at snoozed_until undone_at until_day
        used_at day week cohort days
    """,
    "what it is worth: counts and times without texts": """
        abstained answers confirmed corrected correctors down edits edit_share edit_squares edit_sum
        erased failed findings finished first_seconds first_times good handed_off held how in_two_visits
        is_abstained is_answered is_crowding is_lead is_mixed is_success judged led led_good led_rated
        memory newcomers on_two_days other_uses own_uses path points probabilities progress rated
        repeats sayers score scores seen similarity stopped tasks total_seconds total_times training
        troubled unit uses value verdict visitors visits figures negative
    """,
    "how an answer was made, so that it can be checked and repeated": """
        adapter_id weights_id weights_sha256 base_sha256 knowledge_revision prompt_version settings
        language source target task segment ending error kind output_key input_key key text_key vector
        encoder sha256 version action agent aspects attempt audience card choice context date_column
        detail flag folder label note process product product_column purpose reference released_by
        removed revision source_kind split stamp state status step text_column corrected_by
        corrected_label created_by changed_by published_by retired_by live_number is_stopping is_taken
        is_week is_removed is_sample file
    """,
    "keeping the company's door": """
        password_hash
    """,
}
"""What each column of any table is there for; a name means the same wherever it stands."""


def purposes() -> dict[str, str]:
    """Return the purpose of each column's name."""
    return {name: purpose for purpose, names in PURPOSES.items() for name in names.split()}


def missing() -> list[str]:
    """Return the columns whose purpose nobody said."""
    known = purposes()
    return sorted({column.name for table in Base.metadata.tables.values() for column in table.columns} - set(known))


def needless() -> list[str]:
    """Return the names that are no column of any table."""
    there = {column.name for table in Base.metadata.tables.values() for column in table.columns}
    return sorted(set(purposes()) - there)


def draw() -> str:
    """Return the map: a table of tables, those that belong to visitors first."""
    owned = {table.name for table in erasure.tables()}
    classes = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    ordered = sorted(Base.metadata.tables.values(), key=lambda table: (table.name not in owned, table.name))
    lines = [HEAD, "| --- | --- | --- | --- | --- |"]
    for table in ordered:
        sentence = " ".join((classes[table.name].__doc__ or "").split("\n\n")[0].split()).partition(". ")[0].rstrip(".")
        gone = "deleted" if table.name in owned else "holds no visitor's id"
        told = "given" if table.name in own_data.TOLD else "counted or worked out" if table.name in owned else ""
        lines.append(f"| `{table.name}` | {_cell(sentence)} | {gone} | {told} | {_cell(columns_of(table))} |")
    return "\n".join(lines) + "\n"


def columns_of(table: Table) -> str:
    """Return the columns of a table, grouped by their purpose."""
    known = purposes()
    groups: dict[str, list[str]] = {}
    for column in table.columns:
        groups.setdefault(known.get(column.name, "?"), []).append(column.name)
    return "; ".join(f"{purpose}: {', '.join(names)}" for purpose, names in groups.items())


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def written() -> str:
    """Return the map as PRIVACY.md has it now."""
    return PRIVACY.read_text("utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0]


def main() -> int:
    """Put the map into PRIVACY.md."""
    before, _, rest = PRIVACY.read_text("utf-8").partition(MARKS[0])
    _, mark, after = rest.partition(MARKS[1])
    if not mark or missing():
        print(f"no place for the map, or columns without a purpose: {missing()}")
        return 1
    PRIVACY.write_text(before + MARKS[0] + draw() + mark + after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
