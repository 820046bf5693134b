"""What a correction changed, word by word; in scripts without spaces, character by character."""

from __future__ import annotations

import difflib
import re

from pages.parts.plain import Mark, marked

_PIECES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\s+|\w+|[^\w\s]")
LEAST_SHARED = 0.3
FEW_WORDS = 4


def difference(before: str, after: str) -> str:
    """Return Markdown that shows word by word what went out of `before` and what came in."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    text = ""
    marks: list[Mark] = []
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    kept = sum(_words(old[a:b]) for kind, a, b, _, _ in changes if kind == "equal")
    fewer, more = sorted((_words(old), _words(new)))
    if kept < LEAST_SHARED * fewer and more > FEW_WORDS:
        # Two texts with little in common: a patchwork of both could be read as neither.
        old, new = [*old, "\n"], new
        changes = [("replace", 0, len(old), 0, len(new))]
    for kind, a, b, c, d in changes:
        if kind == "equal":
            text += "".join(old[a:b])
            continue
        for piece, directive, around in (
            ("".join(old[a:b]), "red-background", "~~"),
            ("".join(new[c:d]), "green-background", "**"),
        ):
            if piece.strip():
                marks.append(Mark(len(text), len(text) + len(piece), directive, around))
            text += piece
    return marked(text, marks)


def _words(pieces: list[str]) -> int:
    return sum(piece.isalnum() for piece in pieces)
