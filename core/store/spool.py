"""Where interactions wait on disk while the database is away: one JSON a line, bounded, drained in order.

Several processes may share the folder. Records are written again after a crash between storing and deleting, so
whoever drains must store by `interaction_id` and ignore what is there already.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from filelock import FileLock, Timeout

from core.types import Interaction, from_plain, to_plain

LIMIT_BYTES = 64 * 1024 * 1024
REFUSED_LIMIT_BYTES = 8 * 1024 * 1024
BATCH = 200
LOCK_SECONDS = 5.0

log = logging.getLogger(__name__)


class Spool:
    """A folder with `waiting.jsonl`, which grows, `draining.jsonl`, which is being stored, and `refused.jsonl`.

    `dropped` counts what this process could not keep because the limit was reached.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.dropped = 0
        self._folder = folder
        self.limit_bytes = limit_bytes
        self._waiting = folder / "waiting.jsonl"
        self._draining = folder / "draining.jsonl"
        self._refused = folder / "refused.jsonl"
        self._writing_lock = FileLock(folder / "writing.lock", timeout=LOCK_SECONDS, mode=0o600)
        self._draining_lock = FileLock(folder / "draining.lock", timeout=0, mode=0o600)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits here."""
        return not (self._waiting.exists() or self._draining.exists())

    @property
    def bytes(self) -> int:
        """How many bytes wait here on disk."""
        return sum(file.stat().st_size for file in (self._waiting, self._draining) if file.exists())

    def append(self, interactions: Sequence[Interaction]) -> int:
        """Write at the end, safely on disk on return, and return how many fitted; raises OSError if the disk does not.

        The rest is dropped and counted: the spool must not fill the disk that the database needs.
        """
        lines = [plain_line(interaction) for interaction in interactions]
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._writing_lock:
            kept = _append(self._waiting, lines, self.limit_bytes)
        if kept < len(lines):
            self.dropped += len(lines) - kept
            log.error("The spool is full: %d interactions dropped so far", self.dropped)
        return kept

    def drain(self, store: Callable[[list[Interaction]], None]) -> None:
        """Give all that waits to `store`, oldest first; what `store` raises ends the draining and nothing is lost.

        Returns at once if another process is draining. Lines that cannot be read (a torn write) are put aside.
        """
        if self.is_empty:
            return
        try:
            with self._draining_lock:
                while self._take():
                    with self._draining.open(encoding="utf-8", errors="replace") as lines:
                        while batch := list(islice(lines, BATCH)):
                            store([interaction for line in batch for interaction in self._read(line)])
                    self._draining.unlink()
        except Timeout:
            return

    def forget(self, visitor_id: str) -> None:
        """Take the records of a visitor out, whatever state they are in; raises OSError.

        What another process is draining just now is left to it: the database no longer takes these records.
        """
        for lock, files in (
            (self._writing_lock, (self._waiting, self._refused)),
            (self._draining_lock, (self._draining,)),
        ):
            if not any(file.exists() for file in files):
                continue
            with suppress(Timeout), lock:
                for file in files:
                    _without(file, visitor_id)

    def refuse(self, line: str) -> None:
        """Put aside a record that no database takes, for a person to look at."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _append(self._refused, [line.rstrip("\n")], REFUSED_LIMIT_BYTES)
        log.error("A record could not be stored and was put aside in %s", self._refused.name)

    def _take(self) -> bool:
        if not self._draining.exists():
            with self._writing_lock:
                if not self._waiting.exists():
                    return False
                self._waiting.rename(self._draining)
        return True

    def _read(self, line: str) -> Iterator[Interaction]:
        try:
            yield from_plain(json.loads(line), Interaction)
        except Exception:  # noqa: BLE001 - cattrs and json raise many kinds, and one bad line must not hold the rest
            self.refuse(line)


def _without(file: Path, visitor_id: str) -> None:
    """Write the file anew without the lines that name the visitor, torn ones too."""
    if not file.exists():
        return
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    kept = [line for line in lines if visitor_id not in line]
    if len(kept) == len(lines):
        return
    if not kept:
        file.unlink()
        return
    fresh = file.with_suffix(".fresh")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.writelines(kept)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)


def plain_line(interaction: Interaction) -> str:
    """Return the record as one line of JSON, as it stands in the files here; odd values become their text."""
    try:
        plain = to_plain(interaction)
    except (AttributeError, TypeError, ValueError):
        plain = {"interaction_id": interaction.interaction_id, "unreadable": repr(interaction)}
    return json.dumps(plain, default=str)


def _append(file: Path, lines: Sequence[str], limit_bytes: int) -> int:
    """Add the lines that fit under the limit and return how many did; a torn last line gets its end first."""
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(-1, os.SEEK_END)
            if stream.read(1) != b"\n":
                size += stream.write(b"\n")
        kept = 0
        for line in lines:
            size += len(line) + 1
            if size > limit_bytes:
                break
            stream.write(line.encode("ascii", "replace") + b"\n")
            kept += 1
        stream.flush()
        os.fsync(stream.fileno())
    return kept
