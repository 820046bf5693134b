"""The members of the company: who there is, inviting, roles. Owns the session keys `settings_link_*`."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import streamlit as st

from core.errors import HearbackError
from core.office.access import LoginLink, MemberEntry, NewLink
from core.types import Member, Role
from pages.parts.base import base
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

ROLES = {Role.FOUNDER: "Founder: sees and does everything", Role.REVIEWER: "Reviewer: the review queue only"}
PURPOSES = {"invite": "Invitation", "password": "New password"}


def headline(who: Member) -> str:
    """Return the sentence that matters: how many may enter."""
    try:
        enabled = [entry.member for entry in office().access.members(who) if entry.disabled_at is None]
    except HearbackError as error:
        return plain(str(error))
    founders = sum(member.role is Role.FOUNDER for member in enabled)
    reviewers = len(enabled) - founders
    is_alone = founders == 1 and office().door.is_by_password
    alone = " If you lose your password, only the server itself can let you in again." if is_alone else ""
    return f"**{_many(founders, 'founder')} and {_many(reviewers, 'reviewer')} may enter.**{alone}"


def draw(who: Member) -> None:
    """Draw the list of members with what can be done, the links that wait, and the form to invite."""
    has_passwords = office().door.is_by_password
    for entry in office().access.members(who):
        _draw_member(who, entry, has_passwords)
    if not has_passwords:
        st.caption(
            "Members come from your company's login. Who may enter is said by HEARBACK_FOUNDERS and "
            "HEARBACK_REVIEWERS on the server; whoever is taken off a list is out at their next click."
        )
        return
    _draw_link()
    _draw_waiting(who)
    _draw_invitation(who)


def _draw_member(who: Member, entry: MemberEntry, has_passwords: bool) -> None:
    member, key = entry.member, entry.member.member_id
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"settings_row_{key}"):
        with st.container(width="stretch"):
            you = " (you)" if member.member_id == who.member_id else ""
            st.markdown(f"**{plain_line(member.name, 80)}**{you} · {member.role}")
            st.caption(_told(entry))
        # The buttons keep together, and go below the name where both do not fit.
        with st.container(horizontal=True, width="content", gap="small"):
            _draw_deeds(who, entry, has_passwords)


def _draw_deeds(who: Member, entry: MemberEntry, has_passwords: bool) -> None:
    member, key = entry.member, entry.member.member_id
    if entry.disabled_at is not None:
        if st.button("Enable", key=f"settings_enable_{key}"):
            _do(lambda: office().access.enable(who, key), f"{member.name} may enter again.")
        return
    if member.member_id == who.member_id:
        return  # nobody shuts the door on themselves by a slip
    if has_passwords:
        other = Role.REVIEWER if member.role is Role.FOUNDER else Role.FOUNDER
        if st.button(f"Make a {other}", key=f"settings_change_{key}"):
            _do(lambda: office().access.change_role(who, key, other), f"{member.name} is a {other} now.")
        if st.button("New password", key=f"settings_renew_{key}"):
            _keep(lambda: office().access.renew(who, member.name))
    if st.button("Disable", key=f"settings_disable_{key}"):
        _do(lambda: office().access.disable(who, key), f"{member.name} may not enter any more.")


def _told(entry: MemberEntry) -> str:
    if entry.disabled_at is not None:
        return f"disabled on {entry.disabled_at:%d %B %Y}"
    seen = f"last seen {entry.seen_at:%d %B %Y, %H:%M} UTC" if entry.seen_at else "never logged in"
    return f"{seen} · {_many(entry.sessions, 'open session')}"


def _draw_invitation(who: Member) -> None:
    st.subheader("Invite somebody", anchor=False)
    with st.form("settings_invite", border=False):
        name = st.text_input("Their name or address", max_chars=80, key="settings_invite_name")
        role = st.radio("Their role", list(ROLES), index=1, format_func=ROLES.__getitem__, key="settings_role")
        if st.form_submit_button("Make the link", type="primary"):
            _keep(lambda: office().access.invite(who, name, Role(role)))


def _draw_link() -> None:
    link = st.session_state.get("settings_link_address", "")
    if not link:
        return
    with st.container(border=True, key="settings_link"):
        name, until = st.session_state["settings_link_name"], st.session_state["settings_link_until"]
        st.markdown(
            f"Give this link to **{plain_line(name, 80)}**. It works once, until {until}, and is shown only now."
        )
        st.code(link, language=None, wrap_lines=True)
        if st.button("Done", key="settings_link_done"):
            for key in ("address", "name", "until"):
                st.session_state.pop(f"settings_link_{key}", None)
            st.rerun()


def _draw_waiting(who: Member) -> None:
    links = office().access.links(who)
    if not links:
        return
    st.subheader("Links that wait", anchor=False)
    for link in links:
        _draw_waiting_one(who, link)


def _draw_waiting_one(who: Member, link: LoginLink) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        what, until = PURPOSES.get(link.purpose, link.purpose), f"{link.expires_at:%d %B, %H:%M} UTC"
        st.markdown(f"{what} for {plain_line(link.name, 80)} · {link.role} · until {until}")
        if st.button("Take back", key=f"settings_withdraw_{link.link_id}", type="tertiary"):
            _do(lambda: office().access.withdraw(who, link.link_id), "That link works no more.")


def _keep(make: Callable[[], NewLink]) -> None:
    """Make a link and keep it for the next run, where it is drawn once above the form."""
    try:
        new = make()
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.session_state["settings_link_address"] = _own_address() + base() + new.path
    st.session_state["settings_link_name"] = new.link.name
    st.session_state["settings_link_until"] = f"{new.link.expires_at:%d %B, %H:%M} UTC"
    st.rerun()


def _do(deed: Callable[[], object], told: str) -> None:
    try:
        deed()
    except HearbackError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.toast(plain_line(told), icon=":material/check:")
    st.rerun()


def _own_address() -> str:
    """Return scheme and host by which this founder came, which is where the invited will come too."""
    parts = urlsplit(str(st.context.url or ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
