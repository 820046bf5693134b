"""From which language into which, how carefully, and a file to translate. Owns the keys `translate_*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.types import Translation
from pages.parts import press
from pages.parts.reply_translate import name_of
from pages.parts.table_intake import read
from pages.parts.wiring import desk

if TYPE_CHECKING:
    from core.jobs import JobView

DETECT = ""
FILE_KINDS = ("txt", "md", "docx", "csv")


def choose() -> tuple[str, str, bool]:
    """Draw the choice and return the source ("" to detect it), the target, and whether to take care."""
    codes = tuple(desk().languages())
    first, second, third = st.columns([5, 5, 7], vertical_alignment="bottom")
    source = first.selectbox(
        "From",
        (DETECT, *codes),
        format_func=_source_name,
        key="translate_source",
        persist_state="session",
    )
    target = second.selectbox(
        "To", codes, index=codes.index("de"), format_func=name_of, key="translate_target", persist_state="session"
    )
    care = third.segmented_control(
        "How",
        ("Quick", "Careful"),
        default="Careful",
        key="translate_care",
        required=True,
        persist_state="session",
    )
    return str(source or DETECT), str(target), care != "Quick"


def _source_name(code: str) -> str:
    return name_of(code) if code else "Detect"


def detected(view: JobView) -> str:
    """Draw what language was found in a text, and return another one if the visitor says so."""
    translation = view.result
    if not isinstance(translation, Translation):
        return ""
    guess = translation.language
    with st.container(horizontal=True, vertical_alignment="center", key="translate_detected"):
        if translation.source != guess.code:
            said = f"From {name_of(translation.source)}, as you chose"
        elif guess.is_sure:
            said = f"Detected {name_of(guess.code)}, {guess.confidence:.0%}"
        else:
            said = f"Probably {name_of(guess.code)}, but the text is too short or mixed to be sure"
        colour = "gray" if guess.is_sure else "orange"
        st.markdown(f":{colour}-badge[:material/language: {said}] → **{name_of(translation.target)}**")
        with st.popover("Not right?", type="tertiary"):
            others = [code for code in desk().languages() if code not in (translation.source, translation.target)]
            other = st.pills("It is", others, format_func=name_of, key=f"translate_other_{view.job_id}")
    return str(other or "")


def file_to_translate() -> tuple[str, bytes, str] | None:
    """Draw the intake of a file; return its name, content and, of a table, the column, once it is to be translated."""
    file = st.file_uploader(
        f"{', '.join(FILE_KINDS).upper()}, up to 10 MB. You get the same kind of file back.",
        type=FILE_KINDS,
        key="translate_file",
    )
    if file is None:
        return None
    column = ""
    if file.name.lower().endswith(".csv"):
        from core.tables import guess_columns

        table = read(file.name, file.getvalue())
        guess, _ = guess_columns(table)
        column = st.selectbox("Column to translate", table.columns, index=table.columns.index(guess)) or ""
    if press.button("Translate the file", key="translate_file_start", type="primary"):
        return file.name, file.getvalue(), column
    return None
