"""On the real weights: a question that had no answer has one once its page is published, and gaps hold together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import read_settings
from core.handbook import Handbook
from core.house import House, open_house
from core.knowledge.gaps import groups_of
from core.office.knowledge import Knowledge
from core.store import members
from core.types import Member, Role, Scope
from tests.core.knowledge_stories import a_question, done, keep, published
from tests.core.test_gaps import a_row

pytestmark = pytest.mark.weights

PATIENCE_SECONDS = 300.0
WALL = (
    "Can the Fjell be mounted on a wall?",
    "Is there a bracket for wall mounting?",
    "How do I hang the Fjell on the wall?",
)
PAGE = "# Wall mounting\n\nThe Fjell can be mounted on a wall with the bracket B12, which costs 19 euros.\n"
PAGES = ("troubleshooting", "smart_lamps", "about_northlamp", "spare_parts", "business")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The real house with five pages of the shipped handbook, on a database of its own."""
    folder: Path = tmp_path_factory.mktemp("house")
    opened = open_house(read_settings({"HEARBACK_DATA": str(folder)}))
    pages = folder / "pages"
    pages.mkdir()
    for name in PAGES:
        (pages / f"{name}.md").write_bytes((opened.settings.assets / "knowledge" / f"{name}.md").read_bytes())
    opened.handbook = Handbook(pages, opened.database, opened.library)
    yield opened
    opened.close()


def test_a_question_without_an_answer_has_one_once_its_page_is_published(house: House) -> None:
    room = Knowledge(house)
    ada: Member = members.add(house.database, "ada", Role.FOUNDER)
    house.handbook.open()
    index = house.library.index("")
    assert all(house.support.answer(question, index).is_abstained for question in WALL)
    keep(house.recorder, *(a_question(question, f"v{n}") for n, question in enumerate(WALL)))
    gaps = room.gaps.look(ada, Scope()).open
    assert [gap.questions for gap in gaps] == [3]
    document = room.gaps.draft(ada, gaps[0])
    room.save(ada, document, PAGE)
    tried = done(room, ada, room.try_question(ada, WALL[0]), PATIENCE_SECONDS)
    assert "19 euros" in tried.result.text
    began = time.monotonic()
    view = published(room, ada)
    print(f"published one page in {time.monotonic() - began:.2f} s, {view.result}")
    taken = room.gaps.look(ada, Scope()).taken_up[0]
    assert taken.answered == 3, [(one.text, one.answer) for one in taken.gap.questions]
    assert "19 euros" in house.support.answer(WALL[1], house.library.index("")).text


def test_questions_of_one_meaning_come_together_and_others_stay_apart(house: House) -> None:
    """Twelve questions of four meanings in English, six of two in other languages."""
    meanings = (
        WALL,
        ("Do you deliver to Norway?", "Is shipping to Norway possible?", "Can I have a lamp sent to Oslo, Norway?"),
        (
            "What input voltage does the power supply take?",
            "voltage range of the power adapter",
            "Does it run on 110 V?",
        ),
        ("Can I pay with bitcoin?", "Do you accept cryptocurrency?", "crypto payment"),
    )
    rows = [a_row(n + 1, text) for n, text in enumerate(text for texts in meanings for text in texts)]
    groups = groups_of(rows, lambda english: house.shelf.encoder() if english else house.shelf.multilingual_encoder())
    found = [sorted(rows[place].text for place in group) for group in groups]
    print(found)
    assert sum(sorted(texts) in found for texts in meanings) >= 3, found
