"""Real uses and the sample company's are never counted together: every room is walked with and without the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.config import read_settings
from core.desk import Desk
from core.house import House, open_house
from core.office import Office
from core.office.monitors import Columns
from core.samples import story
from core.store import review_queue, rollups, samples, surveys
from core.store.watched import Choice
from core.tables import Table
from core.types import Consent, Disappointment, Member, Rating, Role, Scope, SurveyAnswer
from tests.core.sample_stories import UNTIL, short_history
from tests.core.store_stories import an_interaction

ANA = Member("ana", "Ana", Role.FOUNDER)
SAMPLE, REAL = True, False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house without weights."""
    opened = open_house(read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path)}))
    opened.handbook.open()
    yield opened
    opened.close()


def use_for_real(house: House) -> None:
    """Let three people use it on the same days for the same things, in the same segments and words as the sample."""
    sent = [row for row in short_history()["interactions"] if row["input_text"] and row["ending"] == "finished"][:14]
    for number, row in enumerate(sent):
        visitor_id = f"real {number % 3}"
        house.recorder.choose(visitor_id, Consent(log=True, train=True), "Marketing", "11 to 50")
        told = an_interaction(
            interaction_id=f"real use {number}",
            visitor_id=visitor_id,
            task=row["task"],
            input_text=row["input_text"],
            output_text=row["output_text"],
            started_at=row["started_at"],
            language=row["language"],
            is_abstained=row["is_abstained"],
            segment="Marketing, 11 to 50",
            consent=Consent(log=True, train=True),
            knowledge_id=row["knowledge_id"],
            passage_ids=("returns:1", "warranty:2"),
        )
        house.recorder.interaction(told)
        house.recorder.rate(Rating(told.interaction_id, number % 2, ("Wrong",)), visitor_id)
        house.recorder.correct(told.interaction_id, visitor_id, f"Better {number % 5}.", f"key {number}")
        if number % 7 == 0:
            house.recorder.hand_off(told.interaction_id, visitor_id, "It is urgent")
    for number in range(3):
        answer = SurveyAnswer(Disappointment.SOMEWHAT, "Time.", "Everybody.", "Our own terms.", 7)
        surveys.save(house.database, f"real {number}", answer)
    table = Table(("text", "day"), [("The parcel came late.", UNTIL.isoformat()), ("I love it.", UNTIL.isoformat())])
    office = Office(house)
    monitor_id = office.monitors.add_table(ANA, "Ours", table, Columns("text", "day"), "ours.csv")
    office.monitors.read(ANA, monitor_id)
    job = office.monitors.progress(ANA, monitor_id)
    while job is not None and not job.is_over:
        job = office.monitors.progress(ANA, monitor_id)
    office.monitors.close()


def figures(house: House, is_sample: bool) -> dict[str, Any]:
    """Return everything that the rooms say of one kind of rows."""
    rollups.refresh(house.database)
    office, found = Office(house), dict[str, Any]()
    for name, since in (("all", None), ("a week", UNTIL - timedelta(days=6))):
        scope = Scope(since=since, until=UNTIL if since else None, is_sample=is_sample)
        usage = office.usage
        for count in (
            *(usage.overview, usage.course, usage.funnel, usage.cohorts, usage.speed, usage.quality),
            *(usage.quality_by_weights, usage.quality_course, usage.resolution, usage.languages, usage.behind),
            *(office.knowledge.cited_documents, office.knowledge.cited_passages, office.knowledge.gaps.look),
            office.market.fit,
        ):
            found[f"{count.__name__} of {name}"] = count(ANA, scope)
        for state in review_queue.STATES:
            found[f"queue {state} of {name}"] = office.review.queue(ANA, scope, state=state, size=1_000)
    found["choices"] = office.usage.choices(ANA, is_sample)
    found["words"] = office.market.words(ANA, found["fit of all"].responses)
    found["agreement"] = office.review.agreement(ANA, is_sample)
    found["monitors"] = office.monitors.all(ANA, is_sample)
    found["texts"] = [
        replace(text, text_id=0)  # numbered in the order in which they came, whosever they are
        for one in found["monitors"]
        for text in office.monitors.texts(ANA, one.monitor.monitor_id, Choice(), 1_000)[1]
    ]
    found["in review"] = office.review.has(ANA)[is_sample]
    if not is_sample:
        found["home"] = Desk(house).counts()
        found["enough"] = office.usage.stock(ANA).real_uses
    return found


def test_neither_changes_a_figure_of_the_other(house: House) -> None:
    samples.load(house.database, ANA, short_history())
    sample = figures(house, SAMPLE)
    assert sum(moment.uses for moment in sample["course of all"]) > 100
    assert sample["fit of all"].responses
    assert sample["queue waiting of all"].total
    assert [one.monitor.name for one in sample["monitors"]] == [story.MONITOR_NAME]

    use_for_real(house)
    assert differences(sample, figures(house, SAMPLE)) == []
    real = figures(house, REAL)
    assert sum(moment.uses for moment in real["course of all"]) == 14
    assert real["queue waiting of all"].total
    assert len(real["monitors"]) == 1

    samples.remove(house.database, ANA)
    assert differences(real, figures(house, REAL)) == []


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Return the names of the figures that differ."""
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]
