"""The files of heads and adapters in the database, so that a server that did not train one can fetch it.

Kept where several servers may share the database; on SQLite there is one server, and its folder has them.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.store.db import Database, insert_into
from core.store.loop_tables import ArtefactFileRow, ArtefactRow


def keep(session: Session, artefact_id: str, files: Mapping[str, bytes]) -> None:
    """Keep the files of an artefact, by name, within a transaction; what is there already stays."""
    rows = [{"artefact_id": artefact_id, "name": name, "content": content} for name, content in files.items()]
    if rows:
        session.execute(insert_into(session, ArtefactFileRow).on_conflict_do_nothing(), rows)


def load(database: Database, artefact_id: str) -> dict[str, bytes]:
    """Return the files of an artefact by name, none where they were not kept; raises StoreError."""
    one = ArtefactFileRow
    with database.reading("fetching what was trained") as session:
        found = session.execute(select(one.name, one.content).where(one.artefact_id == artefact_id))
        return {row.name: row.content for row in found}


def missing(database: Database) -> tuple[str, ...]:
    """Return the ids of artefacts whose files are not kept here; raises StoreError."""
    kept = select(ArtefactFileRow.artefact_id)
    with database.reading("looking for files of what was trained") as session:
        return tuple(session.scalars(select(ArtefactRow.artefact_id).where(ArtefactRow.artefact_id.not_in(kept))))
