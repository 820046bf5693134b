"""Gaps of the handbook: found in what visitors asked, closed by a page, and asked again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core import limits
from core.engines.base import Encoder
from core.errors import EmptyInput
from core.house import House
from core.knowledge.gaps import Gap, by_weight, gap_of, groups_of
from core.knowledge.library import HANDBOOK
from core.knowledge.manuscript import document_name, skeleton
from core.knowledge.remembering import Remembered, Remembering
from core.limits import check_text
from core.office.room import Room, founder
from core.privacy import masked
from core.progress import Progress
from core.store import drafts, gaps, revisions
from core.store.gaps import AskedAgain, HiddenQuestions, KeptGap, OpenQuestion
from core.types import Member, Reply, Scope

QUESTIONS = 2_000
DISMISSALS = ("Not our business", "Answered elsewhere", "Asked in jest or as a test", "Will be answered later")


@dataclass(frozen=True)
class TakenUp:
    """A gap that a member took up, with what was asked in its sense since; `since` belong to it, but are not in it."""

    gap: KeptGap
    since: int = 0

    @property
    def answered(self) -> int:
        """How many of its questions its revision answers."""
        return sum(question.is_answered is True for question in self.gap.questions)

    @property
    def waiting(self) -> tuple[AskedAgain, ...]:
        """Its questions that are still without an answer."""
        return tuple(question for question in self.gap.questions if not question.is_answered)


@dataclass(frozen=True)
class Gaps:
    """All gaps in a scope, the heaviest first, and those taken up, the newest change first.

    `questions` and `visitors` count what has no answer yet; `is_cut` tells that older questions were left out.
    """

    open: tuple[Gap, ...]
    taken_up: tuple[TakenUp, ...]
    hidden: HiddenQuestions
    questions: int
    visitors: int
    is_cut: bool


class GapRoom(Room):
    """What a founder does about questions without an answer."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._lock = threading.Lock()
        self._vectors: dict[bool, Remembered] = {}
        self._grouped: tuple[tuple[str, ...], tuple[tuple[int, ...], ...]] = ((), ())

    def look(self, member: Member, scope: Scope) -> Gaps:
        """Return the gaps in a scope; raises StoreError, EngineError."""
        founder(member)
        asked, hidden = gaps.questions(self._database, HANDBOOK, scope, QUESTIONS)
        kept = gaps.kept(self._database, HANDBOOK, scope.is_sample)
        owner = {question.interaction_id: gap for gap in kept for question in gap.questions}
        since = Counter[str]()
        still_open: list[Gap] = []
        for group in self._groups(asked):
            owners = Counter(owner[asked[place].interaction_id].gap_id for place in group if _has(owner, asked, place))
            by_id = {gap.gap_id: gap for gap in kept}
            top = by_id[owners.most_common(1)[0][0]] if owners else None
            left = []
            for place in group:
                question = asked[place]
                if question.interaction_id in owner:
                    continue
                if top is not None and not _is_news(top, question):
                    since[top.gap_id] += 1
                else:
                    left.append(question)
            if left:
                still_open.append(gap_of(left))
        waiting = {id_ for gap in still_open for id_ in gap.interaction_ids} | {
            question.interaction_id
            for gap in kept
            if gap.status != "dismissed"
            for question in gap.questions
            if not question.is_answered
        }
        return Gaps(
            open=by_weight(still_open),
            taken_up=tuple(TakenUp(gap, since[gap.gap_id]) for gap in kept),
            hidden=hidden,
            questions=sum(question.interaction_id in waiting for question in asked),
            visitors=len({question.visitor_id for question in asked if question.interaction_id in waiting}),
            is_cut=len(asked) == QUESTIONS,
        )

    def draft(self, member: Member, gap: Gap, is_sample: bool = False) -> str:
        """Begin a page that will answer a gap, and return its document's name; the founder writes the answer.

        Personal data in the question is masked, for the page will be read by everybody.
        """
        founder(member)
        question = masked(gap.title)[: limits.COMMENT_CHARACTERS]
        document = self._free_name(question)
        number = self._house.handbook.open()
        source = skeleton(question)
        drafts.save(self._database, member, HANDBOOK, document, question, source, number, seen="")
        gaps.take_up(
            self._database,
            member,
            HANDBOOK,
            question,
            gap.interaction_ids,
            "drafted",
            document=document,
            is_sample=is_sample,
        )
        return document

    def dismiss(self, member: Member, gap: Gap, reason: str, is_sample: bool = False) -> str:
        """Say why a gap needs no page, and return its id, by which this can be undone."""
        founder(member)
        reason = check_text(reason, limits.COMMENT_CHARACTERS, "reason")
        title = masked(gap.title)
        return gaps.take_up(
            self._database,
            member,
            HANDBOOK,
            title,
            gap.interaction_ids,
            "dismissed",
            reason=reason,
            is_sample=is_sample,
        )

    def reopen(self, member: Member, gap_id: str) -> None:
        """Let a gap's questions be open again; a page that was drafted for it stays a draft. Raises NotYours."""
        gaps.reopen(self._database, founder(member), gap_id)

    def ask_again(self, gap_ids: Sequence[str], number: int, progress: Progress) -> None:
        """Ask all questions of gaps once more, now that revision `number` answers, and keep what it says.

        A question is answered if the answer quotes the gap's own page.
        """
        index = self._house.library.index("", HANDBOOK)
        asked = [(gap, question) for gap_id in gap_ids for gap, found in (self._asked(gap_id),) for question in found]
        for done, (gap, question) in enumerate(asked):
            progress.check()
            progress.advance(done, len(asked), f"asking question {done + 1} of {len(asked)} again")
            history = question.history[-limits.TURNS_REMEMBERED :]
            reply = self._house.tasks().support.answer(question.text, index, history, progress)
            is_answered = any(one.passage.document == gap.document for one in reply.citations)
            gaps.answered(
                self._database, gap.gap_id, question.interaction_id, is_answered, reply.text, _source(reply), number
            )

    def published(self, documents: Sequence[str], number: int) -> tuple[str, ...]:
        """Note that drafted pages are in a revision, and return the gaps that they are to answer."""
        return gaps.published(self._database, HANDBOOK, documents, number)

    def _asked(self, gap_id: str) -> tuple[KeptGap, tuple[OpenQuestion, ...]]:
        return gaps.to_ask(self._database, gap_id)

    def _groups(self, asked: Sequence[OpenQuestion]) -> tuple[tuple[int, ...], ...]:
        """Return the groups of these questions, from the last look where nothing was asked since."""
        ids = tuple(question.interaction_id for question in asked)
        with self._lock:
            if self._grouped[0] == ids:
                return self._grouped[1]
            remembering: dict[bool, Remembering] = {}

            def encoder_of(is_english: bool) -> Encoder:
                shelf = self._house.shelf
                encoder = shelf.encoder() if is_english else shelf.multilingual_encoder()
                remembering[is_english] = Remembering(encoder, self._vectors.get(is_english))
                return remembering[is_english]

            found = groups_of(asked, encoder_of)
            self._vectors = {is_english: one.vectors for is_english, one in remembering.items()}
            self._grouped = (ids, found)
            return found

    def _free_name(self, question: str) -> str:
        taken = {one.document for one in revisions.documents_of(self._database, HANDBOOK)}
        taken |= {one.document for one in drafts.all_drafts(self._database, HANDBOOK)}
        try:
            name = document_name(question.rstrip("?？ ").casefold()[:60])
        except EmptyInput:  # a question of signs only
            name = "page"
        return next(f"{name}{end}" for end in ("", *(f"_{n}" for n in range(2, 1_000))) if f"{name}{end}" not in taken)


def _has(owner: dict[str, KeptGap], asked: Sequence[OpenQuestion], place: int) -> bool:
    return asked[place].interaction_id in owner


def _is_news(gap: KeptGap, question: OpenQuestion) -> bool:
    """Tell whether a question in the sense of a gap was not answered although the gap's page was there."""
    return gap.status == "published" and question.revision >= gap.revision


def _source(reply: Reply) -> str:
    if not reply.citations:
        return ""
    passage = reply.citations[0].passage
    return " > ".join(part for part in (passage.title, passage.heading) if part) or passage.document
