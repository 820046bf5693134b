"""Somebody kept the link to their correction and wants to see what became of it, or to take it back.

State: none of its own; `of` in the address is the link's key.
"""

import streamlit as st

from core.errors import HearbackError, NoReceipt
from pages.parts import receipt_kept
from pages.parts.plain import plain

st.title("A correction and what became of it", anchor=False)

try:
    receipt_kept.draw(str(st.query_params.get("of", "")))
except NoReceipt as error:
    st.info(plain(str(error)), icon=":material/link_off:")
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
