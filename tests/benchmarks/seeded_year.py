"""A seeded year of a company in the tables themselves: what the benchmarks of figures look at, made in half a minute.

Rows go in by one statement a table; what the database does beside (marks of days, indexes, foreign keys) is put off
and done once at the end, as its own tools do when they restore a dump. The outputs are as long as real ones.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from core.store.db import Database
from core.types import Task

DAYS = 364
CHUNK = 20_000
INTERACTION = (
    "interaction_id visitor_id task started_at recorded_at input_text request output_text output messages language "
    "ending error path weights_id weights_sha256 adapter_id prompt_version settings first_seconds total_seconds "
    "memory_id is_abstained segment consent_log consent_train knowledge_id knowledge_revision"
)
TABLES = {
    "visitors": "visitor_id consent_log consent_train consent_version has_chosen role company_size created_at seen_at",
    "interactions": INTERACTION,
    "used_passages": "interaction_id position passage_id",
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
OUTPUT = json.dumps({"kind": "Reply", "value": {"text": TEXT * 2, "sentences": [TEXT, TEXT], "nearest": [TEXT] * 3}})
MESSAGES = json.dumps([{"role": "user", "content": TEXT}, {"role": "assistant", "content": TEXT * 2}])
REASONS = ("[]", '["Wrong"]', '["Too long"]')


def fill(database: Database, n: int, passage_ids: Sequence[str] = ("returns:1", "returns:2")) -> None:
    """Write a year of `n` interactions into empty, migrated tables; days are marked, nothing is counted yet."""
    pending: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
    connection = database.engine.raw_connection()
    try:
        if not database.is_sqlite:
            connection.driver_connection.statement_seconds = 3_600.0  # type: ignore[union-attr]
        cursor = connection.cursor()
        put_off = _put_off(cursor, database.is_sqlite)
        rows = _history(n, passage_ids)
        while some := list(islice(rows, CHUNK)):
            for table, row in some:
                pending[table].append(row)
            _write(cursor, pending, database.is_sqlite)
        day = (
            "substr(started_at, 1, 10)"
            if database.is_sqlite
            else "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
        )
        for statement in put_off:
            cursor.execute(statement)
        cursor.execute(f"INSERT INTO usage_marks (day, is_sample) SELECT DISTINCT {day}, is_sample FROM interactions")
        cursor.execute("COMMIT")
        cursor.execute("ANALYZE")
        connection.commit()
    finally:
        connection.close()


def _put_off(cursor: Any, is_sqlite: bool) -> list[str]:
    """Begin, take triggers and indexes away, and return the statements that bring them back."""
    tables = ", ".join(f"'{table}'" for table in TABLES)
    if is_sqlite:
        cursor.execute("PRAGMA secure_delete=OFF")
        cursor.execute("PRAGMA cache_size=-262144")
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(
            f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ({tables}) AND type IN ('index', 'trigger') "
            "AND sql IS NOT NULL"
        )
        found = cursor.fetchall()
        for kind, name, _ in found:
            cursor.execute(f"DROP {kind} {name}")
        return [sql for _, _, sql in found]
    cursor.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
    cursor.execute("SET statement_timeout = 0")
    cursor.execute("SET maintenance_work_mem = '256MB'")
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes JOIN pg_class ON pg_class.relname = indexname JOIN pg_index "
        f"ON indexrelid = pg_class.oid WHERE tablename IN ({tables}) AND NOT indisunique"
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f"DROP INDEX {name}")
    return [sql for _, sql in found]


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


def _history(n: int, passage_ids: Sequence[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Give the rows of a year in the order of time, as they would have been written."""
    chance = random.Random(13)
    visits, visitors = _visits(chance, n)
    for visitor_id, segment, arrived in visitors:
        role, _, size = segment.partition(", ")
        yield "visitors", (visitor_id, True, True, "1", True, role, size, _time(arrived), _time(arrived))
    for moment, number in visits:
        visitor_id, segment, _ = visitors[number]
        yield from _use(chance, f"{chance.getrandbits(128):032x}", visitor_id, segment, moment, passage_ids)


def _visits(chance: random.Random, n: int) -> tuple[list[tuple[datetime, int]], list[tuple[str, str, datetime]]]:
    """Return when who used something, and who they are: they come back as long as they stay, a month on average."""
    last = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    first = last - timedelta(days=DAYS)
    visits: list[tuple[datetime, int]] = []
    visitors: list[tuple[str, str, datetime]] = []
    while len(visits) < n:
        arrived = first + timedelta(days=chance.random() * DAYS)
        moment = arrived
        for _ in range(min(n - len(visits), 1 + int(chance.expovariate(1 / 16)))):
            visits.append((moment, len(visitors)))
            moment += timedelta(days=chance.choice([0.002, 0.004, 0.01, chance.expovariate(1 / 6)]))
            if moment > last:
                moment = arrived + (last - arrived) * chance.random()
        visitors.append((f"{chance.getrandbits(128):032x}", chance.choice(SEGMENTS), arrived))
    visits.sort()
    return visits, visitors


def _use(
    chance: random.Random,
    use_id: str,
    visitor_id: str,
    segment: str,
    moment: datetime,
    passage_ids: Sequence[str],
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    task = chance.choices(list(Task), (5, 2, 2, 1))[0]
    at = _time(moment)
    took = chance.lognormvariate(-0.5, 0.8)
    ending = chance.choices(("finished", "stopped", "failed"), (95, 3, 2))[0]
    is_support = task is Task.SUPPORT
    weights = "minilm" if is_support else chance.choice(("small", "small-2"))
    language = chance.choices(("en", "de", "zh", "fr"), (6, 2, 1, 1))[0]
    is_abstained = is_support and chance.random() < 0.15
    yield (
        "interactions",
        (
            *(use_id, visitor_id, task.value, at, at, TEXT, "{}", TEXT * 2, OUTPUT, MESSAGES, language, ending, ""),
            *("extracted", weights, "0" * 64, "", "1", "{}", took / 4, took, "", is_abstained, segment, True, True),
            *(("handbook", 1) if is_support else ("", 0)),
        ),
    )
    if is_support and not is_abstained and ending == "finished":
        for position, passage_id in enumerate(chance.sample(passage_ids, chance.choice((1, 2)))):
            yield "used_passages", (use_id, position, passage_id)
    if chance.random() < 0.12:
        score = int(chance.random() < 0.8)
        reasons = "[]" if score else chance.choice(REASONS)
        yield "ratings", (use_id, visitor_id, score, reasons, "", use_id, at, at)
    if chance.random() < 0.02:
        texts = (TEXT, TEXT, TEXT.upper(), chance.random())
        yield "corrections", (use_id, use_id, visitor_id, task.value, *texts, "saved", use_id, True, at)
    if is_support and chance.random() < 0.02:
        yield "hand_offs", (use_id, use_id, visitor_id, "a person, please", "", "open", at)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"
