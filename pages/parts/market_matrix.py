"""Fit by quality: the matrix, and what is behind a cell. Owns the session keys that begin with `market_matrix_`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.rates import Rate
from core.types import Disappointment, Member, Scope
from pages.parts import charts_market, market_words, uses_list
from pages.parts.insights_point import Sheet, clicked, table
from pages.parts.plain import plain_line
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.market import Cell, Fit, Matrix

BY = {"Segment": "role and company size", "Role": "role", "Company size": "company size"}
ROWS = 12
COLUMNS = (
    "Who", "Use case", "Score", "Score from", "Score to", "Fit", "Fit from", "Fit to", "Answers", "On the fence",
    "Not good or corrected", "From", "To", "Judged uses", "Thumbs down", "Ratings", "Corrected", "Abstained",
    "Came back", "Visitors", "Uses",
)  # fmt: skip
FEELINGS = {
    Disappointment.SOMEWHAT: ":orange-badge[On the fence]",
    Disappointment.VERY: ":green-badge[Very disappointed]",
    Disappointment.NOT: ":gray-badge[Not disappointed]",
    Disappointment.GONE: ":gray-badge[No longer uses it]",
}
QUOTES = 6


def draw(who: Member, scope: Scope, fit: Fit) -> None:
    """Draw the matrix and the cell that was chosen; raises HearbackError."""
    st.subheader("Where better answers would win people", anchor=False)
    st.markdown(
        "Sorted by a score: those on the fence in a cell, times how much more often answers there are rated not good "
        "or corrected than in the whole product. Thirty average judgements are mixed into every cell, so that small "
        "ones do not lead."
    )
    chosen = st.segmented_control(
        "Rows",
        BY,
        default="Segment",
        required=True,
        key="market_matrix_by",
        persist_state="session",
        label_visibility="collapsed",
    )
    found = fit.matrices[BY[chosen or "Segment"]]
    if not found.cells:
        st.markdown(":gray[There are no uses and no answers in this period.]")
        return
    cell = found.cells[_choose(found)]
    _draw_cell(who, scope, fit, cell)


def _choose(found: Matrix) -> int:
    """Draw the matrix and return the place of the cell that was chosen: clicked, named in the field, or the first."""
    rows = list(dict.fromkeys(cell.name for cell in found.cells))
    event = st.plotly_chart(
        charts_market.matrix(found, rows[:ROWS]),
        key=f"market_matrix_chart_{found.by}",
        theme=None,
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False, "responsive": True},
        alt="Kinds of people by use case: fit and number of answers, warmer where better answers would win more",
    )
    if len(rows) > ROWS:
        st.caption(f"{len(rows) - ROWS:,} more rows with lower scores stand in the table.")
    with st.container(horizontal=True, vertical_alignment="top"):
        named = st.selectbox(
            "Open a cell",
            range(len(found.cells)),
            index=None,
            format_func=[f"{cell.name}, {cell.task}" for cell in found.cells].__getitem__,
            placeholder="Open a cell by name",
            key=f"market_matrix_field_{found.by}",
            label_visibility="collapsed",
            width=330,
        )
        with st.popover("As a table", icon=":material/table:", type="tertiary"):
            table(Sheet(COLUMNS, [_row(cell) for cell in found.cells]), "fit_by_quality")
    return next(place for place in (named, clicked(event), 0) if place is not None and place < len(found.cells))


def _draw_cell(who: Member, scope: Scope, fit: Fit, cell: Cell) -> None:
    with st.container(border=True, key="market_matrix_cell"):
        st.markdown(f"**{plain_line(cell.name)}, {cell.task}** {_score(cell)}")
        with st.container(horizontal=True, gap="large"):
            for label, rate in (
                ("Fit", cell.fit),
                ("Thumbs down, of ratings", cell.down),
                ("Corrected, of uses", cell.corrected),
                ("Abstained, of uses", cell.abstained),
                ("Came back another day", cell.returned),
            ):
                _figure(label, rate)
            st.markdown(f":small[:gray[Uses]]  \n{cell.quality.uses:,}")
        said, used = st.tabs(["What they said", "Answers not good or corrected"])
        with said:
            _quotes(fit, cell)
        with used:
            uses_list.draw(who, office().market.of_cell(who, scope, cell), "market_cell")


def _score(cell: Cell) -> str:
    if not cell.score:
        return ":small[:gray[Score 0: answers here are no worse than in the whole product, or nobody is on the fence.]]"
    return (
        f":small[:gray[Score {cell.score:.1f} ({cell.low:.1f} to {cell.high:.1f}): {cell.fence:,} on the fence, and "
        f"{cell.trouble.share * 100:.0f} % of {cell.trouble.n:,} judged uses not good or corrected]]"
    )


def _figure(label: str, rate: Rate) -> None:
    text = str(rate) if rate.is_enough else f":gray[{rate}]"
    st.markdown(f":small[:gray[{label}]]  \n{text}")


def _quotes(fit: Fit, cell: Cell) -> None:
    people = [one for one in fit.responses if one.task is cell.task and one.segment in cell.segments]
    people.sort(key=lambda one: list(FEELINGS).index(one.answer.disappointment))
    told = [(one, market_words.quote(one)) for one in people]
    told = [(one, words) for one, words in told if words]
    if not told:
        st.markdown(":gray[Nobody here has written anything yet.]")
        return
    pages = -(-len(told) // QUOTES)
    number = st.pagination(pages, key=f"market_matrix_page_{cell.name}_{cell.task}") if pages > 1 else 1
    for one, words in told[(number - 1) * QUOTES : number * QUOTES]:
        st.markdown(f"{FEELINGS[one.answer.disappointment]}  \n{words}")


def _row(cell: Cell) -> tuple[str, ...]:
    low, high = cell.fit.interval
    quality, trouble = cell.quality, cell.trouble
    numbers: Sequence[float] = (
        cell.score, cell.low, cell.high, cell.fit.share, low, high, cell.fit.n, cell.fence, trouble.share,
        trouble.low, trouble.high, trouble.n, cell.down.share, quality.rated, cell.corrected.share,
        cell.abstained.share, cell.returned.share, quality.visitors, quality.uses,
    )  # fmt: skip
    return cell.name, cell.task, *(f"{number:.3f}" if isinstance(number, float) else str(number) for number in numbers)
