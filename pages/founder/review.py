"""A reviewer looks at what visitors corrected or rated as not good, and says what is right.

State: none of its own; see `pages.parts.review_list`, `review_item` and `review_verdict`.
"""

import streamlit as st

from core.errors import HearbackError
from core.types import Role
from pages.parts import member, review_agreement, review_filters, review_item, review_list, review_verdict
from pages.parts.plain import plain
from pages.parts.wiring import office

who = member.required(Role.REVIEWER)
st.title("Review", anchor=False)
lead = st.container()

try:
    scope, state, reason = review_filters.bar(who)
    page_key = review_list.page_key(scope, state, reason)
    page = st.session_state.get(page_key) or 1
    queue = office().review.queue(who, scope, state=state, reason=reason, page=page, size=review_list.ITEMS_A_PAGE)
    item_id = review_list.in_focus(queue)
    with lead:
        review_list.lead(queue)
    left, right = st.columns([2, 1], gap="large")
    with right:
        review_list.draw(queue, item_id, state, page_key)
        review_agreement.draw(who, is_sample=scope.is_sample)
    with left:
        is_blind, is_shown = state == "second", review_item.is_shown(item_id or "")
        item = office().review.item(who, item_id, is_blind=is_blind, is_shown=is_shown) if item_id else None
        if item is not None:
            review_item.draw(who, item)
        review_verdict.draw(who, item, queue, state)
        if item is not None:
            review_item.draw_more(who, item)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
