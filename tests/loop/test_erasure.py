"""Somebody who wants to be forgotten is: in every table, in the files, in what waits, and in what would learn."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from core.errors import Forgotten, NotYours
from core.loop import RunState, Split
from core.store import erasure, queries, runs
from core.store.columns import now
from core.store.db import Database
from core.store.erasure import forget
from core.store.loop_tables import ArtefactRow, DatasetRow, RunRow
from core.store.office_tables import AuditRow, GapQuestionRow, GapRow
from core.store.record import Recorder
from core.store.spool import Spool
from core.types import Consent
from tests.core.store_stories import an_interaction
from tests.loop.erasure_stories import ALL, MARK, a_dataset, a_life, a_run, an_artefact, left, tables_with


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    recorder = Recorder(database, tmp_path / "spool")
    yield recorder
    recorder.close()


@pytest.mark.promise("R16")
def test_nothing_of_a_forgotten_visitor_is_left_in_any_table(database: Database, recorder: Recorder) -> None:
    life = a_life(database, recorder, "visitor number one")
    a_dataset(database, "d1", [(life, Split.TRAIN)])
    an_artefact(database, "a1", "d1", 1, life)
    planted = tables_with(database, life.visitor_id)
    assert planted == {table.name for table in erasure.tables()}, "leave a row of the story's visitor in each table"
    assert left(database, MARK)

    erased = recorder.forget(life.visitor_id)

    assert left(database, MARK, life.interaction_id, life.correction_id) == []
    # The story itself calls a gap and a member after the visitor.
    assert left(database, life.visitor_id) == ["gaps.gap_id", "members.name"]
    assert set(erased.rows) == planted
    assert min(erased.rows.values()) >= 1
    assert erased.is_scrubbed


@pytest.mark.promise("R16")
def test_no_file_of_the_database_holds_the_words_any_more(
    database: Database, recorder: Recorder, tmp_path: Path
) -> None:
    if not database.is_sqlite:
        pytest.skip("a server's files are its own")
    file = Path(str(database.url.database))
    life = a_life(database, recorder, "ada")
    a_dataset(database, "d1", [(life, Split.TRAIN)])
    for number in range(200):  # enough to fill pages of their own, and to free them
        recorder.interaction(an_interaction(visitor_id="ada", input_text=f"{MARK} {number} " * 50, consent=ALL))
    recorder.interaction(an_interaction(visitor_id="eve", input_text="Where is my lamp?", consent=ALL))
    assert recorder.flush()
    assert any(MARK.encode() in one.read_bytes() for one in file.parent.iterdir())

    assert recorder.forget("ada").is_scrubbed

    found = [one.name for one in [*file.parent.iterdir(), *(tmp_path / "spool").glob("*")] if holds(one, MARK)]
    assert found == []
    assert holds(file, "Where is my lamp?")


def holds(file: Path, words: str) -> bool:
    return file.is_file() and words.encode() in file.read_bytes()


def test_a_reader_who_holds_the_log_is_told_of_not_waited_for_for_ever(impatient: Database, tmp_path: Path) -> None:
    if not impatient.is_sqlite:
        pytest.skip("PostgreSQL keeps no such log")
    recorder = Recorder(impatient, tmp_path / "spool")
    a_life(impatient, recorder, "ada")
    folder = Path(str(impatient.url.database)).parent
    with impatient.reading() as session:
        session.execute(select(GapRow)).all()
        assert not recorder.forget("ada").is_scrubbed
        impatient.optimize()  # does not wait either
        assert any(holds(one, MARK) for one in folder.iterdir())
    impatient.optimize()
    assert not any(holds(one, MARK) for one in folder.iterdir()), "the upkeep after that must have emptied it"
    assert forget(impatient, "ada").is_scrubbed
    recorder.close()


def test_others_keep_all_that_is_theirs(database: Database, recorder: Recorder) -> None:
    ada, eve = a_life(database, recorder, "ada"), a_life(database, recorder, "eve", "Evesmark")
    a_dataset(database, "d1", [(ada, Split.TRAIN), (eve, Split.TRAIN)], mark="Both")
    before = [place for place in left(database, "Evesmark") if not place.startswith("members")]

    recorder.forget("ada")

    assert [place for place in left(database, "Evesmark") if not place.startswith("members")] == before
    assert queries.interaction(database, "eve", eve.interaction_id).input_text == "Evesmark asks?"
    assert tables_with(database, "eve") >= {"corrections", "memory", "splits", "reviews", "surveys"}


def test_forgetting_twice_or_somebody_unknown_changes_nothing(database: Database, recorder: Recorder) -> None:
    a_life(database, recorder, "ada")
    recorder.forget("ada")
    assert recorder.forget("ada").rows == {"visitors": 1}
    with database.reading() as session:
        told = session.scalars(select(AuditRow).where(AuditRow.action == "forgot a visitor")).all()
    assert len(told) == 1
    assert told[0].detail["rows"] > 10
    assert "ada" not in json.dumps(told[0].detail)


@pytest.mark.promise("R16")
def test_what_learned_from_the_visitor_is_flagged_and_what_only_was_compared_on_them_is_not(
    database: Database, recorder: Recorder
) -> None:
    ada, eve = a_life(database, recorder, "ada"), a_life(database, recorder, "eve", "Eve")
    a_dataset(database, "learned", [(ada, Split.TRAIN), (eve, Split.TRAIN), (ada, Split.HELD_OUT)])
    a_dataset(database, "chosen", [(ada, Split.VALIDATION), (eve, Split.TRAIN)])
    a_dataset(database, "compared", [(eve, Split.TRAIN), (ada, Split.HELD_OUT)])
    a_dataset(database, "apart", [(eve, Split.TRAIN)], mark="Eve")
    for number, name in enumerate(("learned", "chosen", "compared", "apart"), 1):
        an_artefact(database, f"of {name}", name, number)

    erased = recorder.forget("ada")

    assert erased.artefacts == ("of chosen", "of learned")
    with database.reading() as session:
        flags = {one.artefact_id: one.flag for one in session.scalars(select(ArtefactRow))}
        lost = {one.dataset_id: (one.erased, one.erased_at is not None) for one in session.scalars(select(DatasetRow))}
    assert flags["of compared"] == flags["of apart"] == ""
    assert flags["of learned"] == flags["of chosen"]
    assert f"{now():%d %B %Y}" in flags["of learned"]
    assert "Train it anew" in flags["of learned"]
    assert lost == {"learned": (2, True), "chosen": (1, True), "compared": (1, False), "apart": (0, False)}


@pytest.mark.promise("R16")
def test_runs_that_have_read_the_rows_are_stopped_and_one_that_waits_goes_on_without_them(
    database: Database, recorder: Recorder
) -> None:
    ada = a_life(database, recorder, "ada")
    a_dataset(database, "d1", [(ada, Split.TRAIN)])
    a_dataset(database, "d2", [(ada, Split.HELD_OUT)])
    a_run(database, "runs", "d1", RunState.RUNNING)
    a_run(database, "resumes", "d1", RunState.QUEUED, attempt=1)
    a_run(database, "waits", "d1", RunState.QUEUED, attempt=0)
    a_run(database, "is over", "d1", RunState.FINISHED)
    a_run(database, "compares", "d2", RunState.QUEUED, attempt=1)

    erased = recorder.forget("ada")

    assert erased.runs == ("resumes", "runs")
    with database.reading() as session:
        found = {run.run_id: (run.is_stopping, run.error, run.state) for run in session.scalars(select(RunRow))}
    assert found["runs"] == (True, erasure.RUN_STOPPED, RunState.RUNNING)
    assert found["resumes"] == (True, erasure.RUN_STOPPED, RunState.CANCELLED)
    assert {found[name][:2] for name in ("waits", "is over", "compares")} == {(False, "")}
    assert runs.end(database, "runs", 1, RunState.CANCELLED)
    assert runs.run(database, "runs").error == erasure.RUN_STOPPED


def test_what_is_published_by_a_run_that_read_the_rows_before_is_flagged_too(
    database: Database, recorder: Recorder
) -> None:
    ada = a_life(database, recorder, "ada")
    a_dataset(database, "d1", [(ada, Split.TRAIN)])
    before = now()
    recorder.forget("ada")
    with database.reading() as session:
        assert "forgotten" in erasure.flag_of(session, "d1", before)
        assert erasure.flag_of(session, "d1", now()) == ""
        assert erasure.flag_of(session, "unknown", before) == ""


def test_a_gap_is_no_longer_called_by_the_words_of_who_was_forgotten(database: Database, recorder: Recorder) -> None:
    ada, eve = a_life(database, recorder, "ada"), a_life(database, recorder, "eve", "Evesmark")
    with database.writing() as session:
        session.add(GapQuestionRow(gap_id="g ada", interaction_id=eve.interaction_id))
        session.add(GapRow(gap_id="alone", knowledge_id="handbook", title=f"{MARK} asks?", document="returns"))
        session.flush()
        session.add(GapQuestionRow(gap_id="alone", interaction_id=ada.interaction_id))
    recorder.forget("ada")
    with database.reading() as session:
        titles = {gap.gap_id: gap.title for gap in session.scalars(select(GapRow))}
    assert titles == {"g ada": "Evesmark asks?", "alone": "returns", "g eve": "Evesmark asks?"}


@pytest.mark.promise("R16")
def test_what_waits_in_the_spool_does_not_come_back(database: Database, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    torn = an_interaction(visitor_id="ada", input_text=f"{MARK} torn")
    spool.append([an_interaction(visitor_id="ada", input_text=MARK), an_interaction(visitor_id="eve"), torn])
    spool.refuse('{"visitor_id": "ada", "input_text": "' + MARK)
    spool.refuse('{"visitor_id": "eve"}')
    recorder = Recorder(database, tmp_path / "spool")
    recorder.forget("ada")
    assert recorder.flush()
    recorder.close()
    assert left(database, MARK, "'ada'") == []
    assert len(queries.history(database, "eve")) == 1
    assert (tmp_path / "spool" / "refused.jsonl").read_text() == '{"visitor_id": "eve"}\n'


def test_a_record_that_another_process_still_holds_is_dropped_when_it_comes(
    database: Database, recorder: Recorder, tmp_path: Path
) -> None:
    """The other process knows nothing of what was forgotten but what the database says."""
    other = Recorder(database, tmp_path / "its own spool")
    a_life(database, recorder, "ada")
    recorder.forget("ada")
    other.interaction(an_interaction(visitor_id="ada", input_text=MARK, consent=ALL))
    other.interaction(an_interaction(visitor_id="eve", consent=ALL))
    assert other.flush()
    other.close()
    assert tables_with(database, "ada") == set()
    assert len(queries.history(database, "eve")) == 1
    assert not (tmp_path / "its own spool" / "refused.jsonl").exists()


def test_a_window_that_is_still_open_is_told_to_reload(database: Database, recorder: Recorder) -> None:
    life = a_life(database, recorder, "ada")
    recorder.forget("ada")
    with pytest.raises(Forgotten, match="Reload"):
        recorder.welcome("ada")
    with pytest.raises(Forgotten):
        recorder.choose("ada", ALL)
    with pytest.raises(NotYours):
        recorder.correct(life.interaction_id, "ada", "again", "again")
    assert recorder.visitor("ada").consent == Consent()
    assert tables_with(database, "ada") == set()


@pytest.mark.promise("R16")
def test_a_visitor_who_is_forgotten_while_answers_stream_in_stays_forgotten(
    database: Database, recorder: Recorder, tmp_path: Path
) -> None:
    """Three processes write for the visitor as fast as they can while one forgets."""
    a_life(database, recorder, "ada")
    others = [Recorder(database, tmp_path / f"spool {number}") for number in range(3)]
    is_over = threading.Event()

    def write(writer: Recorder) -> None:
        while not is_over.is_set():
            writer.interaction(an_interaction(visitor_id="ada", input_text=MARK, consent=ALL))
            writer.interaction(an_interaction(visitor_id="eve", consent=ALL))
            writer.flush(1)

    threads = [threading.Thread(target=write, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    try:
        is_over.wait(0.2)
        recorder.forget("ada")
        is_over.wait(0.2)
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        for one in others:
            assert one.flush()
            one.close()
    assert tables_with(database, "ada") == set()
    assert left(database, MARK) == []
    assert queries.history(database, "eve")
    assert not list(tmp_path.glob("*/refused.jsonl"))
