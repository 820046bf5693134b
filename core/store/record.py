"""Everything that is written down: what happened goes through a queue, what a person said is committed on return.

A visitor can only rate, correct and hand off their own interactions; an unknown id and somebody else's give the same
`NotYours`. All methods may be called from many threads, and a call that is repeated changes nothing more.
"""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import DatabaseUnavailable, Forgotten, StoreError
from core.limits import (
    COMMENT_CHARACTERS,
    CONTACT_CHARACTERS,
    CORRECTION_CHARACTERS,
    check_text,
    check_words,
    clean_text,
)
from core.refusals import not_yours
from core.store import corrections, erasure, memory, queries
from core.store.columns import now
from core.store.db import Database, insert_into
from core.store.erasure import Erased
from core.store.loop_tables import DatasetItemRow
from core.store.tables import (
    ConsentRow,
    HandOffRow,
    InteractionRow,
    RatingRow,
    VisitorRow,
)
from core.store.trouble import said_again
from core.store.values import visitor_of
from core.store.writer import Backlog, Writer
from core.types import Consent, Correction, Interaction, Rating, Visitor

CONSENT_VERSION = "1"
VISITORS_KNOWN = 10_000
REASONS = 20
REASON_CHARACTERS = 200
_IDS_AT_ONCE = 500


class Recorder:
    """The one who writes into `database`; interactions that it does not take wait in `spool_folder`.

    `wait_seconds` is how long feedback waits for its interaction to be stored before `DatabaseUnavailable`.
    """

    def __init__(self, database: Database, spool_folder: Path, *, wait_seconds: float = 10.0) -> None:
        self._database = database
        self._wait_seconds = wait_seconds
        self._writer = Writer(database, spool_folder)
        self._known: dict[str, Visitor] = {}
        self._known_lock = threading.Lock()

    @property
    def dropped(self) -> int:
        """How many interactions this process lost because database, spool and queue were all unable to take them."""
        return self._writer.spool.dropped

    @property
    def backlog(self) -> Backlog:
        """What this process could not write down yet, since when and why."""
        return self._writer.backlog

    def interaction(self, interaction: Interaction) -> None:
        """Write an interaction down in the background, once by its id.

        Without the consent to log, only what can be counted is kept: texts, request, output, messages, passages and
        any error that is more than a class name are left out here, before queue and spool.
        """
        self._writer.put(interaction if interaction.consent.log else without_texts(interaction))

    def flush(self, timeout_seconds: float = 10.0) -> bool:
        """Return whether every interaction so far is in the database before the time is over."""
        return self._writer.wait(timeout_seconds)

    def close(self) -> None:
        """Write what waits, to the database or else to the spool, and take no more into the queue."""
        self._writer.close()

    @said_again
    def rate(self, rating: Rating, visitor_id: str, key: str = "") -> None:
        """Make this the visitor's one rating of the interaction; a repeated `key` changes nothing.

        Raises NotYours, InputTooLong, StoreError.
        """
        values = {
            "score": rating.score,
            "reasons": [clean_text(reason)[:REASON_CHARACTERS] for reason in rating.reasons[:REASONS]],
            "comment": check_words(rating.comment, COMMENT_CHARACTERS, "comment"),
            "key": key or uuid.uuid4().hex,
            "changed_at": now(),
        }
        with self._writing_on(rating.interaction_id, visitor_id, "saving your rating") as (session, _):
            session.execute(
                insert_into(session, RatingRow)
                .values(interaction_id=rating.interaction_id, visitor_id=visitor_id, **values)
                .on_conflict_do_update(
                    index_elements=["interaction_id", "visitor_id"], set_=values, where=RatingRow.key != values["key"]
                )
            )

    @said_again
    def undo_rating(self, interaction_id: str, visitor_id: str) -> None:
        """Take the visitor's rating of the interaction back; raises NotYours, StoreError."""
        with self._writing_on(interaction_id, visitor_id, "taking your rating back") as (session, _):
            session.execute(
                delete(RatingRow).where(RatingRow.interaction_id == interaction_id, RatingRow.visitor_id == visitor_id)
            )

    @said_again
    def correct(
        self,
        interaction_id: str,
        visitor_id: str,
        corrected_text: str,
        key: str,
        *,
        input_text: str = "",
        output_text: str = "",
        request: Mapping[str, Any] | None = None,
    ) -> Correction:
        """Save what the output should have been, and return it; the same `key` gives the standing one again.

        What is remembered of it is written with it, so that the very next answer knows it (see `core.store.memory`).
        A correction is always kept, whatever the consent to log, because the visitor pressed save; the consent to
        train of this moment is kept with it. Where the interaction was not logged, the caller gives the `input_text`
        and `output_text` that the visitor saw, and of the `request` what the answer depends on, such as languages. An
        earlier one of the same interaction that nobody has looked at yet becomes "replaced". Raises NotYours,
        EmptyInput, InputTooLong, StoreError.
        """
        text = check_text(corrected_text, CORRECTION_CHARACTERS, "correction")
        key = key or f"{interaction_id}:{sha256(text.encode()).hexdigest()[:16]}"
        with self._writing_on(interaction_id, visitor_id, "saving your correction") as (session, interaction):
            seen = clean_text(input_text), clean_text(output_text)
            return corrections.save(session, interaction, text, key, seen, request)

    @said_again
    def withdraw_correction(self, correction_id: str, visitor_id: str) -> None:
        """Take a correction back: its texts are deleted, its receipt stays, and what learned from it is flagged.

        Raises NotYours, StoreError.
        """
        with self._database.writing("taking your correction back") as session:
            corrections.withdraw(session, correction_id, visitor_id)

    def advance(self, correction_id: str, step: str, detail: str = "") -> None:
        """Add a step to a receipt: used, approved, rejected, trained or better; raises NotYours, StoreError.

        `used` and `better` tell what happened and leave the status as it is; the others become the status.
        """
        with self._database.writing("writing a receipt") as session:
            corrections.advance(session, correction_id, step, detail)

    @said_again
    def hand_off(self, interaction_id: str, visitor_id: str, reason: str, contact: str = "") -> str:
        """Ask for a person and return the id of the request, one an interaction: asking again changes its words.

        Raises NotYours, InputTooLong, StoreError.
        """
        words = {
            "reason": check_words(reason, COMMENT_CHARACTERS, "reason"),
            "contact": check_words(contact, CONTACT_CHARACTERS, "contact"),
        }
        with self._writing_on(interaction_id, visitor_id, "asking for a person") as (session, _):
            insert = insert_into(session, HandOffRow).values(
                hand_off_id=uuid.uuid4().hex, interaction_id=interaction_id, visitor_id=visitor_id, **words
            )
            saved = insert.on_conflict_do_update(index_elements=["interaction_id"], set_=words)
            return str(session.scalar(saved.returning(HandOffRow.hand_off_id)))

    def welcome(self, visitor_id: str) -> Visitor:
        """Return the visitor, newly made or as we know them, and note that they were seen; raises StoreError.

        While uses are known to wait for the database, that is said at once: every page begins here.
        """
        if self._writer.backlog.since is not None:
            raise DatabaseUnavailable(doing="opening your visit")
        with self._database.writing("opening your visit") as session:
            known = visitor_of(_touch(session, visitor_id))
        return self._remember(known)

    def visitor(self, visitor_id: str) -> Visitor:
        """Return the visitor as known; never raises, so that an answer can be given while the database is away.

        Then it is as this process knew the visitor last, or else one who has allowed nothing.
        """
        try:
            known = queries.visitor(self._database, visitor_id)
        except StoreError:
            return self._known.get(visitor_id, Visitor(visitor_id))
        return self._remember(known)

    @said_again
    def choose(self, visitor_id: str, consent: Consent, role: str = "", company_size: str = "") -> Visitor:
        """Keep what the visitor allows and says of themselves; every changed choice stays in the history.

        Where they stop allowing training, what has learned from them is flagged in the same transaction.
        Raises InputTooLong, StoreError.
        """
        role = check_words(role, REASON_CHARACTERS, "role")
        company_size = check_words(company_size, REASON_CHARACTERS, "company size")
        with self._database.writing("saving your choice") as session:
            row = _touch(session, visitor_id)
            is_same = row.has_chosen and visitor_of(row).consent == consent and row.consent_version == CONSENT_VERSION
            if not is_same:
                if row.consent_train and not consent.train:
                    theirs = DatasetItemRow.visitor_id == visitor_id
                    erasure.flag_learned(session, erasure.NOT_ALLOWED, theirs)
                row.consent_log, row.consent_train = consent.log, consent.train
                row.consent_version, row.consented_at, row.has_chosen = CONSENT_VERSION, now(), True
                memory.allow(session, visitor_id, consent.train)
                session.add(
                    ConsentRow(visitor_id=visitor_id, log=consent.log, train=consent.train, version=CONSENT_VERSION)
                )
            row.role, row.company_size = role, company_size
            chosen = visitor_of(row)
        return self._remember(chosen)

    @said_again
    def forget(self, visitor_id: str) -> Erased:
        """Erase the visitor, here and in what waits to be written; see `core.store.erasure`. Raises StoreError."""
        erased = erasure.forget(self._database, visitor_id)
        self._writer.forget(visitor_id)
        with self._known_lock:
            self._known.pop(visitor_id, None)
        return erased

    def forgotten_elsewhere(self) -> tuple[str, ...]:
        """Return who of the visitors that this process knows was erased by another, and hold nothing of theirs here.

        Raises StoreError.
        """
        with self._known_lock:
            known = list(self._known)
        gone: set[str] = set()
        with self._database.reading("looking who was forgotten") as session:
            for start in range(0, len(known), _IDS_AT_ONCE):
                gone |= erasure.forgotten(session, known[start : start + _IDS_AT_ONCE])
        for visitor_id in gone:
            self._writer.forget(visitor_id)
            with self._known_lock:
                self._known.pop(visitor_id, None)
        return tuple(gone)

    def _remember(self, visitor: Visitor) -> Visitor:
        with self._known_lock:
            self._known.pop(visitor.visitor_id, None)
            self._known[visitor.visitor_id] = visitor
            if len(self._known) > VISITORS_KNOWN:
                del self._known[next(iter(self._known))]
        return visitor

    @contextmanager
    def _writing_on(self, interaction_id: str, visitor_id: str, doing: str) -> Iterator[tuple[Session, InteractionRow]]:
        """Give a session and the visitor's own interaction, once that is out of the queue."""
        if not self._writer.wait(self._wait_seconds, interaction_id):
            raise DatabaseUnavailable(doing=doing)
        mine = select(InteractionRow).where(
            InteractionRow.interaction_id == interaction_id, InteractionRow.visitor_id == visitor_id
        )
        with self._database.writing(doing) as session:
            row = session.scalars(mine).one_or_none()
            if row is None:
                raise not_yours("answer")
            yield session, row


def without_texts(interaction: Interaction) -> Interaction:
    """Return what may be counted of an interaction whose visitor did not allow its texts to be kept."""
    return dataclasses.replace(
        interaction,
        input_text="",
        request={},
        output_text="",
        output={},
        messages=(),
        passage_ids=(),
        error=interaction.error if interaction.error.isidentifier() else "",
    )


def _touch(session: Session, visitor_id: str) -> VisitorRow:
    """Return the visitor's row, made if need be, seen now; raises Forgotten."""
    session.execute(insert_into(session, VisitorRow).values(visitor_id=visitor_id).on_conflict_do_nothing())
    if erasure.forgotten(session, [visitor_id]):
        raise Forgotten()
    row = session.scalars(select(VisitorRow).where(VisitorRow.visitor_id == visitor_id).with_for_update()).one()
    row.seen_at = now()
    return row
