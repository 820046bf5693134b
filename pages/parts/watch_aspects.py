"""What the texts speak of, how that feels, and the founder's own list. Owns the keys that begin `watch_aspects_`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.limits import ASPECT_CHARACTERS, ASPECTS, MONITOR_NAME_CHARACTERS
from core.office.monitors import Aspect, Choice
from core.types import Member
from pages.parts import charts, charts_sentiment
from pages.parts.plain import plain_line
from pages.parts.watch_spikes import draw_quote
from pages.parts.watch_words import change_of, figure_of
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.insights.prevalence import Share
    from core.office.monitors import MonitorView


RECENT, WHOLE = "Last four weeks", "All texts"


def draw(who: Member, view: MonitorView, product: str) -> None:
    """Draw the share of negative mentions of each aspect now, its change and a quote, and the form to change them."""
    is_recent = _is_recent(view)
    shares = {one.aspect.name: one.share if is_recent else one.whole for one in view.aspects}
    st.markdown(f"**{_sentence(view, shares)}**")
    if view.aspects:
        charts.draw(
            charts_sentiment.aspect_shares(list(shares.items())),
            f"watch_aspects_{view.monitor.monitor_id}",
            "Share of negative mentions by aspect",
        )
    for one in view.aspects:
        mark = " :orange-badge[changed]" if one.has_moved else ""
        with st.expander(
            f"{plain_line(one.aspect.name)}: {figure_of(shares[one.aspect.name])}",
            key=f"watch_aspect_{one.aspect.aspect_id}",
            on_change="rerun",
        ) as opened:
            if not opened.open:
                continue
            if one.change is not None:
                st.markdown(f"Since the four weeks before: {change_of(one.change)}{mark}")
            recent = view.recent
            since, until = (recent.since, recent.until) if is_recent else (None, None)
            days = (since.isoformat(), until.isoformat()) if since and until else ("", "")
            for quote in office().monitors.quotes(
                who, view.monitor.monitor_id, Choice(*days, product, one.aspect.aspect_id), 2
            ):
                draw_quote(quote)
    st.caption(
        "A sentence has the aspect whose descriptions come near enough in meaning; about one in five is missed or "
        "wrong. What a sentence says counts, not the rest of its text."
    )
    with st.expander("Change what is looked for", icon=":material/edit:"):
        _draw_form(who, view)


def _is_recent(view: MonitorView) -> bool:
    """Let the days be chosen: all of them at first where few texts of late speak of anything."""
    if view.recent.since is None:
        return False
    default = RECENT if any(one.share.is_enough for one in view.aspects) else WHOLE
    chosen = st.segmented_control(
        "Which texts",
        (RECENT, WHOLE),
        default=default,
        required=True,
        key=f"watch_aspects_when_{view.monitor.monitor_id}",
        label_visibility="collapsed",
    )
    return chosen == RECENT


def _sentence(view: MonitorView, shares: dict[str, Share]) -> str:
    moved = [plain_line(one.aspect.name) for one in view.aspects if one.has_moved]
    enough = [(share.value, name) for name, share in shares.items() if share.is_enough]
    if not enough:
        return "Not enough yet: no aspect is spoken of in 30 texts."
    worst = plain_line(max(enough)[1])
    changed = f" Changed since the four weeks before: {', '.join(moved)}." if moved else ""
    return f"{worst} is spoken of worst: {figure_of(shares[max(enough)[1]])} negative.{changed}"


def _draw_form(who: Member, view: MonitorView) -> None:
    st.caption(
        f"Up to {ASPECTS} aspects. Descriptions are short sentences or words, separated by semicolons, in any language."
    )
    aspects = office().monitors.aspects(who, view.monitor.monitor_id)
    edited = st.data_editor(
        {"name": [one.name for one in aspects], "descriptions": ["; ".join(one.words) for one in aspects]},
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "name": st.column_config.TextColumn("Name", max_chars=MONITOR_NAME_CHARACTERS, required=True),
            "descriptions": st.column_config.TextColumn(
                "Descriptions", width="large", max_chars=12 * ASPECT_CHARACTERS, default=""
            ),
        },
        key=f"watch_aspects_{view.monitor.monitor_id}_form",
        alt="Aspects with their descriptions",
    )
    if st.button("Save and look again", key="watch_aspects_save", type="primary"):
        rows = zip(edited["name"], edited["descriptions"], strict=True)
        chosen = [Aspect(str(name), tuple(str(words or "").split(";"))) for name, words in rows if name]
        office().monitors.set_aspects(who, view.monitor.monitor_id, chosen)
        st.toast("All texts are looked through again in the background.")
        st.rerun()
