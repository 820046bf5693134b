"""The Compare section: the gate's word, its figures, blind votes, and the button that lets a candidate serve."""

from __future__ import annotations

import time
from typing import Any

import pytest

from core.learning import evaluate
from core.loop import Artefact
from core.store import artefacts, evaluations
from core.types import Task
from tests.loop.compare_stories import a_dataset_of_labels
from tests.loop.serving_stories import a_founder, a_head
from tests.pages.conftest import PATIENCE_SECONDS, Visit

pytestmark = pytest.mark.usefixtures("own_house")

TEXTS = ["positive"] * 45 + ["neutral"] * 15


@pytest.fixture(autouse=True)
def _few_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the sentences that ship: hundreds of them for each comparison."""
    monkeypatch.setattr(evaluate, "shipped", lambda _: [])


def house() -> Any:
    from pages.parts.wiring import house

    return house()


def a_candidate(says: str = "positive", texts: list[str] | None = None, **changes: Any) -> Artefact:
    """Return a head that was compared on sixty texts."""
    if not evaluations_there():
        a_dataset_of_labels(house(), texts or TEXTS)
    artefact = a_head(house(), says, dataset_id="d1", **changes)
    evaluate.run(house(), artefact, "d1")
    return artefact


def evaluations_there() -> bool:
    return bool(artefacts.artefacts(house().database))


def opened(founder: Visit) -> Visit:
    founder.go("founder/learning")
    founder.app.session_state["learning_section"] = "Compare"
    founder.app.run()
    return founder.settle()


def waited(founder: Visit, gone: str) -> Visit:
    end = time.monotonic() + PATIENCE_SECONDS
    while founder.has_button(gone) or ":shimmer[" in founder.text:
        assert time.monotonic() < end, "it did not end"
        time.sleep(0.02)
        founder.app.run()
    return founder.settle()


def test_an_empty_page_leads_to_training(founder: Visit) -> None:
    opened(founder)
    assert "Nothing was trained yet" in founder.text
    founder.click("compare_to_training")
    assert founder.app.session_state["learning_section"] == "Training"


def test_the_page_starts_with_the_gates_sentence_and_promotes_by_one_click(founder: Visit) -> None:
    candidate = a_candidate()
    opened(founder)
    first = founder.text.replace("\\", "")
    assert "Better on 45 of 60 held-out items (95 % interval 0.63 to 0.84)" in first
    assert first.index("Promote**") < first.index("All scores are numbers")
    assert "passed" in first

    founder.click("compare_promote")
    end = time.monotonic() + PATIENCE_SECONDS
    while not artefacts.live(house().database):
        assert time.monotonic() < end
        time.sleep(0.02)
    founder.app.run()
    founder.settle()

    assert artefacts.live(house().database)[Task.SENTIMENT, ""].artefact_id == candidate.artefact_id
    assert "serves now" in founder.text
    assert not founder.has_button("compare_promote")


def test_the_button_is_off_where_the_gate_says_no_and_an_override_needs_a_reason(founder: Visit) -> None:
    a_candidate("negative")
    opened(founder)
    assert founder.button("compare_promote").disabled
    assert "Keep what serves" in founder.text
    assert "failed" in founder.text

    founder.widget("text_area", "compare_reason").set_value("because")
    founder.click("FormSubmitter:compare_override_form")
    assert "Write at least 10 characters" in founder.text
    assert not artefacts.live(house().database)

    founder.widget("text_area", "compare_reason").set_value("The pilot customer asked for it in writing.")
    founder.click("FormSubmitter:compare_override_form")
    end = time.monotonic() + PATIENCE_SECONDS
    while not (switches := artefacts.switches(house().database)):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert (switches[0].kind, switches[0].reason) == ("overridden", "The pilot customer asked for it in writing.")


def test_keeping_is_noted(founder: Visit) -> None:
    a_candidate()
    opened(founder).click("compare_keep")
    assert any("what serves stays" in toast.value for toast in founder.app.toast)
    assert not artefacts.live(house().database)


def test_figures_stand_with_n_interval_and_a_table_behind_the_chart(founder: Visit) -> None:
    a_candidate()
    opened(founder)
    assert founder.app.get("plotly_chart")
    table = founder.app.dataframe[0].value
    assert list(table["measure"])[:2] == ["right answers", "macro-F1"]
    assert set(table["n"]) == {60}
    assert "exact sign test" in founder.text


def test_votes_are_cast_by_keys_and_nothing_is_told_before_the_end(founder: Visit) -> None:
    a_candidate(texts=["positive"] * 3 + ["neutral"] * 2)
    opened(founder)
    founder.widget("segmented_control", "compare_part").set_value("Vote blindly").run()
    founder.settle()
    assert "0 of 5 voted on" in str([one.text for one in founder.app.get("progress")])
    for _ in range(2):
        founder.click("compare_vote_left")
    assert "candidate is preferred" not in founder.text
    founder.click("compare_vote_undo")
    for side in ("right", "equal", "left", "left"):
        founder.click(f"compare_vote_{side}")
    founder.app.run()
    assert "1 person: the candidate is preferred in" in founder.text
    assert "exact 95 % interval" in founder.text
    assert "1 equal" in founder.text


def test_items_wait_for_the_vote_or_for_the_click_that_ends_it(founder: Visit) -> None:
    a_candidate()
    opened(founder)
    founder.widget("segmented_control", "compare_part").set_value("Items").run()
    founder.settle()
    assert "60 items wait for your blind vote" in founder.text
    assert "Right is" not in founder.text
    founder.click("compare_unblind")
    assert founder.text.count("Right is") == 5
    assert ":material/trending_down: worse" in founder.text
    founder.widget("segmented_control", "compare_order").set_value("Best first").run()
    assert ":material/trending_up: better" in founder.settle().text


def test_what_people_typed_is_shown_as_they_typed_it(founder: Visit) -> None:
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) **bold** :red[red]"
    a_dataset_of_labels(house(), TEXTS)
    from core.store.loop_tables import EvaluationItemRow

    artefact = a_head(house(), "positive", dataset_id="d1")
    evaluation_id = evaluate.run(house(), artefact, "d1")
    with house().database.writing() as session:
        for place in range(60):
            row = session.get(EvaluationItemRow, (evaluation_id, f"row-{place}"))
            row.input_text = hostile
            row.reference = hostile
    opened(founder)
    founder.widget("segmented_control", "compare_part").set_value("Items").run()
    founder.settle().click("compare_unblind")
    assert "<script>" not in founder.text
    assert ":red[red]" not in founder.text
    assert "](javascript" not in founder.text


def test_a_stale_comparison_is_made_again_by_one_click(founder: Visit) -> None:
    a_candidate()
    second = a_candidate("neutral")
    ada = a_founder(house())
    with house().database.writing() as session:
        artefacts.serve(session, ada, Task.SENTIMENT, "", second.artefact_id, "promoted")
    opened(founder)
    first = artefacts.artefacts(house().database)[1]
    founder.app.selectbox(key="compare_artefact").set_value(first.artefact_id).run()
    assert "Something else serves since this was measured" in founder.settle().text
    assert founder.button("compare_promote").disabled
    waited(founder.click("compare_again"), "compare_stop")
    latest = evaluations.latest(house().database, first.artefact_id)
    assert latest is not None
    assert latest.live_id == second.artefact_id
    assert "Something else serves" not in founder.text


def test_thresholds_are_changed_with_a_reason(founder: Visit) -> None:
    a_candidate()
    opened(founder)
    founder.widget("number_input", "compare_threshold_least_items").set_value(100)
    founder.click("FormSubmitter:compare_thresholds")
    assert "Write at least 10 characters" in founder.text
    founder.widget("text_input", "compare_threshold_reason").set_value("A year is longer than a week.")
    founder.click("FormSubmitter:compare_thresholds")
    assert evaluations.thresholds(house().database)["least_items"] == 100
    assert founder.button("compare_promote").disabled
