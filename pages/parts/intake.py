"""Text that comes as a file: read once, put into the page's input, with a sentence where it cannot be read."""

from __future__ import annotations

import streamlit as st

from core.types import Task

KINDS = ("txt", "md", "pdf", "docx")


def from_file(task: Task) -> None:
    """Offer to fill the page's text from a file; the text can then be looked at and changed before it is used.

    Raises UnreadableFile, UnsupportedFile, InputTooLong, EmptyInput.
    """
    with st.popover("From a file", icon=":material/upload_file:", type="tertiary"):
        file = st.file_uploader(f"{', '.join(KINDS).upper()}, up to 10 MB", type=KINDS, key=f"{task}_file")
    if file is None or st.session_state.get(f"{task}_file_read") == file.file_id:
        return
    from core.files import text_of

    st.session_state[f"{task}_file_read"] = file.file_id
    st.session_state[f"{task}_text"] = text_of(file.name, file.getvalue())
