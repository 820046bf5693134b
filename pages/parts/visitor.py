"""Who is visiting, and what they allow. Owns the session keys that begin with `visitor_`."""

from __future__ import annotations

import secrets
import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import HearbackError
from core.types import Consent, Visitor
from pages.parts import cookie, press
from pages.parts.plain import plain
from pages.parts.wiring import desk

ROLES = ("Founder", "Product", "Support", "Marketing", "Engineering", "Research", "Other")
COMPANY_SIZES = ("Just me", "2 to 10", "11 to 50", "51 to 250", "More than 250")
# A choice made in another window shows here at the latest after so long.
WELCOME_SECONDS = 60.0
ASK = "May we keep your texts and learn from your corrections?"


def visitor_id() -> str:
    """Return the id of whoever is visiting; without a cookie it holds for this session only."""
    known = cookie.visitor_of(st.context.cookies, _visit())
    who = known or str(st.session_state.setdefault("visitor_id", secrets.token_hex(16)))
    if (tab := get_script_run_ctx()) is not None:
        desk().presence.arrive(who, tab.session_id)
    return who


def begin_anew() -> None:
    """Let go of all that this session holds of a visitor who was forgotten: the next id is nobody's yet."""
    for key in [key for key in st.session_state if not str(key).startswith("member_")]:
        del st.session_state[key]


def _visit() -> int:
    """Return how often the holder of this browser's cookie was forgotten; looked up once a session."""
    if "visitor_visit" not in st.session_state:
        number = 0
        try:
            while (known := cookie.visitor_of(st.context.cookies, number)) and desk().is_forgotten(known):
                number += 1
        except HearbackError:
            # Asked again when the database is back; until then nothing of a forgotten visitor is taken there.
            return 0
        st.session_state["visitor_visit"] = number
    return int(st.session_state["visitor_visit"])


def ask_in(place: DeltaGenerator) -> None:
    """Draw the line that asks for consent into a place; a database that does not answer is told there."""
    with place:
        try:
            consent_bar()
        except HearbackError as error:
            st.error(plain(str(error)), icon=":material/error:")


def consent_bar() -> None:
    """Ask for consent in one line on the first visit; it blocks nothing and goes away once answered."""
    if st.session_state.get("visitor_has_chosen"):
        return
    visitor = _welcomed()
    st.session_state["visitor_has_chosen"] = visitor.has_chosen
    if visitor.has_chosen:
        return
    with st.container(key="consent", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(ASK)
        if press.button("Allow both", key="visitor_allow", type="primary"):
            _choose(Consent(log=True, train=True), visitor)
        if press.button("No, thanks", key="visitor_decline"):
            _choose(Consent(), visitor)
        with st.popover("Choose", key="visitor_popover"):
            choices(visitor)


def _welcomed() -> Visitor:
    """Return the visitor as they were welcomed lately: that writes, and waits for the disk and for other writers."""
    who = visitor_id()
    at, known = st.session_state.get("visitor_welcomed", (0.0, None))
    if known is None or known.visitor_id != who or time.monotonic() - at > WELCOME_SECONDS:
        known = desk().welcome(who)
        st.session_state["visitor_welcomed"] = (time.monotonic(), known)
    return known


def choices(visitor: Visitor) -> None:
    """Draw the form of all that a visitor may allow or say of themselves, and save it."""
    with st.form("visitor_choices", border=False):
        st.caption("Everything works without, and you can change this at any time.")
        log = st.toggle("Keep my texts and answers", value=visitor.consent.log, key="visitor_log")
        train = st.toggle("Use my corrections to improve the answers", value=visitor.consent.train, key="visitor_train")
        role = st.pills("Your role (optional)", ROLES, default=_known(visitor.role, ROLES), key="visitor_role")
        size = st.pills(
            "People in your company (optional)",
            COMPANY_SIZES,
            default=_known(visitor.company_size, COMPANY_SIZES),
            key="visitor_size",
        )
        if press.submit("Save my choice", key="visitor_save", type="primary"):
            _choose(Consent(log=log, train=train), visitor, role or "", size or "")


def _choose(consent: Consent, visitor: Visitor, role: str | None = None, company_size: str | None = None) -> None:
    with press.undisturbed():
        desk().choose(
            visitor.visitor_id,
            consent,
            visitor.role if role is None else role,
            visitor.company_size if company_size is None else company_size,
        )
        st.session_state["visitor_has_chosen"] = True
    st.toast("Saved. You can change this under Your feedback.", icon=":material/check:")
    st.rerun()


def _known(value: str, options: tuple[str, ...]) -> str | None:
    return value if value in options else None
