"""What respondents wrote: benefits, wishes, and who could be won. Owns the session keys `market_words_*`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.tables import write_csv
from core.types import Member
from pages.parts.plain import plain, plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.market import Fit, Response, Theme, Words

THEMES = 6
QUOTES = 5
COLUMNS = (
    "Answered", "Disappointment", "Main benefit", "Who would benefit", "To improve", "Recommend", "Segment", "Use case",
)  # fmt: skip


def draw(who: Member, fit: Fit) -> None:
    """Draw benefits and wishes by meaning, then who to win next; raises HearbackError."""
    with st.spinner("Putting what people wrote together by meaning", show_time=True):
        words = office().market.words(who, fit.responses)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Why people would miss it", anchor=False)
        st.caption("Main benefits named by the very disappointed, by meaning")
        _themes(words.benefits, "Nobody who would be very disappointed has named a benefit yet.")
    with right:
        st.subheader("What the on-the-fence wish for", anchor=False)
        st.caption("Wishes of those who would be somewhat disappointed, by meaning")
        _themes(words.wishes, "Nobody on the fence has named a wish yet.")
    _winnable(words)
    st.download_button(
        "Download all answers as CSV",
        write_csv(COLUMNS, [_row(response) for response in fit.responses]),
        file_name="survey.csv",
        mime="text/csv",
        key="market_words_csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _winnable(words: Words) -> None:
    found = words.winnable
    st.subheader("Whom to win next", anchor=False)
    if not found.people:
        st.markdown(
            f":gray[Of {found.fence:,} on the fence nobody has named a benefit that the very disappointed name too.]"
        )
        return
    st.markdown(
        f"**{len(found.people):,} of {found.fence:,} on the fence want what the very disappointed love.** "
        f":gray[({found.named:,} of them named a benefit.) Listen to these first; the others want another product "
        "(the way of Superhuman).]"
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("The benefits that they share, counting both")
        _themes(found.benefits, "")
    with right:
        st.caption("What holds them back")
        _themes(found.obstacles, "None of them has said what holds them back.")


def _themes(themes: Sequence[Theme], empty: str) -> None:
    if not themes:
        st.markdown(f":gray[{empty}]")
    for theme in themes[:THEMES]:
        people = f":small[:gray[{theme.count:,} {'person' if theme.count == 1 else 'people'}]]"
        st.markdown(f"**{theme.count:,}** · “{plain_line(theme.title, 200)}”" if theme.count > 1 else
                    f"“{plain_line(theme.title, 200)}” {people}")  # fmt: skip
        others = [quote for quote in dict.fromkeys(theme.quotes) if quote != theme.title]
        if others:
            with st.popover(f"{len(others):,} more in their words", type="tertiary"):
                for quote in others[:QUOTES]:
                    st.markdown(f"“{plain(quote)}”")
                if len(others) > QUOTES:
                    st.caption(f"And {len(others) - QUOTES:,} more in the download below.")
    if len(themes) > THEMES:
        st.caption(f"And {len(themes) - THEMES:,} smaller groups.")


def quote(response: Response) -> str:
    """Return what one respondent said, as Markdown."""
    said = [
        f":gray[{label}] “{plain(text)}”"
        for label, text in (
            ("Benefit", response.answer.benefit),
            ("Wish", response.answer.improvement),
            ("For", response.answer.audience),
        )
        if text
    ]
    return "  \n".join(said)


def _row(response: Response) -> tuple[str, ...]:
    answer = response.answer
    return (
        f"{response.answered_at:%Y-%m-%d}", answer.disappointment, answer.benefit, answer.audience,
        answer.improvement, "" if answer.recommend is None else str(answer.recommend), response.segment,
        response.task or "",
    )  # fmt: skip
