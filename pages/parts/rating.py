"""The bar under every output: thumbs, reasons, a comment, and a correction with its receipt.

Owns the session keys that begin with `rating_`. What a visitor said of an interaction is saved once it changes.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import streamlit as st

from core.errors import StoreError
from core.limits import COMMENT_CHARACTERS, CORRECTION_CHARACTERS
from core.types import Correction, FileResult, Reading, TableReading, Task
from pages.parts import press, running
from pages.parts.difference import difference
from pages.parts.plain import plain
from pages.parts.visitor import visitor_id
from pages.parts.wiring import desk

REASONS = {
    (Task.SUPPORT, 1): ("Right answer", "Good source", "Clear", "Fast"),
    (Task.SUPPORT, 0): ("Wrong", "Incomplete", "Wrong source", "Should have answered", "Hard to read"),
    (Task.TRANSLATE, 1): ("Right meaning", "Sounds natural", "Right terms", "Fast"),
    (Task.TRANSLATE, 0): ("Wrong meaning", "Something is missing", "Sounds odd", "Wrong terms", "Wrong language"),
    (Task.SUMMARIZE, 1): ("Right points", "Right length", "Clear", "Fast"),
    (Task.SUMMARIZE, 0): ("Missed a point", "Unimportant points", "Too long", "Too short", "Hard to read"),
    (Task.SENTIMENT, 1): ("Right label", "Right words", "Fast"),
    (Task.SENTIMENT, 0): ("Wrong label", "Missed irony", "Mixed feelings", "Wrong words"),
}
# What a correction does at once for the one who gave it.
PROMISES = {
    Task.SUPPORT: "Your next answer uses it, as long as the documents say the same.",
    Task.TRANSLATE: "Your next translation uses it.",
    Task.SUMMARIZE: "Your next summary of this text uses it, as long as the text says the same.",
    Task.SENTIMENT: "Your next reading uses it.",
}
# A rating that was refused is not sent at every rerun: each may wait for a database that is away.
AGAIN_SECONDS = 5.0
LABELS = ("negative", "neutral", "positive")


def bar(interaction_id: str, task: Task, result: Any, text: str) -> None:
    """Draw the bar for one interaction, and save what changed; nothing where what they said cannot be read yet."""
    try:
        saved, _ = _said()
    except StoreError:  # thumbs that begin without it would take back what stands
        st.caption("You can rate and correct this as soon as the database answers again.")
        return
    with st.container(horizontal=True, vertical_alignment="center", key=f"rating_bar_{interaction_id}"):
        before = saved.get(interaction_id, [None, [], ""])
        key = f"rating_thumbs_{interaction_id}"
        thumbs = st.feedback("thumbs", key=key, default=before[0], persist_state="session")
        is_editing = not isinstance(result, TableReading | FileResult) and st.toggle(
            "Edit this answer", key=f"rating_edit_{interaction_id}_{_edits(interaction_id)}"
        )
    now: list[Any] = [thumbs, [], ""] if thumbs is None else [thumbs, *_reasons(interaction_id, task, thumbs, before)]
    if now != before:
        _save(interaction_id, now, saved)
    if is_editing:
        _edit(interaction_id, result, text)
    else:
        _receipt(interaction_id, task)


def _save(interaction_id: str, now: list[Any], saved: dict[str, list[Any]]) -> None:
    """Save a rating that changed, or say under it that it is not saved; then it is tried again some time later."""
    key = f"rating_refused_{interaction_id}"
    refused, at, sentence = st.session_state.get(key, (None, 0.0, ""))
    if refused != now or time.monotonic() - at > AGAIN_SECONDS:
        try:
            if now[0] is None:
                desk().undo_rating(visitor_id(), interaction_id)
            else:
                desk().rate(visitor_id(), interaction_id, now[0], tuple(now[1]), now[2])
        except StoreError as error:
            sentence = str(error)
            st.session_state[key] = (now, time.monotonic(), sentence)
        else:
            st.session_state.pop(key, None)
            saved[interaction_id] = now
            st.toast("Taken back." if now[0] is None else "Thank you, saved.", icon=":material/check:")
            return
    st.error(f"**Not saved yet.** {plain(sentence)}", icon=":material/error:")


def draw_difference(correction: Correction) -> None:
    """Draw what a correction changed."""
    st.markdown(difference(correction.output_text, correction.corrected_text))


def forget() -> None:
    """Read what the visitor said from the log again when it is next needed."""
    st.session_state.pop("rating_saved", None)


def _reasons(interaction_id: str, task: Task, score: int, before: list[Any]) -> tuple[list[str], str]:
    """Draw the chips and the comment that fit a score, and return what is chosen."""
    options = REASONS[task, score]
    is_same_score = before[0] == score
    with st.container(key=f"rating_reasons_{interaction_id}"):
        chosen = st.pills(
            "What was good?" if score else "What was wrong?",
            options,
            selection_mode="multi",
            default=[reason for reason in before[1] if reason in options] if is_same_score else None,
            key=f"rating_chips_{interaction_id}_{score}",
            persist_state="session",
        )
        comment = st.text_input(
            "A comment, if you like",
            value=before[2],
            max_chars=COMMENT_CHARACTERS,
            placeholder="A comment, if you like; Enter saves it",
            label_visibility="collapsed",
            key=f"rating_comment_{interaction_id}",
            persist_state="session",
        )
    return list(chosen), (comment or "").strip()


def _edit(interaction_id: str, result: Any, text: str) -> None:
    """Draw the form of a correction, and save it."""
    with st.form(f"rating_form_{interaction_id}"):
        if isinstance(result, Reading):
            corrected = st.segmented_control("It should be", LABELS, default=result.label, required=True)
        else:
            height = 120 if len(text) < 400 else 240
            corrected = st.text_area("It should say", value=text, max_chars=CORRECTION_CHARACTERS, height=height)
        if not press.submit("Save correction", key=f"rating_save_{interaction_id}", type="primary"):
            return
    corrected = (corrected or "").strip()
    if corrected == text.strip():
        st.info("Nothing is changed yet.", icon=":material/info:")
        return
    try:
        with press.undisturbed():
            correction = desk().correct(visitor_id(), interaction_id, corrected)
            _said()[1][interaction_id] = [correction.correction_id, text, corrected]
            # A widget's value may not change after it was drawn: a new toggle takes the old one's place, and is off.
            st.session_state[f"rating_edits_{interaction_id}"] = _edits(interaction_id) + 1
    except StoreError as error:  # what they wrote stays in the form, and the page below it is drawn
        st.error(f"**Not saved yet.** {plain(str(error))}", icon=":material/error:")
        return
    st.toast("Your correction is saved.", icon=":material/check:")
    st.rerun()


def _receipt(interaction_id: str, task: Task) -> None:
    """Draw the saved correction of an interaction, with a way to see what it does and a way to take it back."""
    corrections = _said()[1]
    if interaction_id not in corrections:
        return
    correction_id, before, after = corrections[interaction_id]
    visitor = visitor_id()
    with st.container(border=True, key=f"rating_receipt_{interaction_id}"):
        st.markdown(":green-badge[:material/check: Your correction is saved]")
        st.caption(f"{PROMISES[task]} A person looks at it; *Your feedback* shows what becomes of it.")
        st.markdown(difference(before, after))
        with st.container(horizontal=True, key=f"rating_deeds_{interaction_id}"):
            if press.button("Ask again", key=f"rating_again_{interaction_id}", icon=":material/replay:"):
                running.attach(task, partial(desk().again, visitor, interaction_id))
            if press.button(
                "Take it back", key=f"rating_undo_{interaction_id}", type="tertiary", icon=":material/undo:"
            ):
                try:
                    desk().withdraw_correction(visitor, correction_id)
                except StoreError as error:
                    st.error(plain(str(error)), icon=":material/error:")
                    return
                del corrections[interaction_id]
                st.toast("Taken back and deleted.", icon=":material/check:")
                st.rerun()


def _edits(interaction_id: str) -> int:
    return int(st.session_state.get(f"rating_edits_{interaction_id}", 0))


def _said() -> tuple[dict[str, list[Any]], dict[str, list[str]]]:
    """Return what the visitor said, by interaction: ratings and corrections; read from the log once a session."""
    if "rating_saved" not in st.session_state:
        items = desk().feedback(visitor_id())
        st.session_state["rating_saved"] = {
            item.interaction_id: [item.rating.score, list(item.rating.reasons), item.rating.comment]
            for item in items
            if item.rating is not None
        }
        st.session_state["rating_corrections"] = {
            item.interaction_id: [kept.correction_id, kept.output_text, kept.corrected_text]
            for item in items
            for kept in [receipt.correction for receipt in item.receipts]
            if kept.status not in ("withdrawn", "replaced")
        }
    return st.session_state["rating_saved"], st.session_state["rating_corrections"]
