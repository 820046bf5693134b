"""The item in focus: what was asked, what came out, what it should be, and what there is to know of it.

Owns the session keys `review_shown`, the items whose personal data is open, and `review_job_<item>`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import NotYours
from core.tasks.language import LANGUAGES
from core.types import Member, Passage, Role
from pages.parts.difference import difference
from pages.parts.plain import plain, plain_line
from pages.parts.review_list import draw_badges, focus
from pages.parts.running import draw_progress
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.review_views import Item, Other

LONG_CHARACTERS = 1_200
POLL_SECONDS = 0.5


def is_shown(item_id: str) -> bool:
    """Return whether this member opened what is masked in the item."""
    return item_id in st.session_state.get("review_shown", [])


def draw(who: Member, item: Item) -> None:
    """Draw the item from top to bottom, in the order in which it is judged."""
    day = f"{item.created_at:%d %B %Y, %H:%M} UTC"
    st.markdown(f":blue-badge[{item.task.capitalize()}] :small[:gray[{day}]]")
    draw_badges(item.badges)
    for finding in item.findings:
        st.markdown(f":orange-badge[:material/back_hand: Held: {plain_line(finding.kind)}] {plain(finding.sentence)}")
    _draw_masking(who, item)
    _text("What was put in", item.input_text)
    if item.is_corrected:
        st.markdown(":small[:gray[What came out, and what the visitor says it should be]]")
        with st.container(border=True, key="review_difference"):
            st.markdown(difference(item.output_text, item.corrected_text))
    else:
        _text("What came out, rated as not good", item.output_text)
    _draw_rating(item)
    _draw_verdicts(who, item)


def draw_more(who: Member, item: Item) -> None:
    """Draw what helps to judge: what the weights say now, the passages, and where it came from."""
    _draw_others(item)
    _draw_again(who, item)
    if item.passages:
        with st.expander(f"Passages used ({len(item.passages)})", icon=":material/menu_book:"):
            for passage in item.passages:
                _draw_passage(passage)
    elif item.interaction.passage_ids:
        st.caption("It used passages of documents that are not kept.")
    with st.expander("Where it came from", icon=":material/info:"):
        kept = item.interaction
        language = LANGUAGES.get(kept.language, kept.language) or "unknown"
        rows = {
            "Weights": kept.origin.weights_id or "unknown",
            "Way": kept.origin.path or "unknown",
            "Language": language,
            "Segment": kept.segment or "not said",
            "Used at": f"{kept.started_at:%d %B %Y, %H:%M} UTC",
            "Documents": f"revision {kept.knowledge_revision}" if kept.knowledge_revision else "none",
        }
        st.markdown("\n".join(f"- {name}: **{plain_line(value)}**" for name, value in rows.items()))


def _text(label: str, text: str) -> None:
    st.markdown(f":small[:gray[{label}]]")
    if not text:
        st.markdown(":gray[Nothing.]")
    elif len(text) > LONG_CHARACTERS:
        with st.container(height=260, border=True):
            st.markdown(plain(text))
    else:
        st.markdown(plain(text))


def _draw_masking(who: Member, item: Item) -> None:
    if not item.has_personal_data:
        return
    key = f"review_show_{item.item_id}"
    label = "Show the personal data in this item"
    if st.toggle(label, value=is_shown(item.item_id), key=key, help="It is written into the audit log."):
        if not is_shown(item.item_id):
            office().review.show_personal_data(who, item.item_id)
            st.session_state["review_shown"] = [*st.session_state.get("review_shown", []), item.item_id]
            st.rerun()
    elif is_shown(item.item_id):
        st.session_state["review_shown"] = [one for one in st.session_state["review_shown"] if one != item.item_id]
        st.rerun()


def _draw_rating(item: Item) -> None:
    if item.rating is None:
        return
    sign = (
        ":green-badge[:material/thumb_up: Good]" if item.rating.score else ":red-badge[:material/thumb_down: Not good]"
    )
    st.markdown(sign + "".join(f" :gray-badge[{plain_line(reason)}]" for reason in item.rating.reasons))
    if item.rating.comment:
        st.markdown(f"“{plain(item.rating.comment)}”")


def _draw_verdicts(who: Member, item: Item) -> None:
    for verdict in item.verdicts:
        if verdict.verdict == "skipped":
            continue
        said = {"approved": "approved it", "rejected": "turned it down", "gap": "calls it a knowledge gap"}
        why = "" if verdict.verdict == "approved" else f" ({plain_line(verdict.reason)})"
        kind = {"second": "As a second opinion, ", "decision": "To decide, "}.get(verdict.kind, "")
        day = f":small[:gray[{verdict.at:%d %b, %H:%M}]]"
        st.markdown(f"{kind}**{plain_line(verdict.member, 60)}** {said[verdict.verdict]}{why}. {day}")
        if verdict.words:
            st.markdown(f"“{plain(verdict.words)}”")
        if verdict.verdict == "gap" and who.role is Role.FOUNDER:
            st.page_link("founder/knowledge.py", label="Close the gap under Knowledge", icon=":material/menu_book:")
    if item.approved_text:
        _text("Approved text", item.approved_text)
        st.caption(item.kept_for)


def _draw_others(item: Item) -> None:
    """Draw what others said of the same input, the most frequent first, each a click away."""
    if not item.others:
        return
    more = f" ({len(item.others)} of {item.other_count})" if item.other_count > len(item.others) else ""
    st.markdown(f":small[:gray[What others said of the same input{more}]]")
    for other in item.others:
        with st.container(horizontal=True, vertical_alignment="center", key=f"review_other_{other.item_id}"):
            said = plain_line(other.text, 120) if other.text else ":gray[Not good, without a correction]"
            st.markdown(f"{said} :small[:gray[{_of_whom(other)}]]")
            if other.state and st.button("Look", key=f"review_to_{other.item_id}", type="tertiary"):
                focus(other.item_id, is_named=True)
                st.rerun()


def _of_whom(other: Other) -> str:
    said = "1 visitor" if other.sayers == 1 else f"{other.sayers} visitors"
    state = {"held": ", held by a check", "approved": ", approved", "rejected": ", not taken"}.get(other.state, "")
    return said + state


def _draw_passage(passage: Passage) -> None:
    st.markdown(f"**{plain_line(passage.title or passage.document)}** :small[:gray[{plain_line(passage.heading)}]]")
    st.markdown(plain(passage.text))


def _draw_again(who: Member, item: Item) -> None:
    """Draw the button that asks the live weights anew, and what they say."""
    if item.why_not_again:
        st.caption(item.why_not_again)
        return
    key = f"review_job_{item.item_id}"
    if job_id := st.session_state.get(key):
        _watch(who, item, job_id)
    elif st.button(
        "What would it say now?", key=f"review_again_{item.item_id}", icon=":material/refresh:", shortcut="W"
    ):
        st.session_state[key] = office().review.ask_again(who, item.item_id)
        st.rerun()


def _watch(who: Member, item: Item, job_id: str) -> None:
    try:
        view = office().review.look(who, job_id)
    except NotYours:  # the server was started anew
        st.caption("That answer is no longer here.")
        return
    if not view.is_over:
        _poll(who, job_id)
        return
    if view.sentence:
        st.warning(plain(view.sentence), icon=":material/info:")
        return
    st.markdown(":small[:gray[What the live weights say now, against what it should be]]")
    with st.container(border=True, key="review_now"):
        if not view.result.strip():
            st.markdown(":gray[Nothing: it finds no answer.]")
        elif not item.is_corrected:
            st.markdown(plain(view.result))
        elif view.result.split() == item.corrected_text.split():
            st.markdown(":green-badge[:material/check: The same as the correction] It says by now what it should.")
        else:
            st.markdown(difference(view.result, item.corrected_text))
    if view.result.split() == item.output_text.split():
        st.caption("It still says what it said then.")


@st.fragment(run_every=POLL_SECONDS)
def _poll(who: Member, job_id: str) -> None:
    view = office().review.look(who, job_id)
    if view.is_over:
        st.rerun()
    draw_progress(view)
