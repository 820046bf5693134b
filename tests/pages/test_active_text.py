"""What runs or leads away elsewhere is drawn by the pages as the letters it is, wherever it comes back."""

from __future__ import annotations

import re

import pytest

from tests.faults.hostile_texts import ACTIVE
from tests.pages.conftest import Visit
from tests.promises import Found

pytestmark = pytest.mark.promise("R14")

# What a browser would run, fetch or follow, had Markdown left it its meaning.
LIVE = re.compile(r"(?<!\\)<\s*(script|img|svg|iframe|style)|(?<!\\)\]\((?!#)|://|(?<!\\)!\[", re.I)


def test_active_text_typed_in_one_place_is_letters_in_every_other(visit: Visit, found: Found) -> None:
    text = " ".join(one.replace("\n", " ") for one in ACTIVE)[:1_900]
    visit.go("sentiment")
    visit.widget("text_area", "sentiment_text").set_value(text).run()
    visit.click("sentiment_start")
    drawn = [element.value for element in visit.app.markdown]
    for page in ("your_feedback", "home", "support", "translate", "summarize", "sentiment"):
        visit.go(page)
        drawn += [element.value for kind in ("markdown", "caption", "error") for element in getattr(visit.app, kind)]
    live = [one for one in drawn if LIVE.search(one.replace("\u2060", "")) and "evil" in one]
    assert not live, live[:3]
    found("pieces of pages looked through", len(drawn))
