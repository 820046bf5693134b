"""Which of the found sentences are quoted, and how they become an answer with numbered sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from core.types import AnswerSentence, Citation, Found, Hit, Passage
from core.words import CJK, MONTHS, WEEKDAYS

SENTENCES = 3
STEPS = 6
# A further sentence is quoted if its score is at least this share of the best one's.
LEAST_SHARE = {2: 0.5, 3: 0.8}
LEAST_SHARE_ELSEWHERE = {2: 0.3, 3: 0.65}  # outside English the order of hits is less sure, so more is quoted
QUOTED_PASSAGES = 2
_HOW_TO = re.compile(
    r"^\W*(?:how (?:do|can|should|would|to)\b|what (?:do|must|should|can) (?:i|we) do"
    r"|what (?:is|are) (?:the steps|included)"
    r"|wie (?!lange|viel|teuer|hoch|oft|weit|groß|alt|heiß|schnell)|was (?:muss|soll|kann) ich"
    r"|comment|cómo|come|como|hoe )"
    r"|怎么(?!卖)|如何|怎样",
    re.I,
)
_RANGE_START = re.compile(
    r"^[^\d:]{0,12}?\b(?P<low>\d+|[^\W\d_]{3,})\b\s*(?:(?:to|-|–|bis|à|a|至|到)\s*(?P<high>\d+|[^\W\d_]{3,})\b"
    r"|(?:or more|and more|\+|und mehr|oder mehr|以上))"
)


class Searchable(Protocol):
    """What support needs of an index (`core.knowledge.index.Index`)."""

    language: str

    def search(self, question: str, language: str = "") -> Found:
        """Return hits, best first, with the evidence that they answer the question."""

    def beside(self, hit: Hit) -> tuple[Hit, ...]:
        """Return all that can be quoted from the passage of `hit`, in reading order."""


def choose_hits(question: str, found: Found, index: Searchable) -> list[Hit]:
    """Return what to quote: the best hit, others nearly as good, and all steps where the question asks how.

    Passages come in the order of their best hit, sentences within a passage in reading order.
    """
    best = found.hits[0]
    if best.kind == "item" and _HOW_TO.search(question):
        steps = [hit for hit in index.beside(best) if hit.kind == "item" and hit.lead_in == best.lead_in]
        if len(steps) <= STEPS:
            return steps
    row = _row_with_number(question, index.beside(best))
    best = row or best
    least_share = LEAST_SHARE if found.retriever == "english" else LEAST_SHARE_ELSEWHERE
    chosen = [best]
    passages = [best.passage.passage_id]
    for hit in found.hits:
        if hit.text == best.text or (row is not None and hit.kind == row.kind and hit.passage == row.passage):
            continue
        share = least_share.get(len(chosen) + 1, 2.0)
        if len(chosen) >= SENTENCES or hit.score < share * best.score:
            break
        is_new = hit.passage.passage_id not in passages
        if is_new and len(passages) >= QUOTED_PASSAGES + (len(chosen) < SENTENCES - 1):
            continue
        if any(hit.text in other.text or other.text in hit.text for other in chosen) or _is_lead_in(hit, found):
            continue
        chosen.append(hit)
        if is_new:
            passages.append(hit.passage.passage_id)
    return sorted(chosen, key=lambda hit: (passages.index(hit.passage.passage_id), hit.place))


def _row_with_number(question: str, hits: Sequence[Hit]) -> Hit | None:
    """Return the row or item whose range ("20 to 49", "June to August") holds a number, month or day asked about."""
    asked = [
        (names, value)
        for names in ({}, MONTHS, WEEKDAYS)
        for word in re.findall(r"(?<![\d.,])\d{1,6}(?![\d.,]\d)|[^\W\d_]+", question.casefold())
        if (value := _place_in(names, word)) is not None
    ]
    for hit in hits:
        match = _RANGE_START.match(hit.text) if hit.kind != "sentence" else None
        if match is None:
            continue
        for names, value in asked:
            low = _place_in(names, match["low"])
            high = _place_in(names, match["high"]) if match["high"] else float("inf")
            if low is not None and high is not None and low <= value <= high:
                return hit
    return None


def _place_in(names: Mapping[str, int], word: str) -> float | None:
    """Return the number of a month or day; without names, the word's own number."""
    if not names:
        return float(word) if word.isdecimal() else None
    return names.get(word.casefold())


def _is_lead_in(hit: Hit, found: Found) -> bool:
    """Tell a line that only leads to a list: it says nothing by itself."""
    return hit.text.endswith((":", "：")) and any(other.lead_in == hit.text for other in found.hits)


def quote(hits: Sequence[Hit]) -> tuple[tuple[AnswerSentence, ...], tuple[Citation, ...]]:
    """Return the hits as sentences, each with its source, and a numbered citation a passage."""
    numbers: dict[str, int] = {}
    quotes: dict[str, list[str]] = {}
    passages: dict[str, Passage] = {}
    sentences: list[AnswerSentence] = []
    said: set[str] = {hit.text for hit in hits}
    last_lead_in = ""
    for hit in hits:
        key = hit.passage.passage_id
        number = numbers.setdefault(key, len(numbers) + 1)
        passages[key] = hit.passage
        if sentences and hit.kind == "item" and hit.lead_in and hit.lead_in == last_lead_in:
            quotes[key].append(hit.text)
            sentences[-1] = AnswerSentence(_finished(f"{sentences[-1].text[:-1]}; {hit.text}"), (number,))
            continue
        last_lead_in = hit.lead_in
        parts = [hit.text] if not hit.lead_in or hit.lead_in in said else [hit.lead_in, hit.text]
        said.add(hit.lead_in)
        quotes.setdefault(key, []).extend(parts)
        sentences.append(AnswerSentence(_finished(joined(parts)), (number,)))
    citations = tuple(
        Citation(number, passages[key], joined(quotes[key]), max(h.score for h in hits if h.passage.passage_id == key))
        for key, number in numbers.items()
    )
    return tuple(sentences), citations


def _finished(text: str) -> str:
    """Return the text ending like a sentence: list items and rows often end with a comma or with nothing."""
    text = text.strip().rstrip(",;，；")
    if text.endswith((".", "!", "?", "…", "。", "！", "？", ":", "：", "”", '"', ")", "）")):
        return text
    return text + ("。" if CJK.match(text[-1:]) else ".")


def joined(parts: Iterable[str]) -> str:
    """Return the parts as one text, with blanks where the script sets them."""
    text = ""
    for part in parts:
        blank = "" if not text or (CJK.search(text[-2:]) and CJK.search(part[:2])) else " "
        text += blank + part
    return text
