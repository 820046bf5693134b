"""What whoever runs the server does from a terminal: migrate, log in, sample data, digest, back up, restore, copy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from core.config import Settings
from core.errors import EmptyInput, FileTrouble, HearbackError, OutOfRange
from core.progress import Progress

# What the audit log calls a backup.
BACKED_UP = "backed up"


def add_to(tasks: Any) -> None:
    """Give the command line's parser the operations; `tasks` is what `add_subparsers` returned."""
    tasks.add_parser("migrate", help="bring the database to the schema of this version")
    link = tasks.add_parser(
        "login-link", help="print a one-time link to set a new password; for whoever runs the server"
    )
    link.add_argument("name", nargs="?", default="", help="the member's name (default: the one founder)")
    link.add_argument(
        "--address", default="http://127.0.0.1:8501", help="where the app is reached (default: %(default)s)"
    )
    sample = tasks.add_parser(
        "sample-data", help="fill the database with a sample company's history, kept apart from real uses"
    )
    sample.add_argument("--remove", action="store_true", help="take everything out that came with it")
    sample.add_argument(
        "--until", type=date.fromisoformat, metavar="DATE", help="last day of its twelve weeks (default: yesterday)"
    )
    digest = tasks.add_parser("digest", help="print what changed in a week and what to do next, as Markdown")
    digest.add_argument(
        "--until",
        type=date.fromisoformat,
        metavar="DATE",
        help="last of the seven days (default: the Sunday that was last)",
    )
    digest.add_argument("--sample", action="store_true", help="of the sample company instead of the real uses")

    backup = tasks.add_parser("backup", help="write all that this installation knows into one file, while it runs")
    backup.add_argument("folder", type=Path, help="where hearback-DATE.zip is written: as secret as the database")
    backup.add_argument(
        "--keep-days",
        type=int,
        default=0,
        metavar="N",
        help="remove backups in this folder that are older (default: none)",
    )
    restore = tasks.add_parser("restore", help="bring a backup back; stop the app first")
    restore.add_argument("file", type=Path, help="what `backup` has written")
    restore.add_argument("--replace", action="store_true", help="even where the database is in use: what it holds goes")
    copy = tasks.add_parser("copy", help="copy all rows into another database, such as from SQLite to PostgreSQL")
    copy.add_argument("address", help="where to, as in HEARBACK_DATABASE_URL; stop the app first")
    copy.add_argument("--replace", action="store_true", help="even where that is in use: what it holds goes")

    kept = tasks.add_parser(
        "retention", help="let go what is older than HEARBACK_KEEP_TEXT_DAYS and HEARBACK_KEEP_DAYS"
    )
    kept.add_argument("--dry-run", action="store_true", help="only say what would go")
    archive = tasks.add_parser("archive", help="write the figures of old uses to files, one a month, without any texts")
    archive.add_argument("--before", type=_month, metavar="YYYY-MM", help="all months before this one")
    archive.add_argument("--to", type=Path, metavar="DIR", help="where uses-YYYY-MM.parquet are written")
    archive.add_argument("--remove", action="store_true", help="remove these uses once their file is proved")
    archive.add_argument("--restore", type=Path, nargs="+", metavar="FILE", help="bring the uses of files back instead")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Carry out `options.task`, one of OPERATIONS, and return the exit code; raises HearbackError."""
    steps = _Steps()
    try:
        return _RUNS[options.task](options, settings, steps)
    except OSError as error:
        raise FileTrouble(why=error.strerror or "the file system refused") from error
    finally:
        steps.close()


class _Steps(Progress):
    """Tells on one line of standard error how far an operation is, where that is a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._has_told = False

    def advance(self, done: int, total: int, doing: str) -> None:
        if sys.stderr.isatty():
            self._has_told = True
            print(f"\r\033[K{doing}, {done:,} of {total:,}", end="", file=sys.stderr, flush=True)  # noqa: T201

    def close(self) -> None:
        if self._has_told:
            print(file=sys.stderr)  # noqa: T201


def _digest(options: argparse.Namespace, settings: Settings, _progress: Progress) -> int:
    from core.digest import digest
    from core.store.db import Database

    database = Database(settings.database_url)
    try:
        database.migrate()
        print(digest(database, options.until, options.sample), end="")  # noqa: T201
    finally:
        database.close()
    return 0


def _retention(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    from core.retention import carry_out
    from core.store.db import Database

    database = Database(settings.database_url)
    try:
        database.check()
        outcome = carry_out(settings, database, progress=progress, is_dry=options.dry_run)
    finally:
        database.close()
    for gone, days, name, what in (
        (outcome.texts, settings.keep_text_days, "HEARBACK_KEEP_TEXT_DAYS", "lose their texts"),
        (outcome.uses, settings.keep_days, "HEARBACK_KEEP_DAYS", "go"),
    ):
        if gone is None:
            print(f"{name} is not set: nothing would {what} by age.")  # noqa: T201
            continue
        verb = f"would {what}" if options.dry_run else what
        stay = f"{gone.held:,} stay, for something stands on them"
        print(f"Of uses older than {days:,} days {gone.uses:,} {verb}; {stay}.")  # noqa: T201
    return 0


def _month(text: str) -> date:
    from core.archive import month_of

    return month_of(text)


def _archive(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    from core.archive import archive, restore
    from core.store.db import Database

    if not options.restore and (options.before is None or options.to is None):
        raise EmptyInput(what="month and folder: say --before YYYY-MM --to DIR, or --restore FILE")
    database = Database(settings.database_url)
    try:
        database.check()
        if options.restore:
            print(f"{restore(database, options.restore, progress):,} uses are back.")  # noqa: T201
            return 0
        done = archive(database, options.before, options.to, progress, is_removing=options.remove)
    finally:
        database.close()
    for one in done:
        print(f"{one.file}: {one.uses:,} uses, SHA-256 {one.sha256}")  # noqa: T201
    removed = sum(one.removed for one in done)
    print(f"{removed:,} uses were removed here." if options.remove else "Nothing was removed; say --remove for that.")  # noqa: T201
    return 0


def _migrate(_options: argparse.Namespace, settings: Settings, _progress: Progress) -> int:
    from core.store.db import Database

    database = Database(settings.database_url)
    try:
        database.migrate()
    finally:
        database.close()
    return 0


def _login_link(options: argparse.Namespace, settings: Settings, _progress: Progress) -> int:
    from core.office.door import login_link

    token, link = login_link(settings, options.name)
    until = "within 24 hours" if link is None else f"until {link.expires_at:%H:%M} UTC"
    for_whom = "set up the first founder" if link is None else f"set a new password for {link.name}"
    print(f"To {for_whom}, open this link. It works once, {until}.\n{options.address.rstrip('/')}/door?setup={token}")  # noqa: T201
    return 0


def _sample_data(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    from core.house import open_house
    from core.office import Office
    from core.types import Member, Role

    terminal = Member("terminal", "the terminal", Role.FOUNDER)
    house = open_house(settings)
    try:
        samples = Office(house).samples
        if options.remove:
            is_done = samples.remove(terminal)
            said = "The sample data is gone." if is_done else "There is no sample data here. Nothing was changed."
        else:
            is_done = samples.load(terminal, progress, options.until)
            said = "The sample data is loaded." if is_done else "The sample data is here already. Nothing was changed."
    finally:
        house.close()
    print(said)  # noqa: T201
    return 0


def _backup(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    from core.backup import back_up

    if options.keep_days < 0:
        raise OutOfRange(what="--keep-days", value=options.keep_days, low=0, high="any number")
    made = back_up(settings, options.folder, progress, options.keep_days)
    _note_backup(settings, made.path.name)
    print(f"{made.path}\n{made.rows:,} rows and {made.files:,} files, {made.size / 1e6:,.1f} MB.")  # noqa: T201
    return 0


def _note_backup(settings: Settings, name: str) -> None:
    """Write down that there is a backup, so that founders see when the last one was made."""
    from core.store import audit
    from core.store.db import Database
    from core.types import Member, Role

    with suppress(HearbackError):  # the backup is whole, whether or not that is written down
        database = Database(settings.database_url)
        try:
            audit.record(database, Member("terminal", "the terminal", Role.FOUNDER), BACKED_UP, name)
        finally:
            database.close()


def _restore(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    from core.backup import restore

    made = restore(settings, options.file, progress, is_replacing=options.replace)
    print(f"Restored {made.rows:,} rows and {made.files:,} files, as of {made.made_at:%d %B %Y, %H:%M} UTC.")  # noqa: T201
    print("Everybody has to log in anew.")  # noqa: T201
    return 0


def _copy(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    from core.store import transfer
    from core.store.db import Database

    source, target = Database(settings.database_url), Database(options.address)
    try:
        source.migrate()
        target.migrate()
        found = transfer.copy(source, target, progress, is_replacing=options.replace)
    finally:
        source.close()
        target.close()
    rows = sum(table.rows for table in found.values())
    print(f"Copied {rows:,} rows in {len(found)} tables; counts and checksums are equal.")  # noqa: T201
    return 0


_RUNS: dict[str, Callable[[argparse.Namespace, Settings, Progress], int]] = {
    "migrate": _migrate,
    "login-link": _login_link,
    "sample-data": _sample_data,
    "digest": _digest,
    "backup": _backup,
    "restore": _restore,
    "copy": _copy,
    "retention": _retention,
    "archive": _archive,
}
OPERATIONS = frozenset(_RUNS)
