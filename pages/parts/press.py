"""Buttons whose press is not lost. Owns the session key `press_held`.

Streamlit ends a running script when the next click arrives, and with it goes a press that the script had not come to
yet: whoever saved a correction and clicked on at once, on a busy server, had saved nothing. A callback runs before the
script does, so the press is noted there and taken where the button stands, in that run or in a later one.

Streamlit looks for the next click whenever something is drawn or the session's state is used, and the next run may
begin while the last one is still at work. What was taken is therefore done at once, within `undisturbed`: nothing ends
it, and the next run waits for it. A run could be ended even before its callbacks; `hear_out` sees to that as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import SafeSessionState

_HELD = "press_held"
# A press that no run came to for so long is old: what it meant may have changed by then.
HELD_SECONDS = 15.0
# Longer than any deed of a visitor takes, a wait for a busy database included.
DEED_SECONDS = 30.0

_deeds: set[str] = set()  # the sessions in which something is being done
_deed_ended = threading.Condition()


def hear_out() -> None:
    """Let no click end a run before the callbacks of its own click have run, and no run begin while a deed is done.

    To be called once, before any run.
    """
    begin = SafeSessionState.on_script_will_rerun
    if getattr(begin, "is_heard_out", False):
        return

    def on_script_will_rerun(self: SafeSessionState, *arguments: Any, **options: Any) -> None:
        if run := get_script_run_ctx():
            with _deed_ended:
                _deed_ended.wait_for(lambda: run.session_id not in _deeds, DEED_SECONDS)
        with _unlooked(self):
            begin(self, *arguments, **options)

    on_script_will_rerun.is_heard_out = True  # type: ignore[attr-defined]
    SafeSessionState.on_script_will_rerun = on_script_will_rerun  # type: ignore[method-assign]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Do something and remember it in the session's state, and let no click end the run in between.

    Nothing is drawn within, for Streamlit looks for the next click there as well.
    """
    run = get_script_run_ctx()
    if run is None:
        yield
        return
    _deeds.add(run.session_id)
    try:
        with _unlooked(run.session_state):
            yield
    finally:
        with _deed_ended:
            _deeds.discard(run.session_id)
            _deed_ended.notify_all()


@contextmanager
def _unlooked(state: SafeSessionState) -> Iterator[None]:
    look = state._yield_callback
    object.__setattr__(state, "_yield_callback", _look_later)
    try:
        yield
    finally:
        object.__setattr__(state, "_yield_callback", look)


def _look_later() -> None:
    """Stand in for Streamlit's look for the next click."""


def button(label: str, *, key: str, **options: Any) -> bool:
    """Draw `st.button` and return whether it was pressed, by this click or by one whose run was ended early.

    `key` names what the press is about, such as the id of an answer: a press is taken by no other button.
    """
    st.button(label, key=key, on_click=_hold, args=(key,), **options)
    return _taken(key) is not None and not options.get("disabled", False)


def submit(label: str, *, key: str, **options: Any) -> bool:
    """Draw `st.form_submit_button` and return whether the form was sent, as `button` does."""
    st.form_submit_button(label, key=key, on_click=_hold, args=(key,), **options)
    return _taken(key) is not None and not options.get("disabled", False)


def chat_input(placeholder: str, *, key: str, **options: Any) -> str:
    """Draw `st.chat_input` and return what was sent, "" where nothing was."""
    st.chat_input(placeholder, key=key, on_submit=_hold, args=(key, True), **options)
    return str(_taken(key) or "")


def _hold(key: str, is_text: bool = False) -> None:
    said = str(st.session_state.get(key) or "") if is_text else "pressed"
    if said:
        st.session_state[_HELD] = st.session_state.get(_HELD, {}) | {key: [time.monotonic(), said]}


def _taken(key: str) -> str | None:
    held = st.session_state.get(_HELD, {})
    if key not in held:
        return None
    st.session_state[_HELD] = {other: one for other, one in held.items() if other != key}
    at, said = held[key]
    return str(said) if time.monotonic() - at < HELD_SECONDS else None
