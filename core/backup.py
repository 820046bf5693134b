"""Backups: all that an installation knows in one file, taken while it runs; brought back to either kind of database.

A backup is a ZIP file with an SQLite database of all rows, whatever kind of database they came from, the files of
trained heads and adapters, the installation's key, and a manifest with the count and checksum of each table and the
SHA-256 of each file. It is as secret as the database itself, so its owner alone may read it.

What was forgotten stays in backups that were made before, until they are removed: hence `keep_days`. Bringing one back
forgets again whoever is known to have been forgotten, and logs every member out.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.config import Settings
from core.durable import to_disk
from core.errors import AlreadyThere, BackupDamaged, HearbackError
from core.progress import Progress
from core.store import restored, transfer
from core.store.db import Database
from core.store.transfer import Counted

FORMAT = 1
DATABASE = "database.db"
MANIFEST = "manifest.json"
KEY = "door.key"
UNFINISHED, RESTORING = ".unfinished-", ".restoring-"
_MANIFEST_BYTES = 16 * 1024 * 1024
_FILES_AT_MOST = 100_000
_ARTEFACT = re.compile(r"artefacts/[0-9a-f]{32}/[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}")
_NAME = re.compile(r"hearback-(\d{8}T\d{6}Z)\.zip")
_NAME_TIME = "%Y%m%dT%H%M%SZ"
_BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Backup:
    """What a backup holds: when it was made, rows by table, how many files of artefacts, and its size in bytes."""

    path: Path
    made_at: datetime
    tables: dict[str, Counted]
    files: int
    size: int

    @property
    def rows(self) -> int:
        """How many rows it holds in all tables together."""
        return sum(table.rows for table in self.tables.values())


def back_up(settings: Settings, folder: Path, progress: Progress | None = None, keep_days: int = 0) -> Backup:
    """Write a backup into `folder`, complete or not at all, while the app runs; then remove older ones.

    Backups that are more than `keep_days` days old are removed once the new one is safe; 0 keeps all. Raises
    AlreadyThere, StoreError, Stopped, and OSError where the disk is full.
    """
    made_at = datetime.now(UTC).replace(microsecond=0)
    path = folder / f"hearback-{made_at.strftime(_NAME_TIME)}.zip"
    if path.exists():
        raise AlreadyThere(what="backup", name=path.name)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear_up(folder, UNFINISHED)
    with tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED) as work:
        rows = _rows(settings, Path(work, DATABASE), progress or Progress())
        unfinished = Path(work, path.name)
        count = _pack(settings, unfinished, Path(work, DATABASE), made_at, rows)
        unfinished.replace(path)
    with suppress(OSError):  # the new name lasts through a power cut, where the system can
        to_disk(folder)
    if keep_days:
        _remove_old(folder, made_at - timedelta(days=keep_days))
    return Backup(path, made_at, rows, count, path.stat().st_size)


def restore(settings: Settings, path: Path, progress: Progress | None = None, *, is_replacing: bool = False) -> Backup:
    """Bring a backup back into the database and data folder of `settings`, all of it or nothing.

    Rows of an older schema are brought to the newest first. Raises BackupDamaged before anything is changed,
    DatabaseNotEmpty unless `is_replacing`, StoreError, Stopped.
    """
    progress = progress or Progress()
    settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _clear_up(settings.data_folder, RESTORING)
    with tempfile.TemporaryDirectory(dir=settings.data_folder, prefix=RESTORING) as work:
        told = _unpack(path, Path(work), progress)
        source, target = Database(f"sqlite:///{Path(work, DATABASE)}"), Database(settings.database_url)
        try:
            _check_rows(source, told, path, progress)
            source.migrate()
            target.migrate()
            gone = restored.forgotten_here(target)
            rows = transfer.copy(
                source,
                target,
                progress,
                is_replacing=is_replacing,
                at_end=lambda session: restored.settle(session, gone),
            )
        finally:
            source.close()
            target.close()
        _place_files(Path(work), settings.data_folder)
    made_at = datetime.fromisoformat(told["made_at"])
    return Backup(path, made_at, rows, len(told["files"]) - 1, path.stat().st_size)


def _rows(settings: Settings, to: Path, progress: Progress) -> dict[str, Counted]:
    """Write all rows as of one moment into an SQLite file, and return what its tables hold."""
    source, copy = Database(settings.database_url), None
    try:
        source.check()
        if source.is_sqlite:
            source.check_file()
            source.copy_file(to)
        copy = Database(f"sqlite:///{to}")
        copy.migrate()
        return transfer.counted(copy, progress) if source.is_sqlite else transfer.copy(source, copy, progress)
    finally:
        source.close()
        if copy is not None:
            copy.close()


def _pack(settings: Settings, to: Path, database: Path, made_at: datetime, rows: dict[str, Counted]) -> int:
    artefacts = sorted(path for path in (settings.data_folder / "artefacts").glob("*/*") if path.is_file())
    files = {f"artefacts/{path.parent.name}/{path.name}": path for path in artefacts}
    files = {name: path for name, path in files.items() if _ARTEFACT.fullmatch(name)}
    if (settings.data_folder / KEY).is_file():
        files[KEY] = settings.data_folder / KEY
    digests = {}
    with to.open("xb") as file:
        to.chmod(0o600)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name, path in {DATABASE: database, **files}.items():
                # What a promotion or a sweep takes away meanwhile is not part of it.
                with suppress(FileNotFoundError):
                    digests[name] = _put(packed, name, path)
            told = {
                "format": FORMAT,
                "made_at": made_at.isoformat(),
                "tables": {name: asdict(table) for name, table in rows.items()},
                "files": digests,
            }
            packed.writestr(MANIFEST, json.dumps(told, indent=1))
        file.flush()
        os.fsync(file.fileno())
    return len(digests) - 1


def _put(packed: zipfile.ZipFile, name: str, path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file, packed.open(name, "w", force_zip64=True) as out:
        while block := file.read(_BLOCK):
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def _unpack(path: Path, to: Path, progress: Progress) -> dict[str, Any]:
    """Write what the manifest names into `to`, each file checked, and return the manifest; raises BackupDamaged."""
    try:
        with zipfile.ZipFile(path) as packed:
            info = packed.getinfo(MANIFEST)
            if info.file_size > _MANIFEST_BYTES:
                raise BackupDamaged(name=path.name, why="its manifest is too long")
            told: dict[str, Any] = json.loads(packed.read(info))
            files = told["files"]
            if told["format"] != FORMAT:
                raise BackupDamaged(name=path.name, why="another version of Hearback made it")
            if DATABASE not in files or len(files) > _FILES_AT_MOST:
                raise BackupDamaged(name=path.name, why="its manifest does not fit")
            needed = sum(packed.getinfo(name).file_size for name in files)
            if needed > shutil.disk_usage(to).free:
                raise BackupDamaged(name=path.name, why=f"unpacked it needs {needed / 1e9:.1f} GB, more than is free")
            for number, (name, digest) in enumerate(sorted(files.items())):
                progress.check()
                progress.advance(number, len(files), "unpacking")
                if name not in (DATABASE, KEY) and not _ARTEFACT.fullmatch(name):
                    raise BackupDamaged(name=path.name, why="it holds a file that does not belong there")
                if _take(packed, name, to / name) != digest:
                    raise BackupDamaged(name=path.name, why=f"{name} is not what it was")
    except HearbackError:
        raise
    except FileNotFoundError as error:
        raise BackupDamaged(name=path.name, why="there is no such file") from error
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupDamaged(name=path.name, why="it is no backup, or only a part of one") from error
    return told


def _take(packed: zipfile.ZipFile, name: str, to: Path) -> str:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    left = packed.getinfo(name).file_size
    with packed.open(name) as file, to.open("xb") as out:
        to.chmod(0o600)
        while block := file.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile("longer than it says")
            digest.update(block)
            out.write(block)
    return digest.hexdigest()


def _check_rows(source: Database, told: dict[str, Any], path: Path, progress: Progress) -> None:
    """Raise BackupDamaged unless each table that this version knows as well holds what the manifest says.

    Of another schema nothing can be said before it was brought to this one; the file's own digest stands for it.
    """
    try:
        source.check()
    except HearbackError:
        return
    if {name: asdict(table) for name, table in transfer.counted(source, progress).items()} != told["tables"]:
        raise BackupDamaged(name=path.name, why="its rows are not what they were")


def _place_files(work: Path, data_folder: Path) -> None:
    """Put the artefacts and the key where they belong; an artefact that is there is the same by its id."""
    for folder in sorted((work / "artefacts").glob("*")):
        to = data_folder / "artefacts" / folder.name
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not to.exists():
            folder.replace(to)
    if (work / KEY).is_file():
        (work / KEY).replace(data_folder / KEY)


def _clear_up(folder: Path, begin: str) -> None:
    """Remove what a process left that was killed a day ago or longer: it holds all that people said."""
    long_ago = time.time() - timedelta(days=1).total_seconds()
    for left in folder.glob(f"{begin}*"):
        with suppress(OSError):
            if left.stat().st_mtime < long_ago:
                shutil.rmtree(left)


def _remove_old(folder: Path, until: datetime) -> None:
    for path in folder.glob("hearback-*.zip"):
        found = _NAME.fullmatch(path.name)
        if found and datetime.strptime(found[1], _NAME_TIME).replace(tzinfo=UTC) < until:
            path.unlink(missing_ok=True)
