"""What whoever runs the server does from a terminal: migrate, let a founder in, load sample data, print the digest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

from core.config import Settings
from core.progress import Progress


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


def run(options: argparse.Namespace, settings: Settings, progress: Progress) -> int:
    """Carry out `options.task`, one of OPERATIONS, and return the exit code; raises HearbackError."""
    return _RUNS[options.task](options, settings, progress)


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
    if sys.stderr.isatty():
        print(file=sys.stderr)  # noqa: T201
    print(said)  # noqa: T201
    return 0


_RUNS: dict[str, Callable[[argparse.Namespace, Settings, Progress], int]] = {
    "migrate": _migrate,
    "login-link": _login_link,
    "sample-data": _sample_data,
    "digest": _digest,
}
OPERATIONS = frozenset(_RUNS)
