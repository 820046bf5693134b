"""What is remembered, one by one: found, read, turned off and on, and taken along as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types import Member, Task
from pages.parts import learning_memory_files
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.store.memory_entries import Entry

ON_A_PAGE = 10
STATES = {"": "All", "shared": "For everybody", "own": "For its author", "retired": "Retired", "off": "Off"}
ORDERS = ("newest", "oldest", "most used")
BADGES = {"shared": "green", "own": "gray", "retired": "blue", "off": "orange"}
RELEASED_BY = {
    "reviewer": "approved by a reviewer",
    "visitors": "two visitors agree",
    "check": "proven by a check",
    "import": "imported",
}


def draw(who: Member) -> None:
    """Draw the entries that fit the filters, a page at a time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("Search", max_chars=100, key="memory_search", icon=":material/search:", width=190)
        tasks = {"": "All", **{task.value: task.capitalize() for task in Task}}
        task = st.selectbox("Use case", list(tasks), format_func=tasks.__getitem__, key="memory_task", width=130)
        state = st.selectbox("Works", list(STATES), format_func=STATES.__getitem__, key="memory_state", width=150)
        order = st.selectbox("First", ORDERS, format_func=str.capitalize, key="memory_order", width=130)
        learning_memory_files.draw_memory(who)
    # A page number of its own for each choice, so that another choice begins at its first page.
    key = f"memory_page_{task}_{state}_{order}_{search}"
    number = int(st.session_state.get(key, 1))
    shown = office().memory.page(
        who,
        task=Task(task) if task else None,
        state=state,
        search=search or "",
        order=order,
        page=number,
        size=ON_A_PAGE,
    )
    if not shown.total:
        if search or task or state:
            st.markdown(":gray[Nothing fits these filters.]")
        return
    st.caption("1 correction" if shown.total == 1 else f"{shown.total:,} corrections")
    for entry in shown.entries:
        with st.container(border=True, key=f"memory_entry_{entry.memory_id}"):
            _draw_entry(who, entry)
    if (pages := -(-shown.total // ON_A_PAGE)) > 1:
        st.pagination(pages, key=key)


def _draw_entry(who: Member, entry: Entry) -> None:
    badges = [f":blue-badge[{entry.task.capitalize()}]"]
    if languages := " → ".join(part for part in (entry.source, entry.target) if part):
        badges.append(f":gray-badge[{plain_line(languages)}]")
    badges.append(f":{BADGES.get(entry.state, 'gray')}-badge[{STATES.get(entry.state, plain_line(entry.state))}]")
    told = [RELEASED_BY[entry.released_by]] if entry.released_by in RELEASED_BY else []
    told.append("not used yet" if not entry.uses else "used once" if entry.uses == 1 else f"used {entry.uses:,} times")
    told.append(f"{entry.created_at:%d %b %Y}")
    st.markdown(f"{' '.join(badges)} :small[:gray[{' · '.join(told)}]]")
    st.markdown(f":small[:gray[{plain_line(entry.input_text, 300)}]]\\\n{plain(_shortened(entry.output_text))}")
    if entry.state != "off":
        if st.button("Turn off", key=f"memory_off_{entry.memory_id}", type="tertiary", icon=":material/toggle_off:"):
            office().memory.switch(who, entry.memory_id, is_on=False)
            st.rerun()
    elif entry.is_switched:
        if st.button("Turn on", key=f"memory_on_{entry.memory_id}", type="tertiary", icon=":material/toggle_on:"):
            office().memory.switch(who, entry.memory_id, is_on=True)
            st.rerun()
    else:
        st.caption("It went off with its correction; decide about that in Review.")


def _shortened(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else text[:limit].rstrip() + "…"
