"""The uses behind a figure, each with what went in and came out, where its visitor allowed to keep that.

Owns the session keys that begin with `uses_`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.types import Ending, Member
from pages.parts.difference import difference
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.store.uses import Use

USES_A_PAGE = 8
_CHARACTERS = 2_000


def draw(who: Member, interaction_ids: Sequence[str], key: str) -> None:
    """Draw the uses, a page at a time in the order of their ids; raises HearbackError."""
    if not interaction_ids:
        st.markdown("There are no uses behind this.")
        return
    pages = -(-len(interaction_ids) // USES_A_PAGE)
    number = st.pagination(pages, key=f"uses_page_{key}") if pages > 1 else 1
    for use in office().usage.uses(who, interaction_ids[(number - 1) * USES_A_PAGE : number * USES_A_PAGE]):
        with st.container(border=True, key=f"uses_{key}_{use.interaction_id}"):
            _draw(use)


def _draw(use: Use) -> None:
    st.markdown(_badges(use))
    if use.is_kept:
        st.markdown(f"**{plain_line(use.input_text, 240) or 'Without text'}**")
        if use.output_text:
            st.markdown(plain(_short(use.output_text)))
    else:
        st.markdown(":gray[The visitor did not allow to keep the texts of this use.]")
    if use.comment:
        st.markdown(f"“{plain(use.comment)}”")
    if use.correction is not None:
        st.caption("Their correction")
        st.markdown(difference(_short(use.correction.output_text), _short(use.correction.corrected_text)))


def _badges(use: Use) -> str:
    took = f"{use.total_seconds:.1f} s"
    parts = [f":blue-badge[{use.task.capitalize()}]"]
    if use.score is not None:
        parts.append(
            ":green-badge[:material/thumb_up: Good]" if use.score else ":red-badge[:material/thumb_down: Not good]"
        )
    parts += [f":gray-badge[{plain_line(reason)}]" for reason in use.reasons]
    if use.ending is not Ending.FINISHED:
        parts.append(f":orange-badge[{use.ending.capitalize()}]")
    elif use.is_abstained:
        parts.append(":orange-badge[Did not answer]")
    about = (f"{use.started_at:%d %b %Y, %H:%M} UTC", took, use.language, use.segment, use.weights_id)
    parts.append(" · ".join(f":small[:gray[{plain_line(part)}]]" for part in about if part))
    return " ".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= _CHARACTERS else text[:_CHARACTERS].rstrip() + " …"
