"""The sample company on the pages: the mark that says so, and the buttons that load it and remove it.

Owns the session keys that begin with `sample_`.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.errors import HearbackError
from core.progress import Progress
from core.types import Member
from pages.parts.plain import plain
from pages.parts.wiring import office

WHAT = (
    "An invented company's history: twelve weeks, more than 5,000 uses by some 870 visitors, with ratings, "
    "corrections, survey answers and reviews. It is marked everywhere and never counted with yours."
)


def mark() -> None:
    """Say where it cannot be missed that what stands here is the sample company's."""
    st.markdown(":orange-badge[:material/science: Sample data] :small[An invented company. Nothing here is yours.]")


def control(who: Member) -> None:
    """Draw what the sample data is, and the button that loads it or removes it."""
    st.markdown(WHAT)
    loaded = office().samples.counted(who)
    if not loaded:
        _load_button(who, "sample_load")
        return
    st.markdown(
        f":orange-badge[:material/science: Loaded] {loaded['interactions']:,} uses by {loaded['visitors']:,} invented "
        "visitors are here. Removing takes all of it, and what was done with it, such as reviews of its corrections. "
        "Nothing of yours is touched."
    )
    if st.button("Remove the sample data", key="sample_remove", icon=":material/delete:"):
        with st.spinner("Removing the sample data", show_time=True):
            _try(lambda: office().samples.remove(who), "The sample data is gone.")


def offer(who: Member) -> None:
    """Offer the sample data on a page that has nothing to show yet; draws nothing where it is loaded."""
    if office().samples.is_loaded():
        return
    with st.container(border=True, key="sample_offer"):
        st.markdown(f"**Want to see this page filled?** {WHAT}")
        _load_button(who, "sample_offered")


class _Shown(Progress):
    """A bar that tells how much is in."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = st.progress(0.0, text="Writing the history")

    def advance(self, done: int, total: int, doing: str) -> None:
        """Move the bar; a click elsewhere ends the load here, and nothing of it stays."""
        self._bar.progress(min(done / max(total, 1), 1.0), text=f"Loading: {doing}")


def _load_button(who: Member, key: str) -> None:
    if st.button("Load sample data", key=key, icon=":material/science:"):
        _try(lambda: _load(who), "The sample data is loaded.")


def _load(who: Member) -> bool:
    is_loaded = office().samples.load(who, _Shown())
    office().review.has(who)  # begins to sort the queue, so that it is there when somebody goes to look
    return is_loaded


def _try(deed: Callable[[], bool], said: str) -> None:
    try:
        is_done = deed()
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.toast(said if is_done else "Somebody else has just done it.", icon=":material/check:")
    st.rerun()
