"""The receipt of a correction for whoever holds its link, with the way to take the correction back."""

from __future__ import annotations

import streamlit as st

from pages.parts import receipt_trail
from pages.parts.wiring import desk


def draw(key: str) -> None:
    """Draw what a link leads to; raises NoReceipt."""
    receipt = desk().receipt(key)
    day = f"{receipt.correction.created_at:%d %B %Y}"
    st.markdown(f"Given on {day}, under *{receipt.correction.task.capitalize()}*.")
    with st.container(border=True, key="receipt_kept"):
        receipt_trail.draw(receipt)
        if receipt.correction.status in ("withdrawn", "replaced"):
            return
        with st.popover("Take it back", key="receipt_withdraw", icon=":material/undo:", type="tertiary"):
            _confirm(key)
    st.caption("Keep this address if you want to look again. It leads to this correction and to nothing else of yours.")


def _confirm(key: str) -> None:
    st.markdown("Its words are deleted, and it is used for no answer from now on. That cannot be undone.")
    if st.button("Take it back", key="receipt_withdraw_sure", type="primary"):
        desk().withdraw_by_receipt(key)
        st.rerun()
