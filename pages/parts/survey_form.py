"""The survey itself: its questions, the thanks, and the way to take answers back.

Owns the session keys that begin with `survey_said_`, kept across pages, and `survey_is_changing`.
"""

from __future__ import annotations

import streamlit as st

from core.limits import SURVEY_CHARACTERS
from core.types import Disappointment, SurveyAnswer, SurveyState
from pages.parts import press
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

FEELINGS = {
    Disappointment.VERY: "Very disappointed",
    Disappointment.SOMEWHAT: "Somewhat disappointed",
    Disappointment.NOT: "Not disappointed",
    Disappointment.GONE: "I no longer use it",
}
FEELING = "How would you feel if you could no longer use Hearback?"
QUESTIONS = {
    "benefit": "What is the main benefit that you get from it?",
    "audience": "Who do you think would benefit most from it?",
    "improvement": "What should we improve for you?",
}
RECOMMEND = "How likely are you to recommend it to a friend or colleague?"


def draw(state: SurveyState, is_preview: bool = False) -> None:
    """Draw what fits the visitor: the questions, the thanks, or when they will be asked."""
    is_changing = bool(st.session_state.get("survey_is_changing"))
    if is_preview:
        st.info("You are logged in: this is what visitors see. Answers of the company are not taken.")
        _questions(SurveyAnswer(Disappointment.VERY), is_preview=True)
    elif state.answer is not None and not is_changing:
        _thanks(state, state.answer)
    elif state.may_answer:
        _questions(state.answer)
    else:
        with st.container(border=True):
            st.markdown("**Not yet.** The survey asks people who have used Hearback a few times.")
            st.page_link("home.py", label="Try one of the four uses", icon=":material/home:")


def _questions(before: SurveyAnswer | None, is_preview: bool = False) -> None:
    st.markdown("Four questions and a number. Only the first needs an answer; short is fine.")
    options = list(FEELINGS.values())
    feeling = st.radio(
        FEELING,
        options,
        index=list(FEELINGS).index(before.disappointment) if before and not is_preview else None,
        key="survey_said_feeling",
        persist_state="session",
    )
    texts = {
        name: st.text_area(
            question,
            value=getattr(before, name) if before else "",
            max_chars=SURVEY_CHARACTERS,
            height=80,
            key=f"survey_said_{name}",
            persist_state="session",
        )
        or ""
        for name, question in QUESTIONS.items()
    }
    recommend = st.segmented_control(
        RECOMMEND,
        range(11),
        default=before.recommend if before else None,
        key="survey_said_recommend",
        persist_state="session",
    )
    st.caption("0 is not at all likely, 10 is extremely likely.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if press.button("Send my answers", key="survey_send", type="primary", disabled=is_preview):
            _send(feeling, texts, recommend)
        if before and not is_preview and st.button("Leave them as they are", key="survey_keep", type="tertiary"):
            _forget()
            st.rerun()
    st.caption(
        "They are kept with the role and company size that you gave, if you gave them, and read by the people who run "
        "this Hearback. You can take them back at any time."
    )


def _send(feeling: str | None, texts: dict[str, str], recommend: int | None) -> None:
    if feeling is None:
        st.warning("Choose an answer to the first question; the others may stay empty.", icon=":material/info:")
        return
    disappointment = next(one for one, label in FEELINGS.items() if label == feeling)
    with press.undisturbed():
        desk().answer_survey(visitor_id(), SurveyAnswer(disappointment, recommend=recommend, **texts))
        _forget()
    st.rerun()


def _thanks(state: SurveyState, answer: SurveyAnswer) -> None:
    st.markdown(":green-badge[:material/check: Thank you. Your answers are saved.]")
    st.markdown(
        "They are counted together with those of others to decide what to improve first, and for whom. "
        "You will not be asked again."
    )
    with st.container(border=True, key="survey_answers"):
        st.markdown(f":gray[{FEELING}]  \n{FEELINGS[answer.disappointment]}")
        for name, question in QUESTIONS.items():
            if said := getattr(answer, name):
                st.markdown(f":gray[{question}]")
                st.markdown(plain(said))
        if answer.recommend is not None:
            st.markdown(f":gray[{RECOMMEND}]  \n{answer.recommend} of 10")
        st.caption(f"Answered on {state.answered_at:%d %B %Y}.")
    with st.container(horizontal=True):
        if st.button("Change my answers", key="survey_change", icon=":material/edit:"):
            _forget()
            st.session_state["survey_is_changing"] = True
            st.rerun()
        if press.button("Take my answers back", key="survey_take_back", type="tertiary", icon=":material/undo:"):
            with press.undisturbed():
                desk().take_survey_back(visitor_id())
                _forget()
            st.toast("Taken back and deleted.", icon=":material/check:")
            st.switch_page("your_feedback.py")


def _forget() -> None:
    """Let the questions begin with what is saved when they are next drawn."""
    st.session_state["survey_is_changing"] = False
    for name in ("feeling", *QUESTIONS, "recommend"):
        st.session_state.pop(f"survey_said_{name}", None)
