"""The only meeting point of Streamlit and the core: one house a process, with the desk and the office in it."""

from __future__ import annotations

import gc
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime import Runtime

from core.config import read_settings
from core.errors import HearbackError

# The core is imported when the house is opened: a page can show its title, and the server listen, before that.
if TYPE_CHECKING:
    from core.desk import Desk
    from core.health import Watch
    from core.house import House
    from core.office import Office


_is_open = threading.Event()


@dataclass(frozen=True)
class _Opened:
    house: House
    desk: Desk
    office: Office
    watch: Watch

    def close(self) -> None:
        _is_open.clear()
        self.office.close()
        self.desk.close()
        self.house.close()


# No spinner: the door opens the house too, and there is no page to draw one on.
@st.cache_resource(show_spinner=False, on_release=_Opened.close)
def _opened() -> _Opened:
    """Open everything once; the weights load in the background while the pages are already there."""
    from core.desk import Desk
    from core.health import Watch
    from core.house import open_house
    from core.office import Office

    house = open_house()
    try:
        house.join()
    except HearbackError:
        house.close()
        raise
    desk = Desk(house)
    opened = _Opened(house, desk, Office(house), Watch(house, desk))
    opened.desk.presence.listen(_is_connected)
    opened.office.open()
    house.shelf.plan()  # said before the first page is drawn to its end
    threading.Thread(target=_warm, args=(opened.desk,), name="warm", daemon=True).start()
    _is_open.set()
    return opened


def is_open() -> bool:
    """Return whether asking the desk is a matter of milliseconds; right after a start it is not."""
    return _is_open.is_set()


def desk() -> Desk:
    """Return what visitors can do."""
    return _opened().desk


def office() -> Office:
    """Return what founders can do."""
    return _opened().office


def watch() -> Watch:
    """Return what looks at how this server stands."""
    return _opened().watch


def house() -> House:
    """Return what both share; pages have no use for it."""
    return _opened().house


def _is_connected(session_id: str) -> bool:
    """Return whether a tab is connected; where there is no server, as in a test of a page, it is."""
    return not Runtime.exists() or Runtime.instance().is_active_session(session_id)


def has_passwords() -> bool:
    """Return whether members log in here, and not at their company's own login; opens nothing for it."""
    return office().door.is_by_password if is_open() else read_settings().login == "password"


def _warm(opened: Desk) -> None:
    """Get everything ready, then tell the collector that it stays: walking it all takes half a second."""
    opened.warm()
    gc.collect()
    gc.freeze()
    # The collector looks through everything once what is new comes to a quarter of what it found the last time. Now it
    # finds next to nothing; else closed visits would wait in memory for as many objects as torch has.
    gc.collect()
