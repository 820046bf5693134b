"""Take a picture of every page, empty, working, filled and with an error, at two widths, in light and dark.

python -m tests.e2e.screenshots FOLDER [--profile fake] [--address http://127.0.0.1:8501]
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, TimeoutError

from tests.e2e.browser import browser, server

WIDTHS = {"laptop": (1280, 800), "phone": (390, 844)}
PAGES = ("", "support", "translate", "summarize", "sentiment", "your_feedback")
PATIENCE = 60_000


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--profile", default="fake", help="engines of the server that is started")
    parser.add_argument("--address", default="", help="a server that runs already")
    parser.add_argument("--only", default="", help="laptop-light, phone-dark, ...")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if arguments.address:
        take_all(arguments.address, arguments.folder, arguments.only)
        return
    with tempfile.TemporaryDirectory() as data, server(Path(data), arguments.profile) as address:
        take_all(address, arguments.folder, arguments.only)


def take_all(address: str, folder: Path, only: str) -> None:
    """Visit as four people: each width in each theme."""
    with browser() as chromium:
        for device, (width, height) in WIDTHS.items():
            for theme in ("light", "dark"):
                name = f"{device}-{theme}"
                if only and only != name:
                    continue
                context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
                page = context.new_page()
                page.set_default_timeout(PATIENCE)
                visit(page, address, folder, name)
                context.close()
                print(name)


def visit(page: Page, address: str, folder: Path, name: str) -> None:
    """Walk through all pages, empty first, then filled."""

    def shot(what: str, is_full: bool = True) -> None:
        size = page.viewport_size or {"width": 1280, "height": 800}
        if is_full:  # the page scrolls inside itself, so a tall window is the whole of it
            page.set_viewport_size({"width": size["width"], "height": 1700})
        page.wait_for_timeout(700)
        page.screenshot(path=folder / f"{name}-{what}.png")
        page.set_viewport_size(size)

    for path in PAGES:
        open_page(page, address, path)
        shot(f"{path or 'home'}-empty", is_full=False)
    open_page(page, address, "support")
    page.get_by_role("button", name="How long do I have").click()
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").wait_for()
    shot("support-working", is_full=False)
    settle(page)
    page.get_by_test_id("stFeedback").locator("button").first.click()
    shot("support-filled", is_full=False)
    ask(page, "Who was the first president of zzz?")
    shot("support-abstained", is_full=False)
    ask(page, " . ")
    shot("support-error", is_full=False)

    open_page(page, address, "translate")
    page.get_by_role("button", name="Thank you for your order").click()
    shot("translate-working", is_full=False)
    settle(page)
    page.get_by_test_id("stExpander").get_by_text("Side by side").click()
    page.get_by_text("Edit this answer").click()
    shot("translate-filled")
    page.get_by_label("It should say").fill("Danke für Ihre Bestellung. Wir verschicken sie morgen früh.")
    page.get_by_role("button", name="Save correction").click()
    page.get_by_text("Your correction is saved").first.wait_for()
    shot("translate-corrected")

    open_page(page, address, "summarize")
    page.get_by_role("button", name="News of a closed path").click()
    settle(page)
    page.get_by_text("Where it stands in the text").click()
    shot("summarize-filled")

    open_page(page, address, "sentiment")
    page.get_by_role("button", name="The app is quick").click()
    settle(page)
    shot("sentiment-filled")
    page.get_by_text("A table", exact=True).click()
    page.get_by_role("button", name="Take sample reviews").click()
    page.get_by_role("button", name="Read 2").click()
    shot("sentiment-table-working")
    settle(page)
    page.wait_for_timeout(1_000)
    shot("sentiment-table")

    open_page(page, address, "your_feedback")
    shot("your_feedback-filled")
    open_page(page, address, "")
    page.get_by_role("button", name="Allow both").click()
    page.get_by_role("button", name="Allow both").wait_for(state="hidden")
    shot("home-known")


def open_page(page: Page, address: str, path: str) -> None:
    """Open a page and wait until it stands still."""
    page.goto(f"{address}/{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(900)


def ask(page: Page, question: str) -> None:
    """Type a question and wait for the answer."""
    page.get_by_test_id("stChatInputTextArea").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing runs any more."""
    with suppress(TimeoutError):
        page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").wait_for(
            state="visible", timeout=1_500
        )
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").wait_for(state="hidden")
    page.wait_for_timeout(900)


if __name__ == "__main__":
    main()
