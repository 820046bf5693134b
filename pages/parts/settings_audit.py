"""The audit log: every deed of a member, and every refusal. Owns the session keys `settings_audit_*`."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.office.access import AUDIT_ROWS, NOBODY, row_of
from core.tables import write_csv
from core.types import Member
from pages.parts.wiring import office

COLUMNS = ("When (UTC)", "Who", "What", "Of what", "Details")


def draw(who: Member) -> None:
    """Draw the log with its filters, a page at a time, and the table to take away."""
    names, actions = office().access.audit_choices(who)
    people = {"": "everybody", **names, NOBODY: "somebody not logged in"}
    deeds = {"": "every action", **{action: action for action in actions}}
    with st.container(horizontal=True):
        person = st.selectbox("Who", list(people), format_func=people.__getitem__, key="settings_audit_who") or None
        action = st.selectbox("What", list(deeds), format_func=deeds.__getitem__, key="settings_audit_action")
    first = office().access.audit(who, person, action)
    if not first.total:
        st.info("Nothing of this kind was done yet.", icon=":material/history:")
        return
    entries = "1 entry" if first.total == 1 else f"{first.total:,} entries"
    st.caption(f"{entries}. What is done is written down together with the deed, and never changed.")
    # A page number of its own for each choice, so that another choice begins at its newest entry.
    number = 1
    if first.pages > 1:
        number = st.pagination(first.pages, key=f"settings_audit_page_{person}_{action}")
    shown = first if number == 1 else office().access.audit(who, person, action, number)
    table = pd.DataFrame([row_of(entry) for entry in shown.entries], columns=list(COLUMNS))
    widths = {COLUMNS[0]: st.column_config.TextColumn(width=170)}
    st.dataframe(table, column_config=widths, hide_index=True, width="stretch", height=520, key="settings_audit_table")
    st.download_button(
        f"Download as CSV (at most {AUDIT_ROWS:,} rows)",
        lambda: write_csv(COLUMNS, office().access.audit_rows(who, person, action)),
        file_name="hearback_audit.csv",
        mime="text/csv",
        key="settings_audit_csv",
        on_click="ignore",
        icon=":material/download:",
    )
