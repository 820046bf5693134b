"""Stories about the registry: promoted through the gate, rolled back by one click or by itself, and the receipts."""

from __future__ import annotations

import dataclasses
import time
import uuid
from datetime import timedelta

import pytest

from core.errors import (
    ChangedMeanwhile,
    HearbackError,
    InputTooLong,
    NotAllowed,
    NothingBefore,
    NotPromotable,
    NotYours,
)
from core.house import House
from core.jobs import JobView
from core.loop import Artefact, ArtefactState
from core.office.registry import Promoted, Registry
from core.store import artefacts, audit, evaluations, live_quality, members, queries
from core.store.columns import now
from core.store.live_quality import RollbackRule
from core.store.tables import CorrectionRow, RatingRow
from core.types import Consent, Member, Role, Task
from tests.core.store_stories import an_interaction
from tests.loop.serving_stories import a_dataset, a_head, break_files

REASON = "Seen by hand on all open tickets, and it is better."


def compared(house: House, artefact: Artefact, is_promotable: bool = True, live_id: str = "") -> str:
    """Return the id of a new evaluation of an artefact."""
    verdict = {"is_promotable": is_promotable, "sentence": "Better on 41 of 60." if is_promotable else "No better."}
    return evaluations.add(house.database, artefact.artefact_id, live_id, artefact.dataset_id, {}, verdict, [])


def ended(room: Registry, who: Member, job_id: str) -> JobView:
    end = time.monotonic() + 10
    while True:
        view = room.work(who, job_id)
        assert view is not None
        if view.is_over:
            return view
        assert time.monotonic() < end
        time.sleep(0.005)


def promote(house: House, room: Registry, who: Member, artefact: Artefact, live_id: str = "") -> JobView:
    return ended(room, who, room.promote(who, artefact.artefact_id, compared(house, artefact, live_id=live_id)))


def label_now(house: House, segment: str = "") -> str:
    return house.tasks(segment).sentiment.read("Whatever is said here.").label


def actions(house: House) -> list[str]:
    return [entry.action for entry in audit.page(house.database, None, "", 0, 100)[0]]


def corrected_by(house: House, visitor: str, correction: str = "positive") -> str:
    """Return the id of a correction of one real reading by a visitor."""
    house.recorder.welcome(visitor)
    house.recorder.choose(visitor, Consent(log=True, train=True))
    use = an_interaction(visitor_id=visitor, task=Task.SENTIMENT, input_text="Fine as it is.", output_text="neutral")
    house.recorder.interaction(use)
    return house.recorder.correct(use.interaction_id, visitor, correction, "k").correction_id


def steps(house: House, visitor: str, correction_id: str) -> list[tuple[str, str]]:
    return [(one.step, one.detail) for one in queries.receipt(house.database, visitor, correction_id).steps]


# Through the gate


@pytest.mark.promise("R11")
def test_a_candidate_that_the_gate_lets_pass_serves_and_a_roll_back_brings_everything_back(
    house: House, room: Registry, ada: Member
) -> None:
    correction, examined = corrected_by(house, "ann"), corrected_by(house, "eve")
    with house.database.writing() as session:
        a_dataset(session, {correction: "train", examined: "held_out"})
    head = a_head(house, "positive", dataset_id="d1")
    before = label_now(house)
    view = promote(house, room, ada, head)
    assert isinstance(view.result, Promoted), view.sentence
    assert label_now(house) == "positive" != before
    place = next(one for one in room.places(ada) if one.task is Task.SENTIMENT)
    assert place.artefact is not None
    assert place.artefact.state is ArtefactState.LIVE
    assert place.beneath == ""
    assert place.verdict is not None
    assert place.verdict.sentence == "Better on 41 of 60."
    switch = room.roll_back(ada, Task.SENTIMENT)
    assert (switch.kind, switch.artefact_id, switch.name) == ("rolled back", "", "Ada")
    assert label_now(house) == before
    assert room.artefact(ada, head.artefact_id).state is ArtefactState.RETIRED
    told = steps(house, "ann", correction)
    assert ("live", head.name) in told
    assert told[-1] == ("rolled back", head.name)
    # It was examined on the other, and has not learned from it.
    assert not {"live", "rolled back"} & {step for step, _ in steps(house, "eve", examined)}
    assert actions(house)[:2] == ["rolled back", "promoted"]


@pytest.mark.promise("R11")
def test_without_a_comparison_nothing_is_promoted(house: House, room: Registry, ada: Member) -> None:
    with pytest.raises(NotPromotable, match="not compared"):
        room.promote(ada, a_head(house, "positive").artefact_id, "none")


@pytest.mark.promise("R11")
def test_when_the_gate_says_no_nothing_is_promoted(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    with pytest.raises(NotPromotable, match="No better"):
        room.promote(ada, head.artefact_id, compared(house, head, is_promotable=False))


def test_only_the_newest_comparison_counts(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    good = compared(house, head)
    compared(house, head, is_promotable=False)
    with pytest.raises(NotPromotable, match="compared anew"):
        room.promote(ada, head.artefact_id, good)


def test_a_comparison_with_what_no_longer_serves_is_stale(house: House, room: Registry, ada: Member) -> None:
    first, second = a_head(house, "positive"), a_head(house, "neutral")
    with_what_ships = compared(house, second)
    promote(house, room, ada, first)
    with pytest.raises(NotPromotable, match="something else serves"):
        room.promote(ada, second.artefact_id, with_what_ships)
    assert promote(house, room, ada, second, live_id=first.artefact_id).state == "finished"
    assert label_now(house) == "neutral"


def test_what_learned_from_the_sample_company_never_serves(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive", is_sample=True)
    with pytest.raises(NotPromotable, match="sample company"):
        room.promote(ada, head.artefact_id, compared(house, head))
    with pytest.raises(NotPromotable, match="sample company"):
        room.override(ada, head.artefact_id, REASON)


@pytest.mark.promise("R11")
def test_what_was_trained_on_other_weights_never_serves(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    other = artefacts.add(
        house.database,
        head.task,
        head.kind,
        base_id="other",
        base_sha256="1" * 64,
        sha256="2" * 64,
        folder="x",
        card={},
    )
    for deed in (
        lambda: room.promote(ada, other.artefact_id, compared(house, other)),
        lambda: room.override(ada, other.artefact_id, REASON),
    ):
        with pytest.raises(NotPromotable, match="other weights"):
            deed()


def test_what_must_be_trained_anew_is_not_promoted(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    with house.database.writing() as session:
        artefacts.flag(session, [head.artefact_id], "A visitor was forgotten.")
    for deed in (
        lambda: room.promote(ada, head.artefact_id, compared(house, head)),
        lambda: room.override(ada, head.artefact_id, REASON),
    ):
        with pytest.raises(NotPromotable, match="A visitor was forgotten"):
            deed()


@pytest.mark.promise("R11")
def test_a_damaged_file_is_found_before_the_switch(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    evaluation = compared(house, head)
    break_files(house, head)
    before = label_now(house)
    view = ended(room, ada, room.promote(ada, head.artefact_id, evaluation))
    assert view.state == "failed"
    assert "What served before goes on serving" in view.sentence
    assert label_now(house) == before
    assert artefacts.live(house.database) == {}
    view = ended(room, ada, room.override(ada, head.artefact_id, REASON))
    assert view.state == "failed"


def test_what_serves_already_is_not_promoted_once_more(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    promote(house, room, ada, head)
    with pytest.raises(NotPromotable, match="serves already"):
        room.promote(ada, head.artefact_id, compared(house, head))


def test_a_head_for_a_segment_serves_that_segment(house: House, room: Registry, ada: Member) -> None:
    before = label_now(house)
    promote(house, room, ada, a_head(house, "positive", segment="agency"))
    assert (label_now(house, "agency"), label_now(house)) == ("positive", before)
    assert [(one.segment, one.artefact is None) for one in room.places(ada) if one.task is Task.SENTIMENT] == [
        ("", True),
        ("agency", False),
    ]
    room.roll_back(ada, Task.SENTIMENT, "agency")
    assert label_now(house, "agency") == before


# Over it


def test_an_override_needs_a_reason_and_is_logged(house: House, room: Registry, ada: Member) -> None:
    head = a_head(house, "positive")
    compared(house, head, is_promotable=False)
    with pytest.raises(NotPromotable, match="10 characters"):
        room.override(ada, head.artefact_id, "because")
    with pytest.raises(InputTooLong):
        room.override(ada, head.artefact_id, "x" * 501)
    with pytest.raises(HearbackError):
        room.override(ada, head.artefact_id, "   ")
    view = ended(room, ada, room.override(ada, head.artefact_id, REASON))
    assert view.state == "finished", view.sentence
    entry = audit.page(house.database, None, "overridden", 0, 1)[0][0]
    assert (entry.name, entry.subject, entry.detail["reason"]) == ("Ada", head.artefact_id, REASON)
    assert room.history(ada)[0].reason == REASON


# Back


def test_there_is_nothing_before_the_weights_that_ship(room: Registry, ada: Member) -> None:
    with pytest.raises(NothingBefore, match="translate"):
        room.roll_back(ada, Task.TRANSLATE)


@pytest.mark.promise("R11")
def test_a_double_click_rolls_back_once(house: House, room: Registry, ada: Member) -> None:
    first, second = a_head(house, "positive"), a_head(house, "neutral")
    promote(house, room, ada, first)
    promote(house, room, ada, second, first.artefact_id)
    seen = room.history(ada)[0].serving_id
    assert room.roll_back(ada, Task.SENTIMENT, seen=seen).artefact_id == first.artefact_id
    with pytest.raises(ChangedMeanwhile):
        room.roll_back(ada, Task.SENTIMENT, seen=seen)
    assert label_now(house) == "positive"


def test_a_roll_back_passes_over_what_is_broken_withdrawn_or_flagged(house: House, room: Registry, ada: Member) -> None:
    heads = [a_head(house, label) for label in ("positive", "neutral", "negative", "positive", "neutral")]
    live_id = ""
    for head in heads:
        promote(house, room, ada, head, live_id)
        live_id = head.artefact_id
    _, flagged, withdrawn, broken, _ = heads
    room.withdraw(ada, withdrawn.artefact_id, "It was wrong about refunds.")
    with house.database.writing() as session:
        artefacts.flag(session, [flagged.artefact_id], "A visitor was forgotten.")
    break_files(house, broken)
    house.serving._built.clear()
    assert room.roll_back(ada, Task.SENTIMENT).artefact_id == heads[0].artefact_id
    assert room.roll_back(ada, Task.SENTIMENT).artefact_id == ""


def test_only_founders_change_what_serves(house: House, room: Registry) -> None:
    bob = members.add(house.database, "Bob", Role.REVIEWER)
    head = a_head(house, "positive")
    for deed in (
        lambda who: room.promote(who, head.artefact_id, "e"),
        lambda who: room.override(who, head.artefact_id, REASON),
        lambda who: room.roll_back(who, Task.SENTIMENT),
        lambda who: room.withdraw(who, head.artefact_id, REASON),
        lambda who: room.retrain(who, head.artefact_id),
        lambda who: room.artefacts(who),
        lambda who: room.places(who),
        lambda who: room.lineage(who, head.artefact_id),
        lambda who: room.history(who),
        lambda who: room.work(who),
        lambda who: room.rule(who),
        lambda who: room.set_rule(who, RollbackRule()),
        lambda who: room.memory(who),
    ):
        for who in (bob, None):
            with pytest.raises(NotAllowed):
                deed(who)  # type: ignore[no-untyped-call]


def test_ids_that_nobody_gave_out_lead_nowhere(room: Registry, ada: Member) -> None:
    for artefact_id in ("", "../../etc/passwd", "0" * 32, "a\x00b"):
        with pytest.raises(NotYours):
            room.promote(ada, artefact_id, "e")
        with pytest.raises(NotYours):
            room.lineage(ada, artefact_id)


# Where it comes from


def test_the_lineage_leads_back_to_the_click(house: House, room: Registry, ada: Member) -> None:
    correction = corrected_by(house, "ann")
    with house.database.writing() as session:
        a_dataset(session, {correction: "train"})
    head = a_head(house, "positive", dataset_id="d1")
    promote(house, room, ada, head)
    found = room.lineage(ada, head.artefact_id)
    assert (found.rows, found.dataset and found.dataset.number) == (1, 1)
    (link,) = found.links
    assert (link.correction_id, link.said, link.output_text) == (correction, "positive", "neutral")
    assert link.asked_at is not None
    assert [one.sentence for one in found.evaluations] == ["Better on 41 of 60."]
    assert [one.kind for one in found.switches] == ["promoted"]


# By itself


def used(house: House, n: int, bad: int, corrected: int, *, ago: timedelta, segment: str = "") -> None:
    """Let as many real readings be rated, some of them badly, and some be corrected."""
    house.recorder.choose("eve", Consent(log=True, train=True))
    start = now() - ago
    uses = [
        an_interaction(
            visitor_id="eve",
            task=Task.SENTIMENT,
            started_at=start + timedelta(microseconds=place),  # all before whatever is promoted next
            segment=segment,
            input_text=uuid.uuid4().hex,
        )
        for place in range(n)
    ]
    for use in uses:
        house.recorder.interaction(use)
    house.recorder.flush()
    with house.database.writing() as session:
        for place, use in enumerate(uses):
            told = {"interaction_id": use.interaction_id, "visitor_id": "eve", "key": use.interaction_id}
            session.add(RatingRow(**told, score=int(place >= bad), reasons=[], comment=""))
            if place < corrected:
                texts = dict.fromkeys(("input_text", "output_text", "corrected_text"), "positive")
                correction = CorrectionRow(**told, **texts, correction_id=use.interaction_id, task=use.task)
                correction.status, correction.consent_train = "saved", True
                session.add(correction)


@pytest.mark.promise("R11")
def test_what_visitors_like_less_is_taken_back_by_itself_and_why_is_written(
    house: House, room: Registry, ada: Member
) -> None:
    used(house, 60, bad=4, corrected=2, ago=timedelta(days=2))
    head = a_head(house, "positive")
    promote(house, room, ada, head)
    used(house, 30, bad=20, corrected=0, ago=timedelta(seconds=-1))
    room.take_back()
    last = room.history(ada)[0]
    assert (last.kind, last.artefact_id, last.before_id, last.name) == ("rolled back alone", "", head.artefact_id, "")
    assert "Thumbs-down: 7 % (n = 60, 3 to 16 %) before, 67 % (n = 30" in last.reason
    assert house.tasks().sentiment is house.sentiment
    entry = audit.page(house.database, None, "rolled back alone", 0, 1)[0][0]
    assert entry.name == "Hearback itself"
    with pytest.raises(NotPromotable, match="taken back by itself"):
        room.promote(ada, head.artefact_id, compared(house, head))


def test_nothing_is_taken_back_twice_in_a_row(house: House, room: Registry, ada: Member) -> None:
    first, second = a_head(house, "positive"), a_head(house, "neutral")
    promote(house, room, ada, first)
    used(house, 40, bad=2, corrected=0, ago=timedelta(0))
    promote(house, room, ada, second, first.artefact_id)
    used(house, 40, bad=30, corrected=0, ago=timedelta(seconds=-1))
    room.take_back()
    assert label_now(house) == "positive"
    used(house, 40, bad=39, corrected=0, ago=timedelta(seconds=-2))
    room.take_back()
    assert label_now(house) == "positive"
    assert [one.kind for one in room.history(ada)] == ["rolled back alone", "promoted", "promoted"]


@pytest.mark.parametrize(
    ("n", "bad", "why"), [(29, 29, "fewer than 30 uses"), (30, 4, "a difference that chance gives as well")]
)
def test_a_little_bad_luck_takes_nothing_back(
    house: House, room: Registry, ada: Member, n: int, bad: int, why: str
) -> None:
    used(house, 60, bad=4, corrected=2, ago=timedelta(days=2))
    promote(house, room, ada, a_head(house, "positive"))
    used(house, n, bad=bad, corrected=0, ago=timedelta(seconds=-1))
    room.take_back()
    assert label_now(house) == "positive", why


def test_what_was_never_measured_before_is_no_reason_to_go_back(house: House, room: Registry, ada: Member) -> None:
    promote(house, room, ada, a_head(house, "positive"))
    used(house, 60, bad=60, corrected=60, ago=timedelta(seconds=-1))
    room.take_back()
    assert label_now(house) == "positive"


def test_founders_can_turn_it_off(house: House, room: Registry, ada: Member) -> None:
    used(house, 60, bad=4, corrected=2, ago=timedelta(days=2))
    promote(house, room, ada, a_head(house, "positive"))
    used(house, 60, bad=50, corrected=0, ago=timedelta(seconds=-1))
    room.set_rule(ada, dataclasses.replace(room.rule(ada), is_on=False))
    room.take_back()
    assert label_now(house) == "positive"
    room.set_rule(ada, RollbackRule())
    room.take_back()
    assert label_now(house) != "positive"
    assert "changed" in actions(house)


def test_one_segments_trouble_does_not_move_the_others(house: House, room: Registry, ada: Member) -> None:
    used(house, 60, bad=4, corrected=2, ago=timedelta(days=2), segment="agency")
    used(house, 60, bad=4, corrected=2, ago=timedelta(days=1), segment="shop")
    promote(house, room, ada, a_head(house, "positive"))
    promote(house, room, ada, a_head(house, "neutral", segment="agency"), room.history(ada)[0].artefact_id)
    used(house, 60, bad=50, corrected=0, ago=timedelta(seconds=-1), segment="agency")
    room.take_back()
    # The agencies had the first head for a moment only, and nobody rated it: there is nothing to hold against.
    assert label_now(house, "agency") == "neutral"
    assert label_now(house, "shop") == "positive"


def test_sample_uses_count_for_nothing(house: House, room: Registry, ada: Member) -> None:
    used(house, 60, bad=4, corrected=2, ago=timedelta(days=2))
    promote(house, room, ada, a_head(house, "positive"))
    last = room.history(ada)[0]
    house.recorder.interaction(an_interaction(visitor_id="eve", task=Task.SENTIMENT, is_sample=True, started_at=now()))
    house.recorder.flush()
    found = live_quality.course(house.database, Task.SENTIMENT, "", last.at, now() + timedelta(days=1))
    assert found.corrected == ()


@pytest.mark.parametrize("changes", [{"least": 29}, {"least": 961}, {"drop": -0.1}, {"drop": 0.6}, {"chance": 0.5}])
def test_a_rule_beyond_its_bounds_is_refused(room: Registry, ada: Member, changes: dict[str, float]) -> None:
    with pytest.raises(HearbackError):
        room.set_rule(ada, dataclasses.replace(RollbackRule(), **changes))
