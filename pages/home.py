"""Somebody arrives: what this is, four things to try with one click, and how much it is used.

State: none of its own.
"""

import streamlit as st

from core.errors import HearbackError
from core.types import Task
from pages.parts import examples, press
from pages.parts.plain import plain
from pages.parts.wiring import desk

CARDS = (
    (Task.SUPPORT, "forum", "Answers from a handbook or your own documents, each with its source."),
    (Task.TRANSLATE, "translate", "Texts and files between nine languages, sentence by sentence."),
    (Task.SUMMARIZE, "short_text", "The sentences that matter, each linked to its place."),
    (Task.SENTIMENT, "mood", "How a text or a whole table feels, and which words say so."),
)

st.title("Hearback", anchor=False)
st.markdown(
    "Answers that show where they come from, from weights that learn when people correct them. "
    "Try it on your own text: no account, no key, and nothing leaves this server."
)

for (task, icon, job), cell in zip(CARDS, st.columns(4, gap="small"), strict=True):
    with cell.container(border=True, key=f"card_{task}", height="stretch", vertical_alignment="distribute"):
        with st.container(gap="xsmall"):
            st.markdown(f"### :blue[:material/{icon}:] {task.capitalize()}", anchors=False)
            st.markdown(job)
        with st.container(gap="xsmall"):
            label, text = next(iter(examples.EXAMPLES[task].items()))
            if press.button(label, key=f"home_{task}", type="tertiary", icon=":material/play_arrow:"):
                examples.choose(task, text)
                st.switch_page(f"{task}.py")
            st.page_link(f"{task}.py", label="Use your own", icon=":material/arrow_forward:")

try:
    counts = desk().counts()
    st.subheader("So far", anchor=False)
    with st.container(horizontal=True, key="home_counts"):
        st.metric("Answers", f"{sum(counts.interactions.values()):,}", border=True)
        st.metric("Visitors", f"{counts.visitors:,}", border=True)
        st.metric("Ratings", f"{counts.ratings:,}", border=True)
        st.metric("Corrections", f"{counts.corrections:,}", border=True)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
