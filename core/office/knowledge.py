"""The handbook as a founder works on it: documents and drafts, revisions, and what answers rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from core import limits
from core.errors import ChangedMeanwhile, HearbackError, InputTooLong, NotReady
from core.house import House, language_of
from core.jobs import Job, JobBoard, JobView
from core.knowledge.hidden import told
from core.knowledge.library import HANDBOOK, Built
from core.knowledge.manuscript import Written, document_name, read_file, source_of, write
from core.limits import check_text
from core.office.gaps import GapRoom
from core.office.pages import Change, Manuscript, changes_between, manuscript_of
from core.office.room import Room, founder
from core.store import citations, drafts, revisions, rollups
from core.store.citations import Cited
from core.store.revisions import Revision
from core.types import Ending, Member, Passage, Reply, Scope, Task

COUNTING_SECONDS = 0.3  # how long a reader waits for changed days to be counted


@dataclass(frozen=True)
class Taken:
    """What became of an uploaded file; `said` tells what was removed from it, `problem` why it was not taken."""

    name: str
    document: str
    said: str
    problem: str


@dataclass(frozen=True)
class Published:
    """That a revision answers now; the questions of `gaps` were asked again."""

    number: int
    gaps: tuple[str, ...] = ()


class Knowledge(Room):
    """What a founder does with the handbook. Work that takes longer is a job, looked at with `work`."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.gaps = GapRoom(house)
        self._tried: tuple[str, Built] | None = None

    # What is there

    def manuscript(self, member: Member) -> Manuscript:
        """Return every page as it is published and as it will be; raises StoreError."""
        founder(member)
        number = self._live_number()
        live = revisions.documents_of(self._database, HANDBOOK, number)
        found = drafts.all_drafts(self._database, HANDBOOK)
        bases = {
            base: revisions.documents_of(self._database, HANDBOOK, base)
            for base in {draft.base_number for draft in found if draft.base_number != number}
        }
        return manuscript_of(number, live, found, bases, language_of)

    def preview(self, member: Member, document: str, source: str) -> Written:
        """Return what Markdown would become under this name, without keeping it; raises InputError."""
        founder(member)
        return write(document, source, language_of)

    def cited_documents(self, member: Member, scope: Scope) -> dict[str, Cited]:
        """Return what rests on each document of the live revision, by its name."""
        founder(member)
        rollups.refresh(self._database, COUNTING_SECONDS)
        return citations.by_document(self._database, HANDBOOK, scope)

    def cited_passages(self, member: Member, scope: Scope) -> tuple[tuple[Passage, Cited | None], ...]:
        """Return each passage of the live revision with what rests on it, None where it was never cited."""
        founder(member)
        rollups.refresh(self._database, COUNTING_SECONDS)
        found = citations.by_passage(self._database, HANDBOOK, scope)
        live = revisions.documents_of(self._database, HANDBOOK)
        return tuple((passage, found.get(passage.passage_id)) for one in live for passage in one.passages)

    # Writing

    def upload(self, member: Member, files: Sequence[tuple[str, bytes]]) -> tuple[Taken, ...]:
        """Keep files as drafts; one of the name of a document takes its place in the next revision.

        Raises InputTooLong for too many files; a file that cannot be read is named in what is returned.
        """
        founder(member)
        if len(files) > limits.VISIT_DOCUMENTS:
            raise InputTooLong(what="upload", length=len(files), limit=limits.VISIT_DOCUMENTS, unit="files")
        number = self._live_number()
        return tuple(self._take(member, name, content, number) for name, content in files)

    def save(self, member: Member, document: str, source: str, seen: str | None = None) -> Written:
        """Keep a page as a draft; `seen` is the draft that the writer began from, "" where there was none.

        Raises InputError, ChangedMeanwhile where somebody else saved since.
        """
        founder(member)
        written = write(document, source, language_of)
        before = {draft.document: draft for draft in drafts.all_drafts(self._database, HANDBOOK)}.get(written.document)
        base = before.base_number if before else self._live_number()
        removed = (*(before.removed if before else ()), *written.removed)
        drafts.save(
            self._database,
            member,
            HANDBOOK,
            written.document,
            written.title,
            written.source,
            base,
            removed=removed,
            seen=seen,
        )
        return written

    def begin(self, member: Member, title: str) -> str:
        """Begin an empty page with this title, and return its document's name.

        Raises InputError, ChangedMeanwhile where there is a draft of that name.
        """
        founder(member)
        title = check_text(title, limits.DOCUMENT_NAME_CHARACTERS, "title").strip()
        document = document_name(title.casefold())
        if any(page.document == document for page in self.manuscript(member).pages):
            raise NotReady(why=f"there is a page named {document}; open that one.")
        return self.save(member, document, f"# {title}\n\n", seen="").document

    def remove(self, member: Member, document: str) -> None:
        """Leave a document out of the next revision; one that was never published is only a draft and goes at once."""
        founder(member)
        number = self._live_number()
        live = {one.document: one for one in revisions.documents_of(self._database, HANDBOOK)}.get(document)
        if live is None:
            drafts.discard(self._database, member, HANDBOOK, document)
            return
        drafts.save(self._database, member, HANDBOOK, document, live.title, "", number, is_removed=True)

    def restore(self, member: Member, document: str) -> None:
        """Take a draft back, so that the document stays as it is published."""
        drafts.discard(self._database, founder(member), HANDBOOK, document)

    def keep_mine(self, member: Member, document: str) -> None:
        """Let a draft stand although somebody published another version meanwhile; raises NotYours."""
        founder(member)
        number = self._live_number()
        drafts.rebase(self._database, member, HANDBOOK, document, number)

    # Trying and publishing: jobs

    def try_question(self, member: Member, question: str) -> str:
        """Ask the drafts a question before they are published; returns the job's id, its result is a `Reply`."""
        founder(member)
        question = check_text(question, limits.QUESTION_CHARACTERS, "question")
        manuscript = self.manuscript(member)

        def work(job: Job) -> Reply:
            job.advance(0, 1, "reading the drafts")
            index = self._built(manuscript, job).index
            return self._house.tasks().support.answer(question, index, (), job)

        return self._start(member, work, question)

    def publish(self, member: Member, note: str, seen: str, documents: Sequence[str] = ()) -> str:
        """Publish drafts, all or those of `documents`, as a new revision; returns the job's id.

        `seen` is the `token` of the manuscript that the founder looked at. The old revision answers until the new
        one is ready. The job's result is `Published`. Raises NotReady, ChangedMeanwhile.
        """
        founder(member)
        note = note.strip() and check_text(note, limits.COMMENT_CHARACTERS, "note")
        manuscript = self.manuscript(member)
        if seen != manuscript.token:
            raise ChangedMeanwhile(what="The drafts or the handbook", who="somebody")
        chosen = manuscript.narrowed(documents)
        self._check(chosen)
        counts = chosen.counts

        def commit() -> int:
            return revisions.publish(
                self._database,
                HANDBOOK,
                {page.document: page.passages for page in chosen.staying},
                note or chosen.summary,
                sources={page.document: page.source for page in chosen.staying},
                expected=manuscript.number,
                drafts=[page.draft_id for page in chosen.changed],
                member=member,
                **counts,
            )

        def work(job: Job) -> Published:
            before = self._tried[1] if self._tried else None
            number = self._house.handbook.change(chosen.passages, commit, job, before)
            self._tried = None
            closed = self.gaps.published([page.document for page in chosen.changed], number)
            self.gaps.ask_again(closed, number, job)
            return Published(number, closed)

        return self._start(member, work)

    def roll_back(self, member: Member, number: int) -> str:
        """Let an earlier revision answer again; returns the job's id, its result is `Published`."""
        founder(member)
        expected = self._live_number()
        passages = [
            passage for one in revisions.documents_of(self._database, HANDBOOK, number) for passage in one.passages
        ]

        def commit() -> int:
            revisions.go_live(self._database, HANDBOOK, number, expected=expected, member=member)
            return number

        return self._start(member, lambda job: Published(self._house.handbook.change(passages, commit, job)))

    def ask_again(self, member: Member, gap_id: str) -> str:
        """Ask a gap's questions once more; returns the job's id."""
        founder(member)

        def work(job: Job) -> Published:
            number = self._house.handbook.open()
            self.gaps.ask_again([gap_id], number, job)
            return Published(number, (gap_id,))

        return self._start(member, work)

    def work(self, member: Member, job_id: str = "") -> JobView | None:
        """Return a job as it stands, the newest where no id is given; None where there is none of this member's."""
        founder(member)
        job_id = job_id or self._board.latest(member.member_id, Task.SUPPORT) or ""
        try:
            return self._board.look(member.member_id, job_id) if job_id else None
        except HearbackError:
            return None

    # Revisions

    def revisions(self, member: Member) -> tuple[Revision, ...]:
        """Return all revisions, newest first."""
        founder(member)
        return revisions.all_revisions(self._database, HANDBOOK)

    def compare(self, member: Member, before: int, after: int) -> tuple[Change, ...]:
        """Return what changed between two revisions, by document."""
        founder(member)
        return changes_between(
            *(
                {one.document: source_of(one.document, one.title, one.source, one.passages) for one in found}
                for found in (revisions.documents_of(self._database, HANDBOOK, number) for number in (before, after))
            )
        )

    # Inside

    @cached_property
    def _board(self) -> JobBoard:
        return JobBoard(workers=2)

    def _live_number(self) -> int:
        """Return the number of the live revision, which is the shipped one where nobody has asked anything yet."""
        self._house.handbook.open()
        return revisions.live_number(self._database, HANDBOOK)

    def _start(self, member: Member, work: Callable[[Job], object], asked: str = "") -> str:
        def at_end(_job: Job, _ending: Ending) -> None:
            """Nothing is logged: what a founder tries is no visitor's use."""

        return self._board.start(member.member_id, Task.SUPPORT, work, at_end, asked)

    def _built(self, manuscript: Manuscript, job: Job) -> Built:
        if self._tried is None or self._tried[0] != manuscript.token:
            before = self._tried[1] if self._tried else None
            self._tried = (manuscript.token, self._house.library.build(manuscript.passages, job, before))
        return self._tried[1]

    def _take(self, member: Member, name: str, content: bytes, number: int) -> Taken:
        try:
            written = read_file(name, content, language_of)
            drafts.save(
                self._database,
                member,
                HANDBOOK,
                written.document,
                written.title,
                written.source,
                number,
                removed=written.removed,
            )
        except HearbackError as error:
            return Taken(name, "", "", str(error))
        return Taken(name, written.document, told(name, written.removed), "")

    def _check(self, chosen: Manuscript) -> None:
        """Raise NotReady or ChangedMeanwhile where these drafts cannot become a revision."""
        if not chosen.changed:
            raise NotReady(why="nothing is changed.")
        for page in chosen.changed:
            if page.has_conflict:
                raise ChangedMeanwhile(what=f"The page {page.title}", who="another revision")
            if page.problems:
                raise NotReady(why=f"{page.title}: {page.problems[0]}")
        if not chosen.passages:
            raise NotReady(why="no page would be left.")
        if len(chosen.staying) > limits.HANDBOOK_DOCUMENTS:
            limit = limits.HANDBOOK_DOCUMENTS
            raise InputTooLong(what="handbook", length=len(chosen.staying), limit=limit, unit="pages")
        if len(chosen.passages) > limits.HANDBOOK_PASSAGES:
            limit = limits.HANDBOOK_PASSAGES
            raise InputTooLong(what="handbook", length=len(chosen.passages), limit=limit, unit="passages")
