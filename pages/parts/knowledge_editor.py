"""A page of the handbook, to be read, written, looked at and published.

Owns the session keys `knowledge_source_*`, `knowledge_begun` (what somebody began to write from, by document),
`knowledge_mine` (what could not be saved) and `knowledge_passages_*`.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import ChangedMeanwhile
from core.limits import COMMENT_CHARACTERS, FILE_CHARACTERS
from core.office.pages import CHANGED, NEW, REMOVED, Page
from core.types import Member, Passage
from pages.parts import knowledge_difference, knowledge_work
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

PASSAGES_A_PAGE = 8
BADGES = {
    NEW: ":orange-badge[:material/edit: New, not published]",
    CHANGED: ":orange-badge[:material/edit: Changed, not published]",
    REMOVED: ":red-badge[:material/delete: Will be removed]",
}
SYNTAX = "Markdown: # for the title, ## for a section, - for a list. What stands below a heading can be quoted."


def draw(who: Member, page: Page) -> None:
    """Draw a page with its text to edit, and what that becomes."""
    st.markdown(f"**{plain_line(page.title)}** {BADGES.get(page.state, '')}")
    if page.changed_at is not None:
        st.caption(f"Draft by {plain_line(page.changed_by, 60)}, {page.changed_at:%d %B %Y, %H:%M} UTC")
    _conflict(who, page)
    _mine(page)
    if page.state == REMOVED:
        _restore(who, page, "Keep it after all")
        return
    _form(who, page)
    for problem in page.problems:
        st.warning(plain(problem), icon=":material/edit_note:")
    _hidden(page)
    with st.expander(
        f"What can be quoted from it: {_many(len(page.passages), 'passage')}", icon=":material/visibility:"
    ):
        passages(page.passages, page.document)
    if page.state == CHANGED:
        with st.expander("What is changed", icon=":material/difference:"):
            knowledge_difference.draw(page.live_source, page.source)
    with st.container(horizontal=True):
        if page.state == CHANGED:
            _restore(who, page, "Undo all changes")
        if st.button("Remove this page", key=f"knowledge_remove_{page.document}", icon=":material/delete:"):
            office().knowledge.remove(who, page.document)
            st.rerun()


def publish_form(who: Member, seen: str, pages: Sequence[Page], key: str, is_all: bool = True) -> None:
    """Draw the button that publishes these drafts, with a note to go with them."""
    problems = [problem for page in pages for problem in page.problems]
    is_ready = not problems and not any(page.has_conflict for page in pages)
    with st.form(f"knowledge_publish_{key}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input(
            "What changed, in a sentence (optional)",
            max_chars=COMMENT_CHARACTERS,
            key=f"knowledge_note_{key}",
            placeholder="Without one, the names of the pages say it",
        )
        label = "Publish" if not is_all else f"Publish {_many(len(pages), 'page')}"
        is_busy = knowledge_work.is_busy(who)
        if st.form_submit_button(
            label,
            type="primary" if is_ready and not is_busy else "secondary",
            icon=":material/publish:",
            disabled=not is_ready or is_busy,
            key=f"knowledge_publish_go_{key}",
        ):
            documents = [] if is_all else [page.document for page in pages]
            knowledge_work.start(office().knowledge.publish(who, note or "", seen, documents))


def passages(found: Sequence[Passage], key: str) -> None:
    """Draw passages as plain text, a page of them at a time."""
    pages = -(-len(found) // PASSAGES_A_PAGE)
    number = st.pagination(pages, key=f"knowledge_passages_{key}") if pages > 1 else 1
    for passage in found[(number - 1) * PASSAGES_A_PAGE : number * PASSAGES_A_PAGE]:
        with st.container(border=True):
            st.caption(plain_line(passage.heading or passage.title))
            st.markdown(plain(passage.text))
    if not found:
        st.caption("Nothing yet: write something below a heading.")


def _hidden(page: Page) -> None:
    """Say what was hidden in a page and was taken out, and show it as plain text."""
    if not page.removal:
        return
    st.warning(plain(page.removal), icon=":material/visibility_off:")
    with st.expander("What it said"):
        for one in page.removed:
            st.code(one.text or "(nothing that can be read)", language=None, wrap_lines=True)


def _form(who: Member, page: Page) -> None:
    draft_id, begun = _begun(page)
    with st.form(f"knowledge_form_{page.document}_{draft_id}", border=False):
        source = st.text_area(
            "Text of the page",
            value=begun,
            height=320,
            max_chars=FILE_CHARACTERS,
            key=_key(page.document, draft_id),
            help=SYNTAX,
        )
        is_saved = st.form_submit_button("Save draft", key=f"knowledge_save_{page.document}", icon=":material/save:")
    if not is_saved:
        return
    try:
        office().knowledge.save(who, page.document, source or "", seen=draft_id)
    except ChangedMeanwhile:
        _keep(page.document, source or "")
    _forget(page.document)
    knowledge_work.forget()
    st.rerun()


def _begun(page: Page) -> tuple[str, str]:
    """Return the draft and the text that this founder began to write from; it moves on while nothing is typed."""
    begun = dict(st.session_state.get("knowledge_begun", {}))
    draft_id, source = begun.get(page.document, (page.draft_id, page.source))
    typed = st.session_state.get(_key(page.document, draft_id), source)
    if typed == source:
        draft_id, source = page.draft_id, page.source
    st.session_state["knowledge_begun"] = begun | {page.document: (draft_id, source)}
    return draft_id, source


def _forget(document: str) -> None:
    begun = dict(st.session_state.get("knowledge_begun", {}))
    begun.pop(document, None)
    st.session_state["knowledge_begun"] = begun


def _key(document: str, draft_id: str) -> str:
    return f"knowledge_source_{document}_{draft_id}"


def _keep(document: str, source: str) -> None:
    kept = dict(st.session_state.get("knowledge_mine", {}))
    kept.pop(document, None)
    st.session_state["knowledge_mine"] = kept | ({document: source} if source else {})


def _mine(page: Page) -> None:
    """Show what this founder wrote and could not save, so that nothing is lost."""
    mine = dict(st.session_state.get("knowledge_mine", {})).get(page.document)
    if not mine:
        return
    st.warning(
        "Somebody else changed this page meanwhile. This is your version, which is not saved; below stands theirs.",
        icon=":material/merge:",
    )
    st.code(mine, language=None, wrap_lines=True)
    if st.button("I have taken over what I need", key=f"knowledge_mine_{page.document}"):
        _keep(page.document, "")
        st.rerun()


def _conflict(who: Member, page: Page) -> None:
    if not page.has_conflict:
        return
    st.warning(
        "Somebody published another version of this page after your draft began. Look at both, then choose.",
        icon=":material/merge:",
    )
    with st.expander("What they published, against yours", expanded=True):
        knowledge_difference.draw(page.live_source, page.source)
    with st.container(horizontal=True):
        if st.button("Keep mine", key=f"knowledge_keep_{page.document}", icon=":material/check:"):
            office().knowledge.keep_mine(who, page.document)
            st.rerun()
        _restore(who, page, "Take theirs")


def _restore(who: Member, page: Page, label: str) -> None:
    if st.button(label, key=f"knowledge_restore_{page.document}_{label[:4]}", icon=":material/undo:"):
        office().knowledge.restore(who, page.document)
        _forget(page.document)
        st.rerun()


def _many(count: int, what: str) -> str:
    return f"one {what}" if count == 1 else f"{count:,} {what}s"
