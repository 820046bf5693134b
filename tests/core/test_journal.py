"""What is written down of a use, and drawn again: with what it used of the memory, and from before there was one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from core.engines.base import Fingerprint
from core.jobs import Job
from core.journal import file_result, interaction_of, pack, segment_of, unpack
from core.types import (
    Consent,
    Ending,
    LanguageGuess,
    MemoryUse,
    Origin,
    Reading,
    Segment,
    Task,
    Translation,
    Visitor,
    to_plain,
)

USES = (MemoryUse("m1", "answer", 1.0, "c1"), MemoryUse("m2", "example", 0.91))
SURE = LanguageGuess("en", 0.99, True)
DONE = Translation("Hallo.", "en", "de", SURE, (Segment("Hello.", "Hallo."),), Origin("memory", memory=USES), "A note.")


def test_what_an_answer_used_of_the_memory_is_written_down_and_drawn_again() -> None:
    job = Job("ann", Task.TRANSLATE, lambda job: DONE, lambda job, ending: None)
    job.result = DONE
    visitor = Visitor("ann", Consent(True, True), role="Founder", company_size="2 to 10")
    kept = interaction_of(job, Ending.FINISHED, visitor, datetime.now(UTC), "Hello.", {})
    assert kept.memory_id == "m1"
    assert kept.origin.memory == USES
    assert unpack(kept.output) == DONE
    assert kept.segment == segment_of(visitor) == "Founder, 2 to 10"
    job.result = replace(DONE, origin=Origin("generated"))
    assert interaction_of(job, Ending.FINISHED, visitor, datetime.now(UTC), "Hello.", {}).memory_id == ""


def test_an_output_from_before_there_was_a_memory_is_drawn_as_it_was() -> None:
    reading = Reading("positive", {"positive": 1.0}, SURE, (), Origin("classified", "gemma"))
    old = to_plain(reading)
    del old["origin"]["memory"]
    assert unpack({"kind": "Reading", "value": old}) == reading
    use = to_plain(DONE)
    del use["origin"]["memory"][0]["correction_id"]
    found = unpack({"kind": "Translation", "value": use})
    assert isinstance(found, Translation)
    assert found.origin.memory[0] == MemoryUse("m1", "answer", 1.0)


def test_a_translated_file_says_what_gave_it() -> None:
    found = file_result("a.txt", b"Hallo.", Fingerprint("gemma", "ab", "adapter-1"), USES)
    assert (found.origin.adapter_id, found.origin.memory) == ("adapter-1", USES)
    assert unpack(pack(found)) == replace(found, content=b"")


def test_who_said_nothing_of_themselves_is_in_no_segment() -> None:
    assert segment_of(Visitor("ann")) == ""
    assert segment_of(Visitor("ann", company_size="2 to 10")) == "2 to 10"
