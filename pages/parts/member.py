"""Who of the company is logged in, and the ways in and out. Owns the session key `member_token`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import HearbackError, LoginRefused
from core.types import Member, Role
from pages.parts import cookie
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import has_passwords, office

# Links of our own, as files: those that Streamlit draws open a new tab, and the door is the same house.
ASSETS = Path(__file__).resolve().parents[2] / "assets"


def current() -> Member | None:
    """Return who is logged in, asked anew at every rerun, so that an ended session ends here at once.

    Raises LoginRefused where the company's login vouches for somebody who is not on the list, and StoreError.
    """
    if not has_passwords():
        return _of_company()
    # Whoever carries no token is nobody, and no office is opened to find that out.
    return office().access.member(token()) if token() else None


def known() -> Member | None:
    """Return who is logged in, or None where nobody is or the database does not answer."""
    try:
        return current()
    except HearbackError:
        return None


def token() -> str:
    """Return the token that this browser carries, or "" where there is none."""
    return cookie.member_token_of(st.context.cookies) or str(st.session_state.get("member_token", ""))


def required(*roles: Role) -> Member:
    """Return the member who looks at this page, or show the way to the door and end the page.

    Founders may see every page; `roles` names who else may.
    """
    refused, member = "", None
    try:
        member = current()
    except LoginRefused as error:
        refused = str(error)
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()
    if member is None or (member.role is not Role.FOUNDER and member.role not in roles):
        _note_refusal(member)
        _draw_closed(member, refused)
        st.stop()
    return member


def draw_line(member: Member | None) -> None:
    """Draw, in the sidebar, who is logged in and the way out, or for others a quiet way in."""
    with st.sidebar, st.container(key="member", gap="xsmall"):
        if member is None:
            if has_passwords():
                st.html(ASSETS / "log_in_quietly.html")
            else:
                st.button("For the company: log in", key="member_login", type="tertiary", on_click=st.login)
            return
        st.caption(f"{plain_line(member.name, 60)} · {member.role}")
        if st.button("Log out", key="member_logout", type="tertiary", icon=":material/logout:"):
            _leave(member)
        if has_passwords():
            st.html(ASSETS / "change_password.html")


def _leave(member: Member) -> None:
    if not has_passwords():
        st.logout()
        return
    try:
        office().access.leave(member, token())
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state.pop("member_token", None)
    st.rerun()


def _draw_closed(member: Member | None, refused: str) -> None:
    st.title("For the company", anchor=False)
    if member is not None:
        st.markdown("You are logged in as a reviewer. This page is a founder's.")
        return
    st.markdown("This page is open to the people who run this Hearback.")
    if refused:
        st.error(plain(refused), icon=":material/block:")
    if has_passwords():
        st.html(ASSETS / "log_in.html")
        return
    # Another account is chosen at the company's login; ours must be forgotten first.
    st.button("Log in", key="member_enter", icon=":material/login:", type="primary", on_click=st.login)
    if refused:
        st.button("Log out of this account", key="member_forget", on_click=st.logout)


def _of_company() -> Member | None:
    """Return the member whom the company's login vouches for, or None where nobody is logged in there."""
    claims = _claims()
    if not claims.get("is_logged_in"):
        return None
    moment = claims.get("iat") or claims.get("auth_time")
    return office().door.by_address(
        str(claims.get("email") or ""),
        # Nothing but an address that the provider has checked is anybody's.
        claims.get("email_verified") in (True, "true"),
        f"{claims.get('iss', '')} {claims.get('sub', '')}",
        datetime.fromtimestamp(moment, UTC) if isinstance(moment, int | float) else None,
        str(st.context.headers.get("User-Agent") or ""),
        _source(),
    )


def _claims() -> dict[str, Any]:
    """Return what the company's login says of whoever is here."""
    return dict(st.user.to_dict())


def _source() -> str:
    return office().door.source(str(st.context.ip_address or "127.0.0.1"))


def _note_refusal(member: Member | None) -> None:
    office().door.refuse(_source(), "a page of the company", member)
