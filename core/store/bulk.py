"""Many rows into a table at once, as each database takes them fastest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session


def put(session: Session, table: type[DeclarativeBase], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values stand in the order of the table's columns and come from the database itself.

    They go past the column types, which look at every value: only what was stored once may be given, no JSON.
    Raises the errors of SQLAlchemy.
    """
    if not rows:
        return
    columns = [column.name for column in table.__table__.columns]
    names = ", ".join(columns)
    driver: Any = session.get_bind().dialect.dbapi
    cursor: Any = session.connection().connection.cursor()
    try:
        if session.get_bind().dialect.name == "sqlite":
            signs = ", ".join("?" * len(columns))
            cursor.executemany(f"INSERT INTO {table.__tablename__} ({names}) VALUES ({signs})", rows)  # noqa: S608 - names of ours
            return
        with cursor.copy(f"COPY {table.__tablename__} ({names}) FROM STDIN") as copying:
            for row in rows:
                copying.write_row(row)
    except driver.Error as error:
        raise DBAPIError.instance(f"INSERT INTO {table.__tablename__}", None, error, driver.Error) from error
    finally:
        cursor.close()
