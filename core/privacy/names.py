"""Lists of names: which words are given names or surnames, which of them are also something else, and Chinese words.

And what every reader of names goes by: the small words inside of them, and the letters that only Japanese has.
"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from core.errors import WeightsDamaged

ARTEFACT = Path(__file__).resolve().parents[2] / "assets" / "redaction" / "names.tsv.gz"
GIVEN, FAMILY, DOUBT = 1, 2, 4
# In front of a surname, with a blank after it: "de la", "van 't".
PARTICLE = r"(?:van|von|zu|zum|der|den|de|del|della|di|da|do|dos|das|du|des|la|le|y|e|i|ten|ter|op|in 't|'t|el|bin|al)"
KANA = re.compile("[\u3040-\u30fa\u30fc-\u30ff]")


class Lists(NamedTuple):
    """The lists; costs are -10 times the logarithm of a share."""

    people: dict[str, int]
    """Lower-case words of names with their classes, `GIVEN`, `FAMILY` and `DOUBT` (also something else), added up."""
    ordinary: dict[str, int]
    """Lower-case words with Latin letters that are no names alone; the numbers say nothing."""
    words: dict[str, int]
    """Costs of Chinese words of one to four characters."""
    surnames: dict[str, int]
    first: dict[str, int]
    second: dict[str, int]
    alone: dict[str, int]


@cache
def lists() -> Lists:
    """Return the lists that ship; raises WeightsDamaged."""
    return read(ARTEFACT)


def read(path: Path) -> Lists:
    """Return what is in a file with a card beside it; raises WeightsDamaged."""
    try:
        content = path.read_bytes()
        card = path.with_name("names.json").read_text("utf-8")
        if json.loads(card)["sha256"] != sha256(content).hexdigest():
            raise WeightsDamaged(name=path.name, why="it does not have the SHA-256 of its card")
        found: dict[str, dict[str, int]] = {mark: {} for mark in "nows120"}
        for line in gzip.decompress(content).decode().split("\n"):
            word, number = line.split("\t")
            found[word[0]][word[1:]] = int(number)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise WeightsDamaged(name=path.name, why="it cannot be read") from error
    return Lists(*(found[mark] for mark in "nows120"))


def classes_of(word: str) -> int:
    """Return what a word may be in a name, or 0."""
    return lists().people.get(word.lower(), 0)
