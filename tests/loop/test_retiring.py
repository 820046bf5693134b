"""Stories about the memory that shrinks as the weights learn, and is whole again when they are rolled back."""

from __future__ import annotations

import pytest

from core.house import House
from core.loop import Artefact
from core.office.registry import Registry
from core.office.retiring import is_right, retire_known
from core.progress import Progress
from core.store import artefacts, memory, retiring
from core.store.retiring import Entry, MemoryCount
from core.types import Consent, Member, Task
from tests.core.store_stories import an_interaction
from tests.loop.serving_stories import a_dataset, a_head

EVERY = ("That was quick.", "It came late.", "It is blue.", "Held out, and never asked.")


def remembered(house: House, text: str, right: str, *, is_approved: bool = True) -> str:
    """Return the id of an approved correction of one reading, which the memory shares."""
    house.recorder.welcome("ann")
    house.recorder.choose("ann", Consent(log=True, train=True))
    use = an_interaction(
        visitor_id="ann", task=Task.SENTIMENT, input_text=text, output_text="neutral", request={}, output={}
    )
    house.recorder.interaction(use)
    correction_id = house.recorder.correct(use.interaction_id, "ann", right, text).correction_id
    if is_approved:
        house.recorder.advance(correction_id, "approved")
        with house.database.writing() as session:
            memory.settle(session, correction_id, "approved", right)
    return correction_id


def learned(house: House, *, segment: str = "") -> Artefact:
    """Return a head that learned from three corrections, and says "positive" to every text."""
    rights = ("positive", "negative", "positive", "positive")
    ids = [remembered(house, text, right) for text, right in zip(EVERY, rights, strict=True)]
    splits = ("train", "train", "train", "held_out")
    with house.database.writing() as session:
        a_dataset(session, dict(zip(ids, splits, strict=True)))
    return a_head(house, "positive", dataset_id="d1", segment=segment)


def switch(house: House, who: Member, artefact: Artefact | None, kind: str = "promoted", segment: str = "") -> None:
    with house.database.writing() as session:
        artefacts.serve(session, who, Task.SENTIMENT, segment, artefact.artefact_id if artefact else "", kind)
    house.live.refresh()


def count(house: House) -> MemoryCount:
    return retiring.counts(house.database)[Task.SENTIMENT]


def test_what_the_promoted_weights_know_rests_and_returns_with_the_roll_back(
    house: House, ada: Member, room: Registry
) -> None:
    head = learned(house)
    assert count(house) == MemoryCount(working=4, retired=0)
    switch(house, ada, head)
    assert retire_known(house) == 2  # one label it still gets wrong, and one was held out
    assert count(house) == MemoryCount(working=2, retired=2)
    told = artefacts.switches(house.database)[0].memory
    assert (told["asked"], told["retired"], told["before"], told["after"]) == (3, 2, 4, 2)
    assert retire_known(house) == 0  # once after each switch
    room.roll_back(ada, Task.SENTIMENT)
    assert count(house) == MemoryCount(working=4, retired=0)
    assert retire_known(house) == 0


def test_the_next_promotion_is_asked_for_itself(house: House, ada: Member) -> None:
    head = learned(house)
    switch(house, ada, head)
    retire_known(house)
    other = a_head(house, "negative", dataset_id="d1")
    switch(house, ada, other)
    assert count(house) == MemoryCount(working=4, retired=0)  # what the one before knew, this one may not
    assert retire_known(house) == 1
    switch(house, ada, head, "rolled back")
    assert count(house) == MemoryCount(working=4, retired=0)
    assert retire_known(house) == 2


def test_where_a_segment_has_its_own_nothing_rests(house: House, ada: Member) -> None:
    head = learned(house)
    switch(house, ada, head)
    retire_known(house)
    switch(house, ada, a_head(house, "neutral", segment="agency"), segment="agency")
    assert count(house).retired == 0
    assert retire_known(house) == 0
    assert "segment" in artefacts.switches(house.database)[0].memory["why"]
    switch(house, ada, None, "rolled back", "agency")
    assert retire_known(house) == 2


def test_what_is_ones_own_is_not_asked_for(house: House, ada: Member) -> None:
    own = remembered(house, "Mine alone.", "positive", is_approved=False)
    with house.database.writing() as session:
        a_dataset(session, {own: "train"})
    head = a_head(house, "positive", dataset_id="d1")
    switch(house, ada, head)
    assert retiring.to_ask(house.database, head) == ()
    assert retire_known(house) == 0


def test_a_broken_head_retires_nothing_and_says_why(house: House, ada: Member) -> None:
    from tests.loop.serving_stories import break_files

    head = learned(house)
    break_files(house, head)
    switch(house, ada, head)
    assert retire_known(house) == 0
    assert "missing" in artefacts.switches(house.database)[0].memory["why"]


def test_a_switch_while_it_is_asked_wins(house: House, ada: Member) -> None:
    head = learned(house)
    switch(house, ada, head)
    ((serving_id, _, _),) = retiring.newest_unsettled(house.database)
    ids = [entry.memory_id for entry in retiring.to_ask(house.database, head)]
    switch(house, ada, None, "rolled back")
    assert retiring.settle(house.database, serving_id, head.artefact_id, ids, {"asked": 3}) == 0
    assert count(house).retired == 0


def test_closing_leaves_it_for_the_next_time(house: House, ada: Member) -> None:
    from core.errors import Stopped

    switch(house, ada, learned(house))
    progress = Progress()
    progress.stop.set()
    with pytest.raises(Stopped):
        retire_known(house, progress)
    assert retire_known(house) == 2


def test_it_goes_on_in_the_background(house: House, ada: Member, room: Registry) -> None:
    import time

    switch(house, ada, learned(house))
    room.retire()
    end = time.monotonic() + 10
    while count(house).retired < 2:
        assert time.monotonic() < end
        time.sleep(0.01)


# When an answer is right


def entry(right: str, said: str = "") -> Entry:
    return Entry("m", "in", right, said, "de", "en", "")


@pytest.mark.parametrize(
    ("task", "right", "said", "answer", "is_so"),
    [
        (Task.SENTIMENT, "positive", "neutral", "Positive", True),
        (Task.SENTIMENT, "positive", "neutral", "neutral", False),
        (Task.TRANSLATE, "Please confirm the order.", "", "Please  confirm the order.", True),
        # A sentence of a longer text: only the same words will do.
        (Task.TRANSLATE, "Please confirm the order.", "", "Please confirm your order.", False),
        # The old mistake again, which is alike as well.
        (
            Task.TRANSLATE,
            "The purchase order was sent to the supplier on Monday.",
            "The order was sent to the supplier on Monday.",
            "The order was sent to the supplier on Monday.",
            False,
        ),
        (
            Task.TRANSLATE,
            "The purchase order was sent to the supplier on Monday.",
            "An Auftrag is gone to delivery by moonday.",
            "The purchase order was sent to the supplier Monday.",
            True,
        ),
    ],
)
def test_right_is_the_same_or_much_nearer_to_the_correction_than_before(
    task: Task, right: str, said: str, answer: str, is_so: bool
) -> None:
    assert is_right(task, entry(right, said), answer) is is_so
