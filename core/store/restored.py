"""What a restored backup must not bring back: whoever was forgotten since, and logins that were ended."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.store import erasure
from core.store.db import Database, insert_into
from core.store.loop_tables import ForgottenRow
from core.store.office_tables import LoginLinkRow, MemberSessionRow
from core.store.tables import VisitorRow


def forgotten_here(database: Database) -> frozenset[str]:
    """Return the digests of all visitors who are known to have been forgotten; raises StoreError."""
    with database.reading("looking who was forgotten") as session:
        return frozenset(session.scalars(select(ForgottenRow.visitor_key)))


def settle(session: Session, gone: Collection[str]) -> None:
    """Forget again those whose digests are given, and log every member out; part of the caller's transaction."""
    session.execute(delete(MemberSessionRow))
    session.execute(delete(LoginLinkRow))
    for digest in gone:
        session.execute(insert_into(session, ForgottenRow).values(visitor_key=digest).on_conflict_do_nothing())
    for visitor_id in session.scalars(select(VisitorRow.visitor_id)).all():
        if erasure.key_of(visitor_id) in gone:
            erasure.forget_within(session, visitor_id)
