"""A text as lines to translate and the layout around them, and the text put together again from translations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.tasks.sentences import split_sentences
from core.tasks.translation_choice import has_words

_LONGEST_CHARACTERS = 400
_MARK = re.compile(r"(?:(?:[-*+•‣◦–—]|#{1,6}|>+|\(?\d{1,3}[.)]|\(?[A-Za-z]\)|\[[ xX]\])[ \t\u3000]+)+|>+(?=\S)")
_WRAPPED = re.compile(r"(\*\*\*|\*\*|\*|___|__|_|~~)(\S(?:.*\S)?)(\1)\Z", re.DOTALL)
_BREAK = re.compile(r"[^\S\n]*\n\s*")
_BLANK = re.compile(r"\s")
_CJK = ("zh", "ja")


@dataclass(frozen=True)
class Piece:
    """One sentence: `line` is what to translate, empty where nothing is; the rest is kept around it as it was.

    `gap` stands before it, `before` and `after` are marks of lists, headings and emphasis, `breaks` the line breaks
    inside it with their place as a share of its length.
    """

    gap: str
    before: str
    source: str
    line: str
    after: str
    breaks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Layout:
    """All pieces of a text in order, and what follows the last."""

    pieces: tuple[Piece, ...]
    end: str


def lay_out(text: str, language: str) -> Layout:
    """Return `text` in pieces; joining every gap, mark, source and the end gives it back exactly."""
    pieces: list[Piece] = []
    last = 0
    for span in split_sentences(text, language, longest_characters=_LONGEST_CHARACTERS):
        gap, source = text[last : span.start], text[span.start : span.end]
        is_line_start = not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip()
        pieces.append(_piece(gap, source, is_line_start, language))
        last = span.end
    return Layout(tuple(pieces), text[last:])


def _piece(gap: str, source: str, is_line_start: bool, language: str) -> Piece:
    before = after = ""
    if is_line_start and (mark := _MARK.match(source)) and mark.end() < len(source):
        before, source = mark.group(), source[mark.end() :]
    if wrapped := _WRAPPED.match(source):
        before, source, after = before + wrapped.group(1), wrapped.group(2), wrapped.group(3)
    breaks = tuple((match.start() / len(source), match.group()) for match in _BREAK.finditer(source))
    line = " ".join(_BREAK.sub("" if language in _CJK else " ", source).split())
    return Piece(gap, before, source, line if has_words(line) else "", after, breaks)


def put_together(layout: Layout, targets: Sequence[str], source: str, target: str, is_whole: bool = True) -> str:
    """Return the text with each piece's source replaced by its target, as far as there are targets.

    Blanks between sentences follow the target's custom: none in Chinese and Japanese, one elsewhere.
    `is_whole` adds what follows the last piece.
    """
    parts: list[str] = []
    for piece, translated in zip(layout.pieces, targets, strict=False):
        gap = piece.gap
        if parts and "\n" not in gap and (source in _CJK) != (target in _CJK):
            gap = gap.strip(" ") if target in _CJK else gap or " "
        parts.append(f"{gap}{piece.before}{_break_again(translated, piece.breaks)}{piece.after}")
    return "".join(parts) + (layout.end if is_whole else "")


def _break_again(text: str, breaks: Sequence[tuple[float, str]]) -> str:
    """Put each line break at the blank nearest to where it was; where a script has no blanks, exactly there."""
    for place, kept in reversed(breaks):
        wanted = round(place * len(text))
        blanks = [match.start() for match in _BLANK.finditer(text)]
        if blanks:
            at = min(blanks, key=lambda blank: abs(blank - wanted))
            text = text[:at] + kept + text[at + 1 :]
        elif text:
            text = text[:wanted] + kept + text[wanted:]
        else:
            text = kept
    return text
