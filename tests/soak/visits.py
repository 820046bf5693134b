"""What people do in an hour: ask, rate, correct, bring files, look elsewhere, come back, and leave in mid-answer."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from pages.parts.examples import SENTIMENT, SUMMARIZE, SUPPORT, TRANSLATE
from tests.soak.tab import Tab

# A visitor comes back so often before somebody else takes the place.
VISITS_OF_ONE = 5
DEEDS_OF_A_VISIT = (2, 6)
PAGES = ("/", "/support", "/translate", "/summarize", "/sentiment", "/your_feedback")
COMPANY_PAGES = ("/insights", "/market_fit", "/review", "/knowledge", "/learning", "/watch", "/settings")
QUESTIONS = (*SUPPORT, "How long is the warranty on a lamp?", "Do you ship to Norway?", "Who won the cup in 1972?")
ANSWER_SECONDS = 400.0
RUN_SECONDS = 60.0
# What the app says where it honestly refuses; counted, and no error.
REFUSALS = ("All places are taken", "Try again in about", "Nobody could take this")
NOTES = "# The fair\n\n" + "".join(
    f"Stand {n} opens at {n % 12 + 1} and sells lamp number {n}.\n" for n in range(1, 400)
)


@dataclass
class Counts:
    """What happened so far; `waits` holds the seconds of the last interval by what was waited for."""

    done: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    waits: dict[str, list[float]] = field(default_factory=dict)

    def waited(self, what: str, seconds: float) -> None:
        """Note how long something took."""
        self.waits.setdefault(what, []).append(seconds)

    def failed(self, where: str, error: BaseException) -> None:
        """Note an error; of very many only the number."""
        self.done["errors"] += 1
        if len(self.errors) < 50:
            self.errors.append(f"{where}: {type(error).__name__}: {error}"[:400])


class Person:
    """Somebody at one of the places: visits until the end, each time with some deeds; then another one takes over."""

    def __init__(self, url: str, number: int, counts: Counts, pause_seconds: tuple[float, float]) -> None:
        self._url = url
        self._chance = random.Random(number)
        self._counts = counts
        self._pause = pause_seconds
        self._cookies: dict[str, str] = {}
        self._number = number
        self._deeds: tuple[tuple[int, Callable[[Tab], Awaitable[None]]], ...] = (
            (6, self.ask),
            (3, self.translate),
            (4, self.read_sentiment),
            (2, self.summarize),
            (1, self.read_table),
            (1, self.bring_documents),
            (3, self.look_around),
            (2, self.reload),
        )

    async def live(self, end: float) -> None:
        """Visit again and again until `end` on the clock of `time.monotonic`."""
        visits = 0
        while time.monotonic() < end:
            if visits % VISITS_OF_ONE == 0:
                self._cookies = {}
            visits += 1
            try:
                await self._visit(end)
            except (TimeoutError, ConnectionError, LookupError, RuntimeError, OSError) as error:
                self._counts.failed(f"person {self._number}", error)
                await asyncio.sleep(1)

    async def _visit(self, end: float) -> None:
        tab = Tab(self._url, self._chance.choice(PAGES), cookies=self._cookies, patience_seconds=RUN_SECONDS)
        async with tab:
            await self._settled(tab, "open")
            self._cookies = dict(tab.cookies)
            if tab.has("Allow both"):
                await tab.click(self._chance.choice(("Allow both", "Allow both", "No, thanks")))
                await self._settled(tab, "click")
            deeds = [deed for weight, deed in self._deeds for _ in range(weight)]
            for _ in range(self._chance.randint(*DEEDS_OF_A_VISIT)):
                if time.monotonic() > end:
                    return
                deed = self._chance.choice(deeds)
                await deed(tab)
                tab.check()
                await asyncio.sleep(self._chance.uniform(*self._pause))
            if self._chance.random() < 0.3:
                await self.leave_in_mid_answer(tab)

    # Deeds

    async def ask(self, tab: Tab) -> None:
        """Ask the handbook."""
        await self._on(tab, "/support")
        await tab.type("Your question", self._varied(self._chance.choice(QUESTIONS)))
        await self._answer(tab, "support")

    async def translate(self, tab: Tab) -> None:
        """Have a sentence translated, the quick way."""
        await self._on(tab, "/translate")
        await tab.choose("How", "Quick")
        await self._settled(tab, "click")
        await tab.type("Text to translate", self._varied(self._chance.choice(TRANSLATE)))
        await self._settled(tab, "click")
        await tab.click("Translate")
        await self._answer(tab, "translate")

    async def summarize(self, tab: Tab) -> None:
        """Have a text summarized."""
        await self._on(tab, "/summarize")
        await tab.type("Text to summarize", self._varied(self._chance.choice(list(SUMMARIZE.values()))))
        await self._settled(tab, "click")
        await tab.click("Summarize")
        await self._answer(tab, "summarize")

    async def read_sentiment(self, tab: Tab) -> None:
        """Have a text read."""
        await self._on(tab, "/sentiment")
        await tab.choose("What to read", "One text")
        await self._settled(tab, "click")
        await tab.type("Text to read", self._varied(self._chance.choice(SENTIMENT)))
        await self._settled(tab, "click")
        await tab.click("Read it")
        await self._answer(tab, "sentiment")

    async def read_table(self, tab: Tab) -> None:
        """Bring a table of texts of one's own and have it read."""
        await self._on(tab, "/sentiment")
        await tab.choose("What to read", "A table")
        await self._settled(tab, "click")
        rows = [f'2026-0{n % 9 + 1}-11,"{self._varied(self._chance.choice(SENTIMENT))}"' for n in range(60)]
        await tab.upload("CSV or XLSX", "reviews.csv", "\n".join(["date,text", *rows]).encode())
        await self._settled(tab, "upload")
        await tab.click("Read 60 rows")
        await self._answer(tab, "table")
        await tab.choose("What to read", "One text")
        await self._settled(tab, "click")

    async def bring_documents(self, tab: Tab) -> None:
        """Bring a document and ask it."""
        await self._on(tab, "/support")
        if tab.has("Back to the handbook"):
            await tab.click("Back to the handbook")
            await self._settled(tab, "click")
        await tab.upload("up to 10 MB each", "fair.md", self._varied(NOTES).encode())
        await tab.click("Ask these documents")
        await self._settled(tab, "upload")
        self._counts.done["uploads"] += 1
        await tab.type("Your question", f"When does stand {self._chance.randint(1, 399)} open?")
        await self._answer(tab, "support")
        await tab.click("Back to the handbook")
        await self._settled(tab, "click")

    async def look_around(self, tab: Tab) -> None:
        """Go from page to page."""
        for _ in range(3):
            await self._on(tab, self._chance.choice(PAGES))

    async def reload(self, tab: Tab) -> None:
        """Load the page anew, as a browser does."""
        await tab.reload()
        await self._settled(tab, "open")
        self._counts.done["reloads"] += 1

    async def leave_in_mid_answer(self, tab: Tab) -> None:
        """Ask, and be gone before the answer is there."""
        await self._on(tab, "/translate")
        await tab.type("Text to translate", self._varied(" ".join(TRANSLATE)))
        await self._settled(tab, "click")
        await tab.click("Translate")
        await asyncio.sleep(self._chance.uniform(0.0, 0.8))
        self._counts.done["left in mid-answer"] += 1

    # What deeds have in common

    def _varied(self, text: str) -> str:
        """Return the text with a number of its own, so that nothing is answered from what is kept."""
        return f"{text} ({self._chance.randint(1, 10**9)})" if self._chance.random() < 0.8 else text

    async def _on(self, tab: Tab, page: str) -> None:
        if tab.page != page:
            await tab.go(page)
            await self._settled(tab, "page")
            self._counts.done["pages"] += 1

    async def _settled(self, tab: Tab, what: str) -> None:
        self._counts.waited(what, await tab.settled(RUN_SECONDS))

    async def _answer(self, tab: Tab, what: str) -> None:
        began = time.monotonic()
        await tab.answered(ANSWER_SECONDS)
        if any(refusal in text for text in tab.texts() for refusal in REFUSALS):
            self._counts.done["refused"] += 1
            return
        self._counts.waited(what, time.monotonic() - began)
        self._counts.done["answers"] += 1
        if self._chance.random() < 0.4:
            await tab.rate(self._chance.randint(0, 1))
            await self._settled(tab, "rate")
            self._counts.done["ratings"] += 1
        if what in ("support", "translate") and self._chance.random() < 0.3:
            await self._correct(tab)

    async def _correct(self, tab: Tab) -> None:
        await tab.switch("Edit this answer", is_on=True)
        await self._settled(tab, "click")
        await tab.type("It should say", self._varied("It should have said this instead"))
        await tab.click("Save correction")
        await self._settled(tab, "correct")
        self._counts.done["corrections"] += 1


class Founder(Person):
    """A member of the company who walks through its pages all the time; `token` is of an open session."""

    def __init__(
        self, url: str, number: int, counts: Counts, pause: tuple[float, float], cookies: dict[str, str]
    ) -> None:
        super().__init__(url, number, counts, pause)
        self._member = cookies

    async def _visit(self, end: float) -> None:
        tab = Tab(self._url, "/insights", cookies=self._member, patience_seconds=RUN_SECONDS)
        async with tab:
            await self._settled(tab, "company page")
            for _ in range(12):
                if time.monotonic() > end:
                    return
                await tab.go(self._chance.choice(COMPANY_PAGES))
                await self._settled(tab, "company page")
                tab.check()
                self._counts.done["company pages"] += 1
                await asyncio.sleep(self._chance.uniform(*self._pause))
