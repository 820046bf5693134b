"""Support: answers that quote the documents, with numbered sources, or none at all.

The answer is made of the found sentences themselves, because the embedded weights invent facts when they may speak
freely. Whether to answer is decided by the evidence of the search (`core.tasks.answerable`); what is left is to put
the right sentences side by side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from core.engines.base import Generator, Prompt
from core.errors import EngineError, InputError
from core.limits import QUESTION_CHARACTERS, check_text
from core.progress import Progress
from core.tasks.answerable import answerable_probability, is_manipulative
from core.tasks.check import check_wording
from core.tasks.facts import facts_of
from core.tasks.followup import whole_question
from core.tasks.language import guess_language
from core.tasks.support_texts import LANGUAGE_NAMES, no_answer, not_a_question
from core.types import AnswerSentence, Citation, Found, Hit, Origin, Passage, Reply, Turn
from core.words import CJK, MONTHS, WEEKDAYS

PROMPT_VERSION = "support-1"
SENTENCES = 3
STEPS = 6
LEAST_PROBABILITY = {"english": 0.4, "multilingual": 0.5, "words": 0.5}
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


class Support:
    """Answers questions from an index.

    `generator` words the quoted sentences where `is_worded` asks for it; its words are shown only if `check_wording`
    finds all they say in the quotes. `translate(text, source, target)` serves questions in another language than the
    documents.
    """

    def __init__(
        self,
        generator: Generator | None = None,
        translate: Callable[[str, str, str], str] | None = None,
        is_worded: bool = False,
    ) -> None:
        self._generator = generator if is_worded else None
        self._translate = translate

    def answer(
        self, question: str, index: Searchable, history: Sequence[Turn] = (), progress: Progress | None = None
    ) -> Reply:
        """Return the answer with its citations, or an abstention with the nearest passages.

        Raises EmptyInput, InputTooLong, Stopped and what the index's encoders raise.
        """
        progress = progress or Progress()
        question = check_text(question, QUESTION_CHARACTERS, "question")
        language = _language_of(question, index.language)
        if is_manipulative(question):
            return _abstained(not_a_question(language), (), language, 0.0, "order")
        asked = whole_question(question, history)
        note = f"Understood as: {asked}" if asked != question else ""
        found = index.search(asked, language)
        probability = answerable_probability(found.retriever, found.evidence)
        progress.check()
        is_foreign = bool(index.language) and language != index.language
        if is_foreign and self._translate is not None:
            translated = self._translated(asked, language, index.language)
            if translated:
                other = index.search(translated, index.language)
                other_probability = answerable_probability(other.retriever, other.evidence)
                if other_probability > probability or found.retriever == "words":
                    found, probability = other, other_probability
        progress.check()
        if probability < LEAST_PROBABILITY[found.retriever] or not found.hits:
            return _abstained(no_answer(language), found.passages, language, probability, found.retriever, note)
        chosen = choose_hits(asked, found, index)
        sentences, citations = _quote(chosen)
        origin = Origin("extracted", settings={"retriever": found.retriever})
        if is_foreign:
            sentences, note = self._in_language(sentences, index.language, language, note)
        elif self._generator is not None:
            sentences, origin = self._worded(asked, sentences, citations, origin, progress)
        text = _joined(sentence.text for sentence in sentences)
        progress.show(text)
        return Reply(text, sentences, citations, (), False, language, probability, origin, note)

    def _translated(self, text: str, source: str, target: str) -> str:
        """Return the translation, or empty where the weights cannot give one."""
        assert self._translate is not None  # noqa: S101 - narrows the type; the caller has looked
        try:
            return self._translate(text, source, target).strip()
        except (InputError, EngineError):
            return ""

    def _in_language(
        self,
        sentences: tuple[AnswerSentence, ...],
        source: str,
        target: str,
        note: str,
    ) -> tuple[tuple[AnswerSentence, ...], str]:
        """Translate the quotes where every number, name and denial survives it; else leave them as they are."""
        name = LANGUAGE_NAMES.get(source, source)
        as_it_stands = f"The documents are in {name}; the answer is quoted as it stands there."
        if self._translate is None:
            return sentences, f"{note} {as_it_stands}".strip()
        translated = []
        for sentence in sentences:
            text = self._translated(sentence.text, source, target)
            if not text or not _is_faithful(text, sentence.text):
                return sentences, f"{note} {as_it_stands}".strip()
            translated.append(AnswerSentence(text, sentence.citations))
        return tuple(translated), f"{note} Translated from {name}; the quotes show the original.".strip()

    def _worded(
        self,
        question: str,
        sentences: tuple[AnswerSentence, ...],
        citations: tuple[Citation, ...],
        origin: Origin,
        progress: Progress,
    ) -> tuple[tuple[AnswerSentence, ...], Origin]:
        """Return the language model's wording if the check proves it, else the sentences as they are."""
        assert self._generator is not None  # noqa: S101 - narrows the type; the caller has looked
        quotes = [sentence.text for sentence in sentences]
        order = "Answer the question in one or two short sentences. Use only these facts:\n" + "\n".join(quotes)
        prompt = Prompt(messages=(Turn("system", order), Turn("user", question)), max_tokens=120, deadline_seconds=20.0)
        try:
            wording = self._generator.complete([prompt], progress.stop)[0].text.strip()
        except EngineError:
            return sentences, origin
        if not wording or not check_wording(wording, quotes).is_supported:
            return sentences, origin
        numbers = tuple(citation.number for citation in citations)
        fingerprint = self._generator.fingerprint
        worded = Origin(
            "worded",
            fingerprint.weights_id,
            fingerprint.sha256,
            fingerprint.adapter_id,
            PROMPT_VERSION,
            origin.settings,
        )
        return (AnswerSentence(wording, numbers),), worded


def choose_hits(question: str, found: Found, index: Searchable) -> list[Hit]:
    """Return what to quote: the best hit, others nearly as good, and all steps where the question asks how.

    Passages come in the order of their best hit, sentences within a passage in reading order.
    """
    best = found.hits[0]
    if best.kind == "item" and _HOW_TO.search(question):
        steps = [hit for hit in index.beside(best) if hit.kind == "item" and hit.lead_in == best.lead_in]
        if len(steps) <= STEPS:
            return steps
    best = _row_with_number(question, index.beside(best)) or best
    least_share = LEAST_SHARE if found.retriever == "english" else LEAST_SHARE_ELSEWHERE
    chosen = [best]
    passages = [best.passage.passage_id]
    for hit in found.hits:
        if hit.text == best.text:
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


def _quote(hits: Sequence[Hit]) -> tuple[tuple[AnswerSentence, ...], tuple[Citation, ...]]:
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
        sentences.append(AnswerSentence(_finished(_joined(parts)), (number,)))
    citations = tuple(
        Citation(number, passages[key], _joined(quotes[key]), max(h.score for h in hits if h.passage.passage_id == key))
        for key, number in numbers.items()
    )
    return tuple(sentences), citations


def _finished(text: str) -> str:
    """Return the text ending like a sentence: list items and rows often end with a comma or with nothing."""
    text = text.strip().rstrip(",;，；")
    if text.endswith((".", "!", "?", "…", "。", "！", "？", ":", "：", "”", '"', ")", "）")):
        return text
    return text + ("。" if CJK.match(text[-1:]) else ".")


def _joined(parts: Iterable[str]) -> str:
    text = ""
    for part in parts:
        blank = "" if not text or (CJK.search(text[-2:]) and CJK.search(part[:2])) else " "
        text += blank + part
    return text


def _is_faithful(translation: str, original: str) -> bool:
    """Tell whether all that can be checked of a translation agrees with its original, in both directions."""

    def numbers(text: str) -> list[tuple[str, ...]]:
        return sorted(fact.values for fact in facts_of(text) if fact.kind == "number")

    return check_wording(translation, [original], is_translation=True).is_supported and (
        len(numbers(translation)) == len(numbers(original))
    )


def _language_of(question: str, expected: str) -> str:
    """Return the question's language; a short question is taken to be in the documents' language unless it is plain."""
    guess = guess_language(question)
    is_chinese_script = bool(CJK.search(question))
    if guess.is_sure and guess.code:
        return guess.code
    if is_chinese_script != (expected in ("zh", "ja", "ko")):
        return guess.code or expected or "en"
    return expected or guess.code or "en"


def _abstained(
    text: str, nearest: tuple[Passage, ...], language: str, score: float, reason: str, note: str = ""
) -> Reply:
    origin = Origin("abstained", settings={"reason": reason})
    return Reply(text, (), (), nearest[:3], True, language, score, origin, note)
