"""Which passages answers rest on, and which never do: one table, to sort, search and download."""

from __future__ import annotations

import streamlit as st

from core.rates import ENOUGH
from core.tables import write_csv
from core.types import Member, Scope
from pages.parts import sample_data
from pages.parts.wiring import office

TEXT_CHARACTERS = 240


def draw(who: Member, scope: Scope) -> None:
    """Draw the passages of the live revision with what rests on each."""
    found = office().knowledge.cited_passages(who, scope)
    never = sum(cited is None for _, cited in found)
    total = len(found)
    st.markdown(f"**{total - never:,} of {total:,} passages were cited in this period; {never:,} never.**")
    only_never = st.toggle("Only those that were never cited", key="knowledge_never")
    rows = [
        {
            "Answers": cited.answers if cited else 0,
            "Visitors": cited.visitors if cited else 0,
            "Rated good": f"{cited.good.hits} of {cited.good.n}" if cited else "",
            "Share good, %": round(100 * cited.good.share) if cited and cited.good.is_enough else None,
            "95 % from": round(100 * cited.good.interval[0]) if cited and cited.good.is_enough else None,
            "to": round(100 * cited.good.interval[1]) if cited and cited.good.is_enough else None,
            "Page": passage.title,
            "Section": passage.heading.removeprefix(passage.title).removeprefix(" > "),
            "Passage": passage.text if len(passage.text) <= TEXT_CHARACTERS else passage.text[:TEXT_CHARACTERS] + "…",
        }
        for passage, cited in sorted(found, key=lambda one: -(one[1].answers if one[1] else 0))
        if not only_never or cited is None
    ]
    st.dataframe(rows, hide_index=True, height=560, key="knowledge_passages")
    st.caption(
        f"A share is shown from {ENOUGH} ratings on. Rated are answers; one that rests on two passages counts for "
        "both. "
        "Visitors who did not allow to keep their texts left no citations."
    )
    if rows:
        content = write_csv(
            list(rows[0]), [["" if cell is None else str(cell) for cell in row.values()] for row in rows]
        )
        st.download_button("Download as CSV", content, "passages.csv", "text/csv", icon=":material/download:")
    if never == total:
        sample_data.offer(who)
