"""The glossary: words that have one right translation in this house; it holds from the next answer on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.limits import TERM_CHARACTERS
from core.types import Member
from pages.parts import learning_memory_files
from pages.parts.plain import plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.loop import Term

ON_A_PAGE = 20


def draw(who: Member) -> None:
    """Draw the terms that fit the filters, each with the ways to change and remove it, and the form for a new one."""
    languages = office().memory.languages(who)
    every = {"": "All", **languages}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("Search", max_chars=100, key="memory_term_search", icon=":material/search:", width=220)
        source = st.selectbox("From", list(every), format_func=every.__getitem__, key="memory_term_from", width=140)
        target = st.selectbox("To", list(every), format_func=every.__getitem__, key="memory_term_to", width=140)
        learning_memory_files.draw_terms(who)
    _draw_new(who, languages)
    key = f"memory_term_page_{source}_{target}_{search}"
    number = int(st.session_state.get(key, 1))
    shown = office().memory.terms(who, search=search, source=source, target=target, page=number, size=ON_A_PAGE)
    if not shown.total:
        is_filtered = search or source or target
        st.markdown(
            ":gray[Nothing fits these filters.]"
            if is_filtered
            else "**No terms yet.** A term has one right translation here, such as a product's name: it is forced into "
            "translations and checked there."
        )
        return
    st.caption("1 term" if shown.total == 1 else f"{shown.total:,} terms")
    for term in shown.terms:
        _draw_term(who, term, languages)
    if (pages := -(-shown.total // ON_A_PAGE)) > 1:
        st.pagination(pages, key=key)


def _draw_new(who: Member, languages: dict[str, str]) -> None:
    with st.form("memory_term_new", clear_on_submit=True, border=True):
        found = _fields(languages, "new", None)
        if st.form_submit_button("Add term", icon=":material/add:"):
            office().memory.add_term(who, *found)
            st.rerun()


def _draw_term(who: Member, term: Term, languages: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"memory_term_{term.term_id}", gap="small"):
        pair = f"{term.source} → {term.target}"
        st.markdown(f":gray-badge[{pair}] **{plain_line(term.source_term)}** → {plain_line(term.target_term)}")
        with st.popover("Change", key=f"memory_term_edit_{term.term_id}", type="tertiary", icon=":material/edit:"):
            with st.form(f"memory_term_form_{term.term_id}", border=False):
                found = _fields(languages, term.term_id, term)
                if st.form_submit_button("Save", type="primary"):
                    office().memory.change_term(who, type(term)(term.term_id, *found))
                    st.rerun()
            if st.button("Remove it", key=f"memory_term_remove_{term.term_id}", type="tertiary"):
                office().memory.remove_term(who, term.term_id)
                st.rerun()


def _fields(languages: dict[str, str], name: str, term: Term | None) -> tuple[str, str, str, str]:
    """Draw the fields of a term and return what they hold."""
    codes = list(languages)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.selectbox(
            "From", codes, index=codes.index(term.source) if term else codes.index("en"), key=f"memory_from_{name}",
            format_func=languages.__getitem__, width=130,
        )  # fmt: skip
        said = st.text_input(
            "Term", term.source_term if term else "", max_chars=TERM_CHARACTERS, key=f"memory_said_{name}", width=200
        )
        target = st.selectbox(
            "To", codes, index=codes.index(term.target) if term else codes.index("de"), key=f"memory_to_{name}",
            format_func=languages.__getitem__, width=130,
        )  # fmt: skip
        wanted = st.text_input(
            "Its translation", term.target_term if term else "", max_chars=TERM_CHARACTERS,
            key=f"memory_wanted_{name}", width=200,
        )  # fmt: skip
    return source, target, said, wanted
