"""What a text states that can be looked up: numbers with their units, dates, names, codes, denials and word roots."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from core.tasks.sentences import split_sentences
from core.words import (
    BINDING,
    CHINESE_NEGATION,
    CJK,
    JAPANESE_NEGATION,
    MONTHS,
    NEGATIONS,
    NO,
    NUMBER_WORDS,
    UNITS,
    WEEKDAYS,
    WORD,
    YES,
    words_of,
)


@dataclass(frozen=True)
class Fact:
    """Something that can be looked up: `kind` is number, month, weekday, name or code; `unit` only for numbers."""

    kind: str
    values: tuple[str, ...]
    text: str
    unit: str = ""


_ADDRESS = re.compile(r"https?://[^\s<>)\]]+|www\.[^\s<>)\]]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


_CODE = re.compile(r"(?<![\w-])(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z\d]+(?:-[A-Za-z\d]+)*(?![\w-])")


_ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")


_DOTTED_DATE = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})?(?!\d)")


_CJK_DATE = re.compile(r"(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月(?:\s*(\d{1,2})\s*[日号號])?")


_DIGITS = re.compile(r"(?<![\w.,])\d+(?:[.,'’\u00a0\u202f ]\d{3})*(?:[.,]\d+)?(?=$|\D)|\d+(?:[.,]\d+)?")


_CHINESE_NUMBER = re.compile(
    r"[〇零一二两三四五六七八九十百千万]+"
    r"(?=\s*(?:个|天|日|年|月|周|星期|小时|分|元|%|件|次|倍|折|岁|位|块|公斤|克|号|種|ヶ|時|円|本|つ))"
)


_CHINESE_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


_CHINESE_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10_000}


_AFTER_NUMBER = re.compile(r"[\s\u00a0-]*([€$£¥%]|[^\W\d_]+)")


_RANGE = re.compile(r"\s*(?:-|–|—|~|to|and|or|bis|und|oder|à|et|ou|a|y|o|至|到|或)\s*$")


_CAPITAL_BY_HABIT = frozenset(
    {"i", "i'm", "i'll", "i've", "i'd", "ok", "faq", "mr", "mrs", "ms", "dr", "sie", "ihr", "ihnen", "ihre"}
)


# Words that open sentences in summaries and answers and name nobody.
_COMMON_OPENERS = frozenset(
    {
        "customers",
        "customer",
        "people",
        "users",
        "user",
        "someone",
        "somebody",
        "everyone",
        "orders",
        "order",
        "returns",
    }
    | {"return", "according", "overall", "finally", "first", "next", "later", "instead", "while", "both", "there"}
)


def facts_of(text: str) -> tuple[Fact, ...]:
    """Return the numbers, dates, addresses, codes and names of `text` in reading order within each kind."""
    text = unicodedata.normalize("NFKC", text)
    facts: list[Fact] = []
    rest = text
    for pattern, kind in ((_ADDRESS, "code"), (_CODE, "code")):
        for match in pattern.finditer(rest):
            found = match.group().rstrip(".,;:")
            if kind == "code" and _is_number_with_unit(found):
                continue
            facts.append(Fact(kind, (found.casefold(),), found))
            rest = rest.replace(found, " " * len(found), 1)
    dates, rest = _dates(rest)
    return (*facts, *dates, *_numbers(rest), *_names(rest))


def is_negative(text: str) -> bool:
    """Tell whether `text` holds a word of negation in any of the nine languages."""
    words = {word.replace("’", "'") for word in words_of(text)}
    if words & NEGATIONS or any(word.endswith("n't") for word in words):
        return True
    return bool(CJK.search(text) and (CHINESE_NEGATION.search(text) or JAPANESE_NEGATION.search(text)))


def _dates(text: str) -> tuple[list[Fact], str]:
    """Read dates; what was read is blanked, days and years stay behind as numbers."""
    facts: list[Fact] = []

    def take(month: str, match: re.Match[str], *numbers: str | None) -> str:
        if not 1 <= int(month) <= 12:
            return match.group()
        facts.append(Fact("month", (str(int(month)),), match.group().strip()))
        return " " + " ; ".join(number for number in numbers if number) + " "

    text = _ISO_DATE.sub(lambda m: take(m[2], m, m[1], m[3]), text)
    text = _DOTTED_DATE.sub(lambda m: take(m[2], m, m[1], m[3]), text)
    text = _CJK_DATE.sub(lambda m: take(m[2], m, m[1], m[3]), text)
    for match in re.finditer(r"星期[一二三四五六日天]|周[一二三四五六日]|[月火水木金土日]曜日", text):
        facts.append(Fact("weekday", (str(WEEKDAYS[match.group()]),), match.group()))
    text = re.sub(r"星期[一二三四五六日天]|周[一二三四五六日]", " ", text)
    for match in WORD.finditer(text):
        word = match.group().casefold()
        plural = word.removesuffix("s")
        if word in WEEKDAYS or plural in WEEKDAYS:
            facts.append(Fact("weekday", (str(WEEKDAYS.get(word) or WEEKDAYS[plural]),), match.group()))
        elif word in MONTHS and match.group()[0].isupper() and _is_month(text, match):
            facts.append(Fact("month", (str(MONTHS[word]),), match.group()))
    return facts, text


def _is_month(text: str, match: re.Match[str]) -> bool:
    """Tell the month from the verb, the name or the short form that happens to be spelled alike."""
    if len(match.group()) > 3 and match.group() not in ("March", "Mars", "April", "June", "August"):
        return True
    before, after = text[max(0, match.start() - 12) : match.start()], text[match.end() : match.end() + 8]
    words = r"(?:in|of|by|until|till|since|from|to|and|on|early|late|mid|im|am|bis|seit|ab|en|au|de)"
    return bool(re.search(rf"(?:\d\.?\s*(?:of\s)?|\b{words}\s)$", before, re.I) or re.match(r"\.?\s*\d", after))


def _is_number_with_unit(token: str) -> bool:
    match = re.fullmatch(r"\d+(?:st|nd|rd|th|er|e|º|ª)?|\d+-?([A-Za-z]+)", token)
    return match is not None and (
        not match[1]
        or match[1].casefold() in UNITS
        or len(match[1]) > 3
        or match[1].casefold() in ("am", "pm", "h", "cm", "mm", "km", "gb", "mb")
    )


def _numbers(text: str) -> Iterator[Fact]:
    found: list[tuple[int, int, tuple[str, ...], str]] = []
    for match in _DIGITS.finditer(text):
        found.append((match.start(), match.end(), _values(match.group()), match.group()))
    for match in WORD.finditer(text):
        for part in re.finditer(r"[^\W\d_]+", match.group()):
            value = NUMBER_WORDS.get(part.group().casefold())
            if value is not None:
                start = match.start() + part.start()
                found.append((start, start + len(part.group()), (f"{value:g}",), part.group()))
    for match in _CHINESE_NUMBER.finditer(text):
        found.append((match.start(), match.end(), (f"{_chinese_value(match.group()):g}",), match.group()))
    found.sort()
    units = [_unit_at(text, start, end) for start, end, _, _ in found]
    for place in range(len(found) - 2, -1, -1):
        if not units[place] and _RANGE.fullmatch(text[found[place][1] : found[place + 1][0]]):
            units[place] = units[place + 1]
    for (_, _, values, shown), unit in zip(found, units, strict=True):
        yield Fact("number", values, shown, unit)


def _unit_at(text: str, start: int, end: int) -> str:
    before = text[:start].rstrip()[-3:]
    if before[-1:] in "€$£¥" and before:
        return UNITS[before[-1]]
    if before.casefold() in ("eur", "usd", "gbp", "cny", "rmb") or before == "百分之":
        return UNITS[before.casefold()]
    if text[max(0, start - 3) : start] == "百分之":
        return "percent"
    match = _AFTER_NUMBER.match(text, end)
    if not match:
        return ""
    word = match.group(1).casefold()
    if CJK.match(word):
        return next((UNITS[word[:size]] for size in (2, 1) if word[:size] in UNITS), "")
    if word in UNITS:
        return UNITS[word]
    # "30 calendar days", "14 working days": one word may stand between.
    following = _AFTER_NUMBER.match(text, match.end())
    return UNITS.get(following.group(1).casefold(), "") if following else ""


def _values(written: str) -> tuple[str, ...]:
    """Return what a written number may mean: 1.500 is fifteen hundred in some countries, one and a half in others."""
    digits = re.sub(r"['’\s\u00a0\u202f]", "", written)
    values = set()
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        values.add(float(re.sub(r"[.,]", "", digits)))
    if re.fullmatch(r"\d+(?:[.,]\d+)?", digits):
        values.add(float(digits.replace(",", ".")))
    match = re.fullmatch(r"(\d{1,3}(?:[.,]\d{3})+)[.,](\d{1,2})", digits)
    if match:
        values.add(float(re.sub(r"[.,]", "", match[1]) + "." + match[2]))
    return tuple(f"{value:.12g}" for value in sorted(values)) or (written,)


def _chinese_value(written: str) -> float:
    total = section = digit = 0
    for character in written:
        if character in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[character] + (digit * 10 if digit and written[0] not in "十百千万" else 0)
        elif character == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        else:
            section, digit = section + (digit or 1) * _CHINESE_POWERS[character], 0
    return float(total + section + digit)


def _names(text: str) -> Iterator[Fact]:
    for sentence in sentences_of(text):
        for place, match in enumerate(WORD.finditer(sentence)):
            word = match.group()
            plain = word.casefold()
            if not word[0].isupper() or plain in _CAPITAL_BY_HABIT:
                continue
            if plain in MONTHS or plain in WEEKDAYS or plain.removesuffix("s") in WEEKDAYS or plain in NUMBER_WORDS:
                continue
            if plain in UNITS or plain in YES or plain in NO or plain in NEGATIONS:
                continue
            if (place == 0 or _opens(sentence, match.start())) and (plain in BINDING or plain in _COMMON_OPENERS):
                continue
            yield Fact("name", (re.sub(r"['’]s?$", "", plain),), word)


def _opens(sentence: str, start: int) -> bool:
    """Tell whether a capital letter follows an opening mark, a colon or a bullet, where any word may have one."""
    return not sentence[:start].strip() or sentence[:start].rstrip()[-1:] in ':：-*•"“„«('


def sentences_of(text: str) -> list[str]:
    """Return the sentences of `text`."""
    return [text[span.start : span.end] for span in split_sentences(text)]
