"""A founder wants to know who uses what and comes back, and how good and how fast it is.

State: `insights_section`, the section that is open; the scope is that of `pages.parts.scope`.
"""

import streamlit as st

from core.errors import HearbackError
from pages.parts import insights_counting, insights_quality, insights_use, member, sample_data, scope
from pages.parts.plain import plain
from pages.parts.wiring import office

SECTIONS = {
    "Use": insights_use.draw_use,
    "Coming back": insights_use.draw_coming_back,
    "Quality": insights_quality.draw_quality,
    "Speed": insights_quality.draw_speed,
    "Languages": insights_quality.draw_languages,
}

who = member.required()
st.title("Insights", anchor=False)

try:
    chosen = scope.bar(who)
    found = office().usage.overview(who, chosen)
    insights_counting.draw(who)
    if not found.tally.uses:
        with st.container(border=True):
            st.markdown(
                "**No uses in this period yet.** Here you will see who uses what, who comes back, and how good the "
                "answers are. A longer period may hold some."
            )
        sample_data.offer(who)
    else:
        st.markdown(insights_use.headline(found))
        section = st.segmented_control(
            "Section",
            list(SECTIONS),
            default="Use",
            required=True,
            key="insights_section",
            label_visibility="collapsed",
        )
        SECTIONS[section or "Use"](who, chosen)
except HearbackError as error:
    st.error(plain(str(error)), icon=":material/error:")
