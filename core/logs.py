"""What this process writes into its log: events, never content. As text, or as one JSON object a line.

A library's error may repeat what it was given, which is what somebody typed: of an error only its kind and the places
it came through are written, never its own words.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType

_request: ContextVar[str] = ContextVar("request", default="")
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


@contextmanager
def request(request_id: str) -> Iterator[None]:
    """Let every line that is logged in this block, by this thread or task, carry the id of what it was done for."""
    token = _request.set(request_id)
    try:
        yield
    finally:
        _request.reset(token)


def set_up(log_format: str, others: Iterable[str] = ()) -> None:
    """Write the log to standard error as `log_format` (text or json) says, that of the libraries `others` too."""
    formatter = AsJson() if log_format == "json" else AsText("%(asctime)s %(levelname)s %(name)s: %(message)s")
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(own := logging.StreamHandler(sys.stderr))
        own.setLevel(logging.INFO)  # some libraries switch their own talk on
    for logger in (root, *map(logging.getLogger, others)):
        for handler in logger.handlers:
            handler.setFormatter(formatter)


class AsText(logging.Formatter):
    """A line for people, and of an error where it came from."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; what another handler has made of the error, with all its words, is not taken over."""
        theirs, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = theirs

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the library's own name
        """Return the kinds of an error and its causes with their places, without their words."""
        return "\n".join(f"{kind}\n{''.join(places)}".rstrip() for kind, places in _chain(ei[1]))


class AsJson(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, request, and of an error its kinds and places."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := _request.get():
            said["request"] = request_id
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = [
                {"kind": kind, "places": [place.strip() for place in places]}
                for kind, places in _chain(record.exc_info[1])
            ]
        return json.dumps(said, ensure_ascii=True, default=str)


def _chain(error: BaseException | None) -> Iterator[tuple[str, list[str]]]:
    """Yield an error and what caused it, outermost first: its kind and the places that it came through."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        kind = type(error)
        yield f"{kind.__module__}.{kind.__qualname__}", traceback.format_tb(error.__traceback__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
