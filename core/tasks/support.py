"""Support: answers that quote the documents, with numbered sources, or none at all.

The answer is made of the found sentences themselves, because the embedded weights invent facts when they may speak
freely. Whether to answer is decided by the evidence of the search (`core.tasks.answerable`); what is left is to put
the right sentences side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.engines.base import Generator, Prompt
from core.errors import EngineError, InputError
from core.limits import QUESTION_CHARACTERS, check_text
from core.loop import Recall
from core.progress import Progress
from core.tasks.answerable import answerable_probability, is_manipulative
from core.tasks.check import check_wording
from core.tasks.facts import facts_of
from core.tasks.followup import whole_question
from core.tasks.grounds import LEAST_COVERED_BY_WEIGHTS, ground
from core.tasks.language import guess_language
from core.tasks.quotes import Searchable, choose_hits, joined, quote
from core.tasks.recalling import recalled
from core.tasks.support_memory import corrected, unused_note
from core.tasks.support_texts import LANGUAGE_NAMES, no_answer, not_a_question
from core.tasks.wordings import SUPPORT_VERSION, support_prompt
from core.types import AnswerSentence, Origin, Passage, Reply, Turn
from core.words import CJK

LEAST_PROBABILITY = {"english": 0.4, "multilingual": 0.5, "words": 0.5}


class Support:
    """Answers questions from an index.

    `generator` words the quoted sentences where `is_worded` asks for it; its words are shown only if the quotes bear
    every sentence out. `translate(text, source, target)` serves questions in another language than the
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
        self,
        question: str,
        index: Searchable,
        history: Sequence[Turn] = (),
        progress: Progress | None = None,
        recall: Recall | None = None,
    ) -> Reply:
        """Return the answer with its citations, or an abstention with the nearest passages.

        What `recall` knows of the question is the answer while the documents bear it out. Raises EmptyInput,
        InputTooLong, Stopped and what the index's encoders raise.
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
        hits = recalled(recall, [asked])[0]
        known = corrected(asked, hits, found, index, language, probability)
        if known is not None:
            progress.show(known.text)
            return replace(known, note=note)
        is_foreign = bool(index.language) and language != index.language
        if is_foreign and self._translate is not None:
            translated = self._translated(asked, language, index.language, progress)
            if translated:
                other = index.search(translated, index.language)
                other_probability = answerable_probability(other.retriever, other.evidence)
                if other_probability > probability or found.retriever == "words":
                    found, probability = other, other_probability
        progress.check()
        note = f"{note} {unused_note(hits)}".strip()
        if probability < LEAST_PROBABILITY[found.retriever] or not found.hits:
            return _abstained(no_answer(language), found.passages, language, probability, found.retriever, note)
        chosen = choose_hits(asked, found, index)
        sentences, citations = quote(chosen)
        origin = Origin("extracted", settings={"retriever": found.retriever})
        if is_foreign:
            sentences, note = self._in_language(sentences, index.language, language, note, progress)
        elif self._generator is not None:
            sentences, origin = self._worded(asked, sentences, origin, progress)
        text = joined(sentence.text for sentence in sentences)
        progress.show(text)
        return Reply(text, sentences, citations, (), False, language, probability, origin, note)

    def _translated(self, text: str, source: str, target: str, progress: Progress) -> str:
        """Return the translation, or empty where the weights cannot give one."""
        assert self._translate is not None  # noqa: S101 - narrows the type; the caller has looked
        try:
            return self._translate(text, source, target).strip()
        except InputError:
            return ""
        except EngineError:  # another time they may
            progress.lack()
            return ""

    def _in_language(
        self,
        sentences: tuple[AnswerSentence, ...],
        source: str,
        target: str,
        note: str,
        progress: Progress,
    ) -> tuple[tuple[AnswerSentence, ...], str]:
        """Translate the quotes where every number, name and denial survives it; else leave them as they are."""
        name = LANGUAGE_NAMES.get(source, source)
        as_it_stands = f"The documents are in {name}; the answer is quoted as it stands there."
        if self._translate is None:
            return sentences, f"{note} {as_it_stands}".strip()
        translated = []
        for sentence in sentences:
            text = self._translated(sentence.text, source, target, progress)
            if not text or not _is_faithful(text, sentence.text):
                return sentences, f"{note} {as_it_stands}".strip()
            translated.append(AnswerSentence(text, sentence.citations))
        return tuple(translated), f"{note} Translated from {name}; the quotes show the original.".strip()

    def _worded(
        self,
        question: str,
        sentences: tuple[AnswerSentence, ...],
        origin: Origin,
        progress: Progress,
    ) -> tuple[tuple[AnswerSentence, ...], Origin]:
        """Return the language model's wording if the quotes bear every sentence out, else the quotes as they are."""
        assert self._generator is not None  # noqa: S101 - narrows the type; the caller has looked
        quotes = [sentence.text for sentence in sentences]
        prompt = Prompt(messages=support_prompt(question, quotes), max_tokens=120, deadline_seconds=20.0)
        try:
            completion = self._generator.complete([prompt], progress.stop)[0]
        except InputError:
            return sentences, origin
        except EngineError:  # another time they may say it
            progress.lack()
            return sentences, origin
        said = ground(completion.text, quotes, LEAST_COVERED_BY_WEIGHTS) if completion.reason == "stop" else None
        if said is None:
            return sentences, origin
        told = tuple(
            AnswerSentence(one.text, tuple(dict.fromkeys(n for at in one.places for n in sentences[at].citations)))
            for one in said
        )
        fingerprint = self._generator.fingerprint
        worded = Origin(
            "worded",
            fingerprint.weights_id,
            fingerprint.sha256,
            fingerprint.adapter_id,
            SUPPORT_VERSION,
            origin.settings,
        )
        return told, worded


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
