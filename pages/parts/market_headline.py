"""The sentences that matter about market fit: how much, against the line, with whom, and where to win more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.rates import ENOUGH
from core.types import Member
from pages.parts import sample_data
from pages.parts.plain import plain_line

if TYPE_CHECKING:
    from core.office.market import Fit, Part

FIT_LINE = 0.4


def draw(fit: Fit) -> None:
    """Draw the headline, what stands out, and the figures beside it."""
    st.markdown(f"##### {headline(fit)}")
    st.markdown(found(fit))
    with st.container(horizontal=True, key="market_figures"):
        for name, figure in (("Fit", fit.whole), ("Net promoter score", fit.promoters)):
            value, _, sample = str(figure).partition(" (")
            st.metric(f"{name} ({sample}", value, border=True)
        st.metric("On the fence", f"{fit.fence:,} of {fit.whole.n:,}", border=True)
        st.metric("No longer use it", f"{fit.gone:,}", border=True)


def draw_empty(who: Member) -> None:
    """Say what will be here and what fills it."""
    with st.container(border=True):
        st.markdown(
            "**No answers yet.** Visitors are asked after their second use, in a quiet line below an answer. From "
            "thirty answers on, this page tells how many would miss Hearback, who they are, and what stands in the way."
        )
        st.page_link("founder/settings.py", label="Set whom the survey asks", icon=":material/settings:")
    sample_data.offer(who)


def headline(fit: Fit) -> str:
    """Return the one sentence: fit with its n and interval, its side of the line, and with whom it is strongest."""
    if not fit.whole.is_enough:
        return (
            f"Fit: not enough yet. {fit.whole.n:,} of the {ENOUGH} answers that it takes are in (n = {fit.whole.n:,})."
        )
    low, high = fit.whole.interval
    side = "above" if fit.whole.share >= FIT_LINE else "below"
    unsure = ", though the line lies within the interval" if low <= FIT_LINE <= high else ""
    with_whom = f", strongest with {_name(fit.strongest)}" if fit.strongest else ""
    return f"Fit is {fit.whole}: {side} the 40 % line{unsure}{with_whom}."


def found(fit: Fit) -> str:
    """Return where better answers would win most, or that nothing stands out beyond chance."""
    if not fit.whole.is_enough:
        return "Until then the figures below are grey: read the quotes, and draw no conclusions from shares."
    if fit.finding is None:
        return "No kind of people and no use case gets worse answers than the rest beyond what chance would do."
    cell, elsewhere = fit.finding.cell, fit.finding.elsewhere
    trouble = cell.trouble
    return (
        f"**Better answers in {cell.task} would win most with {plain_line(cell.name)}:** {cell.fence:,} of "
        f"{cell.fit.n:,} there are on the fence, and of the answers that they judged "
        f"{trouble.share * 100:.0f} % were rated not good or corrected (n = {trouble.n:,}, {trouble.low * 100:.0f} to "
        f"{trouble.high * 100:.0f} %), elsewhere {elsewhere.share * 100:.0f} % (n = {elsewhere.n:,})."
    )


def explain() -> None:
    """Say how the figures are defined and how often chance alone would make this page claim something."""
    with st.expander("How this is counted"):
        st.markdown(
            "- **Fit** is the share who would be very disappointed without Hearback (Sean Ellis). Who no longer uses "
            "it is not counted: they are no users any more.\n"
            "- **Use case** of an answer: the one that its visitor had used most before answering, of equals the one "
            "used last. **Segment**: role and company size as given at that moment.\n"
            "- **Intervals** are of 95 %: Wilson's for shares, the adjusted Wald of Rocks (2016) for the net promoter "
            "score. Uses of one visitor resemble each other, so for answers not good or corrected a visitor's uses "
            "are taken together.\n"
            "- **Words** are put together by small encoders that sometimes err: read the quotes. **Whom to win next**: "
            "those on the fence whose main benefit at least two, and one in twenty, of the very disappointed name.\n"
            "- **What the sentences above name** stands out beyond chance, all kinds of people and use cases looked at "
            "together (Fisher's exact test for fit, a comparison of shares by visitor for quality, both with "
            "Bonferroni). Of 1,000 made-up companies without any difference, this page named something in 24."
        )


def _name(part: Part) -> str:
    using = f" using {part.task}" if part.task else ""
    return f"{plain_line(part.name)}{using}" if part.name else f"those{using}"
