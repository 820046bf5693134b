"""The sample company: the same story every time, marked in every row, and gone without a trace."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from core.config import read_settings
from core.errors import NotAllowed, Stopped
from core.house import House, open_house
from core.journal import unpack
from core.office import Office
from core.progress import Progress
from core.samples import story
from core.store import rollups, samples
from core.store.tables import Base, InteractionRow, VisitorRow
from core.types import Consent, Disappointment, Member, Rating, Role, Scope, Task
from pages.parts.rating import REASONS
from pages.parts.visitor import COMPANY_SIZES, ROLES
from tests.core.sample_stories import UNTIL, History, a_history, short_history
from tests.core.store_stories import an_interaction

ANA = Member("ana", "Ana", Role.FOUNDER)
REN = Member("ren", "Ren", Role.REVIEWER)


@pytest.fixture(scope="module")
def history() -> History:
    """The rows of twelve weeks up to a Friday."""
    return a_history()


@pytest.fixture
def house(migrated_url: str, tmp_path: Path) -> Iterator[House]:
    """A house without weights on a database of this test's own."""
    environment = {
        "HEARBACK_PROFILE": "fake",
        "HEARBACK_DATA": str(tmp_path / "data"),
        "HEARBACK_DATABASE_URL": migrated_url,
    }
    opened = open_house(read_settings(environment))
    yield opened
    opened.close()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let loads take the visitors of the last days only."""
    monkeypatch.setattr("core.office.samples.build", lambda *_: short_history())


def test_the_same_seed_and_day_tell_the_same_story_and_another_seed_another(
    history: History,
) -> None:
    assert a_history() == history
    assert a_history(seed=7) != history


@pytest.mark.parametrize("until", [date(2026, 5, 11), date(2026, 5, 17)])
def test_there_are_enough_uses_whichever_day_of_the_week_it_is(until: date) -> None:
    rows = a_history(until)
    assert len(rows["interactions"]) >= story.LEAST_INTERACTIONS
    assert 600 <= len(rows["visitors"]) <= 900
    assert len(rows["surveys"]) == story.OVERALL_ANSWERS
    days = [row["started_at"].date() for row in rows["interactions"]]
    assert max(days) <= until
    assert min(days) >= until - timedelta(days=12 * 7 - 1)


def test_every_task_has_many_texts_in_several_languages(history: History) -> None:
    said = {task: {row["input_text"] for row in history["interactions"] if row["task"] == task} for task in Task}
    assert all(len(texts) >= 40 for texts in said.values()), {task: len(texts) for task, texts in said.items()}
    languages = Counter(row["language"] for row in history["interactions"])
    assert all(languages[code] > 30 for code in ("en", "de", "fr", "zh"))


def test_every_sample_answer_is_one_that_its_page_can_draw(history: History) -> None:
    outputs = {row["input_text"]: row["output"] for row in history["interactions"] if row["output"]}
    assert all(unpack(output) is not None for output in outputs.values())


def test_words_are_those_that_the_pages_offer(history: History) -> None:
    assert {key: set(reasons) for key, reasons in story.REASONS.items()} == {
        key: set(reasons) for key, reasons in REASONS.items()
    }
    assert {row["role"] for row in history["visitors"]} <= {"", *ROLES}
    assert {row["company_size"] for row in history["visitors"]} <= {"", *COMPANY_SIZES}
    assert {row["disappointment"] for row in history["surveys"]} == set(Disappointment)


def test_who_did_not_allow_it_has_no_texts_in_the_history(history: History) -> None:
    silent = [row for row in history["interactions"] if not row["consent_log"]]
    assert len(silent) > 100
    assert not any(row["input_text"] or row["output_text"] or row["messages"] or row["output"] for row in silent)
    spoken = {row["interaction_id"] for row in silent}
    assert not any(row["interaction_id"] in spoken for row in history["used_passages"])


def test_it_grows_and_people_come_on_working_days(history: History) -> None:
    weeks = Counter(row["started_at"].isocalendar().week for row in history["interactions"])
    counts = [weeks[week] for week in sorted(weeks)]
    assert len(counts) == story.WEEKS
    assert sum(counts[:4]) * 2 < sum(counts[-4:])
    weekend = sum(row["started_at"].weekday() > 4 for row in history["interactions"])
    assert weekend < len(history["interactions"]) * 0.15


def test_most_come_once_and_some_come_every_week(history: History) -> None:
    weeks: dict[str, set[int]] = {}
    for row in history["interactions"]:
        weeks.setdefault(row["visitor_id"], set()).add(row["started_at"].isocalendar().week)
    counts = Counter(len(seen) for seen in weeks.values())
    assert counts[1] > len(weeks) / 2
    assert sum(count for seen, count in counts.items() if seen >= 5) > 40


def test_the_planted_finding_is_in_the_rows_and_market_fit_finds_it(house: House, history: History) -> None:
    assert samples.load(house.database, ANA, history)
    for finding in (story.TO_WIN, story.STRONGEST):
        with house.database.reading() as session:
            answers = dict(
                session.execute(
                    text("SELECT disappointment, count(*) FROM surveys WHERE segment = :segment GROUP BY 1"),
                    {"segment": finding.segment},
                ).all()
            )
            down, rated = session.execute(
                text(
                    "SELECT sum(CASE WHEN score = 0 THEN 1 ELSE 0 END), count(*) FROM ratings JOIN interactions"
                    " ON interactions.interaction_id = ratings.interaction_id WHERE segment = :segment AND task = :task"
                ),
                {"segment": finding.segment, "task": finding.task.value},
            ).one()
        assert (answers["very"], answers["somewhat"], sum(answers.values())) == (
            finding.very, finding.somewhat, finding.answers,
        )  # fmt: skip
        assert rated > 100
        assert finding.least_down <= down / rated <= finding.most_down
    with house.database.reading() as session:
        very = session.scalar(text("SELECT count(*) FROM surveys WHERE disappointment = 'very'"))
        answered = session.scalar(text("SELECT count(*) FROM surveys"))
    assert (very, answered) == (story.OVERALL_VERY, story.OVERALL_ANSWERS)
    rollups.refresh(house.database)
    office = Office(house)
    fit = office.market.fit(ANA, Scope(is_sample=True))
    assert fit.finding is not None
    assert (fit.finding.cell.name, fit.finding.cell.task) == (story.TO_WIN.segment, story.TO_WIN.task)
    assert fit.strongest is not None
    assert (fit.strongest.name, fit.strongest.task) == (story.STRONGEST.segment, story.STRONGEST.task)
    assert (fit.whole.hits, fit.whole.n + fit.gone) == (story.OVERALL_VERY, story.OVERALL_ANSWERS)
    assert office.market.fit(ANA, Scope()).whole.n == 0


def test_the_biggest_gap_is_the_planted_one(history: History) -> None:
    abstained = Counter(row["input_text"] for row in history["interactions"] if row["is_abstained"])
    volts = sum(count for said, count in abstained.items() if "vol" in said.lower() or "plug" in said.lower())
    walls = sum(count for said, count in abstained.items() if "wall" in said.lower() or "mount" in said.lower())
    assert volts > 80
    assert volts > 2 * walls > 40


def test_translation_gets_quicker_and_better_with_the_new_weights_but_not_its_terms(
    history: History,
) -> None:
    done = [row for row in history["interactions"] if row["task"] == "translate" and row["ending"] == "finished"]
    by_weights = {row["weights_id"]: [] for row in done}
    for row in done:
        by_weights[row["weights_id"]].append(row["total_seconds"])
    before, after = (by_weights[versions[Task.TRANSLATE][0]] for versions in (story.BEFORE, story.AFTER))
    assert sorted(after)[len(after) // 2] < 0.8 * sorted(before)[len(before) // 2]


def test_corrections_hold_what_a_reviewer_must_tell_apart(history: History) -> None:
    corrections = history["corrections"]
    by_visitor = Counter(row["visitor_id"] for row in corrections)
    assert by_visitor.most_common(1)[0][1] > 30
    answers: dict[tuple[str, str], Counter[str]] = {}
    for row in corrections:
        answers.setdefault((row["input_text"], row["output_text"]), Counter())[row["corrected_text"]] += 1
    assert sum(max(counted.values()) >= 3 for counted in answers.values()) > 5  # repeated
    assert sum(len([n for n in counted.values() if n >= 2]) >= 2 for counted in answers.values()) >= 1  # disputed
    assert any("example.org" in row["corrected_text"] for row in corrections)
    assert {row["status"] for row in corrections} == {"saved", "approved", "rejected"}


def test_in_the_ninth_week_the_reviews_turn_bad_over_deliveries(history: History) -> None:
    start = UNTIL - timedelta(days=UNTIL.weekday(), weeks=story.WEEKS - 1)
    weeks: dict[int, list[bool]] = {}
    for row in history["monitor_texts"]:
        weeks.setdefault((date.fromisoformat(row["day"]) - start).days // 7, []).append(row["label"] == "negative")
    shares = {week: sum(negative) / len(negative) for week, negative in weeks.items()}
    assert len(shares) == story.WEEKS
    assert max(shares, key=lambda week: shares[week]) == story.BAD_WEEK
    assert shares[story.BAD_WEEK] > 0.5 > 0.4 > max(share for week, share in shares.items() if week != story.BAD_WEEK)


@pytest.mark.usefixtures("short")
def test_loading_twice_changes_nothing(house: House) -> None:
    room = Office(house).samples
    assert not room.is_loaded()
    assert room.load(ANA, until=UNTIL)
    assert room.is_loaded()
    before = _counts(house)
    assert not room.load(ANA)
    assert _counts(house) == before


@pytest.mark.usefixtures("short")
def test_everything_of_it_is_marked(house: House) -> None:
    Office(house).samples.load(ANA, until=UNTIL)
    with house.database.reading() as session:
        for row in (VisitorRow, InteractionRow):
            assert not session.scalar(select(func.count()).where(row.is_sample.is_(False)))


@pytest.mark.usefixtures("short")
def test_removing_leaves_what_was_there_and_nothing_else(house: House) -> None:
    house.handbook.open()
    house.recorder.choose("ada", Consent(log=True, train=True), "Support", "11 to 50")
    house.recorder.interaction(told := an_interaction(started_at=datetime(2026, 5, 4, 9, tzinfo=UTC)))
    house.recorder.rate(Rating(told.interaction_id, 0, ("Wrong",)), "ada")
    house.recorder.correct(told.interaction_id, "ada", "60 days.", "key")
    before = _counts(house)
    room = Office(house).samples
    assert not room.remove(ANA)
    assert room.load(ANA, until=UNTIL)
    assert _counts(house)["interactions"] > 100
    assert room.remove(ANA)
    assert not room.is_loaded()
    assert _counts(house) == before
    with house.database.reading() as session:
        deeds = session.execute(text("SELECT name, action FROM audit ORDER BY audit_id")).all()
    assert [tuple(deed) for deed in deeds] == [("Ana", "loaded sample data"), ("Ana", "removed sample data")]


@pytest.mark.usefixtures("short")
def test_a_load_that_is_stopped_leaves_nothing(house: House) -> None:
    house.handbook.open()
    before = _counts(house)

    class Impatient(Progress):
        def advance(self, done: int, total: int, doing: str) -> None:
            if done > total // 2:
                self.stop.set()

    with pytest.raises(Stopped):
        Office(house).samples.load(ANA, Impatient(threading.Event()), UNTIL)
    assert _counts(house) == before
    assert not Office(house).samples.is_loaded()


def test_nobody_but_a_founder_may(house: House) -> None:
    room = Office(house).samples
    for member in (None, REN):
        with pytest.raises(NotAllowed):
            room.load(member)
        with pytest.raises(NotAllowed):
            room.remove(member)


def _counts(house: House) -> dict[str, int]:
    """Rows by table; what is counted together or written down of deeds has its own tests."""
    with house.database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != "audit" and not table.name.startswith("usage_")
        }
