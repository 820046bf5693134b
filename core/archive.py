"""An archive of old uses: one Parquet file a month with their figures, written whole or not at all, and read back.

A file is written beside its place, read back and compared (how many rows, and a SHA-256 of what they say), and only
then gets its name; uses are only removed after that, and only if asked for. There are no texts in it and nobody's id:
see `core.store.archiving`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from core.durable import to_disk
from core.errors import BackupDamaged, OutOfRange
from core.progress import Progress
from core.store import archiving, retention, rollups
from core.store.db import Database

VERSION = "hearback archive 1"
_SUM = b"hearback.sha256"
_KIND = b"hearback.kind"


@dataclass(frozen=True)
class Archived:
    """A month's file with how many uses it holds and the SHA-256 of what they say; `removed` of them went here."""

    month: date
    file: Path
    uses: int
    sha256: str
    removed: int = 0


def month_of(text: str) -> date:
    """Return the first day of a month written as 2026-01; raises ValueError."""
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()


def archive(
    database: Database, before: date, folder: Path, progress: Progress | None = None, *, is_removing: bool = False
) -> tuple[Archived, ...]:
    """Write every month before `before` that has uses; with `is_removing` they go once their file is proved.

    A month that was written before is left alone. Raises OutOfRange for a month that is not over, OSError, StoreError,
    BackupDamaged where a file does not say what was written, Stopped.
    """
    progress = progress or Progress()
    this_month = datetime.now(UTC).date().replace(day=1)
    if before > this_month:
        raise OutOfRange(what="The month", value=before.strftime("%Y-%m"), low="the first", high=f"{this_month:%Y-%m}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = []
    found = archiving.months(database, before)
    for number, month in enumerate(found):
        progress.check()
        progress.advance(number, len(found), f"archiving {month:%Y-%m}")
        file = folder / f"uses-{month:%Y-%m}.parquet"
        if file.exists():
            uses, said = _proved(file)
        else:
            uses, said = _write(file, archiving.figures(database, month))
            if not uses:
                continue
            archiving.note(database, archiving.next_month(month) - timedelta(days=1), uses, file.name, said)
        done.append(Archived(month, file, uses, said))
    if is_removing and done:
        # The end of a month's last day stays until the day after it goes: visits reach over midnight.
        rollups.refresh(database, float("inf"), progress)
        until = archiving.next_month(done[-1].month) - timedelta(days=1)
        gone = retention.remove_uses(database, until, float("inf"), progress)
        done[-1] = Archived(done[-1].month, done[-1].file, done[-1].uses, done[-1].sha256, gone.uses)
    return tuple(done)


def restore(database: Database, files: Iterable[Path], progress: Progress | None = None) -> int:
    """Bring archived figures back; return how many uses came. Doing it twice is the same as once.

    Raises BackupDamaged for a file that is none of ours or not whole, or whose month is still there; OSError,
    StoreError, Stopped.
    """
    progress = progress or Progress()
    came = 0
    for file in files:
        _proved(file)
        for rows in _read(file):
            progress.check()
            if rows and not archiving.is_removed(database, rows[0]["started_at"].date()):
                raise BackupDamaged(name=file.name, why="its month is still in the database")
            came += archiving.put_back(database, rows)
            progress.advance(came, 0, f"uses of {file.name}")
    return came


def _write(file: Path, parts: Iterator[list[dict[str, Any]]]) -> tuple[int, str]:
    """Write a file beside its place, prove it, and give it its name; nothing is left where there are no rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    beside = file.with_suffix(".part")
    said, uses, writer = hashlib.sha256(VERSION.encode()), 0, None
    try:
        for rows in parts:
            writer = writer or pq.ParquetWriter(beside, _schema(pa), compression="zstd")
            writer.write_table(
                pa.Table.from_pylist([{n: row[n] for n in archiving.COLUMNS} for row in rows], _schema(pa))
            )
            uses += len(rows)
            _add(said, rows)
        if writer is None:
            return 0, ""
        writer.add_key_value_metadata({_SUM.decode(): said.hexdigest(), _KIND.decode(): VERSION})
        writer.close()
        beside.chmod(0o600)
        to_disk(beside)
        if _proved(beside) != (uses, said.hexdigest()):
            raise BackupDamaged(name=file.name, why="it does not say what was written")
        beside.replace(file)
        to_disk(file.parent)
    finally:
        beside.unlink(missing_ok=True)
    return uses, said.hexdigest()


def _proved(file: Path) -> tuple[int, str]:
    """Return how many uses a file holds and their SHA-256, or raise BackupDamaged where it is not as it was written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        told = pq.read_metadata(file).metadata or {}
        if told.get(_KIND) != VERSION.encode():
            raise BackupDamaged(name=file.name, why="it is no archive of uses")
        said, uses = hashlib.sha256(VERSION.encode()), 0
        for rows in _read(file):
            uses += len(rows)
            _add(said, rows)
    except pa.ArrowException as error:
        raise BackupDamaged(name=file.name, why="it is no archive of uses, or not a whole one") from error
    if told.get(_SUM) != said.hexdigest().encode():
        raise BackupDamaged(name=file.name, why="it is not as it was written")
    return uses, said.hexdigest()


def _read(file: Path) -> Iterator[list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file) as opened:
        for batch in opened.iter_batches(archiving.AT_ONCE, columns=list(archiving.COLUMNS)):
            yield batch.to_pylist()


def _add(said: Any, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        at = row["started_at"].astimezone(UTC).isoformat()
        said.update(repr([at if name == "started_at" else row[name] for name in archiving.COLUMNS]).encode())


def _schema(pa: Any) -> Any:
    kinds = {
        **{"started_at": pa.timestamp("us", "UTC"), "first_seconds": pa.float64(), "total_seconds": pa.float64()},
        **{
            "is_abstained": pa.bool_(),
            "is_handed_off": pa.bool_(),
            "knowledge_revision": pa.int32(),
            "score": pa.int8(),
        },
    }
    return pa.schema([(name, kinds.get(name, pa.string())) for name in archiving.COLUMNS])
