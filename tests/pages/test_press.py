"""A press waits for its button, for a while, and for no other one."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import press


def page() -> None:
    """Draw two buttons, a form and a field, unless the run ends early, and count what was pressed."""
    import streamlit as st

    from pages.parts import press

    done = st.session_state.setdefault("done", [])
    st.checkbox("The next click comes too soon", key="is_early")
    if st.session_state["is_early"]:
        # What was drawn before stays drawn: Streamlit keeps a run's widgets where the run is ended.
        st.button("Save", key="save", on_click=press._hold, args=("save",))
        st.stop()
    if press.button("Save", key="save", disabled=st.session_state.get("is_closed", False)):
        done.append("saved")
    if press.button("Delete", key="delete"):
        done.append("deleted")
    if asked := press.chat_input("Your question", key="question"):
        done.append(asked)


@pytest.fixture
def visit() -> AppTest:
    return AppTest.from_function(page).run()


def test_what_is_pressed_is_done_once(visit: AppTest) -> None:
    visit.button("save").click().run()
    visit.run()
    assert visit.session_state["done"] == ["saved"]


def test_what_is_asked_is_asked_once(visit: AppTest) -> None:
    visit.chat_input("question").set_value("How long is the warranty?").run()
    visit.run()
    assert visit.session_state["done"] == ["How long is the warranty?"]


def test_a_press_that_no_run_came_to_is_done_by_the_next_one_that_does_and_by_its_own_button(visit: AppTest) -> None:
    visit.checkbox("is_early").check().run()
    visit.button("save").click().run()
    assert visit.session_state["done"] == []
    visit.checkbox("is_early").uncheck().run()
    assert visit.session_state["done"] == ["saved"]


def test_an_old_press_is_not_done_any_more(visit: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    visit.checkbox("is_early").check().run()
    visit.button("save").click().run()
    monkeypatch.setattr(press, "HELD_SECONDS", 0.0)
    visit.checkbox("is_early").uncheck().run()
    assert visit.session_state["done"] == []


def test_a_press_is_not_done_where_its_button_is_closed_by_now(visit: AppTest) -> None:
    visit.checkbox("is_early").check().run()
    visit.button("save").click().run()
    visit.session_state["is_closed"] = True
    visit.checkbox("is_early").uncheck().run()
    assert visit.session_state["done"] == []
