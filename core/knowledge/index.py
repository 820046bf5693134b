"""Search in passages by meaning and by words, and the evidence that what was found answers the question.

English is searched by MiniLM sentences and BM25; other languages by BM25 and, where it is given, the multilingual
encoder, because MiniLM knows English only (measured: Chinese best hit 1 of 10 with MiniLM, 9 of 9 with both).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Encoder, Vectors
from core.knowledge.asked import asked_for, holds
from core.knowledge.bm25 import WordSearch, tokens_of
from core.knowledge.units import Unit, is_cjk, units_of
from core.types import Found, Hit, Passage
from core.words import BINDING, CJK, MONTHS, WEEKDAYS, WORD, root_of, words_of

HITS = 24
NEAREST = 5
# How much each view counts: sentence meaning, passage meaning, sentence words, passage words.
WEIGHTS = {
    "english": (1.0, 0.35, 0.1, 0.0),
    "multilingual": (0.6, 0.1, 0.5, 0.3),
    "words": (0.4, 0.0, 0.5, 0.3),
}
KIND_BONUS = 0.08  # for a sentence that names the kind of thing that is asked for: a sum, a time, a person
# How far the best hit of an answerable question stands out, where there are too few sentences to measure it.
USUAL_MARGIN = {"english": 0.35, "multilingual": 0.65, "words": 0.75}
LONG_WORD_CHARACTERS = 11
WORDS_ENCODED = 6_000
_ENCODED_CHARACTERS = 600


@dataclass(frozen=True)
class _Entry:
    passage: int
    place: int
    unit: Unit


class _Meaning:
    """The vectors of all units and passages by one encoder."""

    def __init__(self, encoder: Encoder, unit_texts: Sequence[str], passage_texts: Sequence[str]) -> None:
        self.encoder = encoder
        vectors = encoder.encode([text[:_ENCODED_CHARACTERS] for text in (*unit_texts, *passage_texts)])
        self.units: Vectors = vectors[: len(unit_texts)]
        self.passages: Vectors = vectors[len(unit_texts) :]


class Index:
    """Passages made ready for search: everything is encoded once, here; afterwards nothing changes.

    `encoder` knows English; `multilingual`, if given, serves every other language. Raises what the encoders raise.
    """

    def __init__(self, passages: Sequence[Passage], encoder: Encoder, multilingual: Encoder | None = None) -> None:
        self.passages = tuple(passages)
        self._entries = [
            _Entry(number, place, unit)
            for number, passage in enumerate(self.passages)
            for place, unit in enumerate(units_of(passage.text))
        ]
        self.language = Counter(passage.language for passage in self.passages).most_common(1)[0][0] if passages else ""
        if self._entries:
            self._build(encoder, multilingual)

    def _build(self, encoder: Encoder, multilingual: Encoder | None) -> None:
        headings = [_short_heading(passage) for passage in self.passages]
        unit_texts = [
            f"{headings[entry.passage]}: {entry.unit.lead_in} {entry.unit.text}".replace(":  ", ": ")
            for entry in self._entries
        ]
        passage_texts = [f"{heading}: {p.text}" for heading, p in zip(headings, self.passages, strict=True)]
        self._of_passage = np.array([entry.passage for entry in self._entries])
        self._meaning = {"english": _Meaning(encoder, unit_texts, passage_texts)}
        if multilingual is not None:
            self._meaning["multilingual"] = _Meaning(multilingual, unit_texts, passage_texts)
        counts = Counter(word for text in unit_texts for word in words_of(text) if word not in BINDING)
        words = [word for word, _ in counts.most_common(WORDS_ENCODED) if not CJK.search(word)]
        self._words = {word: place for place, word in enumerate(words)}
        self._word_vectors = encoder.encode(words) if words else np.zeros((0, 1), dtype=np.float32)
        held: list[set[int]] = [set() for _ in self.passages]
        for entry, text in zip(self._entries, unit_texts, strict=True):
            held[entry.passage].update(self._words[word] for word in words_of(text) if word in self._words)
        self._words_of_passage = [np.array(sorted(places), dtype=np.intp) for places in held]
        self._unit_words = WordSearch(unit_texts)
        self._passage_words = WordSearch(
            [f"{p.title} {p.heading} {p.document} {p.text}" for p in self.passages],
        )
        self._tokens = [frozenset(tokens_of(f"{p.title} {p.heading} {p.text}")) for p in self.passages]
        self._text = "\n".join(f"{p.title}\n{p.heading}\n{p.text}" for p in self.passages).casefold()
        self._all_tokens = frozenset().union(*self._tokens)

    def retriever_for(self, language: str, question: str = "") -> str:
        """Return which view of meaning serves a question in `language`: english, multilingual or words."""
        is_english = language in ("", "en") and not is_cjk(question) and self.language in ("", "en")
        if is_english:
            return "english"
        return "multilingual" if "multilingual" in getattr(self, "_meaning", {}) else "words"

    def search(self, question: str, language: str = "", limit: int = HITS) -> Found:
        """Return the best hits for `question`, which is in `language` (ISO 639-1, empty: as the passages)."""
        retriever = self.retriever_for(language or self.language, question)
        if not self._entries:
            return Found((), (), retriever, {"similarity": 0.0, "coverage": 0.0})
        meaning = self._meaning["english" if retriever == "words" else retriever]
        words = _content_words(question)
        vector = meaning.encoder.encode([question[:_ENCODED_CHARACTERS]])[0]
        similarities = meaning.units @ vector
        passage_similarities = meaning.passages @ vector
        unit_words = _share(self._unit_words.scores(question))
        passage_words = _share(self._passage_words.scores(question))
        weights = WEIGHTS[retriever]
        scores = (
            weights[0] * similarities
            + weights[1] * passage_similarities[self._of_passage]
            + weights[2] * unit_words
            + weights[3] * passage_words[self._of_passage]
        )
        kind = _kind(question)
        if kind:
            scores = scores + KIND_BONUS * np.array([holds(entry.unit.text, kind) for entry in self._entries])
        order = np.argsort(-scores, kind="stable")[:limit]
        hits = tuple(
            self._hit(int(at), float(scores[at]), float(similarities[at]), float(unit_words[at])) for at in order
        )
        nearest = dict.fromkeys(hit.passage for hit in hits)
        evidence = self._evidence(question, retriever, words, order, scores)
        evidence["similarity"] = float(similarities.max())
        evidence["passage_similarity"] = float(passage_similarities.max())
        evidence["kind"] = 0.5 if not kind else float(any(holds(hit.text, kind) for hit in hits[:3]))
        return Found(hits, tuple(nearest)[:NEAREST], retriever, evidence)

    def beside(self, hit: Hit) -> tuple[Hit, ...]:
        """Return all that can be quoted from the passage of `hit`, in reading order; scores are those of `hit`."""
        number = self.passages.index(hit.passage)
        places = np.flatnonzero(self._of_passage == number)
        return tuple(self._hit(int(at), hit.score, hit.similarity, hit.words) for at in places)

    def _hit(self, at: int, score: float, similarity: float, words: float) -> Hit:
        entry = self._entries[at]
        return Hit(
            passage=self.passages[entry.passage],
            text=entry.unit.text,
            kind=entry.unit.kind,
            lead_in=entry.unit.lead_in,
            place=entry.place,
            score=score,
            similarity=similarity,
            words=words,
        )

    def _evidence(
        self,
        question: str,
        retriever: str,
        words: list[str],
        order: NDArray[np.intp],
        scores: NDArray[np.float32],
    ) -> dict[str, float]:
        near = list(dict.fromkeys(int(self._of_passage[at]) for at in order[:5]))
        tokens = frozenset[str]().union(*(self._tokens[passage] for passage in near))
        # With a handful of sentences there is no crowd to stand out from: then the usual distance is assumed.
        is_crowd = len(order) > 8
        margin = float(scores[order[0]] - scores[order[3:12]].mean()) if is_crowd else USUAL_MARGIN[retriever]
        return {
            "margin": margin,
            "near_coverage": self._coverage(words, tokens),
            "near_words": self._near_words(words, order),
            "unknown_names": float(
                sum(not _is_known_name(name, self._text, self._all_tokens) for name in _names(question))
            ),
        }

    def _near_words(self, words: list[str], order: NDArray[np.intp]) -> float:
        """Return how near in meaning the question's words come to words of the three best passages, rare ones first.

        A mean of cosines: "lift" covers "elevator", and nothing covers "Brazil" where only Europe is spoken of.
        """
        passages = list(dict.fromkeys(int(self._of_passage[at]) for at in order))[:3]
        places = np.unique(np.concatenate([self._words_of_passage[passage] for passage in passages]))
        words = [word for word in words if not CJK.search(word)]
        if not len(places) or not words:
            return 0.0
        vectors = self._meaning["english"].encoder.encode([word.casefold() for word in words])
        nearest = (vectors @ self._word_vectors[places].T).max(axis=1)
        weights = np.array([self._passage_words.weight(root_of(word)) for word in words])
        return float((nearest * weights).sum() / weights.sum())

    def _coverage(self, words: Sequence[str], tokens: frozenset[str]) -> float:
        """Return the share of the question's content words that `tokens` hold, rare words counting more."""
        weights = [self._passage_words.weight(word if CJK.search(word) else root_of(word)) for word in words]
        held = sum(weight for word, weight in zip(words, weights, strict=True) if _is_covered(word, tokens))
        return held / sum(weights) if weights else 0.0


def _short_heading(passage: Passage) -> str:
    """Return the last two headings: enough to say what a sentence is about."""
    return ": ".join(passage.heading.split(" > ")[-2:]) or passage.title


def _share(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    highest = float(scores.max(initial=0.0))
    return scores / highest if highest > 0 else scores


# Countries and cities that customers ask about: Chinese writes no capitals that would tell a name.
_PLACES = re.compile(
    "日本|韩国|美国|加拿大|英国|法国|德国|意大利|西班牙|俄罗斯|澳大利亚|新西兰|新加坡|马来西亚|泰国|越南|印度|巴西"
    "|墨西哥|瑞士|荷兰|欧洲|非洲|海外|国外|台湾|香港|澳门|北京|上海|广州|深圳|杭州|成都|重庆|武汉|南京|西安|苏州|天津"
)


def _content_words(question: str) -> list[str]:
    """Return the words that carry the question's matter: for Chinese and Japanese, pairs of characters."""
    if is_cjk(question):
        return [token for token in dict.fromkeys(tokens_of(question)) if len(token) == 2 or token.isascii()]
    words = [match.group() for match in WORD.finditer(question)]
    return list(dict.fromkeys(word for word in words if word.casefold() not in BINDING and len(word) > 1))


def _kind(question: str) -> str:
    """Return what the last sentence asks for, else what all of it asks for: a follow-up comes last."""
    last = re.split(r"(?<=[.!?。！？])\s*(?=\S)", question.strip())[-1]
    return asked_for(last) or asked_for(question)


def _names(question: str) -> list[str]:
    """Return runs of words with a capital letter that do not open a sentence; months and days are no names."""
    runs = re.finditer(r"(?<![.!?:]\s)(?<!^)\b[A-ZÄÖÜ][^\W\d_]*(?:[ -][A-ZÄÖÜ][^\W\d_]*)*", question)
    no_names = {"i", *BINDING, *MONTHS, *WEEKDAYS}
    names = [run.group() for run in runs if run.group().casefold() not in no_names]
    return names + _PLACES.findall(question)


def _is_known_name(name: str, text: str, tokens: frozenset[str]) -> bool:
    """Tell whether a text (casefolded) holds a name; the words of a longer one must stand together there."""
    return name.casefold().rstrip("s") in text or (" " not in name and _is_covered(name, tokens))


def _is_covered(word: str, tokens: frozenset[str]) -> bool:
    """Tell whether the word, its root, or most of its pieces are among the tokens."""
    if CJK.search(word):
        return word in tokens
    if root_of(word) in tokens:
        return True
    pieces = [token for token in tokens_of(word) if token.startswith("#")]
    # A long word is often a compound whose parts stand apart in the text: "Kündigungsfrist", "mit Frist kündigen".
    share = 0.7 if len(word) < LONG_WORD_CHARACTERS else 0.45
    return len(pieces) >= 3 and sum(piece in tokens for piece in pieces) >= share * len(pieces)
