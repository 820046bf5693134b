"""What the stories about the handbook share: a house with a short one, and visitors who ask it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.config import read_settings
from core.handbook import Handbook
from core.house import House, open_house
from core.jobs import JobView
from core.office.knowledge import Knowledge
from core.store.record import Recorder
from core.store.tables import VisitorRow
from core.types import Consent, Interaction, Member, Origin
from tests.core.store_stories import an_interaction

PATIENCE_SECONDS = 10.0
SHIPPED = {
    "returns": "# Returns\n\n## How long\n\nYou may return a lamp within 60 days.\n\n## Postage\n\nWe pay it.\n",
    "shipping": "# Shipping\n\nTo Germany: three days.\n\n| Country | Price |\n| --- | --- |\n| France | 5 |\n",
    "warranty": "# Warranty\n\nEvery lamp has a warranty of two years.\n",
}


@contextmanager
def a_house(database_url: str, folder: Path, profile: str = "fake") -> Iterator[House]:
    """Give a house whose handbook is SHIPPED."""
    opened = open_house(
        read_settings(
            {"HEARBACK_PROFILE": profile, "HEARBACK_DATABASE_URL": database_url, "HEARBACK_DATA": str(folder)}
        )
    )
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    for name, text in SHIPPED.items():
        (pages / f"{name}.md").write_text(text, encoding="utf-8")
    opened.handbook = Handbook(pages, opened.database, opened.library)
    yield opened
    opened.close()


def done(room: Knowledge, member: Member, job_id: str, patience_seconds: float = PATIENCE_SECONDS) -> JobView:
    """Return the job once it is over."""
    end = time.monotonic() + patience_seconds
    while time.monotonic() < end:
        view = room.work(member, job_id)
        assert view is not None
        if view.is_over:
            return view
        time.sleep(0.01)
    raise AssertionError("the job did not end")


def published(room: Knowledge, member: Member, note: str = "", documents: tuple[str, ...] = ()) -> JobView:
    """Publish the drafts as they stand, and return the finished job."""
    view = done(room, member, room.publish(member, note, room.manuscript(member).token, documents))
    assert view.state == "finished", view.sentence
    return view


def a_question(text: str, visitor: str = "ada", **changes: Any) -> Interaction:
    """Return a question to the handbook that revision 1 did not answer."""
    told = an_interaction(
        visitor_id=visitor,
        started_at=datetime(2026, 5, 4, 12, tzinfo=UTC),
        input_text=text,
        output_text="I did not find this.",
        origin=Origin("abstained", settings={"reason": "english"}),
        messages=(),
        passage_ids=(),
        is_abstained=True,
        segment="Product, 11 to 50",
        consent=Consent(log=True),
        knowledge_id="handbook",
        knowledge_revision=1,
    )
    return dataclasses.replace(told, **changes)


def keep(recorder: Recorder, *told: Interaction) -> list[str]:
    """Write interactions down, and return their ids."""
    for one in told:
        recorder.interaction(one)
    assert recorder.flush()
    return [one.interaction_id for one in told]


def mark_as_sample(house: House, visitor: str) -> None:
    """Let a visitor be one of the sample company's."""
    with house.database.writing() as session:
        session.merge(VisitorRow(visitor_id=visitor, is_sample=True))
