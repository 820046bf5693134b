"""Engines without weights that take their time as real ones do: one machine, shared by all who ask at once.

`python -m tests.load.paced run app.py …` is `streamlit run app.py …` on such engines.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core.engines.base import Prompt
from core.engines.fake import FakeGenerator

# Words a second, for all together; and how long a visitor may be away, so that a test need not wait like a person.
RATE = "HEARBACK_TEST_RATE"
LEFT_SECONDS = "HEARBACK_TEST_LEFT_SECONDS"
# A file that is told when the engine began and ended each prompt: "began" or "ended", seconds on the machine's own
# clock, which every process reads alike, and the prompt's end.
DIARY = "HEARBACK_TEST_DIARY"


class PacedGenerator(FakeGenerator):
    """A fake that writes so many words a second, divided among all who are being written for."""

    def __init__(self, words_per_second: float, replies: Sequence[str] | Callable[[Prompt], str] = ()) -> None:
        self._rate = words_per_second
        self._diary = os.environ.get(DIARY, "")
        self._writing = threading.Lock()
        super().__init__(replies)

    def _pieces(self, prompt: Prompt, stop: threading.Event | None) -> Iterator[tuple[str, str]]:
        self._note("began", prompt)
        try:
            yield from super()._pieces(prompt, stop)
        finally:
            self._note("ended", prompt)

    def _note(self, what: str, prompt: Prompt) -> None:
        if self._diary:
            said = " ".join((prompt.text or prompt.messages[-1].content)[-200:].split())
            with self._writing, Path(self._diary).open("a", encoding="utf-8") as diary:
                diary.write(f"{what}\t{time.monotonic()}\t{said}\n")

    @property
    def _seconds_per_piece(self) -> float:
        return self.running / self._rate

    @_seconds_per_piece.setter
    def _seconds_per_piece(self, _seconds: float) -> None:
        """Leave it: it follows from how many are written for."""


def main() -> None:
    """Start Streamlit's own command line on paced engines."""
    from core.engines import shelf
    from core.jobs import bounds, pace

    bounds.LEFT_SECONDS = float(os.environ.get(LEFT_SECONDS, bounds.LEFT_SECONDS))
    plain = shelf._fakes
    rate = float(os.environ.get(RATE, "74"))

    def paced() -> dict[str, Callable[[], object]]:
        return {**plain(), shelf.WRITER: lambda: PacedGenerator(rate), shelf.TRANSLATOR: lambda: PacedGenerator(rate)}

    shelf._fakes = paced
    # What is expected of these engines is what they do: a word has five letters and a blank. By the pace of real
    # weights each letter of a story would count as long work, which may go on for two minutes without its visitor.
    for kind in ("translate", "translate careful"):
        pace.PRIORS[kind] = pace.Prior(0.1, 1 / 6 / rate)
    from streamlit.web.cli import main as streamlit

    sys.argv[0] = "streamlit"
    streamlit()


if __name__ == "__main__":
    main()
