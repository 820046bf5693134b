"""The review queue beside the item in focus: what waits, in which order and why.

Owns the session keys `review_item`, `review_is_named` and those that begin with `review_page_`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from core.types import Scope, Task
from pages.parts.plain import plain_line

if TYPE_CHECKING:
    from core.office.review_views import QueuePage

ITEMS_A_PAGE = 8
ICONS = {Task.SUPPORT: "forum", Task.TRANSLATE: "translate", Task.SUMMARIZE: "short_text", Task.SENTIMENT: "mood"}
EMPTY = {
    "waiting": "Nothing waits. What visitors correct, or rate as not good, comes here.",
    "held": "The automatic checks hold nothing back.",
    "skipped": "You have skipped nothing.",
    "approved": "Nothing is approved yet.",
    "rejected": "Nothing was turned down or passed on.",
    "second": "There is nothing that somebody else decided and you have not looked at.",
}


def lead(queue: QueuePage) -> None:
    """Say in a sentence what waits, and since when."""
    waiting, held, items = queue.counts["waiting"], queue.counts["held"], queue.items["waiting"]
    aside = f"{held:,} {'item' if held == 1 else 'items'} held by a check"
    since = f", the oldest for {_age(queue.oldest)}" if queue.oldest else ""
    if not queue.is_sorted and not waiting and not held:
        st.markdown("**New items are being sorted in.**")
    elif waiting:
        beside = f" and {aside}" if held else ""
        kind = "item" if items == waiting else "different thing"
        waits = f"{kind} waits" if waiting == 1 else f"{kind}s wait"
        among = "" if items == waiting else f" ({items:,} items)"
        st.markdown(f"**{waiting:,} {waits} for a verdict**{among}{beside}{since}.")
    else:
        st.markdown(
            f"**Nothing waits for a verdict** but {aside}{since}." if held else "**Nothing waits for a verdict.**"
        )
    if not queue.is_sorted:
        if waiting or held:
            st.caption("New items are still being sorted in; the numbers grow meanwhile.")
        _look_again()


def in_focus(queue: QueuePage) -> str | None:
    """Return the item that is looked at: the chosen one while it is listed or asked for by name, else the first."""
    chosen = st.session_state.get("review_item")
    ids = [line.item_id for line in queue.lines]
    if chosen in ids or st.session_state.get("review_is_named"):
        return str(chosen)
    return ids[0] if ids else None


def focus(item_id: str | None, *, is_named: bool = False) -> None:
    """Look at this item from now on, or at the first; a named one need not be in the list."""
    st.session_state["review_item"] = item_id
    st.session_state["review_is_named"] = is_named


def beside(queue: QueuePage, item_id: str | None, step: int) -> str | None:
    """Return the item that many places after the one in focus, or None beyond the list."""
    ids = [line.item_id for line in queue.lines]
    place = ids.index(item_id) + step if item_id in ids else -1
    return ids[place] if 0 <= place < len(ids) else None


def page_key(scope: Scope, state: str, reason: str) -> str:
    """Return the session key of which page of this list is looked at; every choice of filters has its own."""
    return f"review_page_{state}_{scope.task}_{reason}_{scope.is_sample}"


def draw(queue: QueuePage, item_id: str | None, state: str, page_key: str) -> None:
    """Draw the list, the item in focus set off."""
    if not queue.lines and queue.is_sorted:
        st.markdown(f":gray[{EMPTY[state]}]")
    for line in queue.lines:
        is_here = line.item_id == item_id
        with st.container(key=f"review_line_{line.item_id}", gap=None, border=is_here):
            label = plain_line(line.title, 80) or "Without text"
            icon = f":material/{ICONS[line.task]}:"
            if st.button(f"**{label}**" if is_here else label, key=f"card_{line.item_id}", type="tertiary", icon=icon):
                focus(line.item_id)
                st.rerun()
            draw_badges(line.badges)
    pages = -(-queue.total // ITEMS_A_PAGE)
    if pages > 1:
        st.pagination(pages, key=page_key)


def draw_badges(badges: tuple[str, ...]) -> None:
    """Draw why an item stands where it stands."""
    st.markdown(" ".join(f":{_colour(badge)}-badge[{plain_line(badge)}]" for badge in badges))


def _colour(badge: str) -> str:
    return "orange" if "different" in badge or "good and" in badge else "blue" if "visitors" in badge else "gray"


def _age(since: datetime) -> str:
    days = (datetime.now(UTC) - since).days
    return "less than a day" if days < 1 else "1 day" if days == 1 else f"{days:,} days"


@st.fragment(run_every=2.0)
def _look_again() -> None:
    """Draw the page anew after a while: on the second run of this piece."""
    if st.session_state.get("review_looked"):
        del st.session_state["review_looked"]
        st.rerun()
    st.session_state["review_looked"] = True
