"""The revisions of the handbook: who published what and when, what differs, and the way back.

Owns the session keys `knowledge_compare_*`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.office.pages import Change, Manuscript
from core.types import Member
from pages.parts import knowledge_difference, knowledge_work, press
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.store.revisions import Revision

REVISIONS_A_PAGE = 8
SIGNS = {"added": ":green-badge[added]", "changed": ":orange-badge[changed]", "removed": ":red-badge[removed]"}


def draw(who: Member, manuscript: Manuscript) -> None:
    """Draw the list, newest first, and a comparison of any two."""
    found = office().knowledge.revisions(who)
    st.markdown(f"**Revision {manuscript.number} answers now, of {len(found):,}.**")
    pages = -(-len(found) // REVISIONS_A_PAGE)
    number = st.pagination(pages, key="knowledge_revisions") if pages > 1 else 1
    for revision in found[(number - 1) * REVISIONS_A_PAGE : number * REVISIONS_A_PAGE]:
        _draw_revision(who, revision, manuscript.number)
    if len(found) > 1:
        _compare(who, [revision.number for revision in found])


def _draw_revision(who: Member, revision: Revision, live: int) -> None:
    with st.container(border=True, key=f"knowledge_revision_{revision.number}"):
        badge = " :green-badge[:material/check: Live]" if revision.is_live else ""
        st.markdown(f"**{revision.number}** · {plain_line(revision.note, 160)}{badge}")
        by = plain_line(revision.published_by, 60) or "shipped with the code"
        st.caption(
            f"{by} · {revision.published_at:%d %B %Y, %H:%M} UTC · {revision.documents:,} pages, "
            f"{revision.passages:,} passages"
        )
        if revision.is_live:
            return
        with st.container(horizontal=True), st.popover("What going back would change", icon=":material/difference:"):
            _draw_changes(office().knowledge.compare(who, live, revision.number), is_short=True)
        if press.button(
            "Go back to this",
            key=f"knowledge_back_{revision.number}_{live}",
            icon=":material/history:",
            disabled=knowledge_work.is_busy(who),
        ):
            knowledge_work.start(office().knowledge.roll_back(who, revision.number))


def _compare(who: Member, numbers: list[int]) -> None:
    st.subheader("Compare two", anchor=False)
    with st.container(horizontal=True):
        before = st.selectbox("From", numbers, index=1, key="knowledge_compare_before", width=140)
        after = st.selectbox("To", numbers, index=0, key="knowledge_compare_after", width=140)
    _draw_changes(office().knowledge.compare(who, before, after))


def _draw_changes(changes: tuple[Change, ...], is_short: bool = False) -> None:
    if not changes:
        st.caption("They say the same.")
    for change in changes:
        st.markdown(f"{SIGNS[change.kind]} {plain_line(change.document)}")
        if is_short:
            continue
        if change.kind == "changed":
            knowledge_difference.draw(change.before, change.after)
        else:
            with st.expander("Its text"):
                st.markdown(plain((change.after or change.before)[:4_000]))
