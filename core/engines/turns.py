"""What may stand in a prompt, and how callers take turns at an engine.

Both local engines use these, so that the same request means the same thing on either.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from core.engines.base import Prompt
from core.errors import DeadlineExceeded, EngineBusy, Stopped
from core.types import Turn

# Candidates that sampling may choose from, at most: far beyond what top-p leaves, and much cheaper to sort than
# a vocabulary of 262,144.
TOP_K = 64

# The control tokens of SmolLM2 and of Gemma 3, as their vocabularies list them (type 3).
_CONTROL = re.compile(
    r"<(?=\|[a-z_]+\|>"
    r"|(?:pad|eos|bos|unk|mask|unused\d+|start_of_turn|end_of_turn|start_of_image|end_of_image)>"
    r"|(?:repo_?name|file_sep|filename|gh_stars|issue_(?:start|comment|closed)|empty_output)>"
    r"|jupyter_(?:start|text|code|output|script)>)"
    r"|\[(?=multimodal\])"
)


def plain(text: str) -> str:
    """Return `text` with a space inside anything that a tokenizer would take for a control token.

    Without it, a visitor who types the mark that ends a turn could go on in the name of the system.
    """
    return _CONTROL.sub(lambda match: f"{match.group()} ", text)


def plain_prompt(prompt: Prompt) -> Prompt:
    """Return the prompt with all its texts made plain."""
    turns = tuple(Turn(turn.role, plain(turn.content)) for turn in prompt.messages)
    return replace(prompt, text=plain(prompt.text), messages=turns)


class Places:
    """The slots of an engine: a bounded number of calls may wait, and slots are given in the order of asking."""

    def __init__(self, slots: int, calls: int) -> None:
        self.slots = slots
        self.calls = calls
        self._open_calls = 0
        self._taken = 0
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()
        self._seconds = 2.0

    @property
    def taken(self) -> int:
        """How many slots work now."""
        return self._taken

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count one call from its start to its end; raises `EngineBusy` at once when too many are open."""
        with self._changed:
            if self._open_calls >= self.calls:
                raise EngineBusy(seconds=max(1.0, self._seconds * (self._open_calls - self.slots + 1) / self.slots))
            self._open_calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._open_calls -= 1

    def take(self, deadline: float, seconds: float, stop: threading.Event | None) -> None:
        """Wait for a slot; `deadline` is a time of `time.monotonic`, `seconds` what it is called in the error.

        Raises `DeadlineExceeded`, and `Stopped` once `stop` is set.
        """
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._taken >= self.slots:
                    if stop is not None and stop.is_set():
                        raise Stopped()
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise DeadlineExceeded(seconds=seconds)
                    # `stop` is an event of the caller's that cannot wake this condition: look at it now and then.
                    self._changed.wait(min(left, 0.05 if stop is not None else left))
                self._taken += 1
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def give_back(self, seconds: float) -> None:
        """Free a slot that worked for so many seconds."""
        with self._changed:
            self._taken -= 1
            self._seconds += 0.2 * (seconds - self._seconds)
            self._changed.notify_all()
