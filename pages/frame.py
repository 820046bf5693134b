"""The frame around every page: its look, the list of pages, who is visiting, and which weights answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.types import Role
from pages.parts import footer, member, survey_line, visitor, wiring

ASSETS = Path(__file__).resolve().parent.parent / "assets"
theme = "dark" if st.context.theme.type == "dark" else "light"
is_just_started = not wiring.is_open()


def draw_around(place: st.delta_generator.DeltaGenerator) -> None:
    """Draw the marks, and into a place above the page the line that asks for consent.

    The first page after a start has this after its title: an image takes Streamlit to NumPy and Pillow, and the line
    waits until the database is open.
    """
    st.set_page_config(page_icon=ASSETS / "mark_light.svg")
    st.logo(ASSETS / f"logo_{theme}.svg", size="large", icon_image=ASSETS / f"mark_{theme}.svg")
    # On "Your feedback" the same choice is part of the page; on the company's own pages there is no visitor, and
    # whoever opens a receipt by its link need not become one.
    if page.url_path not in ("your_feedback", "receipt") and page not in of_the_company:
        visitor.ask_in(place)


# Without any icon here the browser would ask another origin for that of the page. A sign needs no image library.
st.set_page_config(page_icon="\N{SPEECH BALLOON}" if is_just_started else ASSETS / "mark_light.svg", layout="wide")
st.html(ASSETS / "style.css")

who = member.known()
is_founder = who is not None and who.role is Role.FOUNDER


def company(path: str, title: str, icon: str, is_open: bool = is_founder) -> st.Page:
    """Return a page of the company: listed for those who may see it, and by its address for those who log in."""
    return st.Page(f"founder/{path}", title=title, icon=icon, visibility="visible" if is_open else "hidden")


of_the_company = [
    company("insights.py", "Insights", ":material/insights:"),
    company("market_fit.py", "Market fit", ":material/target:"),
    company("review.py", "Review", ":material/fact_check:", who is not None),
    company("knowledge.py", "Knowledge", ":material/menu_book:"),
    company("learning.py", "Learning", ":material/model_training:"),
    company("watch.py", "Sentiment watch", ":material/monitoring:"),
    company("settings.py", "Settings", ":material/settings:"),
    company("status.py", "Status", ":material/monitor_heart:"),
]
page = st.navigation(
    {
        "": [st.Page("home.py", title="Home", icon=":material/home:", default=True)],
        "Use": [
            st.Page("support.py", title="Support", icon=":material/forum:"),
            st.Page("translate.py", title="Translate", icon=":material/translate:"),
            st.Page("summarize.py", title="Summarize", icon=":material/short_text:"),
            st.Page("sentiment.py", title="Sentiment", icon=":material/mood:"),
        ],
        "You": [
            st.Page("your_feedback.py", title="Your feedback", icon=":material/rate_review:"),
            st.Page("survey.py", title="Survey", icon=":material/ballot:", visibility="hidden"),
            st.Page("receipt.py", title="Receipt", icon=":material/receipt_long:", visibility="hidden"),
        ],
        "Company": of_the_company,
    },
    # Or Streamlit hides the last ones, the loop among them, behind "View 3 more".
    expanded=True,
)
st.set_page_config(page_title=f"{page.title} · Hearback")
member.draw_line(who)

above = st.container()
if not is_just_started:
    draw_around(above)
try:
    page.run()
finally:  # a page that is closed to whoever is here ends the run
    if is_just_started:
        draw_around(above)
survey_line.draw(page.url_path)
footer.draw(is_founder)
