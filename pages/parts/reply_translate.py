"""How a translation is drawn: the text to copy, the language that was detected, and both texts side by side."""

from __future__ import annotations

import mimetypes

import streamlit as st

from core.types import FileResult, Segment, Translation
from pages.parts.plain import plain

ROWS_A_PAGE = 20


def name_of(code: str) -> str:
    """Return the English name of a language code."""
    from core.tasks.language import LANGUAGES

    return LANGUAGES.get(code, code.upper() or "Unknown")


def draw_translation(translation: Translation, interaction_id: str) -> None:
    """Draw the translated text, and sentence by sentence what became of each."""
    with st.container(key=f"copyable_{interaction_id}"):
        st.code(translation.text, language=None, wrap_lines=True)
    doubtful = sum(segment.is_doubtful for segment in translation.segments)
    if doubtful:
        word = "sentence" if doubtful == 1 else "sentences"
        st.warning(f"{doubtful} {word} could not be translated well. See side by side.", icon=":material/warning:")
    if not translation.segments:
        return
    with st.expander("Side by side", icon=":material/compare:", key=f"translate_segments_{interaction_id}"):
        pages = -(-len(translation.segments) // ROWS_A_PAGE)
        first = 0
        if pages > 1:
            first = (st.pagination(pages, key=f"translate_page_{interaction_id}") - 1) * ROWS_A_PAGE
        for segment in translation.segments[first : first + ROWS_A_PAGE]:
            left, right = st.columns(2, gap="medium")
            left.markdown(f":gray[{plain(segment.source)}]" if "\n" not in segment.source else plain(segment.source))
            sign = ":orange-badge[:material/warning: doubtful] " if segment.is_doubtful else ""
            right.markdown(sign + _match(segment) + plain(segment.target))


def _match(segment: Segment) -> str:
    """As translation memories show it: 100 % is a corrected sentence, less is how alike the one is that was shown."""
    if not segment.match:
        return ""
    is_same = segment.match == 1.0
    return f":green-badge[:material/{'verified' if is_same else 'compare_arrows'}: {int(100 * segment.match)} %] "


def draw_file(result: FileResult, interaction_id: str) -> None:
    """Draw the beginning of a file that came out, and its download while it is in memory."""
    if result.content:
        st.download_button(
            f"Download {plain(result.name)}",
            result.content,
            file_name=result.name,
            mime=mimetypes.guess_type(result.name)[0] or "application/octet-stream",
            key=f"translate_download_{interaction_id}",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
    else:
        st.caption("Files are not kept after the visit; only the beginning is shown.")
    with st.container(key=f"copyable_file_{interaction_id}", height=280):
        st.code(result.preview, language=None, wrap_lines=True)
