"""The only meeting point of Streamlit and the core: one desk a process, shared by all visitors."""

from __future__ import annotations

import gc
import threading

import streamlit as st

from core.desk import Desk, open_desk


@st.cache_resource(show_spinner="Opening Hearback", on_release=Desk.close)
def desk() -> Desk:
    """Return the desk, opened on first use; its weights load in the background while the pages are already there."""
    opened = open_desk()
    threading.Thread(target=_warm, args=(opened,), name="warm", daemon=True).start()
    return opened


def _warm(opened: Desk) -> None:
    """Get everything ready, then tell the collector that it stays: walking it all takes half a second."""
    opened.warm()
    gc.collect()
    gc.freeze()
