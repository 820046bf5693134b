"""What a desk does on a disk that fills up and is freed again: run as `python -m tests.faults.full_disk_child`.

A process of its own, so that its folder may be a small file system that nobody else sees, and its limits its own.
It prints one line of JSON with what it found.
"""

from __future__ import annotations

import errno
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.archive import archive
from core.backup import back_up
from core.desk import Desk
from core.errors import DiskFull, HearbackError
from core.store import queries
from core.types import Consent
from tests.core.desk_stories import a_desk, over
from tests.core.store_stories import an_interaction

USES = 20
OLD = datetime(2026, 5, 4, tzinfo=UTC)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Write until the file system has no byte left, and free it with the block."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def limited(_folder: Path) -> Iterator[None]:
    """Let no file of this process grow, as a quota would, beyond what the log of the database has; end it after."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def sentence(deed: Callable[[], object]) -> str:
    """Return what a person is told who cannot save."""
    try:
        deed()
    except DiskFull as error:
        return str(error)
    except HearbackError as error:
        return f"another error: {error!r}"
    return "saved"


def written_files(desk: Desk, folder: Path) -> dict[str, Any]:
    """Return what is told of a backup and an archive that are to be written here, and what they left lying about."""
    settings = desk._house.settings
    told = {}
    for name, write in {
        "backup": lambda: back_up(settings, folder / "backups"),
        "archive": lambda: archive(desk._database, OLD.date() + timedelta(days=31), folder / "archives"),
    }.items():
        try:
            write()
            told[name] = "written"
        except (HearbackError, OSError) as error:
            told[name] = type(error).__name__
    left = [path.name for path in folder.glob("[ba]*s/*")] + [path.name for path in folder.glob("[ba]*s/.*")]
    return {"told": told, "left": sorted(set(left))}


def story(folder: Path, full: Callable[[Path], Any]) -> dict[str, Any]:
    """Use, rate and correct before, on and after the full disk; return what came of it."""
    with a_desk(f"sqlite:///{folder / 'hearback.db'}", folder) as desk:

        def use(text: str) -> str:
            return over(desk, "ada", desk.read_sentiment("ada", text)).interaction_id

        desk.choose("ada", Consent(log=True))
        before = [use(f"Lamp {number} is lovely.") for number in range(5)]
        for one in before:
            desk.rate("ada", one, 1)
        desk._recorder.interaction(an_interaction(visitor_id="eve", started_at=OLD))
        assert desk._recorder.flush()
        with full(folder):
            during, took = [], []
            for number in range(USES):
                began = time.monotonic()
                during.append(use(f"Chair {number} is lovely."))
                took.append(time.monotonic() - began)
            told = {
                "rating": sentence(lambda: desk.rate("ada", before[0], 0)),
                "correction": sentence(lambda: desk.correct("ada", before[0], "neutral")),
                "consent": sentence(lambda: desk.choose("ada", Consent())),
                "erasure": sentence(lambda: desk.forget_me("ada")),
            }
            backlog = desk.backlog()
            files = written_files(desk, folder)
        is_written = desk._recorder.flush(20)
        kept = {use.interaction_id for use, _ in queries.recent(desk._database, "ada", limit=100)}
        scores = {item.interaction_id: item.rating for item in queries.feedback(desk._database, "ada")}
        desk.rate("ada", during[0], 0)
        with desk._database.reading() as session:
            integrity = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar()
        return {
            "told": told,
            "files": files,
            "files_later": written_files(desk, folder),
            "slowest": max(took),
            "is_disk_full": backlog.is_disk_full,
            "waited": backlog.waiting,
            "is_written": is_written,
            "lost": len({*before, *during} - kept),
            "ratings_changed": sum(rating is None or rating.score != 1 for rating in scores.values()),
            "ratings": len(scores),
            "dropped": desk.backlog().dropped,
            "is_well_again": desk.backlog().since is None,
            "integrity": integrity,
        }


if __name__ == "__main__":
    print(json.dumps(story(Path(sys.argv[2]), {"filled": filled, "limited": limited}[sys.argv[1]])))
