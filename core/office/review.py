"""The review queue: what visitors corrected or rated as not good, and what members make of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from core.errors import HearbackError, NotAChoice
from core.house import House
from core.jobs import JobView
from core.learning import checks
from core.learning.agreement import Agreement, agreement_of
from core.learning.checks import Finding
from core.limits import COMMENT_CHARACTERS, CORRECTION_CHARACTERS, check_text, clean_text
from core.office.review_again import Again, why_not
from core.office.review_sorting import Sorting
from core.office.review_views import Disagreement, Item, Line, Other, QueuePage
from core.office.room import Room, founder, reviewer
from core.privacy import masked
from core.store import review_queue, reviews, verdicts
from core.store.review_queue import Filters, Standing
from core.store.reviews import DECISION, FIRST, SECOND, Whole
from core.types import Member, Rating, Scope, Task

# Inputs of this cosine similarity ask the same in other words: "How do I return a lamp?", "Returning a lamp, how?".
ALIKE_SIMILARITY = 0.8
REASONS = ("wrong", "unclear", "personal data", "spam", "duplicate", "other")


class Review(Room):
    """What a member can do with what visitors said."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._sorting = Sorting(house.database)

    @cached_property
    def _again(self) -> Again:
        return Again(self._house)

    def has(self, member: Member) -> tuple[bool, bool]:
        """Return whether there is anything real, and anything of the sample company, in the queue."""
        reviewer(member)
        self._sorting.catch_up()
        with self._database.reading("reading the review queue") as session:
            return review_queue.has(session, False), review_queue.has(session, True)

    def queue(
        self,
        member: Member,
        scope: Scope,
        *,
        state: str = review_queue.WAITING,
        reason: str = "",
        page: int = 1,
        size: int = 10,
    ) -> QueuePage:
        """Return a page of the queue, the most useful lines first; new items are sorted in before.

        What several visitors said alike is one line, named by its oldest item, and a verdict on it holds for all. Of
        the scope, task and sample count. `state` is waiting, held, skipped, approved, rejected or second (decided by
        others, and open to the member's opinion); `reason` repeated, disputed, many, new, uncorrected or any.
        """
        reviewer(member)
        is_sorted = self._sorting.catch_up()
        filters = Filters(scope.task, reason, state, scope.is_sample)
        with self._database.reading("reading the review queue") as session:
            total, found = review_queue.standings(session, member.member_id, filters, (page - 1) * size, size)
            counts, oldest = review_queue.counts(session, member.member_id, filters)
            inputs = review_queue.inputs(session, [one.item_id for one in found])
        alike = self._alike([(one.task, inputs.get(one.item_id, "")) for one in found])
        lines = tuple(
            Line(one.item_id, Task(one.task), masked(inputs.get(one.item_id, "")), badges(one) + near, one.created_at)
            for one, near in zip(found, alike, strict=True)
        )
        of_lines = {name: count for name, (count, _) in counts.items()}
        items = {name: count for name, (_, count) in counts.items()}
        return QueuePage(lines, total, of_lines, items, oldest, is_sorted)

    def item(self, member: Member, item_id: str, *, is_blind: bool = False, is_shown: bool = False) -> Item:
        """Return one item whole; raises NotYours where it is unknown or was taken back.

        `is_blind` leaves out what others made of it, `is_shown` does not mask (see `show_personal_data`).
        """
        reviewer(member)
        whole = reviews.whole(self._database, item_id)
        kept, standing = whole.interaction, whole.standing
        before = (whole.correction.input_text, whole.correction.output_text) if whole.correction else None
        input_text, output_text = before or (kept.input_text, kept.output_text)
        corrected = whole.correction.corrected_text if whole.correction else ""
        comment = whole.rating.comment if whole.rating else ""
        clean = masked if not is_shown else str
        rating = whole.rating and Rating(
            whole.rating.interaction_id, whole.rating.score, whole.rating.reasons, clean(comment)
        )
        return Item(
            item_id=item_id,
            task=kept.task,
            state=standing.state,
            badges=badges(standing),
            alike=standing.alike,
            sayers=standing.sayers,
            findings=self._findings(standing),
            interaction=kept,
            input_text=clean(input_text),
            output_text=clean(output_text),
            corrected_text=clean(corrected),
            approved_text="" if is_blind else _approved(whole),
            is_corrected=whole.correction is not None,
            rating=rating,
            passages=whole.passages,
            verdicts=() if is_blind else whole.verdicts,
            kept_for=kept_for(whole),
            has_personal_data=any(masked(text) != text for text in (input_text, output_text, corrected, comment)),
            why_not_again=why_not(whole),
            other_count=whole.other_count,
            others=tuple(
                Other(one.item_id, masked(one.text), "" if is_blind else one.state, one.sayers) for one in whole.others
            ),
            created_at=standing.created_at,
        )

    def show_personal_data(self, member: Member, item_id: str) -> None:
        """Write down that the member looks at what is masked."""
        reviewer(member)
        verdicts.looked(self._database, member, item_id)

    def approve(self, member: Member, item_id: str, text: str = "", kind: str = FIRST) -> str:
        """Approve the correction as given, or as `text`, for all who said the same; returns the verdict's id.

        What is kept is masked. Of a thumbs-down without a correction, `text` is the company's own answer, kept with
        the review. Raises EmptyInput, InputTooLong, NotAChoice, AlreadyReviewed, NotYours, StoreError.
        """
        self._may_decide(member, kind)
        whole = reviews.whole(self._database, item_id)
        given = text or (whole.correction.corrected_text if whole.correction else "")
        kept = masked(check_text(given, CORRECTION_CHARACTERS, "approved text").strip())
        if whole.interaction.task is Task.SENTIMENT and kept not in checks.LABELS:
            raise NotAChoice(choices=", ".join(checks.LABELS))
        return verdicts.give(self._database, member, item_id, reviews.APPROVED, text=kept, kind=kind)

    def reject(self, member: Member, item_id: str, reason: str, words: str = "", kind: str = FIRST) -> str:
        """Reject it for a reason of `REASONS`, with words for colleagues; returns the verdict's id."""
        self._may_decide(member, kind)
        if reason not in REASONS or (reason == "other" and not words.strip()):
            raise NotAChoice(choices=", ".join(REASONS) + " with words of your own")
        words = clean_text(words[:COMMENT_CHARACTERS]).strip()
        return verdicts.give(self._database, member, item_id, reviews.REJECTED, reason=reason, words=words, kind=kind)

    def skip(self, member: Member, item_id: str) -> str:
        """Leave it to others, or for later; returns the verdict's id."""
        return verdicts.give(self._database, reviewer(member), item_id, reviews.SKIPPED)

    def mark_gap(self, member: Member, item_id: str) -> str:
        """Say that the documents lack the answer, so that no correction of this answer would help."""
        return verdicts.give(self._database, reviewer(member), item_id, reviews.GAP, reason="knowledge gap")

    def undo(self, member: Member, review_id: str) -> str:
        """Take one's own verdict back; returns the item's id."""
        return verdicts.undo(self._database, reviewer(member), review_id)

    def agreement(self, member: Member, is_sample: bool = False) -> tuple[Agreement, tuple[Disagreement, ...]]:
        """Return how far first and second opinions agree, and where they differ without a founder's decision."""
        reviewer(member)
        table, pairs = reviews.agreement(self._database, is_sample)
        with self._database.reading("comparing verdicts") as session:
            titles = review_queue.inputs(session, [pair.item_id for pair in pairs])
        return agreement_of(table), tuple(
            Disagreement(pair.item_id, masked(titles.get(pair.item_id, "")), pair.first, pair.second) for pair in pairs
        )

    def decide(self, member: Member, item_id: str, is_approved: bool) -> str:
        """Settle a disagreement as a founder, in the words of the one who is right; returns the verdict's id."""
        founder(member)
        given = reviews.whole(self._database, item_id).verdicts
        wanted = reviews.APPROVED if is_approved else reviews.REJECTED
        said = next((one for one in given if one.verdict == wanted), None)
        if is_approved:
            return self.approve(member, item_id, said.text if said else "", DECISION)
        reason = said.reason if said else "wrong"
        return self.reject(member, item_id, reason, said.words if said else "", DECISION)

    def ask_again(self, member: Member, item_id: str) -> str:
        """Ask the live weights anew in the background; returns the job's id. Nothing of it is logged as a use."""
        reviewer(member)
        return self._again.start(member, reviews.whole(self._database, item_id))

    def look(self, member: Member, job_id: str) -> JobView:
        """Return what `ask_again` has come to."""
        return self._again.look(reviewer(member), job_id)

    def _alike(self, asked: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
        """Return for each input of a page a badge that counts those of nearly the same meaning, where there are any.

        Only a page is compared, never the queue; of the same words the order of the queue knows already.
        """
        keys = [f"{task} {checks.key_of(text)}" for task, text in asked]
        if len(set(keys)) < 2:
            return [()] * len(asked)
        try:
            vectors = self._house.shelf.encoder().encode([text for _, text in asked])
        except HearbackError:  # without the encoder the page is only less helpful
            return [()] * len(asked)
        near = vectors @ vectors.T >= ALIKE_SIMILARITY
        found: list[tuple[str, ...]] = []
        for place, key in enumerate(keys):
            others = {keys[other] for other in range(len(keys)) if near[place, other]} - {key}
            count = sum(other.split(" ", 1)[0] == asked[place][0] for other in others)
            found.append((f"{count} alike on this page",) if count else ())
        return found

    def _may_decide(self, member: Member, kind: str) -> None:
        founder(member) if kind == DECISION else reviewer(member)

    def _findings(self, standing: Standing) -> tuple[Finding, ...]:
        found = [Finding(kind, sentence) for kind, sentence in standing.findings]
        if repeated := checks.duplicate(standing.repeats == "own", standing.repeats == "approved"):
            found.append(repeated)
        if standing.is_crowding:
            with self._database.reading("reading the review queue") as session:
                crowd = checks.share_of(*review_queue.shares(session, standing))
            found += [crowd] if crowd else []
        return tuple(found)


def badges(standing: Standing) -> tuple[str, ...]:
    """Return why an item stands where it stands, in a few words each."""
    found = []
    if standing.correctors >= 2:
        found.append(f"corrected by {standing.correctors} visitors")
    elif standing.people >= 2:
        found.append(f"not good for {standing.people} visitors")
    if standing.texts >= 2:
        found.append(f"{standing.texts} different corrections")
    if standing.is_mixed:
        found.append("rated good and not good")
    if not standing.correction_id:
        found.append(f"no correction, by {standing.sayers} visitors" if standing.sayers >= 2 else "no correction")
    elif standing.sayers >= 2:
        found.append(f"said alike by {standing.sayers} visitors")
    if standing.is_new:
        found.append("new")
    return tuple(found)


def kept_for(whole: Whole) -> str:
    """Return what an approved item is used for, as far as the visitor allowed it."""
    kept = whole.interaction.consent
    if whole.correction is None and not (kept.log and kept.train):
        return "Your answer is kept with this review and used for nothing else: the visitor did not allow more."
    if whole.correction is None:
        return (
            "Your answer is kept as the company's own and goes into the next dataset as an example for training, while "
            "the visitor allows that. It changes no answer before something is trained on it."
        )
    if not whole.may_train:
        return "It counts as a confirmed correction and is used for nothing else: the visitor did not allow more."
    return (
        "It is remembered as the right answer to this, for everybody, and because the visitor allowed it, it goes into "
        "the next dataset as an example for training."
    )


def _approved(whole: Whole) -> str:
    if whole.correction is not None:
        return whole.approved_text
    return next((one.text for one in whole.verdicts if one.verdict == reviews.APPROVED and one.kind != SECOND), "")
