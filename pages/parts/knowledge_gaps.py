"""Questions that the handbook does not answer, and the way from each to a page that does.

Owns the session keys `knowledge_gap_*`.
"""

from __future__ import annotations

import streamlit as st

from core.limits import COMMENT_CHARACTERS
from core.office.gaps import DISMISSALS, AskedAgain, Gap, Gaps, TakenUp
from core.office.pages import Manuscript
from core.types import Member, Scope
from pages.parts import knowledge_editor, knowledge_work, sample_data
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

GAPS_A_PAGE = 8
TEXTS = 12
WHY = {"abstained": "no answer", "handed off": "handed to a person", "rated": "rated not good"}


def headline(gaps: Gaps) -> str:
    """Return the sentence that matters."""
    if not gaps.questions:
        return "**No question that can be shown is without an answer in this period.**"
    waiting = [(len(one.waiting), one.gap.title) for one in gaps.taken_up if one.gap.status != "dismissed"]
    _, most = max([*waiting, *((gap.questions, gap.title) for gap in gaps.open[:1])], key=lambda one: one[0])
    asked = f"{_many(gaps.questions, 'question')} of {_many(gaps.visitors, 'visitor')}"
    verb = "has" if gaps.questions == 1 else "have"
    return f"**{asked} {verb} no answer yet; most ask “{plain_line(most, 90)}”**"


def draw(who: Member, scope: Scope, gaps: Gaps, manuscript: Manuscript, seen: str) -> None:
    """Draw the gaps: those that are worked on, those that are open, and those that are done."""
    drafted = [one for one in gaps.taken_up if one.gap.status == "drafted"]
    published = [one for one in gaps.taken_up if one.gap.status == "published"]
    dismissed = [one for one in gaps.taken_up if one.gap.status == "dismissed"]
    for one in drafted:
        _draw_drafted(who, one, manuscript, seen)
    pages = -(-len(gaps.open) // GAPS_A_PAGE)
    number = st.pagination(pages, key="knowledge_gap_page") if pages > 1 else 1
    for gap in gaps.open[(number - 1) * GAPS_A_PAGE : number * GAPS_A_PAGE]:
        _draw_open(who, gap, scope.is_sample)
    if not gaps.open and not drafted:
        with st.container(border=True):
            st.markdown(
                "**No open gaps.** Questions that got no answer, went to a person or were rated not good "
                "will be here, those of one meaning together."
            )
        sample_data.offer(who)
    if published:
        st.subheader("Answered by a page", anchor=False)
        for one in published:
            _draw_published(who, one)
    if dismissed:
        with st.expander(f"Dismissed: {len(dismissed)}"):
            for one in dismissed:
                _draw_dismissed(who, one)
    _draw_limits(gaps)


def _draw_open(who: Member, gap: Gap, is_sample: bool) -> None:
    key = gap.interaction_ids[0]
    with st.container(border=True, key=f"knowledge_gap_{key}"):
        st.markdown(f"**{plain_line(gap.title, 200)}**")
        why = ", ".join(f"{count} {WHY[reason]}" for reason, count in gap.why)
        asked = f"{_many(gap.questions, 'question')} of {_many(gap.visitors, 'visitor')}"
        st.caption(f"{asked} · {why} · last {gap.last_asked_at:%d %B %Y}")
        if gap.segments:
            named = [f":gray-badge[{plain_line(name, 60)} · {count}]" for name, count in gap.segments[:4]]
            st.markdown(" ".join(named))
        if len(gap.texts) > 1 or gap.texts[0][1] > 1:
            with st.expander("How it was asked"):
                for text, count in gap.texts[:TEXTS]:
                    st.markdown(plain(text) + (f" :gray-badge[{count} times]" if count > 1 else ""))
                if len(gap.texts) > TEXTS:
                    st.caption(f"{len(gap.texts) - TEXTS} further ways.")
        with st.container(horizontal=True):
            if st.button("Draft a page", key=f"knowledge_gap_draft_{key}", icon=":material/edit:", type="primary"):
                office().knowledge.gaps.draft(who, gap, is_sample)
                st.rerun()
            with (
                st.popover("Dismiss", key=f"knowledge_gap_menu_{key}"),
                st.form(f"knowledge_gap_form_{key}", border=False),
            ):
                reason = st.radio("Why needs this no page?", DISMISSALS)
                words = st.text_input("In your words (optional)", max_chars=COMMENT_CHARACTERS - 60)
                if st.form_submit_button("Dismiss", key=f"knowledge_gap_dismiss_{key}"):
                    office().knowledge.gaps.dismiss(who, gap, f"{reason}: {words}" if words else str(reason), is_sample)
                    st.rerun()


def _draw_drafted(who: Member, one: TakenUp, manuscript: Manuscript, seen: str) -> None:
    page = next((page for page in manuscript.changed if page.document == one.gap.document), None)
    with st.container(border=True, key=f"knowledge_gap_{one.gap.gap_id}"):
        st.markdown(f":orange-badge[:material/edit: Being written] for {_many(len(one.gap.questions), 'question')}")
        if page is None:
            st.markdown(f"**{plain_line(one.gap.title, 200)}**: its draft was taken back.")
        else:
            _draw_questions(one, is_short=True)
            knowledge_editor.draw(who, page)
            knowledge_editor.publish_form(who, seen, [page], page.document, is_all=False)
        _reopen(who, one, "Back to the open gaps")


def _draw_published(who: Member, one: TakenUp) -> None:
    with st.container(border=True, key=f"knowledge_gap_{one.gap.gap_id}"):
        total = len(one.gap.questions)
        colour, icon = ("green", "check") if one.answered == total else ("orange", "pending")
        said = f"{one.answered} of {total} answered by revision {one.gap.revision}"
        st.markdown(f"**{plain_line(one.gap.title, 200)}** :{colour}-badge[:material/{icon}: {said}]")
        with st.expander("Each question, and what it is told now", expanded=one.answered < total):
            _draw_questions(one)
        with st.container(horizontal=True):
            if st.button(
                "Ask again",
                key=f"knowledge_gap_again_{one.gap.gap_id}",
                icon=":material/refresh:",
                disabled=knowledge_work.is_busy(who),
            ):
                knowledge_work.start(office().knowledge.ask_again(who, one.gap.gap_id))
            _reopen(who, one, "Open again")


def _draw_questions(one: TakenUp, is_short: bool = False) -> None:
    """Draw each question once, however often it was asked, with what it is told now."""
    same: dict[tuple[object, ...], list[AskedAgain]] = {}
    for question in one.gap.questions:
        key = (" ".join(question.text.casefold().split()), question.is_answered, question.answer)
        same.setdefault(key, []).append(question)
    shown = list(same.values())[:TEXTS]
    for alike in shown:
        question = alike[0]
        text = plain_line(question.text, 200) or ":gray[The text was deleted.]"
        text += f" :gray-badge[{len(alike)} times]" if len(alike) > 1 else ""
        if is_short or question.is_answered is None:
            st.markdown(f":gray[:material/help:] {text}")
        elif question.is_answered:
            st.markdown(f":green[:material/check:] {text}")
            st.caption(f"“{plain_line(question.answer, 300)}” {plain_line(question.source, 100)}")
        else:
            said = f"answered from {plain_line(question.source, 80)}" if question.source else "still no answer"
            st.markdown(f":orange[:material/close:] {text} :orange-badge[{said}]")
    if len(same) > len(shown):
        st.caption(f"{len(same) - len(shown)} further questions.")


def _draw_dismissed(who: Member, one: TakenUp) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        since = f", {one.since} asked since" if one.since else ""
        st.markdown(
            f"{plain_line(one.gap.title, 160)} :gray-badge[{plain_line(one.gap.reason, 120)}] "
            f":small[:gray[{_many(len(one.gap.questions), 'question')}{since}]]"
        )
        _reopen(who, one, "Undo")


def _reopen(who: Member, one: TakenUp, label: str) -> None:
    if st.button(label, key=f"knowledge_gap_reopen_{one.gap.gap_id}", type="tertiary", icon=":material/undo:"):
        office().knowledge.gaps.reopen(who, one.gap.gap_id)
        st.rerun()


def _draw_limits(gaps: Gaps) -> None:
    if gaps.hidden.questions:
        st.caption(
            f"{_many(gaps.hidden.questions, 'further question')} of {_many(gaps.hidden.visitors, 'visitor')} cannot be "
            "shown: their texts were not kept."
        )
    if gaps.is_cut:
        st.caption("Only the newest 2,000 questions are looked at; choose a shorter period for the others.")


def _many(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count:,} {what}s"
