"""The trail of a correction: what was changed, what it does now, each step since, and the answers that used it.

Owns the session keys that begin with `receipt_`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts import rating, receipt_words
from pages.parts.plain import plain_line
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.store.queries import Receipt
    from core.store.receipts import Used

PATH = "receipt"
PARAMETER = "of"


def draw(receipt: Receipt) -> None:
    """Draw a correction with what became of it."""
    correction = receipt.correction
    if correction.status == "withdrawn":
        st.markdown("The words of this correction are deleted.")
    else:
        rating.draw_difference(correction)
    st.markdown(f"**{receipt_words.meaning(receipt)}**")
    with st.container(key=f"trail_{correction.correction_id}"):
        st.markdown("\n".join(_line(moment) for moment in receipt_words.moments(receipt)))


def draw_uses(receipt: Receipt) -> None:
    """Let the correction's author open the answers that used it; they are read when that is opened."""
    if not receipt.own_uses + receipt.other_uses:
        return
    correction_id = receipt.correction.correction_id
    title = "See that answer" if receipt.own_uses + receipt.other_uses == 1 else "See those answers"
    with st.expander(title, key=f"receipt_uses_{correction_id}", on_change="rerun") as opened:
        if opened.open:
            found = desk().uses(visitor_id(), correction_id)
            for use in found:
                _draw_use(use)
            if len(found) < receipt.own_uses + receipt.other_uses:
                st.caption(f"The newest {len(found)} are shown.")


def draw_link(receipt: Receipt) -> None:
    """Let the correction's author take the link to its receipt along."""
    correction_id = receipt.correction.correction_id
    with st.popover(
        "Keep a link", key=f"receipt_link_{correction_id}", type="tertiary", icon=":material/link:", on_change="rerun"
    ) as it:
        if not it.open:
            return
        st.markdown("This address shows what became of your correction, in any browser and without a login.")
        with st.container(key=f"link_{correction_id}"):
            st.code(address(desk().receipt_key(visitor_id(), correction_id)), language=None, wrap_lines=True)
        st.caption("It does not end. Whoever has it can read this correction and take it back, and nothing else.")


def address(key: str) -> str:
    """Return the address of a receipt on this server, as the browser reached it."""
    here = str(st.context.url or "").partition("?")[0].rstrip("/")
    return f"{here.rpartition('/your_feedback')[0] or here}/{PATH}?{PARAMETER}={key}"


def _line(moment: receipt_words.Moment) -> str:
    parts = [f"1. :material/{moment.icon}: {moment.title} :small[:gray[{moment.at:%d %b %Y, %H:%M}]]"]
    more = " ".join(part for part in (moment.meaning, moment.term) if part)
    return "\\\n   ".join([*parts, f":small[:gray[{more}]]"] if more else parts)


def _draw_use(use: Used) -> None:
    whose = "yours" if use.is_own else "somebody else's"
    lines = [f"**{use.task.capitalize()}**, {whose} :small[:gray[{use.day:%d %b %Y}]]"]
    lines += [f":small[{plain_line(text, 300)}]" for text in (use.input_text, use.output_text) if text]
    st.markdown("\\\n".join(lines))
