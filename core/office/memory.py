"""What the house remembers of corrections, and its glossary, as a founder looks after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.errors import NotAChoice
from core.knowledge.library import HANDBOOK
from core.limits import COMMENT_CHARACTERS, MEMORY_PAIRS, TERMS, check_words
from core.loop import Term
from core.memory import exchange
from core.office.room import Room, founder
from core.privacy import masked
from core.store import audit, memory_entries, revisions, terms
from core.store.memory_effect import Effect, effect
from core.store.memory_entries import Chosen, Entry
from core.store.memory_uses import Use, uses_of
from core.tasks.language import LANGUAGES
from core.tasks.translation_examples import SERVED
from core.types import Member, Task

FORMS = ("csv", "tmx")
EFFECT_DAYS = 28
PREVIEW_ROWS = 5


@dataclass(frozen=True)
class Tally:
    """How many entries of a task are in a state."""

    task: Task
    state: str
    count: int


@dataclass(frozen=True)
class Day:
    """What worked for everybody, and what the live weights knew without it, at the end of a day (ISO, UTC)."""

    day: str
    shared: int
    retired: int


@dataclass(frozen=True)
class EntryPage:
    """Some entries of those asked for, and how many there are in all. What works for its author alone is masked."""

    entries: tuple[Entry, ...]
    total: int


@dataclass(frozen=True)
class TermPage:
    """Some terms of those asked for, and how many there are in all."""

    terms: tuple[Term, ...]
    total: int


@dataclass(frozen=True)
class Preview:
    """What a file would bring: how many rows, and its first ones under the names of their columns."""

    columns: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    total: int


@dataclass(frozen=True)
class Taken:
    """What became of an imported file: how many rows are new, changed what was there, or were there already."""

    added: int
    changed: int
    same: int


class MemoryRoom(Room):
    """What a founder can do with the memory and the glossary; every method raises NotAllowed and StoreError."""

    # What is remembered

    def counts(self, member: Member) -> tuple[Tally, ...]:
        """Return how many entries each task has in each state."""
        founder(member)
        found = memory_entries.counts(self._database)
        return tuple(Tally(task, state, count) for (task, state), count in sorted(found.items()))

    def course(self, member: Member) -> tuple[Day, ...]:
        """Return day by day, first to last, how much is shared and how much the weights have learned."""
        founder(member)
        return tuple(Day(*one) for one in memory_entries.course(self._database))

    def effect(self, member: Member, days: int = EFFECT_DAYS) -> Effect:
        """Return how many answers of the last days used the memory, and how they were judged."""
        founder(member)
        return effect(self._database, datetime.now(UTC) - timedelta(days=days))

    def page(
        self,
        member: Member,
        *,
        task: Task | None = None,
        state: str = "",
        search: str = "",
        order: str = "newest",
        page: int = 1,
        size: int = 20,
    ) -> EntryPage:
        """Return a page of entries; `state` own, shared, retired or off, `search` words in a text.

        `order` is newest, oldest or most used, each first.
        """
        founder(member)
        chosen = Chosen(task, state, check_words(search, COMMENT_CHARACTERS, "search"), order=order)
        found, total = memory_entries.page(self._database, chosen, (max(1, page) - 1) * size, size)
        return EntryPage(tuple(map(_masked, found)), total)

    def entry(self, member: Member, memory_id: str) -> tuple[Entry, tuple[Use, ...]]:
        """Return one entry and the answers that used it, newest first; raises NotYours."""
        founder(member)
        return _masked(memory_entries.entry(self._database, memory_id)), uses_of(self._database, memory_id)

    def switch(self, member: Member, memory_id: str, is_on: bool) -> Entry:
        """Turn an entry off, or on again; raises NotYours, AlreadyReviewed where it went off with its correction."""
        founder(member)
        return _masked(memory_entries.switch(self._database, member, memory_id, is_on))

    def export(self, member: Member, form: str = "csv") -> bytes:
        """Return what is shared or retired as CSV, or translations as TMX; nobody's quarantined texts are in it."""
        founder(member)
        if form not in FORMS:
            raise NotAChoice(choices=", ".join(FORMS))
        found = memory_entries.released(self._database, MEMORY_PAIRS)
        content = exchange.write_memory(found) if form == "csv" else exchange.write_tmx(found)
        audit.record(self._database, member, "exported memory", form, entries=len(found))
        return content

    def preview(self, member: Member, name: str, content: bytes) -> Preview:
        """Return what `bring` would take of a file, and take nothing; raises as it does."""
        founder(member)
        pairs = exchange.read_memory(name, content)
        first = tuple(
            (one.task.value, one.source, one.target, one.input_text, one.output_text) for one in pairs[:PREVIEW_ROWS]
        )
        return Preview(exchange.MEMORY_COLUMNS, first, len(pairs))

    def bring(self, member: Member, name: str, content: bytes) -> Taken:
        """Remember a file's pairs for everybody: CSV as exported, or TMX. All of it or nothing is taken.

        Raises UnsupportedFile, UnreadableFile, TooManyRows, MissingColumn, InputTooLong, UnsupportedLanguage.
        """
        founder(member)
        pairs = exchange.read_memory(name, content)
        knowledge = (HANDBOOK, revisions.live_number(self._database, HANDBOOK))
        added, same = memory_entries.bring(self._database, member, pairs, name[:COMMENT_CHARACTERS], knowledge)
        return Taken(added, 0, same)

    # The glossary

    def terms(
        self, member: Member, *, search: str = "", source: str = "", target: str = "", page: int = 1, size: int = 20
    ) -> TermPage:
        """Return a page of the glossary, by languages and words."""
        founder(member)
        search = check_words(search, COMMENT_CHARACTERS, "search")
        return TermPage(*terms.page(self._database, search, source, target, (max(1, page) - 1) * size, size))

    def add_term(self, member: Member, source: str, target: str, source_term: str, target_term: str) -> Term:
        """Add a term; raises EmptyInput, InputTooLong, UnsupportedLanguage, AlreadyThere, TooMany."""
        founder(member)
        return terms.add(
            self._database, member, exchange.checked_term(Term("", source, target, source_term, target_term)), TERMS
        )

    def change_term(self, member: Member, term: Term) -> Term:
        """Change the term of this id; raises as `add_term`, and NotYours."""
        founder(member)
        return terms.change(self._database, member, exchange.checked_term(term))

    def remove_term(self, member: Member, term_id: str) -> None:
        """Remove a term; raises NotYours."""
        terms.remove(self._database, founder(member), term_id)

    def export_terms(self, member: Member) -> bytes:
        """Return the glossary as CSV."""
        founder(member)
        found = terms.every(self._database)
        audit.record(self._database, member, "exported terms", "csv", terms=len(found))
        return exchange.write_terms(found)

    def preview_terms(self, member: Member, name: str, content: bytes) -> Preview:
        """Return what `bring_terms` would take of a file, and take nothing; raises as it does."""
        founder(member)
        found = exchange.read_terms(name, content)
        first = tuple((one.source, one.target, one.source_term, one.target_term) for one in found[:PREVIEW_ROWS])
        return Preview(exchange.TERM_COLUMNS, first, len(found))

    def bring_terms(self, member: Member, name: str, content: bytes) -> Taken:
        """Take the terms of a CSV with source, target, source term and target term; all of it or nothing is taken."""
        founder(member)
        found: Sequence[Term] = exchange.read_terms(name, content)
        return Taken(*terms.bring(self._database, member, found, name[:COMMENT_CHARACTERS], TERMS))

    def languages(self, member: Member) -> dict[str, str]:
        """Return the languages that a term may have, by code, with their English names."""
        founder(member)
        return {code: LANGUAGES[code] for code in SERVED}


def _masked(entry: Entry) -> Entry:
    return replace(entry, input_text=masked(entry.input_text), output_text=masked(entry.output_text))
