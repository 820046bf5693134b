"""The pages of the handbook as they are and as they will be: published documents with drafts laid over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from core.knowledge.hidden import told
from core.knowledge.manuscript import Written, source_of, write
from core.store.drafts import Draft
from core.store.revisions import StoredDocument
from core.types import Passage, Removed

PUBLISHED, NEW, CHANGED, REMOVED = "published", "new", "changed", "removed"


@dataclass(frozen=True)
class Page:
    """A document; `state` is published, new, changed or removed, the last three in a draft.

    `source` and `passages` are as they will be, `live_source` as published, "" for a new page. `has_conflict` tells
    that somebody published another version since the draft began, which then was `base_source`. `removed` is text that
    was hidden, `problems` say why the draft cannot be published.
    """

    document: str
    title: str
    language: str
    state: str
    source: str
    live_source: str
    passages: tuple[Passage, ...]
    live_passages: tuple[Passage, ...] = ()
    draft_id: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None
    base_source: str = ""
    has_conflict: bool = False
    removed: tuple[Removed, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def removal(self) -> str:
        """What was hidden in it and taken out, in a sentence; empty where nothing was."""
        return told(self.document, self.removed)


@dataclass(frozen=True)
class Manuscript:
    """All pages, in their order; `number` is the live revision, `token` another after every change to any of it."""

    number: int
    pages: tuple[Page, ...]
    token: str

    @property
    def changed(self) -> tuple[Page, ...]:
        """The pages that have a draft."""
        return tuple(page for page in self.pages if page.state != PUBLISHED)

    @property
    def staying(self) -> tuple[Page, ...]:
        """The pages of the next revision."""
        return tuple(page for page in self.pages if page.state != REMOVED)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages of the next revision."""
        return tuple(passage for page in self.staying for passage in page.passages)

    @property
    def counts(self) -> dict[str, int]:
        """How many documents are added, changed and removed, and how many passages there will be."""
        states = [page.state for page in self.pages]
        return {
            "added": states.count(NEW),
            "changed": states.count(CHANGED),
            "removed": states.count(REMOVED),
            "passages": len(self.passages),
        }

    @property
    def summary(self) -> str:
        """What the next revision changes, in words."""
        titles = {
            "added": [page.title for page in self.pages if page.state == NEW],
            "changed": [page.title for page in self.pages if page.state == CHANGED],
            "removed": [page.title for page in self.pages if page.state == REMOVED],
        }
        return "; ".join(f"{what} {', '.join(names[:3])}{_more(names)}" for what, names in titles.items() if names)

    def narrowed(self, documents: Sequence[str]) -> Manuscript:
        """Return the manuscript with the drafts of these documents only; of all where none is named."""
        if not documents:
            return self
        pages = [page for page in self.pages if page.document in documents or page.state != NEW]
        return replace(self, pages=tuple(page if page.document in documents else _as_published(page) for page in pages))


@dataclass(frozen=True)
class Change:
    """A document that two revisions do not share as it is; `before` or `after` is empty where it was not there."""

    document: str
    kind: str
    before: str
    after: str


def manuscript_of(
    number: int,
    live: Sequence[StoredDocument],
    drafts: Sequence[Draft],
    bases: Mapping[int, Sequence[StoredDocument]],
    language_of: Callable[[str], str],
) -> Manuscript:
    """Return the pages of live documents with drafts over them; `bases` are earlier revisions that drafts began on."""
    by_document = {draft.document: draft for draft in drafts}
    published = {one.document: one for one in live}
    pages = [_page(one, by_document.get(one.document), number, bases, language_of) for one in live]
    pages += [_new_page(draft, number, bases, language_of) for draft in drafts if draft.document not in published]
    said = "\n".join((str(number), *(draft.draft_id for draft in drafts)))
    return Manuscript(number, tuple(pages), sha256(said.encode()).hexdigest()[:16])


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Return what differs between two revisions, given as sources by document, in the order of the later one."""
    found = []
    for document in dict.fromkeys((*after, *before)):
        old, new = before.get(document, ""), after.get(document, "")
        if document not in before:
            found.append(Change(document, "added", "", new))
        elif document not in after:
            found.append(Change(document, "removed", old, ""))
        elif old.strip() != new.strip():
            found.append(Change(document, "changed", old, new))
    return tuple(found)


@lru_cache(maxsize=16)  # a long draft takes half a second, and a page is drawn at every click
def _written(document: str, source: str, language_of: Callable[[str], str]) -> Written:
    return write(document, source, language_of)


def _page(
    one: StoredDocument,
    draft: Draft | None,
    number: int,
    bases: Mapping[int, Sequence[StoredDocument]],
    language_of: Callable[[str], str],
) -> Page:
    live_source = source_of(one.document, one.title, one.source, one.passages)
    language = next((passage.language for passage in one.passages), "")
    page = Page(one.document, one.title, language, PUBLISHED, live_source, live_source, one.passages, one.passages)
    if draft is None:
        return page
    base = _source_in(bases.get(draft.base_number, ()), one.document) if draft.base_number != number else live_source
    page = replace(
        page,
        draft_id=draft.draft_id,
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
        base_source=base,
        has_conflict=base.strip() != live_source.strip(),
        removed=draft.removed,
    )
    if draft.is_removed:
        return replace(page, state=REMOVED)
    written = _written(one.document, draft.source, language_of)
    return replace(
        page,
        title=written.title,
        language=written.language,
        state=CHANGED,
        source=written.source,
        passages=written.passages,
        problems=written.problems,
    )


def _new_page(
    draft: Draft, number: int, bases: Mapping[int, Sequence[StoredDocument]], language_of: Callable[[str], str]
) -> Page:
    written = _written(draft.document, draft.source, language_of)
    base = _source_in(bases.get(draft.base_number, ()), draft.document) if draft.base_number != number else ""
    return Page(
        document=draft.document,
        title=written.title,
        language=written.language,
        state=NEW,
        source=written.source,
        live_source="",
        passages=written.passages,
        draft_id=draft.draft_id,
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
        base_source=base,
        has_conflict=bool(base),  # somebody took the page out while it was being edited
        removed=draft.removed,
        problems=written.problems,
    )


def _source_in(documents: Sequence[StoredDocument], name: str) -> str:
    found = next((one for one in documents if one.document == name), None)
    return "" if found is None else source_of(found.document, found.title, found.source, found.passages)


def _as_published(page: Page) -> Page:
    """Return a page without its draft; passages of the draft are replaced by those of what is published."""
    if page.state == PUBLISHED:
        return page
    return replace(page, state=PUBLISHED, source=page.live_source, passages=page.live_passages, draft_id="")


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - 3} more" if len(names) > 3 else ""
