"""A founder wants to know whether there is market fit, for whom, and what stands in the way.

State: none of its own; the scope is that of `pages.parts.scope`.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import (
    insights_counting,
    market_fit_charts,
    market_headline,
    market_matrix,
    market_words,
    member,
    scope,
)
from pages.parts.plain import plain
from pages.parts.wiring import office

who = member.required()
st.title("Market fit", anchor=False)

try:
    chosen = scope.bar(who, with_task=False, with_segment=False, with_weights=False)
    insights_counting.draw(who)
    fit = office().market.fit(who, chosen)
    if fit.responses:
        market_headline.draw(fit)
        market_fit_charts.draw(fit)
        market_matrix.draw(who, chosen, fit)
        market_words.draw(who, fit)
        market_headline.explain()
    else:
        market_headline.draw_empty(who)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
