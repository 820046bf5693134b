"""PostgreSQL databases that tests hand on to each other: emptied where that is surely enough, else dropped.

Making one costs a tenth of a second and dropping it, which waits for a checkpoint, as much again; emptying the few
tables that a test wrote to costs a fraction. A test that changed anything but rows leaves a database that is dropped.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

# All that a test could leave behind beside rows: relations, columns, triggers and whether they are on, functions,
# constraints, settings, the migrations' version, and the statistics of an ANALYZE, by which queries are planned.
LOOKS_LIKE = """
SELECT (SELECT string_agg(oid::text || relname, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = here.oid),
    (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = here.oid),
    (SELECT string_agg(oid::text || tgenabled::text, ',' ORDER BY oid) FROM pg_trigger WHERE NOT tgisinternal),
    (SELECT count(*) FROM pg_proc WHERE pronamespace = here.oid),
    (SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint WHERE connamespace = here.oid),
    (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database()),
    (SELECT string_agg(version_num, ',') FROM alembic_version),
    (SELECT count(*) FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid WHERE c.relnamespace = here.oid)
FROM pg_namespace here WHERE here.nspname = 'public'
"""
VERSION = "alembic_version"


class SpareDatabases:
    """Copies of one template on a server, each lent to one test at a time."""

    def __init__(self, server: URL, template: str) -> None:
        self._server = server
        self._template = template
        self._spare: list[str] = []
        self._admin = create_engine(server, isolation_level="AUTOCOMMIT")
        with self._at(template).connect() as connection:
            self._fresh = _looks(connection)
            self._tables = sorted(
                str(name)
                for (name,) in connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                if name != VERSION
            )

    def lend(self) -> str:
        """Return the name of a database with its tables and no rows."""
        if self._spare:
            return self._spare.pop()
        name = f"test_{uuid.uuid4().hex}"
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return name

    def take_back(self, name: str) -> None:
        """Empty a database for the next test, or drop it where it is not as it was."""
        with self._admin.connect() as connection:
            connection.exec_driver_sql(
                f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            if self._is_emptied(name):
                self._spare.append(name)
            else:
                connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        """Let go of the server."""
        self._admin.dispose()

    def _is_emptied(self, name: str) -> bool:
        try:
            with self._at(name).begin() as connection:
                if _looks(connection) != self._fresh:
                    return False
                self._empty(connection)
        except SQLAlchemyError:  # whatever it is, another database costs a tenth of a second
            return False
        return True

    def _empty(self, connection: Connection) -> None:
        asked = " UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (SELECT FROM \"{one}\")" for one in self._tables)
        written = [str(name) for (name,) in connection.exec_driver_sql(asked)]
        # As a replica would: without triggers and without asking who refers to a row, for all rows go.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in written:
            connection.exec_driver_sql(f'DELETE FROM "{table}"')
        connection.exec_driver_sql(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )

    def _at(self, name: str) -> Engine:
        return create_engine(self._server.set(database=name), poolclass=NullPool)


def _looks(connection: Connection) -> tuple[Any, ...]:
    return tuple(connection.exec_driver_sql(LOOKS_LIKE).one())
