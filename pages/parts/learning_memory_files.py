"""Memory and glossary as files: taken along, and brought in after a look at what they hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from core.errors import HearbackError, InputError
from core.types import Member
from pages.parts.plain import plain
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.memory import Preview, Taken

MEMORY_KINDS = ("csv", "tsv", "xlsx", "tmx")
TERM_KINDS = ("csv", "tsv", "xlsx")


def draw_memory(who: Member) -> None:
    """Draw the ways in and out of the memory."""
    with st.popover("Export", icon=":material/download:", type="tertiary", key="memory_export"):
        st.caption("What works for everybody, and what is retired. Nobody's own corrections are in it.")
        for form, label in (("csv", "All as CSV"), ("tmx", "Translations as TMX")):
            st.download_button(
                label, partial(office().memory.export, who, form), file_name=f"hearback_memory.{form}",
                key=f"memory_export_{form}", icon=":material/download:", on_click="ignore",
            )  # fmt: skip
    with st.popover("Import", icon=":material/upload_file:", type="tertiary", key="memory_import"):
        st.caption(
            "A CSV with the columns task, source, target, input and output, or a TMX translation memory. What you "
            "import works for everybody at once."
        )
        room = office().memory
        _bring("memory", MEMORY_KINDS, partial(room.preview, who), partial(room.bring, who))


def draw_terms(who: Member) -> None:
    """Draw the ways in and out of the glossary."""
    st.download_button(
        "Export", partial(office().memory.export_terms, who), file_name="hearback_glossary.csv", mime="text/csv",
        key="memory_terms_export", icon=":material/download:", type="tertiary", on_click="ignore",
    )  # fmt: skip
    with st.popover("Import", icon=":material/upload_file:", type="tertiary", key="memory_terms_import"):
        st.caption(
            "A CSV with the columns source, target, source term and target term; languages as codes, such as en and de."
        )
        room = office().memory
        _bring("terms", TERM_KINDS, partial(room.preview_terms, who), partial(room.bring_terms, who))


def _bring(
    name: str,
    kinds: tuple[str, ...],
    look: Callable[[str, bytes], Preview],
    take: Callable[[str, bytes], Taken],
) -> None:
    """Take a file after a look at what it holds; one that has a problem is refused whole, with the problem."""
    number = int(st.session_state.get(f"memory_bring_{name}_number", 0))
    file = st.file_uploader("File", type=kinds, key=f"memory_bring_{name}_{number}", label_visibility="collapsed")
    if file is None:
        if told := st.session_state.get(f"memory_bring_{name}_told"):
            st.success(plain(told), icon=":material/check:")
        return
    st.session_state.pop(f"memory_bring_{name}_told", None)
    try:
        preview = look(file.name, file.getvalue())
    except InputError as error:
        st.error(f"{plain(str(error))} Nothing was taken.", icon=":material/error:")
        return
    st.markdown(f"**{preview.total:,} {'row' if preview.total == 1 else 'rows'}**, all of them usable. The first:")
    st.dataframe(pd.DataFrame(list(preview.first), columns=list(preview.columns)), hide_index=True)
    if st.button(f"Import {preview.total:,}", key=f"memory_bring_{name}_take", type="primary"):
        try:
            taken = take(file.name, file.getvalue())
        except HearbackError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.session_state[f"memory_bring_{name}_told"] = _told(taken)
        st.session_state[f"memory_bring_{name}_number"] = number + 1
        st.rerun()


def _told(taken: Taken) -> str:
    parts = [f"{taken.added:,} new"]
    parts += [f"{taken.changed:,} changed"] if taken.changed else []
    parts += [f"{taken.same:,} there already"] if taken.same else []
    return f"Imported: {', '.join(parts)}."
