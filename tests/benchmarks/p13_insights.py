"""P13: what a founder waits for the page of insights on 1,000,000 interactions, beside the same page on 1,000.

Both histories are seeded and cover the same year, with ratings, corrections and hand-offs, in the same kind of
database: SQLite here, PostgreSQL in `p13_insights_postgres`. The page itself is run, without a browser: every section,
first for the last four weeks and then for all time, with nothing kept between two looks. Beside it stands what else a
founder's pages ask of a million uses, how long somebody who rates waits while days are counted, and the disk they take.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import text

from core.knowledge.library import HANDBOOK
from core.office import Office, usage
from core.store import cells, citations, gaps, members, revisions, rollups
from core.store.db import Database
from core.types import Member, Role, Scope
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.seeded_year import fill

BARS = ("P13",)
FEW, MANY = 1_000, 1_000_000
ROUNDS = 5
LOOKS = 1  # at each section, in each round
SECTIONS = ("Use", "Coming back", "Quality", "Speed", "Languages")
PERIODS = ("4 weeks", "All")
FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"


def measure() -> list[Figure]:
    """Return the ratio of the 95th percentiles by period, and what lies under them."""
    return measure_on("SQLite", lambda folder, n: f"sqlite:///{folder / f'of_{n}' / 'hearback.db'}")


@dataclass(frozen=True)
class _Company:
    """A database with its history, the office over it and a founder in it."""

    opened: Any
    office: Office
    database: Database
    founder: Member
    token: str
    counting_seconds: float


def measure_on(kind: str, url: Callable[[Path, int], str]) -> list[Figure]:
    """Return all figures of one kind of database, with one of `FEW` and one of `MANY` uses at `url`."""
    with tempfile.TemporaryDirectory() as name:
        companies = {n: _company(Path(name), n, url(Path(name), n)) for n in (FEW, MANY)}
        many = companies[MANY]
        try:
            with mock.patch.object(usage, "KEPT_SECONDS", 0.0):
                pages = {period: _pages(companies, period) for period in PERIODS}
                calls = _seconds(lambda: _ask_all(many))
                fresh = [_one_more(many) for _ in range(10)]
            others = {
                f"{what}, {period}": _seconds(partial(ask, many.database, scope), rounds=2)
                for period, scope in {"4 weeks": _weeks(), "all time": Scope()}.items()
                for what, ask in OTHERS.items()
            }
            waits = _waits(many.database)
            size = _bytes(many.database)
        finally:
            for company in companies.values():
                company.opened.close()
    of = f"{MANY:,} interactions, {kind}"
    return [
        *[_ratio(kind, period, rounds) for period, rounds in pages.items()],
        _milliseconds(f"all that the page asks the office, all time, {of}", calls),
        _milliseconds(f"counting a day and its week anew after one more use, {of}", fresh),
        *[_milliseconds(f"{what}, {of}", seconds) for what, seconds in others.items()],
        Figure(
            *("P13", f"a rating waits while four weeks are counted, p95, {of}", _p95(waits) * 1000, "ms", len(waits)),
            spread=f"longest {max(waits) * 1000:.0f} ms",
            is_lower_better=True,
        ),
        Figure("P13", f"counting for the first time, {of}", many.counting_seconds, "s", 1, is_lower_better=True),
        Figure(
            *("scale", f"on disk, {of}", size / 2**20, "MiB", 1),
            note="texts as short as a line, outputs of half a KB; with its indexes and what is counted of it",
            is_lower_better=True,
        ),
    ]


# What else a founder's pages ask of all uses, straight from the store.
OTHERS: dict[str, Callable[[Database, Scope], Any]] = {
    "citations by passage": lambda database, scope: citations.by_passage(database, HANDBOOK, scope),
    "citations by document": lambda database, scope: citations.by_document(database, HANDBOOK, scope),
    "questions without an answer": lambda database, scope: gaps.questions(database, HANDBOOK, scope, 2_000),
    "market fit by segment and task": cells.counts,
}


def _ratio(kind: str, period: str, rounds: list[dict[int, list[float]]]) -> Figure:
    """Return the ratio of the 95th percentiles of all looks, with the ratios of the rounds as its spread."""
    few, many = ([one for each in rounds for one in each[n]] for n in (FEW, MANY))
    return Figure(
        bar="P13",
        name=f"insights page, {period}, p95 on {MANY:,} interactions over that on {FEW:,}, {kind}",
        value=_p95(many) / _p95(few),
        unit="x",
        n=len(many),
        spread=rounds_spread([_p95(each[MANY]) / _p95(each[FEW]) for each in rounds]),
        floor=5.0,
        aim=1.5,
        peer=f"the same on {FEW:,}: p95 {_p95(few) * 1000:.0f} ms",
        note=f"p95 {_p95(many) * 1000:.0f} ms, median {statistics.median(many) * 1000:.0f} ms; five sections, "
        "page run without a browser, nothing kept",
    )


def _milliseconds(name: str, seconds: list[float]) -> Figure:
    values = [one * 1000 for one in seconds]
    return Figure(
        "P13", name, statistics.median(values), "ms", len(values), rounds_spread(values), is_lower_better=True
    )


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _pages(companies: dict[int, _Company], period: str) -> list[dict[int, list[float]]]:
    """Return the seconds of every look at the page, by round and size, the sizes taking turns."""
    from streamlit.testing.v1 import AppTest

    looks = {}
    for n, company in companies.items():
        with _at(company):
            looks[n] = AppTest.from_file(str(FRAME), default_timeout=120)
            looks[n].session_state["member_token"] = company.token
            looks[n].session_state["scope_period"] = period
            looks[n].run().switch_page("founder/insights.py").run()
    rounds = []
    for number in range(ROUNDS + 1):
        seconds: dict[int, list[float]] = {n: [] for n in companies}
        for section in SECTIONS * (LOOKS if number else 1):
            for n, company in companies.items():
                with _at(company):
                    app = looks[n]
                    app.segmented_control("insights_section").set_value(section)
                    start = time.perf_counter()
                    app.run()
                    seconds[n].append(time.perf_counter() - start)
                    if app.exception or app.error:
                        raise RuntimeError([one.value for one in (*app.exception, *app.error)])
        rounds.append(seconds)
    return rounds[1:]  # the first one warms up


def _ask_all(company: _Company) -> None:
    """Ask for all that the five sections ask for, over all time."""
    room, who, scope = company.office.usage, company.founder, Scope()
    for ask in (room.overview, room.course, room.funnel, room.cohorts, room.speed, room.quality, room.languages):
        ask(who, scope)
    room.quality_by_weights(who, scope)
    room.resolution(who, scope)


def _seconds(ask: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return the seconds of a call by round, the first one left out."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def _weeks() -> Scope:
    today = datetime.now(UTC).date()
    return Scope(since=today - timedelta(days=today.weekday() + 21), until=today)


def _waits(database: Database) -> list[float]:
    """Return how long each of many ratings took to save while four weeks of days were counted anew."""
    with database.writing() as session:
        last = session.execute(text("SELECT DISTINCT day FROM usage_days ORDER BY day DESC LIMIT 28")).scalars().all()
        rated = session.execute(text("SELECT interaction_id FROM ratings LIMIT 1")).scalar_one()
        session.execute(
            text("INSERT INTO usage_marks (day, is_sample, is_week) VALUES (:day, :no, :no)"),
            [{"day": day, "no": False} for day in last],
        )
        # As for the first time: all that was counted of them is different.
        session.execute(text("DELETE FROM usage_visitor_days WHERE day >= :day"), {"day": last[-1]})
    counting = threading.Thread(target=rollups.refresh, args=(database, 120.0))
    counting.start()
    waits = []
    while counting.is_alive():
        start = time.perf_counter()
        with database.writing() as session:
            session.execute(text("UPDATE ratings SET comment = comment WHERE interaction_id = :id"), {"id": rated})
        waits.append(time.perf_counter() - start)
        time.sleep(0.01)
    counting.join()
    rollups.refresh(database, 60)
    return waits


def _bytes(database: Database) -> int:
    sizes = {
        True: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        False: "SELECT pg_database_size(current_database())",
    }
    with database.reading() as session:
        return int(session.execute(text(sizes[database.is_sqlite])).scalar_one())


def _one_more(company: _Company) -> float:
    """Return the seconds of counting what one more use of the last day changes."""
    with company.database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql(
            "UPDATE interactions SET language = language WHERE interaction_id = "
            "(SELECT interaction_id FROM interactions ORDER BY started_at DESC LIMIT 1)"
        )
    start = time.perf_counter()
    rollups.refresh(company.database)
    return time.perf_counter() - start


@contextmanager
def _at(company: _Company) -> Iterator[None]:
    """Let the pages work on this company's database."""
    from pages.parts import wiring

    with mock.patch.object(wiring, "_opened", return_value=company.opened):
        yield


def _company(folder: Path, n: int, url: str) -> _Company:
    from core.config import read_settings
    from core.desk import Desk
    from core.health import Watch
    from core.house import open_house
    from pages.parts import wiring

    data = folder / f"of_{n}"
    with mock.patch.dict(
        os.environ, {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(data), "HEARBACK_DATABASE_URL": url}
    ):
        house = open_house(read_settings())
    house.handbook.open()
    live = revisions.documents_of(house.database, HANDBOOK)
    fill(house.database, n, [passage.passage_id for one in live for passage in one.passages])
    start = time.perf_counter()
    rollups.refresh(house.database, 600)
    seconds = time.perf_counter() - start
    founder = members.add(house.database, "founder", Role.FOUNDER)
    token = members.open_session(house.database, founder.member_id, timedelta(hours=2))
    office = Office(house)
    desk = Desk(house)
    opened = wiring._Opened(house, desk, office, Watch(house, desk))
    return _Company(opened, office, house.database, founder, token, seconds)
