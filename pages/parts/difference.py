"""What a correction changed, word by word; in scripts without spaces, character by character."""

from __future__ import annotations

import difflib
import re

from pages.parts.plain import Mark, marked

_PIECES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\s+|\w+|[^\w\s]")


def difference(before: str, after: str) -> str:
    """Return Markdown that shows word by word what went out of `before` and what came in."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    text = ""
    marks: list[Mark] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
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
