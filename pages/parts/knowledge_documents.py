"""The documents of the handbook: what there is, bringing and writing more, trying and publishing.

Owns the session keys `knowledge_open` (the page that is open) and `knowledge_taken` (what became of an upload).
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.limits import DOCUMENT_NAME_CHARACTERS, QUESTION_CHARACTERS, VISIT_DOCUMENTS
from core.office.pages import CHANGED, NEW, PUBLISHED, REMOVED, Manuscript
from core.types import Member, Reply, Scope
from pages.parts import knowledge_editor, knowledge_work
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

KINDS = ("md", "txt", "pdf", "docx", "csv")
STATES = {PUBLISHED: "published", NEW: "new draft", CHANGED: "changed draft", REMOVED: "to be removed"}


def draw(who: Member, scope: Scope, manuscript: Manuscript, seen: str) -> None:
    """Draw what is published and drafted, and everything that can be done with it."""
    with st.container(horizontal=True):
        with st.popover("Upload files", icon=":material/upload_file:"):
            _upload(who)
        with st.popover("New page", icon=":material/note_add:"):
            _new(who)
    _taken()
    if manuscript.changed:
        _drafts(who, manuscript, seen)
    _table(who, scope, manuscript)
    _open(who, manuscript)


def _upload(who: Member) -> None:
    st.caption(
        "A file of the name of a page takes its place in the next revision. Rows of a CSV file with columns "
        "for questions and answers become one section each. Nothing is published yet."
    )
    with st.form("knowledge_upload", border=False, clear_on_submit=True):
        files = st.file_uploader(
            f"{', '.join(KINDS).upper()}, up to {VISIT_DOCUMENTS} files of 10 MB",
            type=KINDS,
            accept_multiple_files=True,
        )
        is_sent = st.form_submit_button("Take as drafts", type="primary")
    if is_sent and files:
        taken = office().knowledge.upload(who, [(file.name, file.getvalue()) for file in files])
        st.session_state["knowledge_taken"] = [[one.name, one.document, one.said, one.problem] for one in taken]
        st.session_state["knowledge_open"] = next((one.document for one in taken if one.document), None)
        st.rerun()


def _new(who: Member) -> None:
    with st.form("knowledge_new", border=False, clear_on_submit=True):
        title = st.text_input("Title of the page", max_chars=DOCUMENT_NAME_CHARACTERS, key="knowledge_title")
        if st.form_submit_button("Begin", type="primary") and title:
            st.session_state["knowledge_open"] = office().knowledge.begin(who, title)
            st.rerun()


def _taken() -> None:
    """Say what became of the last upload, once."""
    for name, document, said, problem in st.session_state.pop("knowledge_taken", []):
        if problem:
            st.error(plain(problem), icon=":material/error:")
        else:
            st.success(f"{plain_line(name)} is a draft of the page {plain_line(document)}.", icon=":material/check:")
        if said:
            st.warning(plain(said), icon=":material/visibility_off:")


def _drafts(who: Member, manuscript: Manuscript, seen: str) -> None:
    with st.container(border=True, key="knowledge_drafts"):
        st.markdown(f"**Not published yet:** {plain(manuscript.summary)}")
        for page in manuscript.changed:
            why = (
                page.problems[0]
                if page.problems
                else "another version was published since"
                if page.has_conflict
                else ""
            )
            if page.problems or page.has_conflict:
                st.markdown(f":orange[:material/edit_note:] {plain_line(page.title, 60)}: {plain(why)}")
        with st.form("knowledge_try", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            question = st.text_input(
                "Try a question on the drafts", max_chars=QUESTION_CHARACTERS, key="knowledge_question"
            )
            is_asked = st.form_submit_button("Try", icon=":material/forum:", disabled=knowledge_work.is_busy(who))
        if is_asked and question:
            knowledge_work.start(office().knowledge.try_question(who, question))
        if (tried := knowledge_work.tried(who)) is not None:
            _tried(*tried)
        knowledge_editor.publish_form(who, seen, manuscript.changed, "all")


def _tried(question: str, reply: Reply) -> None:
    st.caption(f"“{plain_line(question)}”")
    if reply.is_abstained:
        st.markdown(":orange-badge[No answer] The drafts do not answer this yet.")
        return
    st.markdown(plain(reply.text))
    for one in reply.citations:
        st.caption(f"{one.number} · {plain_line(one.passage.title)}, {plain_line(one.passage.heading)}")


def _table(who: Member, scope: Scope, manuscript: Manuscript) -> None:
    cited = office().knowledge.cited_documents(who, scope)
    rows = []
    for page in manuscript.pages:
        found = cited.get(page.document)
        rows.append(
            {
                "Page": page.title,
                "State": STATES[page.state],
                "Passages": len(page.passages),
                "Answers that cite it": found.answers if found else 0,
                "Visitors": found.visitors if found else 0,
                "Rated good": str(found.good) if found else "never cited",
                "Language": page.language,
                "File": page.document,
            }
        )
    st.dataframe(rows, hide_index=True, height=min(640, 38 + 35 * len(rows)), key="knowledge_table")
    total = len(manuscript.passages)
    st.caption(f"Revision {manuscript.number} is live. {len(rows)} pages, {total:,} passages with the drafts.")


def _label(titles: dict[str, str], document: str) -> str:
    return f"{titles[document]} ({document})"


def _open(who: Member, manuscript: Manuscript) -> None:
    pages = {page.document: page for page in manuscript.pages}
    if st.session_state.get("knowledge_open") not in pages:
        st.session_state["knowledge_open"] = None
    chosen = st.selectbox(
        "Open a page",
        list(pages),
        index=None,
        key="knowledge_open",
        format_func=partial(_label, {document: page.title for document, page in pages.items()}),
        placeholder="Choose a page to read or change",
        persist_state="session",
    )
    if chosen:
        with st.container(border=True, key=f"knowledge_page_{chosen}"):
            knowledge_editor.draw(who, pages[chosen])
