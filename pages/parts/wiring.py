"""The only meeting point of Streamlit and the core: one house a process, with the desk and the office in it."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime import Runtime

from core.desk import Desk
from core.errors import HearbackError
from core.house import House, open_house
from core.office import Office


@dataclass(frozen=True)
class _Opened:
    house: House
    desk: Desk
    office: Office

    def close(self) -> None:
        self.office.close()
        self.desk.close()
        self.house.close()


# No spinner: the door opens the house too, and there is no page to draw one on.
@st.cache_resource(show_spinner=False, on_release=_Opened.close)
def _opened() -> _Opened:
    """Open everything once; the weights load in the background while the pages are already there."""
    house = open_house()
    try:
        house.join()
    except HearbackError:
        house.close()
        raise
    opened = _Opened(house, Desk(house), Office(house))
    opened.desk.presence.listen(_is_connected)
    opened.office.open()
    threading.Thread(target=_warm, args=(opened.desk,), name="warm", daemon=True).start()
    return opened


def desk() -> Desk:
    """Return what visitors can do."""
    return _opened().desk


def office() -> Office:
    """Return what founders can do."""
    return _opened().office


def house() -> House:
    """Return what both share; pages have no use for it."""
    return _opened().house


def _is_connected(session_id: str) -> bool:
    """Return whether a tab is connected; where there is no server, as in a test of a page, it is."""
    return not Runtime.exists() or Runtime.instance().is_active_session(session_id)


def _warm(opened: Desk) -> None:
    """Get everything ready, then tell the collector that it stays: walking it all takes half a second."""
    opened.warm()
    gc.collect()
    gc.freeze()
