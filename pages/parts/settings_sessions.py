"""Where members are logged in, and ending it, one by one or everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from core.errors import HearbackError
from core.office.access import SessionEntry
from core.types import Member
from pages.parts import member as login
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chromium"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def draw(who: Member) -> None:
    """Draw the open sessions of all members."""
    sessions = office().access.sessions(who, login.token())
    st.markdown("A session ends after 12 hours without use, and in any case after 14 days.")
    others = sum(session.member == who and not session.is_present for session in sessions)
    if others and st.button("Log out everywhere else", key="settings_end_others", icon=":material/logout:"):
        _end(lambda: office().access.end_everywhere(who, who.member_id, login.token()), "Your other sessions are over.")
    for session in sessions:
        _draw_session(who, session)


def _draw_session(who: Member, session: SessionEntry) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch"):
            here = " · **this browser**" if session.is_present else ""
            st.markdown(f"**{plain_line(session.member.name, 80)}** · {plain_line(browser_of(session.agent))}{here}")
            st.caption(
                f"since {session.created_at:%d %B, %H:%M}, last seen {session.seen_at:%d %B, %H:%M}, "
                f"at most until {session.expires_at:%d %B, %H:%M} UTC"
            )
        if not session.is_present and st.button("End", key=f"settings_end_{session.session_id}"):
            _end(lambda: office().access.end_session(who, session.session_id), "That session is over.")


def browser_of(agent: str) -> str:
    """Return what a browser says of itself, in two words."""
    browser = next((name for mark, name in BROWSERS if re.search(mark, agent)), "")
    system = next((name for mark, name in SYSTEMS if re.search(mark, agent)), "")
    return " on ".join(part for part in (browser, system) if part) or "a browser"


def _end(deed: Callable[[], object], told: str) -> None:
    try:
        deed()
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.toast(told, icon=":material/check:")
    st.rerun()
