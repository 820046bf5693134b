"""The quiet line that says that answers wait to be written down, and to founders how many."""

from __future__ import annotations

import streamlit as st

from pages.parts.wiring import desk

DISK = "The disk of this server is full, so nothing can be saved just now."
AWAY = "The database does not answer, so nothing can be saved just now."
GOES_ON = "Answers go on. What is asked meanwhile is written down later; please rate, correct and choose again then."
MEGABYTE = 1024 * 1024


def draw(is_founder: bool) -> None:
    """Say so while it is so; founders are told as well of what was lost since the server began."""
    now = desk().backlog()
    if now.since is not None:
        st.caption(f":orange[:material/schedule:] {DISK if now.is_disk_full else AWAY} {GOES_ON}")
    if is_founder and (now.since is not None or now.dropped):
        since = f" since {now.since:%H:%M} UTC" if now.since is not None else ""
        where = (
            "in memory alone: not even the spool can be written"
            if now.is_in_memory
            else f"{now.spool_bytes / MEGABYTE:.1f} MB of {now.limit_bytes / MEGABYTE:.0f} MB on disk"
        )
        st.caption(
            f":material/inventory_2: {now.waiting:,} uses wait{since} ({where}); {now.dropped:,} were lost since this "
            "server began."
        )
