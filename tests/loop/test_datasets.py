"""Datasets: what gets in, what is left out and counted, and that what is held out stays held out."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import delete, func, select, update

from core.config import read_settings
from core.engines.shelf import Shelf
from core.errors import NotAChoice, NotYours, Stopped, TooLittleToLearn
from core.learning import dataset as learning
from core.learning.export import FORMS, export
from core.learning.forms import rows_of
from core.learning.reading import Readers
from core.loop import LeftOut, Row, RowKind, Split
from core.progress import Progress
from core.store import datasets, erasure
from core.store.dataset_sources import Source
from core.store.datasets import Dataset
from core.store.db import Database
from core.store.loop_tables import DatasetItemRow, DatasetRow, SplitRow
from core.store.record import Recorder
from core.store.tables import CorrectionRow, CorrectionStepRow, RatingRow, VisitorRow
from core.types import Citation, Origin, Passage, Reply, Task, to_plain
from tests.loop import loop_stories as story
from tests.loop.loop_stories import FOUNDER, Said
from tests.promises import Found

Build = Callable[..., Dataset]


@pytest.fixture
def build(database: Database) -> Build:
    """Freeze a dataset of a task with engines that need no weights."""
    shelf = Shelf(dataclasses.replace(read_settings(), profile="fake"))
    story.member(database)

    def freeze(task: Task, is_sample: bool = False, progress: Progress | None = None) -> Dataset:
        return learning.build(database, FOUNDER, task, Readers(shelf, task), is_sample, progress)

    return freeze


def inputs(rows: tuple[Row, ...]) -> set[str]:
    return {row.input_text for row in rows}


def test_what_was_corrected_and_approved_is_frozen_as_pairs(database: Database, build: Build) -> None:
    said = story.translations(60)
    story.corrected(database, Task.TRANSLATE, said, story.visitors(database, 6))

    frozen = build(Task.TRANSLATE)
    rows = datasets.rows(database, frozen.dataset_id)

    assert frozen.number == 1
    assert inputs(rows) == {one.input_text for one in said}
    row = next(row for row in rows if row.input_text == said[0].input_text)
    assert (row.output_text, row.rejected) == (said[0].corrected_text, said[0].output_text)
    assert (row.source, row.target, row.kind) == ("en", "de", RowKind.PREFERENCE)
    assert len(datasets.rows(database, frozen.dataset_id, Split.HELD_OUT)) == frozen.counts[Split.HELD_OUT] >= 6
    assert frozen.card["visitors"] == {"count": 6, "most_rows": 10, "most_share": 0.1667, "cap": 12}


def test_the_same_rows_are_the_same_dataset_and_one_more_makes_the_next(database: Database, build: Build) -> None:
    people = story.visitors(database, 6)
    said = story.labels(41)
    story.corrected(database, Task.SENTIMENT, said[:40], people)

    first, again = build(Task.SENTIMENT), build(Task.SENTIMENT)
    assert again == first
    story.corrected(database, Task.SENTIMENT, said[40:], people)
    second = build(Task.SENTIMENT)

    assert (second.number, second.total) == (2, 41)
    assert second.sha256 != first.sha256
    of_first = {row.row_id: row.split for row in datasets.rows(database, first.dataset_id)}
    of_second = {row.row_id: row.split for row in datasets.rows(database, second.dataset_id)}
    assert of_first.items() <= of_second.items()


@pytest.mark.promise("R16")
def test_nobody_without_consent_then_or_now_is_in_it_and_the_card_counts_them(database: Database, build: Build) -> None:
    said = story.translations(12)
    willing, never, no_more = (story.visitors(database, 1, begin=name) for name in ("yes", "never", "nomore"))
    story.corrected(database, Task.TRANSLATE, said[:5], willing)
    story.corrected(database, Task.TRANSLATE, said[5:8], never, may_train=False)
    story.corrected(database, Task.TRANSLATE, said[8:], no_more)
    with database.writing() as session:
        session.execute(update(VisitorRow).where(VisitorRow.visitor_id.in_(no_more)).values(consent_train=False))

    frozen = build(Task.TRANSLATE)

    assert inputs(datasets.rows(database, frozen.dataset_id)) == {one.input_text for one in said[:5]}
    assert frozen.card["left_out"] == {LeftOut.NOT_ALLOWED.value: 7}


def test_what_waits_or_was_turned_down_is_counted_and_left_out(database: Database, build: Build) -> None:
    people, said = story.visitors(database, 4), story.translations(20)
    for status, part in (
        ("approved", said[:8]),
        ("saved", said[8:11]),
        ("rejected", said[11:13]),
        ("withdrawn", said[13:]),
    ):
        story.corrected(database, Task.TRANSLATE, part, people, status=status)

    frozen = build(Task.TRANSLATE)

    assert frozen.total == 8
    assert frozen.card["left_out"] == {LeftOut.NOT_APPROVED.value: 3, LeftOut.TURNED_DOWN.value: 2}


def test_an_empty_dataset_is_refused_in_a_sentence(build: Build) -> None:
    with pytest.raises(TooLittleToLearn, match="approved and allowed"):
        build(Task.SUMMARIZE)


@pytest.mark.promise("R12")
def test_personal_data_is_masked_on_both_sides_or_the_row_is_left_out(database: Database, build: Build) -> None:
    request = {"target": "de"}
    said = [
        Said("Write to ada@example.org today.", "Schreib.", "Schreib heute an ada@example.org.", request),
        Said("Call the office at noon.", "Ruf an.", "Ruf mittags im Büro an, +49 30 1234567.", request),
    ]
    story.corrected(database, Task.TRANSLATE, said, story.visitors(database, 2))

    frozen = build(Task.TRANSLATE)

    (row,) = datasets.rows(database, frozen.dataset_id)
    assert (row.input_text, row.output_text) == ("Write to [email] today.", "Schreib heute an [email].")
    assert frozen.card["left_out"] == {LeftOut.PERSONAL.value: 1}
    assert frozen.card["masked"] == 1


def test_a_longer_translation_is_trained_sentence_by_sentence(database: Database, build: Build) -> None:
    said = [
        Said(
            "The shop opens at nine. Bring your receipt.\n\nDogs must stay outside.",
            "Der Laden macht auf um neun. Bring deine Quittung.\n\nHunde müssen draußen bleiben.",
            "Der Laden öffnet um neun. Bring deine Quittung mit.\n\nHunde müssen draußen bleiben.",
            {"target": "de"},
        ),
        Said("One. Two. Three sentences here.", "Eins.", "Hier stehen drei Sätze.\nIn zwei Zeilen.", {"target": "de"}),
    ]
    story.corrected(database, Task.TRANSLATE, said, story.visitors(database, 2))

    frozen = build(Task.TRANSLATE)

    rows = sorted(datasets.rows(database, frozen.dataset_id), key=lambda row: row.row_id)
    assert [(row.input_text, row.output_text, bool(row.rejected)) for row in rows] == [
        ("The shop opens at nine.", "Der Laden öffnet um neun.", True),
        ("Bring your receipt.", "Bring deine Quittung mit.", True),
        ("Dogs must stay outside.", "Hunde müssen draußen bleiben.", False),
    ]
    assert frozen.card["left_out"] == {LeftOut.NOT_ALIGNED.value: 1}


def test_each_input_is_in_it_once_with_what_most_visitors_said(database: Database, build: Build) -> None:
    people = story.visitors(database, 4)
    right = Said("The lamp is bright.", "Die Lampe.", "Die Lampe ist hell.", {"target": "de"})
    other = dataclasses.replace(right, input_text="the lamp is bright", corrected_text="Die Leuchte ist grell.")
    story.corrected(database, Task.TRANSLATE, [right, right, other], people)

    frozen = build(Task.TRANSLATE)

    (row,) = datasets.rows(database, frozen.dataset_id)
    assert row.output_text == right.corrected_text
    assert frozen.card["left_out"] == {LeftOut.DUPLICATE.value: 1, LeftOut.CONTRADICTED.value: 1}


@pytest.mark.promise("R12")
def test_250_poisoned_rows_of_one_visitor_are_capped(database: Database, build: Build, found: Found) -> None:
    honest, poisoner = story.visitors(database, 20), story.visitors(database, 1, begin="mallory")
    said = story.labels(350)
    story.corrected(database, Task.SENTIMENT, said[:100], honest)
    story.corrected(database, Task.SENTIMENT, said[100:], poisoner)

    frozen = build(Task.SENTIMENT)

    rows = datasets.rows(database, frozen.dataset_id)
    theirs = [row for row in rows if row.visitor_id in poisoner]
    assert len(theirs) == frozen.card["visitors"]["cap"] <= 0.2 * len(rows)
    assert frozen.card["left_out"] == {LeftOut.OVER_CAP.value: 250 - len(theirs)}
    found("poisoned rows, all approved by mistake", 250)
    found("of them in the dataset", f"{len(theirs)} of {len(rows)} rows")
    assert len(rows) - len(theirs) == 100


@pytest.mark.parametrize(
    ("counts", "others", "cap"),
    [
        ([3], 0, 10),
        ([250] + [2] * 20, 0, 10),
        ([250] + [4] * 25, 0, 25),
        ([250, 40], 0, 40),
        ([250] * 4, 0, 200),
        ([50] * 6, 0, 60),
        ([9_000] * 30, 0, 200),
    ],
)
def test_one_visitor_is_a_fifth_at_most_or_an_equal_part_and_never_more_than_200(
    counts: list[int], others: int, cap: int
) -> None:
    assert learning.share_cap(counts, others) == cap


def test_a_thumb_up_teaches_less_than_a_correction(database: Database, build: Build) -> None:
    people, said = story.visitors(database, 5), story.translations(8)
    story.corrected(database, Task.TRANSLATE, said[:3], people)
    good = [dataclasses.replace(one, output_text=one.corrected_text) for one in said[2:]]
    story.rated(database, Task.TRANSLATE, good, people)
    story.rated(database, Task.TRANSLATE, story.translations(3, seed=9), people, may_train=False)

    rows = datasets.rows(database, build(Task.TRANSLATE).dataset_id)

    weights = {row.input_text: (row.source_kind, row.weight) for row in rows}
    assert weights[said[2].input_text] == ("correction", 1.0)
    assert weights[said[7].input_text] == ("rating", 0.3)
    assert len(rows) == 8


def test_a_reviewers_own_answer_and_a_corrected_label_count_in_full(database: Database, build: Build) -> None:
    people, (first, second, *_) = story.visitors(database, 2), story.labels(4)
    bad = story.rated(database, Task.SENTIMENT, [first], people, score=0)
    story.own_answers(database, bad, [first.corrected_text])
    story.monitored(database, [second])
    story.monitored(database, story.labels(9)[4:], is_sample=True)

    rows = datasets.rows(database, build(Task.SENTIMENT).dataset_id)

    assert {(row.source_kind, row.input_text, row.output_text, row.weight) for row in rows} == {
        ("company", first.input_text, first.corrected_text, 1.0),
        ("monitor", second.input_text, second.corrected_text, 1.0),
    }
    assert next(row for row in rows if row.source_kind == "monitor").visitor_id == ""


def test_sample_rows_and_real_ones_are_never_in_one_dataset(database: Database, build: Build) -> None:
    said = story.translations(30)
    story.corrected(database, Task.TRANSLATE, said[:10], story.visitors(database, 2))
    made_up = story.visitors(database, 2, is_sample=True, begin="sample")
    story.corrected(database, Task.TRANSLATE, said[10:], made_up, is_sample=True)

    real, sample = build(Task.TRANSLATE), build(Task.TRANSLATE, is_sample=True)

    assert (real.total, real.is_sample) == (10, False)
    assert (sample.total, sample.is_sample) == (20, True)
    assert datasets.datasets(database, Task.TRANSLATE) == (real,)
    assert datasets.datasets(database, Task.TRANSLATE, is_sample=True) == (sample,)


HANDBOOK = Passage("returns-1", "returns", "Returns", "Returns", "You may return a lamp within 30 days.")


def a_reply(**changes: Any) -> dict[str, Any]:
    cited = (Citation(1, HANDBOOK, HANDBOOK.text, 0.8),)
    reply = Reply(HANDBOOK.text, (), cited, (), False, "en", 0.8, Origin("extracted"))
    return {"kind": "Reply", "value": to_plain(dataclasses.replace(reply, **changes))}


def test_support_learns_only_what_its_passages_say(database: Database, build: Build) -> None:
    request, right = {"knowledge_id": "handbook", "revision": 2}, "You may return a lamp within 30 days."
    said = [
        Said("How long may I return a lamp?", "A lamp.", right, request, "en", a_reply()),
        Said("And without a receipt?", "A lamp.", "You may return a lamp within 90 days.", request, "en", a_reply()),
        Said("Do lamps float?", "A lamp.", "Return it within 30 days.", {"knowledge_id": "own"}, "en", a_reply()),
        Said("May I return it?", "", "You may return a lamp within 30 days.", request, "en",
             a_reply(citations=(), nearest=(HANDBOOK,), is_abstained=True)),
    ]  # fmt: skip
    story.corrected(database, Task.SUPPORT, said, story.visitors(database, 2))

    frozen = build(Task.SUPPORT)

    rows = {row.context["text"]: row for row in datasets.rows(database, frozen.dataset_id)}
    assert set(rows) == {said[0].input_text, said[3].input_text}
    assert HANDBOOK.text in rows[said[0].input_text].messages[0].content
    assert rows[said[0].input_text].context["quotes"] == [HANDBOOK.text]
    assert frozen.card["left_out"] == {LeftOut.NO_PASSAGES.value: 1, LeftOut.OWN_DOCUMENTS.value: 1}


def test_a_summary_is_learned_by_the_prompt_that_serves_it(database: Database, build: Build) -> None:
    text = "Ada: The oven is late.\nBob: It comes on Friday, and the fee is gone."
    said = [
        Said(text, "Late.", "- The oven comes on Friday.\n- The fee is gone.", {"length": "short", "form": "points"}),
        Said("x" * 7_000, "x", "Nothing but one letter.", {"length": "short", "form": "text"}),
    ]
    story.corrected(database, Task.SUMMARIZE, said, story.visitors(database, 2))

    frozen = build(Task.SUMMARIZE)

    (row,) = datasets.rows(database, frozen.dataset_id)
    assert row.output_text == "The oven comes on Friday. The fee is gone."
    assert [turn.role for turn in row.messages] == ["system", "user", "assistant"]
    assert row.context == {"text": text, "length": "short", "form": "points"}
    assert frozen.card["left_out"] == {LeftOut.TOO_LONG.value: 1}


def test_files_tables_and_unknown_languages_are_left_out(database: Database, build: Build) -> None:
    people = story.visitors(database, 2)
    said = [
        Said("letter.docx", "Brief", "Der Brief.", {"target": "de", "file": "letter.docx"}),
        Said("Hello there, my friend.", "Hallo.", "Ok", {}),
        Said("Hello there, old friend.", "Hallo.", "Hallo, alter Freund.", {"target": "de"}),
    ]
    story.corrected(database, Task.TRANSLATE, said, people)

    frozen = build(Task.TRANSLATE)

    assert inputs(datasets.rows(database, frozen.dataset_id)) == {said[2].input_text}
    assert frozen.card["left_out"] == {LeftOut.NOT_A_TEXT.value: 1, LeftOut.NO_LANGUAGES.value: 1}


def test_receipts_tell_the_first_dataset_only(database: Database, build: Build) -> None:
    people, said = story.visitors(database, 5), story.translations(12)
    (*_, one) = story.corrected(database, Task.TRANSLATE, said[:10], people)
    build(Task.TRANSLATE)
    (*_, other) = story.corrected(database, Task.TRANSLATE, said[10:], people)
    build(Task.TRANSLATE)

    with database.reading() as session:
        told = select(CorrectionStepRow.correction_id, CorrectionStepRow.detail).where(
            CorrectionStepRow.step == "dataset"
        )
        steps = session.execute(told).all()
    assert [detail for correction_id, detail in steps if correction_id == one] == ["1"]
    assert [detail for correction_id, detail in steps if correction_id == other] == ["2"]


def test_who_takes_something_back_is_left_out_of_what_is_read(database: Database, build: Build) -> None:
    people = story.visitors(database, 4)
    ids = story.corrected(database, Task.TRANSLATE, story.translations(12), people)
    good = [dataclasses.replace(one, output_text=one.corrected_text) for one in story.translations(16, seed=3)[12:]]
    rated = story.rated(database, Task.TRANSLATE, good, people)
    frozen = build(Task.TRANSLATE)

    with database.writing() as session:
        session.execute(update(VisitorRow).where(VisitorRow.visitor_id == people[0]).values(consent_train=False))
        session.execute(update(CorrectionRow).where(CorrectionRow.correction_id == ids[1]).values(status="rejected"))
        session.execute(delete(RatingRow).where(RatingRow.interaction_id == rated[2]))

    rows = datasets.rows(database, frozen.dataset_id)
    assert len(rows) == frozen.total - 4 - 1 - 1
    assert {row.visitor_id for row in rows} == set(people[1:])
    assert sum(datasets.usable(database, [frozen.dataset_id])[frozen.dataset_id].values()) == len(rows)
    assert datasets.dataset(database, frozen.dataset_id).sha256 == frozen.sha256


@pytest.mark.promise("R16")
def test_who_is_forgotten_is_gone_from_datasets_and_splits_and_the_next_is_another(
    database: Database, build: Build
) -> None:
    people = story.visitors(database, 5)
    story.corrected(database, Task.TRANSLATE, story.translations(20), people)
    frozen = build(Task.TRANSLATE)

    erasure.forget(database, people[0])

    after = datasets.dataset(database, frozen.dataset_id)
    assert after.erased == 4
    assert len(datasets.rows(database, frozen.dataset_id)) == 16
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SplitRow)) == 16
    assert build(Task.TRANSLATE).number == 2


def test_a_correction_taken_back_takes_its_texts_out_of_every_dataset(
    database: Database, build: Build, tmp_path: Path
) -> None:
    (person, *others) = story.visitors(database, 3)
    two = Said("One here. Two there.", "Eins. Zwei.", "Eins hier. Zwei dort.", {"target": "de"})
    (correction_id, *_) = story.corrected(database, Task.TRANSLATE, [two], [person])
    story.corrected(database, Task.TRANSLATE, story.translations(6), others)
    frozen = build(Task.TRANSLATE)
    assert frozen.total == 8

    recorder = Recorder(database, tmp_path / "spool")
    recorder.withdraw_correction(correction_id, person)
    recorder.withdraw_correction(correction_id, person)
    recorder.close()

    with database.reading() as session:
        texts = json.dumps([item.content for item in session.scalars(select(DatasetItemRow))])
        assert session.scalar(select(func.count()).select_from(SplitRow)) == 6
    assert "Zwei dort" not in texts
    assert datasets.dataset(database, frozen.dataset_id).erased == 2
    assert len(datasets.rows(database, frozen.dataset_id)) == 6


def test_a_freeze_that_is_stopped_leaves_nothing_to_see(database: Database, build: Build) -> None:
    story.corrected(database, Task.TRANSLATE, story.translations(20), story.visitors(database, 4))

    with pytest.raises(Stopped):
        build(Task.TRANSLATE, progress=StopsWhen("writing the dataset"))

    assert datasets.datasets(database) == ()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DatasetItemRow)) == 0
    assert build(Task.TRANSLATE).number == 1


def test_what_a_killed_process_left_half_written_is_never_seen_and_swept_away(database: Database, build: Build) -> None:
    story.corrected(database, Task.TRANSLATE, story.translations(8), story.visitors(database, 4))
    half = {"task": "translate", "number": -1, "sha256": "", "card": {}, "created_by": "Fay"}
    with database.writing() as session:
        session.add(DatasetRow(dataset_id="half", created_at=story.BEGIN, **half))

    assert datasets.datasets(database) == ()
    with pytest.raises(NotYours):
        datasets.dataset(database, "half")
    assert build(Task.TRANSLATE).number == 1
    with database.reading() as session:
        assert session.get(DatasetRow, "half") is None


@pytest.mark.promise("R16")
def test_who_is_forgotten_while_it_is_frozen_is_not_in_it(database: Database, build: Build) -> None:
    people = story.visitors(database, 5)
    story.corrected(database, Task.TRANSLATE, story.translations(20), people)

    class Forgets(Progress):
        def advance(self, done: int, total: int, doing: str) -> None:
            if doing == "reading the texts" and len(people) == 5:
                erasure.forget(database, people.pop())

    frozen = build(Task.TRANSLATE, progress=Forgets())

    assert frozen.total == 16
    rows = datasets.rows(database, frozen.dataset_id)
    assert len(rows) == frozen.total
    assert {row.visitor_id for row in rows} <= set(people)


def test_two_founders_who_freeze_at_once_agree_on_what_is_held_out(database: Database, build: Build) -> None:
    people, said = story.visitors(database, 5), story.translations(60)
    story.corrected(database, Task.TRANSLATE, said[:40], people)
    begun: list[Dataset] = []

    class Meanwhile(Progress):
        def advance(self, done: int, total: int, doing: str) -> None:
            if doing == "writing the dataset" and not begun:
                begun.append(build(Task.TRANSLATE))

    last = build(Task.TRANSLATE, progress=Meanwhile())

    first = {row.row_id: row.split for row in datasets.rows(database, begun[0].dataset_id)}
    assert last == begun[0]
    assert first == {row.row_id: row.split for row in datasets.rows(database, last.dataset_id)}


class StopsWhen(Progress):
    """Somebody who stops the work when it says this."""

    def __init__(self, doing: str) -> None:
        super().__init__()
        self._doing = doing

    def advance(self, done: int, total: int, doing: str) -> None:
        if doing == self._doing:
            self.stop.set()


def test_the_state_that_a_head_reads_is_kept_with_each_label(database: Database, build: Build) -> None:
    story.corrected(database, Task.SENTIMENT, story.labels(12), story.visitors(database, 3))
    story.monitored(database, story.labels(16)[12:])

    frozen = build(Task.SENTIMENT)

    kept = datasets.vectors(database, frozen.dataset_id)
    assert set(kept) == {row.row_id for row in datasets.rows(database, frozen.dataset_id)}
    shelf = Shelf(dataclasses.replace(read_settings(), profile="fake"))
    row = datasets.rows(database, frozen.dataset_id)[0]
    (expected,) = shelf.classifier().pooled([row.input_text])  # type: ignore[attr-defined]
    np.testing.assert_allclose(kept[row.row_id], expected, atol=1e-3)


def test_a_dataset_that_is_not_there_is_said_so(database: Database) -> None:
    with pytest.raises(NotYours, match="no such dataset"):
        datasets.dataset(database, "../../etc/passwd")
    assert datasets.rows(database, "nothing") == ()


texts = some.text(max_size=80) | some.sampled_from(
    ["ada@example.org", "[email]", "+49 30 1234567", "a. b. c.", "neutral"]
)
requests = some.dictionaries(
    some.sampled_from(["target", "source", "length", "form", "knowledge_id", "file", "revision"]),
    some.sampled_from(["de", "en", "", "points", "handbook", "own", None, 7]),
    max_size=4,
)
outputs = some.sampled_from(
    [{}, {"kind": "Reply"}, {"kind": "Reply", "value": {"text": 5}}, {"kind": "Odd", "value": 1}]
)


@settings(max_examples=150)
@given(some.sampled_from(Task), texts, texts, texts, requests, outputs, some.sampled_from(["en", "de", "", "xx"]))
def test_whatever_was_typed_is_a_masked_row_or_a_reason(
    task: Task, asked: str, said: str, right: str, request: dict[str, Any], output: dict[str, Any], language: str
) -> None:
    source = Source("correction", "id", asked, said, right, story.BEGIN, "id", "ada", language, "", request, output)
    made = rows_of(task, source)
    assert isinstance(made, LeftOut) or made
    for row in () if isinstance(made, LeftOut) else made:
        whole = "\n".join([*(turn.content for turn in row.messages), row.rejected])
        assert "ada@example.org" not in whole
        assert "1234567" not in whole
        assert row.output_text.strip()
        assert row.rejected != row.output_text


# What other trainers read


@pytest.fixture
def exported(database: Database, build: Build) -> Callable[[Task, str], zipfile.ZipFile]:
    """Return a function that exports some rows of a task."""
    story.corrected(database, Task.TRANSLATE, story.translations(20), story.visitors(database, 4))
    story.corrected(database, Task.SENTIMENT, story.labels(20), story.visitors(database, 4))

    def as_zip(task: Task, form: str) -> zipfile.ZipFile:
        frozen = build(task)
        rows = datasets.rows(database, frozen.dataset_id)
        assert export(frozen, rows, form) == export(frozen, rows, form)
        return zipfile.ZipFile(io.BytesIO(export(frozen, rows, form)))

    return as_zip


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).decode().split("\n") if line]


def test_trl_reads_prompts_with_completions_and_pairs(exported: Callable[[Task, str], zipfile.ZipFile]) -> None:
    archive = exported(Task.TRANSLATE, "trl")
    supervised, pairs = lines(archive, "supervised/train.jsonl"), lines(archive, "preference/train.jsonl")
    assert [turn["role"] for turn in supervised[0]["prompt"]] == ["system", "user"]
    assert supervised[0]["prompt"][0]["content"] == "Translate from English into German."
    assert [turn["role"] for turn in supervised[0]["completion"]] == ["assistant"]
    assert pairs[0]["chosen"] == supervised[0]["completion"] != pairs[0]["rejected"]
    assert {"supervised/validation.jsonl", "supervised/test.jsonl", "README.md"} <= set(archive.namelist())


def test_llama_factory_finds_every_file_that_its_list_names(exported: Callable[[Task, str], zipfile.ZipFile]) -> None:
    archive = exported(Task.TRANSLATE, "llama-factory")
    known = json.loads(archive.read("dataset_info.json"))
    for name, one in known.items():
        first = lines(archive, one["file_name"])[0]
        assert set(one["columns"].values()) == set(first)
        assert one.get("ranking", False) == name.endswith("preference") == ("chosen" in first)
    assert len(known) == 6


def test_axolotl_gets_its_lines_of_configuration(exported: Callable[[Task, str], zipfile.ZipFile]) -> None:
    archive = exported(Task.SENTIMENT, "axolotl")
    config = archive.read("axolotl.yml").decode()
    assert "type: chat_template" in config
    assert "path: supervised/train.jsonl" in config
    first = lines(archive, "supervised/train.jsonl")[0]
    assert [turn["role"] for turn in first["messages"]] == ["system", "user", "assistant"]


def test_the_card_of_the_folder_names_its_parquet_files(exported: Callable[[Task, str], zipfile.ZipFile]) -> None:
    import pyarrow.parquet as pq

    archive = exported(Task.SENTIMENT, "datasets")
    card = archive.read("README.md").decode()
    files = [name for name in archive.namelist() if name.endswith(".parquet")]
    assert len(files) == 3
    assert all(f"path: {name}" in card for name in files)
    table = pq.read_table(io.BytesIO(archive.read(files[0])))
    assert {"text", "label", "weight"} <= set(table.column_names)


def test_an_unknown_form_is_refused(exported: Callable[[Task, str], zipfile.ZipFile]) -> None:
    with pytest.raises(NotAChoice, match="trl"):
        exported(Task.TRANSLATE, "pickle")


def test_no_export_says_whose_words_they_are(exported: Callable[[Task, str], zipfile.ZipFile]) -> None:
    for form in FORMS:
        archive = exported(Task.TRANSLATE, form)
        assert not any(b"visitor0" in archive.read(name) for name in archive.namelist())
