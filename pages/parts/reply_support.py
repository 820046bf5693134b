"""How support's answer is drawn: sentences with numbered sources that open, or an honest "not found"."""

from __future__ import annotations

import streamlit as st

from core.errors import StoreError
from core.types import Passage, Reply
from pages.parts import press
from pages.parts.plain import Mark, marked, plain, plain_line
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

REASONS = ("I need a person's decision", "The answer is not here", "It is urgent", "Something else")


def draw_reply(reply: Reply, interaction_id: str) -> None:
    """Draw the answer, then the passages that it rests on; each opens where it stands."""
    if reply.is_abstained:
        st.markdown("I did not find this in the documents, so I would rather not guess.")
        if reply.nearest:
            st.caption("These passages come nearest. They may or may not help.")
        entries = [(plain_line(_place(passage), 60), passage, "") for passage in reply.nearest]
    else:
        st.markdown(" ".join(_sentence(sentence.text, sentence.citations) for sentence in reply.sentences))
        entries = [
            (f"{one.number} · {plain_line(_place(one.passage), 60)}", one.passage, one.quote) for one in reply.citations
        ]
    with st.container(horizontal=True, gap="small"):
        for label, passage, quote in entries:
            with st.popover(label, icon=":material/menu_book:"):
                _draw_passage(passage, quote)
        _hand_off(interaction_id, is_abstained=reply.is_abstained)


def _sentence(text: str, numbers: tuple[int, ...]) -> str:
    return plain(text) + "".join(f" :blue-badge[{number}]" for number in numbers)


def _draw_passage(passage: Passage, quote: str) -> None:
    st.markdown(f"**{plain_line(passage.title or passage.document)}**")
    if passage.heading:
        st.caption(plain_line(passage.heading))
    start = passage.text.find(quote) if quote else -1
    marks = [Mark(start, start + len(quote), "blue-background")] if start >= 0 else []
    st.markdown(marked(passage.text, marks))


def _place(passage: Passage) -> str:
    last = passage.heading.rsplit(" > ", 1)[-1]
    title = passage.title or passage.document
    return f"{title}, {last}" if last and last != title else title


def _hand_off(interaction_id: str, is_abstained: bool) -> None:
    key = f"support_handoff_{interaction_id}"
    if number := st.session_state.get(key):
        st.success(f"A person will look at this. Your number is **{plain(number)}**.", icon=":material/support_agent:")
        return
    with (
        st.popover("Ask a person", icon=":material/support_agent:", type="tertiary"),
        st.form(f"support_form_{interaction_id}", border=False),
    ):
        reason = st.pills("Why a person?", REASONS, default=REASONS[1] if is_abstained else REASONS[0], required=True)
        more = st.text_input("What should they know? (optional)", max_chars=1_000)
        contact = st.text_input("How can they reach you? (optional)", max_chars=200)
        if press.submit("Hand over", key=f"support_hand_over_{interaction_id}", type="primary"):
            said = f"{reason}: {more}" if more else str(reason)
            try:
                with press.undisturbed():
                    st.session_state[key] = desk().hand_off(visitor_id(), interaction_id, said, contact)[:8]
            except StoreError as error:  # what they wrote stays in the form
                st.error(plain(str(error)), icon=":material/error:")
                return
            st.rerun()
