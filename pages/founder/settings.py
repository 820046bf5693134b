"""A founder looks after the company's side: who may enter, and what was done.

State: none of its own.
"""

import streamlit as st

from pages.parts import member

who = member.required()
st.title("Settings", anchor=False)
st.markdown(f"You are logged in as a {who.role}.")
