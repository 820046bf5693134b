"""Who of the company is logged in. Owns the session key `member_token`."""

from __future__ import annotations

import streamlit as st

from core.errors import HearbackError
from core.types import Member, Role
from pages.parts import cookie
from pages.parts.plain import plain
from pages.parts.wiring import office

DOOR = "/door"


def current() -> Member | None:
    """Return who is logged in, asked anew at every rerun, so that an ended session ends here at once."""
    token = cookie.member_token_of(st.context.cookies) or st.session_state.get("member_token", "")
    return office().access.member(token)


def known() -> Member | None:
    """Return who is logged in, or None where nobody is or the database does not answer."""
    try:
        return current()
    except HearbackError:
        return None


def required(*roles: Role) -> Member:
    """Return the member who looks at this page, or show the way to the door and end the page.

    Founders may see every page; `roles` names who else may.
    """
    try:
        member = current()
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()
    if member is None or (member.role is not Role.FOUNDER and member.role not in roles):
        _draw_closed(member)
        st.stop()
    return member


def _draw_closed(member: Member | None) -> None:
    st.title("For the company", anchor=False)
    if member is None:
        st.markdown("This page is open to the people who run this Hearback.")
        st.link_button("Log in", DOOR, icon=":material/login:", type="primary")
    else:
        st.markdown("You are logged in as a reviewer. This page is a founder's.")
