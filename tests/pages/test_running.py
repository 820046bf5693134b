"""A page looks often where there is something to see, seldom where there is not, and says what whoever waits wants."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs import JobView
from core.types import Task
from pages.parts import running
from pages.parts.wiring import desk
from tests.pages.conftest import Visit

VIEW = JobView(
    job_id="one",
    task=Task.SUPPORT,
    state="running",
    text="",
    done=0,
    total=0,
    doing="",
    result=None,
    interaction_id="one",
    sentence="",
    place=0,
    seconds=1.0,
    first_seconds=None,
)


@pytest.mark.parametrize(
    ("view", "seconds"),
    [
        (VIEW, running.POLL_SECONDS),
        (replace(VIEW, seconds=10.0), running.LATER_POLL_SECONDS),
        (replace(VIEW, seconds=60.0), running.SLOW_POLL_SECONDS),
        (replace(VIEW, state="waiting", place=3, wait_seconds=20.0), running.SLOW_POLL_SECONDS),
        (replace(VIEW, state="waiting", place=0, wait_seconds=2.0, seconds=40.0), running.POLL_SECONDS),
    ],
)
def test_a_page_looks_as_often_as_there_is_something_to_see(view, seconds):
    assert running.poll_seconds(view) == seconds


@pytest.mark.parametrize(
    ("place", "wait_seconds", "said"),
    [
        (3, 17.6, ":shimmer[Waiting: 3 ahead of you] :small[ · about 18 s]"),
        (0, 4.2, ":shimmer[Waiting: you are next] :small[ · about 4 s]"),
        (0, 0.0, ":shimmer[Working] :small[0 s]"),
    ],
)
def test_whoever_waits_is_told_their_place_and_how_long(place, wait_seconds, said):
    def page(place: int, wait_seconds: float) -> None:
        from dataclasses import replace

        from pages.parts import running
        from tests.pages.test_running import VIEW

        waiting = replace(VIEW, state="waiting", place=place, wait_seconds=wait_seconds, seconds=0.0)
        running.draw_progress(waiting)

    drawn = AppTest.from_function(page, args=(place, wait_seconds)).run()
    assert [element.value for element in drawn.markdown] == [said]


def test_a_visitor_is_welcomed_once_not_with_every_click(monkeypatch):
    visit = Visit()
    welcomed = []
    plain = desk()._recorder.welcome
    monkeypatch.setattr(
        desk()._recorder, "welcome", lambda visitor_id: welcomed.append(visitor_id) or plain(visitor_id)
    )
    fresh = Visit()
    for _ in range(4):
        fresh.app.run()
    assert len(welcomed) == 1
    assert fresh.has_button("visitor_allow")
    visit.app.run()
    assert len(welcomed) == 1


def test_a_page_waits_for_the_writer_only_where_its_own_visitor_has_just_been_answered(monkeypatch):
    visit = Visit().go("translate")
    flushed = []
    monkeypatch.setattr(desk()._recorder, "flush", lambda *_: flushed.append(True) or True)
    visit.app.run()
    assert not flushed
