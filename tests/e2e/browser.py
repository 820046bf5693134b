"""A server of its own and a browser, for stories and screenshots."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

from tests.load.server import running

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# The first answer loads weights, on a machine that may be busy.
PATIENCE_MILLISECONDS = 120_000
REACTION_MILLISECONDS = 500
# For every story, whichever of them are run together: what is expected is waited for, and five seconds are few.
expect.set_options(timeout=PATIENCE_MILLISECONDS)
# On a page opened by its own address, Streamlit first looks for its server below that address and is told 404.
_PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")


def chromium() -> str | None:
    """Return the path of the system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def server(folder: Path, profile: str = "embedded") -> Iterator[str]:
    """Run the real app on a free loopback port with its data in `folder`; give its address."""
    with running(profile, folder / "data", log=folder / "server.log") as started:
        yield started.url


@contextmanager
def browser() -> Iterator[Browser]:
    """Give a headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_FLAGS))
        try:
            yield opened
        finally:
            opened.close()


class Visitor:
    """Somebody at a browser, and what the browser notices meanwhile."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._see)

    def open(self, path: str = "") -> Visitor:
        """Open a page and wait for its title."""
        self.page.goto(f"{self.address}/{path}")
        self.page.get_by_role("heading", level=1).wait_for()
        return self.settle()

    def go(self, title: str) -> Visitor:
        """Go to a page by the menu."""
        if self.page.get_by_test_id("stExpandSidebarButton").is_visible():
            self.page.get_by_test_id("stExpandSidebarButton").click()
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", level=1, name=title).wait_for()
        return self

    def click(self, name: str) -> Visitor:
        """Click a button in the page."""
        self.main.get_by_role("button", name=name).first.click()
        return self

    def write(self, text: str) -> Visitor:
        """Write into the page's text field and leave it, as somebody does who reaches for a button."""
        field = self.main.get_by_role("textbox").first
        field.fill(text)
        field.blur()
        return self.settle()

    def ask(self, question: str) -> Visitor:
        """Type a question into the conversation and send it."""
        self.page.get_by_test_id("stChatInputTextArea").fill(question)
        self.page.keyboard.press("Enter")
        self.main.get_by_test_id("stChatMessage").last.wait_for()
        return self

    def answered(self) -> Visitor:
        """Wait until an answer can be rated."""
        self.main.get_by_test_id("stFeedback").last.wait_for()
        self.stop_button.wait_for(state="hidden")
        return self.settle()

    def settle(self) -> Visitor:
        """Wait until what was clicked has reached the server and the page has been drawn."""
        self.page.wait_for_timeout(REACTION_MILLISECONDS)
        self.page.get_by_test_id("stApp").and_(self.page.locator('[data-test-script-state="notRunning"]')).wait_for()
        return self

    @property
    def main(self) -> Locator:
        """The page without menu and header."""
        return self.page.get_by_test_id("stMainBlockContainer")

    @property
    def stop_button(self) -> Locator:
        """The button that ends a running answer."""
        return self.page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _PROBE.search(message.location["url"]):
            self.complaints.append(f"{message.text} {message.location}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)
