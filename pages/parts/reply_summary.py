"""How a summary is drawn: its sentences, numbered, and the same numbers at their places in the source."""

from __future__ import annotations

import streamlit as st

from core.types import Span, Summary
from pages.parts.plain import Mark, marked, plain

WHOLE_SOURCE_CHARACTERS = 6_000
AROUND_CHARACTERS = 240


def draw_summary(summary: Summary, source: str, interaction_id: str) -> None:
    """Draw the summary; below it the source with every place that a sentence rests on set off."""
    lines = [
        plain(sentence.text) + (f" :blue-badge[{number}]" if sentence.source_spans else "")
        for number, sentence in enumerate(summary.sentences, 1)
    ]
    st.markdown("\n".join(f"- {line}" for line in lines) if summary.form == "points" else " ".join(lines))
    places = [(number, span) for number, sentence in enumerate(summary.sentences, 1) for span in sentence.source_spans]
    if not source or not places:
        return
    with st.expander("Where it stands in the text", icon=":material/find_in_page:", key=f"summary_{interaction_id}"):
        if len(source) <= WHOLE_SOURCE_CHARACTERS:
            with st.container(height=320, border=False):
                st.markdown(_with_marks(source, places, 0, len(source)))
            return
        chosen = st.pills(
            "Sentence",
            sorted({number for number, _ in places}),
            default=places[0][0],
            key=f"summary_sentence_{interaction_id}",
            required=True,
        )
        for number, span in places:
            if number == chosen:
                start, end = max(0, span.start - AROUND_CHARACTERS), min(len(source), span.end + AROUND_CHARACTERS)
                st.markdown("… " + _with_marks(source, [(number, span)], start, end) + " …")


def _with_marks(source: str, places: list[tuple[int, Span]], start: int, end: int) -> str:
    pieces: list[str] = []
    here = start
    for number, span in sorted(places, key=lambda place: place[1].start):
        if span.start < here:
            continue
        mark = Mark(span.start, span.end, "blue-background")
        pieces.append(marked(source, [mark], here, span.end) + f" :blue-badge[{number}]")
        here = span.end
    return "".join((*pieces, marked(source, [], here, end)))
