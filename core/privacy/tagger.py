"""Names and addresses in running text, by a small linear tagger: every word asks its neighbours who they are.

Each token has some thirty features (itself, its beginning and end, its shape, three tokens to either side), hashed into
rows of a table (feature hashing, Weinberger et al. 2009); the sums of the rows, through a logistic curve, are the
probabilities that it belongs to a name or to an address. Learned from sentences with made-up people (see the card
beside the artefact); Chinese and Japanese are read by character. About 20 microseconds a token, whatever the text.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from core.errors import WeightsDamaged
from core.privacy.names import classes_of
from core.privacy.surnames import CHINESE, JAPANESE

ARTEFACT = Path(__file__).resolve().parents[2] / "assets" / "redaction" / "tagger.npz"
ROWS = 1 << 18
NAME, ADDRESS = 0, 1
# A place is found where one token is as sure as the first; it goes on over neighbours that are as sure as the second.
SURE = (0.75, 0.8)
LIKELY = (0.3, 0.3)
_HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KANA = "\u3040-\u30ff\uff66-\uff9f"
_TOKEN = re.compile(rf"[{_HAN}{_KANA}]|(?:(?![{_HAN}{_KANA}])[^\W\d_])+|\d+|\n|[^\w\s]|_")
_WIDE = re.compile(rf"[{_HAN}{_KANA}]")
_CODE = re.compile(r"[!-~]{80,}")
_AROUND = 3
_CLOSEST = re.compile(r"[-'’.,/ °ºª#&()\u3000\n]{0,4}")

Table = NDArray[np.int8]


def tokens_of(text: str) -> list[tuple[int, int]]:
    """Return the places of words, numbers, marks, line ends and Chinese or Japanese characters."""
    return [match.span() for match in _TOKEN.finditer(text)]


def features(
    text: str,
    places: list[tuple[int, int]],
    asked: Iterable[int] | None = None,
    classes: Callable[[str], int] = classes_of,
) -> Iterator[list[int]]:
    """Yield the rows of each token, or of those whose numbers are asked for; `classes` says who knows a name."""
    words = [text[start:end] for start, end in places]
    listed = [0, *(classes(word) if word[0].isupper() else 0 for word in words), 0]
    lower = ["^"] * _AROUND + [word.lower() for word in words] + ["$"] * _AROUND
    shapes = ["^"] * _AROUND + [shape_of(word) for word in words] + ["$"] * _AROUND
    for number in range(len(words)) if asked is None else asked:
        here = number + _AROUND
        a, b, c, w, d, e, f = lower[here - 3 : here + 4]
        sa, sb, sc, s, sd, se, sf = shapes[here - 3 : here + 4]
        start, end = places[number]
        known = _known(lower, here)
        gap = ("_" if start and text[start - 1] in " \u3000" else "-") + ("_" if text[end : end + 1] == " " else "-")
        named: tuple[str, ...] = (
            f"w{w}", f"s{s}{gap}", f"c{c}", f"d{d}", f"b{b}", f"e{e}", f"a{a}", f"f{f}",
            f"cw{c} {w}", f"wd{w} {d}", f"bc{b} {c}", f"de{d} {e}", f"cs{c} {s}", f"ds{d} {s}", f"bcs{b} {c} {s}",
            f"des{d} {e} {s}", f"cwd{c} {w} {d}", f"abc{a} {b} {c}", f"def{d} {e} {f}", f"cd{c} {d} {s}",
            f"3{sc}{s}{sd}", f"5{sb}{sc}{s}{sd}{se}", f"7{sa}{sb}{sc}{s}{sd}{se}{sf}", f"sw{sc} {w}", f"ws{w} {sd}",
        )  # fmt: skip
        if any(gs := listed[number : number + 3]):
            left, own, right = gs
            named += (
                f"g{own}{s}", f"gl{left} {own}{s}", f"gr{own} {right}{sd}", f"g3{left} {own} {right}", f"gc{own}{c}",
                f"gd{own}{d}", f"gs{sc}{own}{sd}",
            )  # fmt: skip
        if known:
            named += (
                f"k{known}",
                f"k{known}{c}",
                f"k{known}{d}",
                f"k{known}{b}{c}",
                f"k{known}{sd}{se}{sf}",
                f"k{known}{e}{f}",
            )
        found = [crc32(one.encode("utf-8", "replace")) & (ROWS - 1) for one in named]
        if len(w) > 1:
            ends = (
                f"2{w[:2]}",
                f"3{w[:3]}",
                f"4{w[:4]}",
                f"-2{w[-2:]}{s}",
                f"-3{w[-3:]}{s}",
                f"-4{w[-4:]}",
                f"-5{w[-5:]}",
            )
            found += [crc32(one.encode("utf-8", "replace")) & (ROWS - 1) for one in ends]
        yield found


def _known(lower: list[str], here: int) -> str:
    """Return where a Chinese or Japanese character stands in a surname that many bear, or after one."""
    if not _WIDE.match(lower[here]):
        return ""
    two, three = "".join(lower[here : here + 2]), "".join(lower[here : here + 3])
    found = "z" if lower[here] in CHINESE else ""
    found += "j" if two in JAPANESE or three in JAPANESE or lower[here] in JAPANESE else ""
    before, last = "".join(lower[here - 2 : here]), lower[here - 1]
    found += "y" if last in CHINESE else ""
    found += "Y" if lower[here - 2] in CHINESE and _WIDE.match(last) else ""
    found += "i" if last + lower[here] in JAPANESE or before + lower[here] in JAPANESE else ""
    found += "e" if before in JAPANESE or "".join(lower[here - 3 : here]) in JAPANESE else ""
    return found


@cache
def _wide_shape(character: str) -> str:
    return "H" if "\u3005" <= character <= "\u3007" or character >= "\u3400" else "K" if character >= "\u30a0" else "h"


def shape_of(word: str) -> str:
    """Return what a token looks like: a name's capital, all capitals, figures by their number, or the mark itself."""
    if word.isdecimal():
        return f"9{min(len(word), 6)}"
    if not word[0].isalpha():
        return word if len(word) == 1 and not word.isalnum() else "?"
    if _WIDE.match(word):
        return _wide_shape(word[0])
    if word.islower():
        return "x" if len(word) > 3 else "x3"
    if len(word) == 1:
        return "X1"
    if word.isupper():
        return "XX"
    return "Xx" if word[1:].islower() else "xX"


@cache
def table() -> tuple[Table, NDArray[np.float32], NDArray[np.float32]]:
    """Return the rows (`ROWS`, 2) of the artefact that ships, their scale and the bias; raises WeightsDamaged."""
    return read(ARTEFACT)


def read(path: Path) -> tuple[Table, NDArray[np.float32], NDArray[np.float32]]:
    """Return what is in an artefact with a card beside it; raises WeightsDamaged."""
    try:
        content = path.read_bytes()
        if json.loads(path.with_suffix(".json").read_text("utf-8"))["sha256"] != sha256(content).hexdigest():
            raise WeightsDamaged(name=path.name, why="it does not have the SHA-256 of its card")
        with np.load(path, allow_pickle=False) as file:
            rows, scale, bias = file["rows"], file["scale"], file["bias"]
    except (OSError, ValueError, KeyError) as error:
        raise WeightsDamaged(name=path.name, why="it cannot be read") from error
    if rows.shape != (ROWS, 2) or rows.dtype != np.int8 or scale.shape != (2,) or bias.shape != (2,):
        raise WeightsDamaged(name=path.name, why="its parts do not fit together")
    return rows, scale.astype(np.float32), bias.astype(np.float32)


def probabilities(text: str, places: list[tuple[int, int]]) -> NDArray[np.float32]:
    """Return of each token how likely it belongs to a name and to an address, shape (tokens, 2)."""
    rows, scale, bias = table()
    near = _near_a_sign(text, places)
    found = np.zeros((len(places), 2), np.float32)
    if not near:
        return found
    asked = list(features(text, places, near))
    begins = np.cumsum([0, *(len(one) for one in asked[:-1])])
    sums = np.add.reduceat(rows[[row for one in asked for row in one]].astype(np.int32), begins, axis=0)
    found[near] = 1 / (1 + np.exp(-np.clip(sums * scale + bias, -30, 30)))
    return found


def _near_a_sign(text: str, places: list[tuple[int, int]]) -> list[int]:
    """Return the tokens that are, or stand at most two from, a capital, a figure or a Chinese or Japanese character."""
    signs = [
        number
        for number, (start, _) in enumerate(places)
        if text[start].isdigit() or text[start].isupper() or text[start] >= "\u2e80"
    ]
    # What goes on for so long without a blank is a code or a link, and no name.
    codes = [match.span() for match in _CODE.finditer(text)]
    if codes:
        signs = [one for one in signs if not any(first <= places[one][0] < last for first, last in codes)]
    return sorted({near for one in signs for near in range(max(0, one - 2), min(len(places), one + 3))})


class Tagged(NamedTuple):
    """A stretch of a text with its class, `NAME` or `ADDRESS`, and how sure its surest token is."""

    kind: int
    start: int
    end: int
    sure: float


class Reading:
    """What the tagger thinks of every token of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._places = tokens_of(text)
        self._likely = probabilities(text, self._places) if self._places else np.zeros((0, 2), np.float32)
        self._starts = [start for start, _ in self._places]
        self._sums = [0.0, *np.cumsum(self._likely[:, NAME], dtype=np.float64).tolist()]

    def found(self) -> Iterator[Tagged]:
        """Yield every name and address."""
        for one in (ADDRESS, NAME):
            for first, last in _runs(self._text, self._places, self._likely[:, one], SURE[one], LIKELY[one]):
                sure = float(self._likely[first : last + 1, one].max())
                yield Tagged(one, self._places[first][0], self._places[last][1], sure)

    def is_name(self, start: int, end: int) -> float:
        """Return how likely the tokens of a place are of a name, from 0 to 1, in the mean."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return (self._sums[last] - self._sums[first]) / (last - first) if first < last else 0.0


def _runs(
    text: str, places: list[tuple[int, int]], likely: NDArray[np.float32], sure: float, enough: float
) -> Iterator[tuple[int, int]]:
    """Yield first and last token of stretches that are likely throughout, and sure somewhere."""
    first = last = -1
    for number in np.flatnonzero(likely >= enough).tolist():
        is_mark = not text[places[number][0]].isalnum()
        if first >= 0 and _CLOSEST.fullmatch(text, places[last][1], places[number][0]):
            last = number
            continue
        if first >= 0 and likely[first : last + 1].max() >= sure:
            yield first, last
        first = last = -1 if is_mark else number
    if first >= 0 and likely[first : last + 1].max() >= sure:
        yield first, last
