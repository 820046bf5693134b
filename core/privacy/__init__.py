"""Personal data in texts: found by its form, by the words around it and by a small tagger, and masked.

What has a checksum is believed only where it holds, so that order and tracking numbers stay readable; dates and rows
of digits only where words say whose they are. Names and addresses are found by such words, by the grammar of streets,
and by a linear tagger. How much of it is found is measured (`python -m tests.benchmarks R17`) and told in PRIVACY.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.privacy import tagger
from core.privacy.announced import announced
from core.privacy.chinese import chinese
from core.privacy.foreign import foreign
from core.privacy.kinds import (
    ADDRESS,
    BIRTH,
    CARD,
    EMAIL,
    IBAN,
    ID_NUMBER,
    IP,
    KINDS,
    LINK,
    NAME,
    PHONE,
    SECRET,
    Personal,
)
from core.privacy.listed import japanese, listed
from core.privacy.numbers import KINDS_BY_FORM
from core.privacy.people import people, whole_name
from core.privacy.places import places, whole_address
from core.types import Span

__all__ = (
    "ADDRESS", "BIRTH", "CARD", "EMAIL", "IBAN", "ID_NUMBER", "IP", "KINDS", "LINK", "NAME", "PHONE", "SECRET",
    "Personal", "masked", "personal_data",
)  # fmt: skip


def personal_data(text: str) -> tuple[Personal, ...]:
    """Return every place with personal data, in order and without overlaps; the surer kind wins a place."""
    # One character for one character, so that every span holds in the original.
    plain = _LONG.sub("-", text.translate(_ASCII))
    found: list[Personal] = []
    taken = bytearray(len(plain))
    for kind, start, end in _places(plain):
        parts = _free(plain, start, end, taken)
        # A number that is partly something else is not what it looked like; of a name or a street the rest stays.
        if kind in (NAME, ADDRESS) or not any(taken[start:end]):
            found += [Personal(kind, Span(*part)) for part in parts]
            for first, last in parts:
                taken[first:last] = b"\1" * (last - first)
    return tuple(sorted(found, key=lambda one: one.span.start))


def _free(plain: str, start: int, end: int, taken: bytearray) -> list[tuple[int, int]]:
    """Return the parts of a place that nothing found before covers, without marks and blanks around."""
    parts, here = [], start
    while here < end:
        first = taken.find(0, here, end)
        if first < 0:
            break
        here = taken.find(1, first, end)
        here = end if here < 0 else here
        first, last = _stripped(plain, first, here)
        if first < last:
            parts.append((first, last))
    return parts


def _stripped(plain: str, start: int, end: int) -> tuple[int, int]:
    while start < end and plain[start] in _BORDERS:
        start += 1
    while start < end and plain[end - 1] in _BORDERS:
        end -= 1
    return start, end


def masked(text: str) -> str:
    """Return the text with each place of personal data replaced by its kind in brackets, such as "[email]"."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    here = 0
    for one in personal_data(text):
        yield text[here : one.span.start]
        yield f"[{one.kind}]"
        here = one.span.end
    yield text[here:]


def _places(plain: str) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end, the surest first; what comes later gives way."""
    for kind, pattern, is_real in KINDS_BY_FORM:
        if kind == PHONE:
            continue
        for match in pattern.finditer(plain):
            if is_real(match[0]):
                yield kind, *match.span()
    yield from announced(plain)
    for kind, pattern, is_real in KINDS_BY_FORM:
        if kind == PHONE:
            for match in pattern.finditer(plain):
                if is_real(match[0]):
                    yield kind, *match.span()
    reading = tagger.Reading(plain)
    tagged = list(reading.found())
    streets = (whole_address(plain, one.start, one.end) for one in tagged if one.kind == tagger.ADDRESS)
    yield from _joined(ADDRESS, [*places(plain), *(one for one in streets if one)], plain)
    called = (whole_name(plain, one.start, one.end, one.sure) for one in tagged if one.kind == tagger.NAME)
    known = [*listed(plain, reading.is_name), *chinese(plain, reading.is_name), *japanese(plain)]
    known += foreign(plain)
    yield from _joined(NAME, [*people(plain), *known, *(one for one in called if one)], plain)


def _joined(kind: str, found: list[tuple[int, int]], plain: str) -> Iterator[tuple[str, int, int]]:
    """Yield places that overlap or touch as one."""
    here: tuple[int, int] | None = None
    for start, end in sorted(found):
        if here and (start <= here[1] or (kind == ADDRESS and not plain[here[1] : start].strip(" ,\n"))):
            here = here[0], max(end, here[1])
            continue
        if here:
            yield kind, *here
        here = start, end
    if here:
        yield kind, *here


# Full-width forms, as typed in Chinese and Japanese, and the dashes and spaces that stand between digits.
_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (0x2010, 0x2011, 0x2012, 0x2013, 0x2212), 0x2D
)
_ASCII |= dict.fromkeys((0xA0, 0x2009, 0x202F, 0x3000), 0x20)
# Between digits the mark of a long vowel is a dash; anywhere else it is part of a word.
_LONG = re.compile(r"(?<=\d)\u30fc(?=\d)")
_BORDERS = " ,;:\n"
