"""How sure a monitor's shares are: by which errors they are set right, and a check of 30 random texts.

Owns the session keys that begin `watch_check_`: the drawn ids, and how many of them are done.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.rates import Rate
from core.types import Member
from pages.parts.charts import LABELS, SIGNS
from pages.parts.plain import plain
from pages.parts.watch_words import percent
from pages.parts.wiring import office

if TYPE_CHECKING:
    from core.office.monitors import MonitorView

OWN = "own"
AUTOMATIC = ""


def draw(who: Member, view: MonitorView, _product: str) -> None:
    """Draw what the share would be by each set of errors, the choice among them, and the check."""
    monitor_id = view.monitor.monitor_id
    _draw_own(view)
    drawn = st.session_state.get(f"watch_check_{monitor_id}", [])
    if drawn:
        _draw_check(who, monitor_id, drawn)
    elif st.button("Check 30 random texts", key="watch_check_start", icon=":material/fact_check:", type="primary"):
        st.session_state[f"watch_check_{monitor_id}"] = list(office().monitors.draw_check(who, monitor_id))
        st.rerun()
    if view.by_domain:
        _draw_domains(who, view)


def _draw_own(view: MonitorView) -> None:
    own = view.known.own
    right = Rate(own.found + own.cleared, own.n)
    st.markdown(
        f"**{own.n:,} texts of this monitor were checked by people.** "
        + (f"As negative or not, the classifier read {right} right." if own.n else "")
    )
    needed = "at least 20 negative and 20 other texts"
    if view.errors is not None and view.errors.is_own:
        st.caption(
            f"These checks are what the shares are set right by ({own.negatives} negative, {own.others} others)."
        )
    else:
        st.caption(
            f"The classifier errs differently on different texts. Checks are drawn at random, and once {needed} are "
            f"checked ({own.negatives} and {own.others} so far), the shares are set right by them instead."
        )


def _draw_check(who: Member, monitor_id: str, drawn: list[int]) -> None:
    done = len(drawn) - sum(1 for one in drawn if one > 0)
    left = [one for one in drawn if one > 0]
    if not left:
        st.success(f"{done} texts checked. Thank you.")
        del st.session_state[f"watch_check_{monitor_id}"]
        return
    text = office().monitors.text(who, left[0])
    with st.container(border=True):
        st.progress(done / len(drawn), text=f"{done} of {len(drawn)}. How does this text feel?")
        st.markdown(plain(text.text))
        with st.container(horizontal=True):
            for place, label in enumerate(LABELS, 1):
                if st.button(f"{SIGNS[label]} {label}", key=f"watch_check_{label}", shortcut=str(place)):
                    office().monitors.check(who, text.text_id, label)
                    st.session_state[f"watch_check_{monitor_id}"] = [
                        -one if one == text.text_id else one for one in drawn
                    ]
                    st.rerun()
            if st.button("End the check", key="watch_check_end", type="tertiary"):
                del st.session_state[f"watch_check_{monitor_id}"]
                st.rerun()
        st.caption("What the classifier read is not shown, so that it does not lead you. Keys 1, 2 and 3 work too.")


def _draw_domains(who: Member, view: MonitorView) -> None:
    monitor_id = view.monitor.monitor_id
    names = dict(view.known.sets)
    st.markdown("**The share now, by the errors counted on each kind of text**")
    rows = []
    for name, share in view.by_domain:
        errors = view.known.own if name == OWN else names[name]
        rows.append(
            (errors.domain, str(share), percent(errors.sensitivity), percent(errors.specificity), f"{errors.n:,}")
        )
    titles = ("counted on", "share now", "negative found", "others cleared", "n")
    st.dataframe({title: [row[place] for row in rows] for place, title in enumerate(titles)}, hide_index=True)
    options = [AUTOMATIC, *(name for name, _ in view.by_domain)]
    chosen = view.monitor.settings.get("domain", AUTOMATIC)
    told = {AUTOMATIC: "Chosen for you", OWN: "Your checks"} | {name: errors.domain for name, errors in names.items()}
    picked = st.selectbox(
        "Set right by the errors on",
        options,
        options.index(chosen) if chosen in options else 0,
        format_func=partial(_title, told),
        key=f"watch_check_domain_{monitor_id}",
    )
    if picked != chosen:
        office().monitors.set_domain(who, monitor_id, picked)
        st.rerun()
    st.caption(
        "Rogan and Gladen's estimate with the interval of Lang and Reiczigel (2014): it carries the sampling of your "
        "texts and of those that the errors were counted on, not that your texts may be of another kind than these."
    )


def _title(titles: dict[str, str], name: str) -> str:
    return titles.get(name, name)
