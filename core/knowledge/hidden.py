"""Text that a reader of a document cannot see, taken out and told: it could speak to a machine behind a person's back.

What a script needs stays: joiners in emoji and in Indic and Arabic scripts, variation selectors after what they vary,
flags spelled in tags, soft hyphens at the ends of lines. Directional marks are ignorable by Unicode's own account
(UAX #9, Unicode Standard 23.2) and are taken out everywhere; they are told only where nothing runs from right to left.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from core.types import Removed

SHOWN_CHARACTERS = 2_000
_SEARCHES = 20

_JOINERS = "\u200c\u200d"
_EMOJI_SELECTORS = "\ufe0e\ufe0f"
_BLACK_FLAG, _CANCEL_TAG = "\U0001f3f4", "\U000e007f"
_FLAG = re.compile(f"{_BLACK_FLAG}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{3,6}}{_CANCEL_TAG}")
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_TAG = re.compile("[\U000e0000-\U000e007f]")
_DIRECTION_MARKS = "\u200e\u200f\u061c"
_ISOLATES_AND_EMBEDDINGS = "\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
# Controls that no text needs, overrides of direction, spaces and operators without width, blank letters, annotations.
_ALWAYS = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\u200b\u202d\u202e\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\u115f\u1160\u3164\uffa0\U0001d173-\U0001d17a]"
)
_SUSPECT = re.compile(
    "[\xad\u180e\u034f" + _JOINERS + _DIRECTION_MARKS + _ISOLATES_AND_EMBEDDINGS + "]"
    "|" + _SELECTOR.pattern + "|" + _TAG.pattern + "|" + _ALWAYS.pattern
)
_CODE = re.compile(
    r"^ {0,3}(```+|~~~+)[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)|(?<!`)(`+)(?!`)[^\n]+?(?<!`)\2(?!`)", re.S | re.M
)
_LINK_COMMENT = re.compile(r"^ {0,3}\[[^\]\n]{1,40}\]:[ \t]*(?:#|<>|//)?[ \t]*[(\"'](.*?)[)\"'][ \t]*$", re.M)
_TAG_OPENS = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]{0,30})((?:\s[^<>]{0,2000})?)>")
_NEVER_SHOWN = frozenset(("script", "style", "template", "noscript", "head", "title"))
_MARKS = re.compile(r"<!--|-->|</?[a-zA-Z][^<>]{0,2000}>")
_VOID = frozenset(
    ("br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr")
)
_HIDING_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0+)?(?:;|$|!)|font-size:(?:0|[01](?:\.\d+)?(?:px|pt))"
    r"(?![.\d])|(?:max-)?(?:height|width):0(?:px)?(?:;|$|!)|text-indent:-\d{3,}|(?:left|top):-\d{3,}"
    r"|(?<!-)color:(?:white|transparent|#fff(?:fff)?(?:ff)?|rgba?\(255,255,255|rgba\(\d+,\d+,\d+,0(?:\.0+)?\))"
)
_DARK_GROUND = re.compile(r"background(?:-color)?:(?!white|#fff|transparent|none|inherit)")


def without_hidden(text: str) -> tuple[str, tuple[Removed, ...]]:
    """Return a Markdown or plain text without what its reader cannot see, and what that was, as plain text.

    Code in fences and between backticks is shown as it is typed, so only characters are looked at there.
    """
    text, characters = without_hidden_characters(text)
    if "<" not in text and "]:" not in text:
        return text, characters
    # What is hidden may begin before a piece of code and end after it: each piece stands in for by one character.
    codes = [match[0] for match in _CODE.finditer(text)]
    shown = _CODE.sub("\0", text)
    removed: list[Removed] = []
    for kind, spans_of in (("comment", _comments), ("element", _hidden_elements)):
        spans = spans_of(shown)
        for start, end in spans:
            said = " ".join(_text_of_markup(shown[start:end].replace("\0", " ")).split())
            if said or kind == "element":
                removed.append(Removed(kind, 1, said[:SHOWN_CHARACTERS]))
        shown, codes = _cut(shown, codes, spans)
    parts = shown.split("\0")
    whole = "".join(part + code for part, code in zip(parts, (*codes, ""), strict=True))
    return whole, (*characters, *removed)


def told(name: str, removed: Sequence[Removed]) -> str:
    """Return one sentence on what was removed from a document, or empty where nothing was."""
    characters = sum(one.count for one in removed if one.kind == "characters")
    parts = [
        _counted(characters, "hidden character"),
        _counted(sum(one.count for one in removed if one.kind == "comment"), "comment"),
        _counted(sum(one.count for one in removed if one.kind in ("element", "run")), "hidden paragraph"),
    ]
    parts = [part for part in parts if part]
    if not parts:
        return ""
    said = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    is_one = sum(one.count for one in removed) == 1
    return f"{said[:1].upper()}{said[1:]} {'was' if is_one else 'were'} removed from {name}."


def _counted(count: int, what: str) -> str:
    if not count:
        return ""
    return f"one {what}" if count == 1 else f"{count:,} {what}s"


def without_hidden_characters(text: str) -> tuple[str, tuple[Removed, ...]]:
    """Return a text of any kind without characters that hide, and what they said."""
    text = text.removeprefix("\ufeff")
    if not _SUSPECT.search(text):
        return text, ()
    is_rtl = any(unicodedata.bidirectional(character) in ("R", "AL") and character.isalpha() for character in text)
    flags = {place for match in _FLAG.finditer(text) for place in range(match.start(), match.end())}
    kept: list[str] = []
    named: Counter[str] = Counter()
    spelled = ""
    hidden = bytearray()
    count = last = 0
    for match in _SUSPECT.finditer(text):
        place, character = match.start(), match[0]
        if place in flags or _is_needed(text, place, character):
            continue
        kept.append(text[last:place])
        last = place + 1
        if is_rtl and character in _DIRECTION_MARKS + _ISOLATES_AND_EMBEDDINGS:
            continue
        count += 1
        if _TAG.match(character):
            spelled += chr(ord(character) - 0xE0000) if 0xE0020 <= ord(character) < 0xE007F else ""
        elif _SELECTOR.match(character):
            hidden.append(ord(character) - 0xFE00 if ord(character) < 0x10000 else ord(character) - 0xE0100 + 16)
        else:
            named[unicodedata.name(character, "").lower() or f"U+{ord(character):04X}"] += 1
    kept.append(text[last:])
    if not count:
        return "".join(kept), ()
    parts = [f"{name} × {times}" for name, times in named.items()]
    parts += [part for part in (spelled, _smuggled(bytes(hidden))) if part]
    return "".join(kept), (Removed("characters", count, "; ".join(parts)[:SHOWN_CHARACTERS]),)


def _smuggled(data: bytes) -> str:
    """Return what a run of variation selectors says, one byte each."""
    spelled = data.decode("utf-8", "replace")
    if not data:
        return ""
    if spelled.isprintable() and any(character.isalnum() for character in spelled):
        return spelled
    return f"[{len(data)} variation selectors]"


def _is_needed(text: str, place: int, character: str) -> bool:
    """Tell whether a character without a shape of its own does its proper work where it stands."""
    before = text[place - 1] if place else ""
    after = text[place + 1] if place + 1 < len(text) else ""
    if character == "\xad":
        return after in ("", "\n", "\r")
    if character == "\u034f":
        return bool(before) and unicodedata.combining(before) > 0
    if character == "\u180e":
        return "\u1800" <= before <= "\u18af"
    if character in _JOINERS:
        is_emoji = character == "\u200d" and _is_picture(before, True) and _is_picture(after, False)
        return is_emoji or (_joins(before) and (_joins(after) or not after.isalnum()))
    if character in _EMOJI_SELECTORS:
        return _is_picture(before, False) or before in tuple("#*0123456789") or _is_cjk(before)
    if _SELECTOR.match(character):
        return _is_cjk(before) or (ord(character) < 0xFE10 and unicodedata.category(before or " ") == "Sm")
    if character in "\u115f\u1160":
        return "\u1100" <= after <= "\u11ff" or "\u1100" <= before <= "\u11ff"
    return False


def _is_picture(character: str, is_first: bool) -> bool:
    if not character:
        return False
    is_modified = is_first and (character == "\ufe0f" or "\U0001f3fb" <= character <= "\U0001f3ff")
    return is_modified or unicodedata.category(character) == "So" or character in "↔↕▪▫▶◀◻◼◽◾⬛⬜‼⁉©®™ℹ"


def _is_cjk(character: str) -> bool:
    return bool(character) and unicodedata.name(character, "").startswith("CJK ")


def _joins(character: str) -> bool:
    """Tell whether a letter belongs to a script in which joiners choose a shape."""
    return bool(character) and (
        "\u0600" <= character <= "\u08ff"  # Arabic, Syriac, Thaana, N'Ko, Mandaic
        or "\u0900" <= character <= "\u0dff"  # the Indic scripts
        or "\u0f00" <= character <= "\u109f"  # Tibetan, Myanmar
        or "\u1780" <= character <= "\u18af"  # Khmer, Mongolian
        or "\ufb50" <= character <= "\ufdff"
        or "\ufe70" <= character <= "\ufefc"
    )


def _cut(text: str, codes: list[str], spans: Sequence[tuple[int, int]]) -> tuple[str, list[str]]:
    """Return the text without the spans, and the pieces of code that still stand in it."""
    pieces: list[str] = []
    left: list[str] = []
    here = number = 0
    for start, end in (*spans, (len(text), len(text))):
        piece = text[here:start]
        pieces.append(piece)
        left += codes[number : number + piece.count("\0")]
        number += piece.count("\0") + text[start:end].count("\0")
        here = max(here, end)
    return "".join(pieces), left


def _comments(text: str) -> list[tuple[int, int]]:
    """Return where comments stand; one that opens a line and is never closed goes on to the end, as in CommonMark."""
    spans = [match.span() for match in _LINK_COMMENT.finditer(text)]
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            if not text[text.rfind("\n", 0, start) + 1 : start].strip():
                spans.append((start, len(text)))
            break
        spans.append((start, end + 3))
        start = text.find("<!--", end + 3)
    return _apart(spans)


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans in order, without those that lie in an earlier one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _hidden_elements(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    searches: Counter[str] = Counter()
    here = 0
    while match := _TAG_OPENS.search(text, here):
        name, attributes = match[1].casefold(), match[2]
        here = match.end()
        if name in _VOID or not _hides(name, attributes):
            continue
        here = _end_of(text, match.end(), name, searches)
        spans.append((match.start(), here))
    return spans


def _hides(name: str, attributes: str) -> bool:
    if name in _NEVER_SHOWN:
        return True
    bare = re.sub(r"=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)", "=", attributes).casefold()
    if re.search(r"(?:^|\s)hidden(?:=|\s|/|$)", bare):
        return True
    style = re.search(r"style\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", attributes, re.I)
    said = (
        re.sub(r"\s+|/\*.*?\*/", "", next((group for group in style.groups() if group), "")).casefold() if style else ""
    )
    found = _HIDING_STYLE.search(said)
    return bool(found) and not ("color:" in str(found and found[0]) and _DARK_GROUND.search(said))


def _end_of(text: str, start: int, name: str, searches: Counter[str]) -> int:
    """Return where an element ends: at its closing tag, or where it has none at the next blank line."""
    searches[name] += 1
    if searches[name] <= _SEARCHES:  # a file of nothing but opening tags must not cost the square of its length
        depth = 1
        for match in re.compile(rf"<(/?){re.escape(name)}(?:\s[^<>]{{0,2000}})?>", re.I).finditer(text, start):
            depth += -1 if match[1] else 1
            if depth == 0:
                return match.end()
    blank = re.compile(r"\n[ \t]*\n").search(text, start)
    return blank.start() if blank else len(text)


def _text_of_markup(markup: str) -> str:
    return html.unescape(_MARKS.sub(" ", _LINK_COMMENT.sub(r"\1", markup)))
