"""Text of visitors, documents and weights, made safe to stand inside Markdown: it reads as typed and does nothing.

Two steps are needed. A backslash takes the meaning from punctuation while Markdown is read. But links, emoji and
arrows are looked for once more in the finished text, where backslashes are gone: there an invisible word joiner
(U+2060) breaks the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_JOINER = "\u2060"
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_LATE_PATTERNS = (
    (re.compile(r"://"), f":{_JOINER}//"),
    (re.compile(r"(www)(?=\.)", re.IGNORECASE), rf"\1{_JOINER}"),
    (re.compile(r"@"), f"{_JOINER}@"),
    (re.compile(r":(?=[\w+-])"), f":{_JOINER}"),
    (re.compile(r"(?<=[<>~-])(?=[-=>])"), _JOINER),
)


@dataclass(frozen=True)
class Mark:
    """Characters `start` to `end` of a text to be set off, by a directive of st.markdown such as green-background.

    `around` is Markdown that goes around the characters too, such as ~~ to strike them out.
    """

    start: int
    end: int
    directive: str
    around: str = ""


def plain(text: str) -> str:
    """Return `text` as Markdown that shows exactly these characters, line breaks and leading spaces included."""
    return _lines(_escape(text))


def plain_line(text: str, limit: int = 120) -> str:
    """Return the beginning of `text` on one line, for labels of widgets."""
    line = " ".join(text.split())
    return _escape(line if len(line) <= limit else line[: limit - 1].rstrip() + "…")


def marked(text: str, marks: Iterable[Mark], start: int = 0, end: int | None = None) -> str:
    """Return `text[start:end]` as `plain` does, with the marked places set off; marks that overlap give way."""
    end = len(text) if end is None else end
    pieces: list[str] = []
    here = start
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        if mark.start < here or mark.end > end or mark.start >= mark.end:
            continue
        pieces.append(_escape(text[here : mark.start]))
        lines = text[mark.start : mark.end].split("\n")
        pieces.append("\n".join(_set_off(line, mark) for line in lines))
        here = mark.end
    pieces.append(_escape(text[here:end]))
    return _lines("".join(pieces))


def _set_off(line: str, mark: Mark) -> str:
    # Emphasis must touch what it holds, so the spaces at both ends stay outside.
    body = line.strip()
    if not body:
        return line
    before, _, after = line.partition(body)
    return f"{before}:{mark.directive}[{mark.around}{_escape(body)}{mark.around}]{after}"


def _lines(markdown: str) -> str:
    return "\\\n".join(_line(line) for line in markdown.split("\n"))


def _line(line: str) -> str:
    body = line.lstrip(" \t")
    indent = "\u00a0" * len(line[: len(line) - len(body)].expandtabs(4))
    # An empty line would end the paragraph, and with it the escape at the end of the line before.
    return indent + body or "\u00a0"


def _escape(text: str) -> str:
    for pattern, replacement in _LATE_PATTERNS:
        text = pattern.sub(replacement, text)
    return _PUNCTUATION.sub(r"\\\1", text)
