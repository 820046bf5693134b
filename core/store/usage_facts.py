"""What is true of a single use: the definitions that every figure rests on, as SQL.

A *visit* is a visitor's uses with gaps under 30 minutes; a use begins a visit if the visitor had none in the half
hour before it. Web analytics end a session by the same gap.

*Resolution* follows the words that support tools use for it (Intercom, "Fin AI Agent resolutions"): confirmed where
the customer says so, assumed where they leave without asking further. Here, of support answers that finished and did
not abstain, and after which no person was asked for:
- confirmed: the visitor rated the answer good;
- assumed: nobody rated or corrected it, and the visitor asked support nothing more in the half hour after it, which
  is the gap that ends a visit. It holds until something else is known.
No answer is both, and the two are never added: one is what somebody said, the other what nobody said.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from core.store.moments import HalfHourAfter, HalfHourBefore
from core.store.tables import CorrectionRow, HandOffRow, InteractionRow, RatingRow
from core.types import Ending, Task

GONE = ("withdrawn", "replaced")

_standing = and_(
    CorrectionRow.interaction_id == InteractionRow.interaction_id,
    CorrectionRow.visitor_id == InteractionRow.visitor_id,
    CorrectionRow.status.not_in(GONE),
)
_rated = and_(
    RatingRow.interaction_id == InteractionRow.interaction_id, RatingRow.visitor_id == InteractionRow.visitor_id
)


def of_rating() -> ColumnElement[bool]:
    """Return how a use and its rating by the visitor are joined."""
    return _rated


def of_standing() -> ColumnElement[bool]:
    """Return how a use and its visitor's standing corrections are joined."""
    return _standing


def is_ending(ending: Ending) -> ColumnElement[bool]:
    """Whether a use ended so."""
    return InteractionRow.ending == ending


def is_corrected() -> ColumnElement[bool]:
    """Whether the visitor's correction of it stands: neither replaced nor withdrawn."""
    return exists(select(CorrectionRow.correction_id).where(_standing))


def edit_share() -> Any:
    """Return how much of the output the standing correction changed, 0 to 1, or NULL."""
    return select(func.avg(CorrectionRow.edit_share)).where(_standing).scalar_subquery()


def is_handed_off() -> ColumnElement[bool]:
    """Whether the visitor asked for a person after it."""
    return exists(select(HandOffRow.hand_off_id).where(HandOffRow.interaction_id == InteractionRow.interaction_id))


def begins_visit() -> ColumnElement[bool]:
    """Whether the visitor had no use in the half hour before; of uses at the same moment the first id begins."""
    before = aliased(InteractionRow)
    return ~exists(
        select(before.interaction_id).where(
            before.visitor_id == InteractionRow.visitor_id,
            before.is_sample == InteractionRow.is_sample,
            before.started_at > HalfHourBefore(InteractionRow.started_at),
            before.started_at <= InteractionRow.started_at,
            or_(
                before.started_at < InteractionRow.started_at,
                before.interaction_id < InteractionRow.interaction_id,
            ),
        )
    )


def is_asked_again() -> ColumnElement[bool]:
    """Whether the visitor asked support something more in the half hour after it."""
    after = aliased(InteractionRow)
    return exists(
        select(after.interaction_id).where(
            after.visitor_id == InteractionRow.visitor_id,
            after.is_sample == InteractionRow.is_sample,
            after.task == Task.SUPPORT,
            after.started_at >= InteractionRow.started_at,
            after.started_at < HalfHourAfter(InteractionRow.started_at),
            or_(
                after.started_at > InteractionRow.started_at,
                after.interaction_id > InteractionRow.interaction_id,
            ),
        )
    )


def is_answered() -> ColumnElement[bool]:
    """Whether support finished with an answer, and no person was asked for after it."""
    return and_(
        InteractionRow.task == Task.SUPPORT, is_ending(Ending.FINISHED), ~InteractionRow.is_abstained, ~is_handed_off()
    )


def is_confirmed() -> ColumnElement[bool]:
    """Whether a support answer was rated good; needs `of_rating` joined."""
    return and_(RatingRow.score == 1, is_answered())


def is_assumed() -> ColumnElement[bool]:
    """Whether a support answer was left at that; needs `of_rating` joined, from outside."""
    return and_(RatingRow.score.is_(None), is_answered(), ~is_corrected(), ~is_asked_again())


def uses(is_sample: bool, start: datetime, end: datetime, *columns: Any) -> Select[Any]:
    """Return a selection of `columns` of the uses from `start` to `end` (excluded), each with its rating, if any."""
    return (
        select(*columns)
        .select_from(InteractionRow)
        .outerjoin(RatingRow, _rated)
        .where(
            InteractionRow.is_sample if is_sample else ~InteractionRow.is_sample,
            InteractionRow.started_at >= start,
            InteractionRow.started_at < end,
        )
    )
