"""Which of several candidate translations to show, and what is plainly wrong with one: no weights, only text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.tasks.language import guess_language

_ORDERS = 6
_BETA_SQUARED = 4.0
_LOSS_PENALTY = 0.3
_INVENTION_PENALTY = 0.15

_NUMBER = re.compile(r"\d(?:[\d.,:/ \u00a0\u202f'’]*\d)?")
_FIXED = re.compile(
    r"https?://[^\s，。）)]+|www\.[^\s，。）)]+|[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w|\{[^{}\s]*\}|%[sd]|%\(\w+\)s|#\w+#|</?\w[^<>]*>"
)
_LETTER = re.compile(r"[^\W\d_]")
_CJK_LETTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LOOP = re.compile(r"(.{1,30}?)\1{5,}")
_CJK = ("zh", "ja")
_CJK_NUMERAL = re.compile("[一二三四五六七八九十百千万萬亿億兆]")
_SPELLED_OUT_BELOW = 13  # numbers that another language may write as a word

Grams = tuple[Counter[str], ...]


def has_words(text: str) -> bool:
    """Return whether anything is left to translate once addresses, placeholders and numbers are set aside."""
    return bool(_LETTER.search(_FIXED.sub(" ", text)))


def grams(text: str) -> Grams:
    """Return the character n-grams of `text` without its blanks, one Counter for each order from 1 to 6."""
    packed = "".join(text.split())
    return tuple(
        Counter(packed[start : start + order] for start in range(len(packed) - order + 1))
        for order in range(1, _ORDERS + 1)
    )


def chrf(candidate: Grams, reference: Grams) -> float:
    """Return chrF from 0 to 1 with beta 2 (Popović 2015): the F-score of averaged n-gram precision and recall."""
    precision = recall = 0.0
    orders = 0
    for ours, theirs in zip(candidate, reference, strict=True):
        total, wanted = ours.total(), theirs.total()
        if not total or not wanted:
            continue
        orders += 1
        matches = sum(min(count, theirs[gram]) for gram, count in ours.items() if gram in theirs)
        precision += matches / total
        recall += matches / wanted
    if not orders or not precision + recall:
        return 0.0
    precision, recall = precision / orders, recall / orders
    return (1 + _BETA_SQUARED) * precision * recall / (_BETA_SQUARED * precision + recall)


def kept_share(source: str, candidate: str) -> float:
    """Return the share of the source's numbers, addresses and placeholders that the candidate has too; 1 if none.

    Numbers are compared by their digits alone, since separators differ between languages.
    """
    wanted = _fixed_parts(source)
    total = wanted.total()
    return (wanted & _fixed_parts(candidate)).total() / total if total else 1.0


def has_invented(source: str, candidate: str) -> bool:
    """Return whether the candidate has a number or an address that the source has not, as the examples may tempt to.

    A source that writes numbers in Chinese characters is not judged.
    """
    if _CJK_NUMERAL.search(source):
        return False
    return bool(_fixed_parts(candidate) - _fixed_parts(source))


def lost_fixed_text(source: str, candidate: str) -> bool:
    """Return whether an address or a placeholder of the source, which must stay as it is, is missing."""
    return bool(Counter(_FIXED.findall(source)) - Counter(_FIXED.findall(candidate)))


def _fixed_parts(text: str) -> Counter[str]:
    parts = Counter(_FIXED.findall(text))
    for match in _NUMBER.finditer(_FIXED.sub(" ", text)):
        digits = re.sub(r"\D", "", match.group())
        if int(digits) >= _SPELLED_OUT_BELOW:
            parts[digits] += 1
    return parts


def flaw(line: str, candidate: str, source: str, target: str, is_cut: bool = False) -> str:
    """Return what is plainly wrong: empty, loop, cut, copy, language, length; or "" where nothing is."""
    if not candidate.strip() or not has_words(candidate):
        return "empty"
    if _LOOP.search(candidate) and not _LOOP.search(line):
        return "loop"
    if is_cut:
        return "cut"
    if _is_copy(line, candidate, source, target):
        return "copy"
    if _is_wrong_language(line, candidate, source, target):
        return "language"
    low, high = _length_bounds(source, target)
    ratio = len(candidate) / len(line)
    if len(line) >= (8 if source in _CJK else 20) and not low <= ratio <= high:
        return "length"
    return ""


def _is_copy(line: str, candidate: str, source: str, target: str) -> bool:
    words = re.findall(r"[^\W\d_]+", line)
    if " ".join(line.split()).casefold() == " ".join(candidate.split()).casefold():
        names = sum(word[0].isupper() or not word[0].islower() for word in words)
        is_name = len(words) <= 4 and names == len(words) and source not in _CJK
        return not is_name and not (len(words) == 1 and source not in _CJK and target not in _CJK)
    return len(words) >= 4 and chrf(grams(candidate), grams(line)) > 0.8


def _is_wrong_language(line: str, candidate: str, source: str, target: str) -> bool:
    letters = len(_LETTER.findall(candidate))
    cjk_share = len(_CJK_LETTER.findall(candidate)) / letters
    if target in _CJK:
        has_own_words = len(re.findall(r"\b[a-z]{2,}\b", line)) >= 2 or source in _CJK
        return has_own_words and cjk_share < 0.3
    if cjk_share > 0.1:
        return True
    guess = guess_language(candidate)
    return guess.is_sure and guess.code != target and guess.code == source and letters >= 15


def _length_bounds(source: str, target: str) -> tuple[float, float]:
    """Characters of a translation over characters of its source, beyond which something is missing or invented."""
    if (source in _CJK) == (target in _CJK):
        return 0.4, 2.5
    return (1.0, 9.0) if source in _CJK else (0.1, 1.0)


def choose(line: str, candidates: Sequence[str]) -> int:
    """Return the index of the candidate that the others agree with most.

    Minimum Bayes risk with chrF as utility (Kumar and Byrne 2004; Eikema and Aziz 2020): the mean chrF of each
    candidate against all others, equal ones counted as often as they came, less penalties for lost and for invented
    numbers, addresses and placeholders. The first of equals wins, so put the greedy one first.
    """
    counted = [grams(candidate) for candidate in candidates]
    best, best_score = 0, float("-inf")
    for index, own in enumerate(counted):
        others = [chrf(own, other) for number, other in enumerate(counted) if number != index]
        utility = sum(others) / len(others) if others else 0.0
        score = utility - _LOSS_PENALTY * (1.0 - kept_share(line, candidates[index]))
        if has_invented(line, candidates[index]):
            score -= _INVENTION_PENALTY
        if score > best_score:
            best, best_score = index, score
    return best
