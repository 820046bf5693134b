"""The real pages on a real desk with fake engines, driven without a browser."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

# The pages import these when the house is opened; here that is not to count against the first test's patience.
import core.desk
import core.office  # noqa: F401
from core.jobs import Job
from core.loop import Recall
from core.store import members
from core.types import LanguageGuess, Origin, Role, Segment, Translation

FRAME = Path(__file__).resolve().parents[2] / "pages" / "frame.py"
PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="session", autouse=True)
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One desk for all page tests, with its data in a temporary folder; every test is a visitor of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARBACK_PROFILE", "fake")
        patch.setenv("HEARBACK_DATA", str(tmp_path_factory.mktemp("house")))
        patch.delenv("HEARBACK_DATABASE_URL", raising=False)
        # Every AppTest looks through each installed package for components, half a second long: once is enough.
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


class Visit:
    """What a person does on the pages and sees there."""

    def __init__(self, run: bool = True) -> None:
        self.app = AppTest.from_file(str(FRAME), default_timeout=PATIENCE_SECONDS)
        if run:
            self.app.run()

    def go(self, page: str) -> Visit:
        """Switch to a page, such as "support" or "founder/insights"."""
        self.app.switch_page(f"{page}.py").run()
        return self.settle()

    def click(self, key: str) -> Visit:
        """Click the button whose key begins like this, and wait for what it started."""
        self.button(key).click().run()
        return self.settle()

    def button(self, key: str) -> Any:
        """Return the first button whose key begins like this."""
        return next(button for button in self.app.button if (button.key or "").startswith(key))

    def has_button(self, key: str) -> bool:
        """Return whether there is a button whose key begins like this."""
        return any((button.key or "").startswith(key) for button in self.app.button)

    def settle(self) -> Visit:
        """Wait until no answer is running, as the page itself does by looking again and again."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self.has_button("running_stop_"):
            assert time.monotonic() < end, "an answer did not end"
            time.sleep(0.02)
            self.app.run()
        assert not self.app.exception, [exception.value for exception in self.app.exception]
        return self

    def widget(self, kind: str, key: str) -> Any:
        """Return the first widget of a kind whose key begins like this."""
        return next(widget for widget in getattr(self.app, kind) if (widget.key or "").startswith(key))

    @property
    def text(self) -> str:
        """All that can be read on the page, as Markdown."""
        kinds = ("title", "subheader", "markdown", "caption", "text", "code", "error", "warning", "info", "success")
        return "\n".join(str(element.value) for kind in kinds for element in getattr(self.app, kind))


@pytest.fixture
def visit() -> Visit:
    """Somebody who comes for the first time."""
    return Visit()


@pytest.fixture
def own_house(tmp_path: Path, empty_file: Path) -> Iterator[None]:
    """A house of this test's own, empty at first; ask for it before `visit` or a member."""
    with a_house_at(tmp_path / "own", empty_file):
        yield


@contextmanager
def a_house_at(folder: Path, file: Path) -> Iterator[None]:
    """Let the pages open a house of its own in this new folder, on a copy of this database file."""
    folder.mkdir()
    shutil.copyfile(file, folder / "hearback.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARBACK_DATA", str(folder))
        st.cache_resource.clear()
        yield
        st.cache_resource.clear()


def logged_in(role: Role, name: str = "") -> Visit:
    """Return the visit of a new member of the company."""
    from pages.parts.wiring import house

    database = house().database
    member = members.add(database, name or f"{role} {uuid.uuid4().hex[:8]}", role)
    visit = Visit(run=False)
    visit.app.session_state["member_token"] = members.open_session(database, member.member_id, timedelta(hours=1))
    visit.app.run()
    return visit


@pytest.fixture
def founder() -> Visit:
    """A founder who is logged in."""
    return logged_in(Role.FOUNDER)


@pytest.fixture
def reviewer() -> Visit:
    """A reviewer who is logged in."""
    return logged_in(Role.REVIEWER)


class SlowTranslation:
    """Stands in for the translation task: shows a half, and goes on when told."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.has_shown = threading.Event()
        self.error: Exception | None = None

    def translate(
        self, text: str, target: str, source: str, _is_careful: bool, job: Job, recall: Recall | None = None
    ) -> Translation:
        """Show a half of the text, wait, and return it whole, or raise what was asked for."""
        del recall
        job.show("first half")
        self.has_shown.set()
        while not self.go_on.wait(0.01):
            job.check()
        if self.error is not None:
            raise self.error
        whole = "first half, second half"
        guess = LanguageGuess("en", 0.99, True)
        return Translation(whole, source or "en", target, guess, (Segment(text, whole),), Origin("generated", "slow"))


@pytest.fixture
def slow(visit: Visit) -> Iterator[SlowTranslation]:
    """A translation that runs until the test lets it go on."""
    from pages.parts.wiring import house

    task = SlowTranslation()
    before = house().__dict__.get("translate")
    house().__dict__["translate"] = task
    yield task
    task.go_on.set()
    if before is None:
        house().__dict__.pop("translate")
    else:
        house().__dict__["translate"] = before


@pytest.fixture
def answered(visit: Visit) -> Callable[[str], Visit]:
    """Return a function that opens a page and has its first example answered."""

    def answer(page: str) -> Visit:
        return visit.go(page).click(f"example_{page}_")

    return answer
