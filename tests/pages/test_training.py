"""A founder trains: from the choice of a dataset to the gate's sentence, with everything that can happen on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.learning import dataset as learning
from core.learning.pipeline import LOG_FILE, folder_of
from core.learning.reading import Readers
from core.loop import RunProgress, RunState, Training
from core.store import artefacts, evaluations, runs
from core.store.datasets import Dataset
from core.store.erasure import RUN_STOPPED
from core.types import Role, Task
from tests.loop import loop_stories as story
from tests.loop.serving_stories import a_head
from tests.pages.conftest import Visit, logged_in

PATIENCE_SECONDS = 60.0


@pytest.fixture
def idle(own_house: None) -> None:
    """A house of this test's own, whose foreman takes nothing up."""
    from pages.parts.wiring import office

    office().training.close()


def a_dataset(task: Task = Task.SENTIMENT, count: int = 120, is_sample: bool = False) -> Dataset:
    from pages.parts.wiring import house

    database = house().database
    said = story.labels(count) if task is Task.SENTIMENT else story.translations(count)
    visitors = story.visitors(database, 12, is_sample=is_sample, begin=f"{task}{is_sample}")
    story.corrected(database, task, said, visitors, is_sample=is_sample)
    who = story.member(database)
    return learning.build(database, who, task, Readers(house().shelf, task), is_sample)


def a_run(dataset: Dataset, state: RunState, error: str = "", progress: RunProgress | None = None) -> str:
    """Put a run in that has come so far."""
    from pages.parts.wiring import house

    database = house().database
    method = "head" if dataset.task is Task.SENTIMENT else "supervised"
    run = runs.add(database, story.FOUNDER, dataset.task, dataset.dataset_id, Training(method=method))
    if state is not RunState.QUEUED:
        assert runs.claim(database, run.run_id) is not None
        runs.beat(database, run.run_id, 1, progress or RunProgress("reading the rows"))
    if state not in (RunState.QUEUED, RunState.RUNNING):
        runs.end(database, run.run_id, 1, state, error)
    return run.run_id


def training(visit: Visit) -> Visit:
    """Open the section."""
    visit.app.session_state["learning_section"] = "Training"
    return visit.go("founder/learning")


def wait(visit: Visit, until: Callable[[Visit], bool]) -> Visit:
    """Look again and again, as the fragment of the page does by itself."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not until(visit):
        assert time.monotonic() < end, visit.text
        time.sleep(0.2)
        visit.app.run()
    assert not visit.app.exception
    return visit


def test_without_a_dataset_the_page_leads_to_the_datasets(idle: None) -> None:
    visit = training(logged_in(Role.FOUNDER))
    assert "Nothing has been trained yet" in visit.text
    visit.click("runs_to_datasets")
    assert visit.app.session_state["learning_section"] == "Datasets"


def test_one_click_trains_a_head_and_the_gate_says_what_it_thinks_of_it(own_house: None) -> None:
    a_dataset(count=300)
    visit = training(logged_in(Role.FOUNDER))
    assert "held out to examine it" in visit.text
    visit.click("runs_start")
    assert "Sentiment head from dataset 1" in visit.text
    wait(visit, lambda visit: visit.has_button("runs_compare_"))
    assert "Better on" in visit.text
    visit.click("runs_compare_")
    assert visit.app.session_state["learning_section"] == "Compare"


def test_one_click_trains_an_adapter_on_fakes(own_house: None) -> None:
    from pages.parts.wiring import house

    a_dataset(Task.TRANSLATE, 60)
    visit = training(logged_in(Role.FOUNDER))
    visit.app.radio(key="runs_preset").set_value("quick").run()
    visit.click("runs_start")
    assert "Translate adapter from dataset 1" in visit.text
    wait(visit, lambda visit: "Earlier trainings" in visit.text)
    assert "quick" in visit.text
    assert [one.name for one in artefacts.artefacts(house().database)] == ["translate adapter 1"]


def test_presets_say_how_long_they_take(idle: None) -> None:
    a_dataset(Task.TRANSLATE)
    visit = training(logged_in(Role.FOUNDER))
    radio = visit.app.radio(key="runs_preset")
    assert radio.options == ["Quick", "Balanced", "Thorough"]
    assert all("about" in caption for caption in radio.proto.captions)


def test_what_an_expert_changes_is_queued(idle: None) -> None:
    from pages.parts.wiring import house

    a_dataset(Task.TRANSLATE)
    visit = training(logged_in(Role.FOUNDER))
    visit.app.number_input(key="runs_option_balanced_epochs").set_value(2.0).run()
    visit.app.selectbox(key="runs_privacy").set_value(8.0).run()
    visit.click("runs_start")
    queued = runs.runs(house().database)[0].training
    assert (queued.options, queued.epsilon, queued.preset) == ({"epochs": 2.0}, 8.0, "balanced")
    assert "changed options" in visit.text
    assert "ε \\= 8" in visit.text


def test_a_waiting_training_is_cancelled_by_a_click(idle: None) -> None:
    a_run(a_dataset(), RunState.QUEUED)
    visit = training(logged_in(Role.FOUNDER))
    visit.click("runs_cancel_")
    visit.app.run()
    assert "Earlier trainings" in visit.text
    assert visit.has_button("runs_again_")


def test_a_running_training_shows_how_far_it_is(idle: None) -> None:
    losses = tuple((step, 2.0 / step) for step in range(1, 30))
    progress = RunProgress("learning", 29, 90, 0.07, 0.4, 210.0, losses, ((10, 0.6), (20, 0.4)))
    a_run(a_dataset(Task.TRANSLATE), RunState.RUNNING, progress=progress)
    visit = training(logged_in(Role.FOUNDER))
    bar = visit.app.get("progress")[0]
    assert "29 of 90" in bar.proto.text
    assert "about 4 min left" in bar.proto.text
    assert len(visit.app.get("plotly_chart")) == 1
    assert "Answers come first" in visit.text
    visit.click("runs_cancel_")
    assert visit.button("runs_cancel_").label == "Stopping"


def test_a_failed_training_says_why_shows_its_log_and_can_be_tried_again(idle: None) -> None:
    from pages.parts.wiring import house

    run_id = a_run(a_dataset(), RunState.FAILED, "The training ended early: the disk is full.")
    folder = folder_of(house().settings, run_id)
    folder.mkdir(parents=True)
    Path(folder / LOG_FILE).write_text("first\n<b>OSError</b>: No space left on device\n")
    visit = training(logged_in(Role.FOUNDER))
    assert "the disk is full" in visit.text
    assert any("<b>OSError</b>" in code.value for code in visit.app.code)
    visit.click("runs_again_")
    assert [run.state for run in runs.runs(house().database)] == [RunState.QUEUED, RunState.FAILED]


def test_what_was_cancelled_before_it_was_compared_can_be_compared_then(idle: None) -> None:
    from pages.parts.wiring import house

    dataset = a_dataset()
    run_id = a_run(dataset, RunState.RUNNING)
    head = a_head(house(), "positive", dataset_id=dataset.dataset_id)
    with house().database.writing() as session:
        runs.trained(session, run_id, 1, head.artefact_id)
    assert runs.end(house().database, run_id, 1, RunState.CANCELLED)
    visit = training(logged_in(Role.FOUNDER))
    assert "was not compared with what serves yet" in visit.text
    visit.click("runs_compare_").settle()
    assert visit.button("compare_again").label == "Compare now"
    visit.click("compare_again")
    wait(visit, lambda one: evaluations.latest(house().database, head.artefact_id) is not None)


def test_a_run_that_was_stopped_says_why(idle: None) -> None:
    a_run(a_dataset(), RunState.CANCELLED, RUN_STOPPED)
    assert "it will run without them" in training(logged_in(Role.FOUNDER)).text


def test_sample_datasets_are_marked(idle: None) -> None:
    a_dataset(is_sample=True)
    visit = training(logged_in(Role.FOUNDER))
    assert visit.app.selectbox(key="runs_dataset").options[0].startswith("sample")
    assert "never promoted" in visit.text


def test_a_reviewer_is_kept_out(idle: None) -> None:
    a_dataset()
    visit = training(logged_in(Role.REVIEWER))
    assert not visit.has_button("runs_start")
