"""What changed between two versions of a page: only the lines that differ, word by word where they are short."""

from __future__ import annotations

import difflib

import streamlit as st

from pages.parts.difference import difference
from pages.parts.plain import plain

HUNKS = 30
WORDWISE_CHARACTERS = 3_000
LINES = 4_000
EXACT_LINES = 300


def draw(before: str, after: str) -> None:
    """Draw the places that differ, each with a line around it."""
    old, new = before.strip().splitlines(), after.strip().splitlines()
    if old == new:
        st.caption("Nothing is changed.")
        return
    if max(len(old), len(new)) > LINES:
        st.caption(f"Too long to compare line by line: {len(old):,} lines before, {len(new):,} after.")
        return
    is_long = max(len(old), len(new)) > EXACT_LINES  # lines that recur all over cost the square of their number
    groups = list(difflib.SequenceMatcher(None, old, new, autojunk=is_long).get_grouped_opcodes(1))
    for group in groups[:HUNKS]:
        _, start, _, first, _ = group[0]
        _, _, end, _, last = group[-1]
        left, right = "\n".join(old[start:end]), "\n".join(new[first:last])
        with st.container(border=True):
            st.caption(f"Line {first + 1}")
            if max(len(left), len(right)) <= WORDWISE_CHARACTERS:
                st.markdown(difference(left, right))
            else:
                st.markdown(plain(right[:WORDWISE_CHARACTERS] + " …"))
    if len(groups) > HUNKS:
        st.caption(f"{len(groups) - HUNKS} further places differ.")
