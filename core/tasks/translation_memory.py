"""What a translation takes from the memory: sentences known already, near ones as examples, terms that are given.

As in a translation memory of the trade: a sentence known word for word is not translated again, a near one is shown
with its similarity, and the words of the glossary are checked and, where that is sure, put right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.loop import Recall, Recalled, Term
from core.tasks.recalling import ANSWER, EXAMPLE, exact, near, once_each, recalled, terms_in, use_of
from core.types import MemoryUse
from core.words import roots_of

# A near sentence below this is not shown to the weights, whatever the memory thinks near.
LEAST_SIMILARITY = 0.75
_EXAMPLE_CHARACTERS = 400
_ENDING_LETTERS = 3  # that a word of a term may take on in a sentence: "Rechnung", "Rechnungen"
_CJK = ("zh", "ja")


@dataclass(frozen=True)
class Remembered:
    """What is known of the lines of one text: their translations, the nearest other one, the terms in them."""

    answers: dict[str, Recalled] = field(default_factory=dict)
    examples: dict[str, Recalled] = field(default_factory=dict)
    terms: dict[str, tuple[Term, ...]] = field(default_factory=dict)

    def uses(self) -> tuple[MemoryUse, ...]:
        """Return what can have been used, each entry once."""
        answers = [use_of(hit, ANSWER) for hit in self.answers.values()]
        return once_each([*answers, *(use_of(hit, EXAMPLE) for hit in self.examples.values())])

    def without(self, lines: Collection[str]) -> Remembered:
        """Return the same without the examples of `lines`."""
        return replace(self, examples={line: hit for line, hit in self.examples.items() if line not in lines})

    def shown(self, line: str, is_again: bool) -> tuple[tuple[str, str], ...]:
        """Return the pairs that a prompt for `line` shows last: the near example, or when tried again the terms."""
        if is_again:
            return tuple((term.source_term, term.target_term) for term in self.terms.get(line, ()))
        hit = self.examples.get(line)
        return ((" ".join(hit.input_text.split()), " ".join(hit.output_text.split())),) if hit else ()

    def is_echo(self, line: str, candidate: str) -> bool:
        """Tell whether `candidate` only repeats the example's translation, though `line` says something else.

        Shown "We do not ship to Norway", the weights say of Iceland what was said of Norway: with 5 of 26 examples.
        """
        hit = self.examples.get(line)
        if hit is None or _bare(candidate) != _bare(hit.output_text):
            return False
        return roots_of(line) != roots_of(hit.input_text)

    def match(self, line: str) -> float:
        """Return how alike what is known of a line is: 1 the line itself, 0 nothing."""
        if line in self.answers:
            return 1.0
        hit = self.examples.get(line)
        return min(0.99, hit.similarity) if hit is not None else 0.0

    def missing(self, line: str, candidate: str) -> tuple[Term, ...]:
        """Return the terms of `line` that `candidate` does not hold."""
        return tuple(term for term in self.terms.get(line, ()) if not holds(candidate, term))


def remember(
    recall: Recall | None, lines: Sequence[str], found: Sequence[Sequence[Recalled]], source: str
) -> Remembered:
    """Return what is known of `lines` in the language `source`, of which the memory has found `found`."""
    if recall is None:
        return Remembered()
    answers = {line: hit for line, hits in zip(lines, found, strict=True) if (hit := exact(hits))}
    examples = {
        line: hits_near[0]
        for line, hits in zip(lines, found, strict=True)
        if line not in answers and (hits_near := [hit for hit in near(hits, LEAST_SIMILARITY) if _is_short(hit)])
    }
    open_lines = [line for line in lines if line not in answers]
    terms = {
        line: own
        for line, held in zip(open_lines, terms_in(recall, open_lines), strict=True)
        if (own := tuple(term for term in held if term.source == source))
    }
    return Remembered(answers, examples, terms)


def look_up(recall: Recall | None, text: str, lines: Sequence[str], source: str) -> tuple[Recalled | None, Remembered]:
    """Return what is remembered of the whole `text`, if anything, and of its `lines` in the language `source`."""
    texts = list(dict.fromkeys([text.strip(), *lines])) if text.strip() else list(lines)
    found = dict(zip(texts, recalled(recall, texts), strict=True))
    whole = exact(found.get(text.strip(), ()))
    if whole is not None:
        return whole, Remembered()
    return None, remember(recall, lines, [found[line] for line in lines], source)


def holds(candidate: str, term: Term) -> bool:
    """Tell whether `candidate` holds the target of `term`, in any case and with an ending where the script has such."""
    if term.target in _CJK:
        return "".join(term.target_term.split()).casefold() in "".join(candidate.split()).casefold()
    words = r"\s+".join(rf"{re.escape(word)}\w{{0,{_ENDING_LETTERS}}}" for word in term.target_term.split())
    return bool(re.search(rf"(?<!\w){words}(?!\w)", candidate, re.IGNORECASE))


def put_right(candidate: str, terms: Iterable[Term]) -> str:
    """Return `candidate` with the terms put where that is sure to be right, else as it is.

    Sure is: the source's own word was left standing, or the right term stands there written apart or with a hyphen.
    """
    for term in terms:
        letters = "".join(term.target_term.split()).replace("-", "")
        written_apart = r"[\s-]?".join(re.escape(letter) for letter in letters)
        inside = "[A-Za-z0-9]" if term.target in _CJK else r"\w"  # what would make it a part of another word
        right = term.target_term.replace("\\", r"\\")
        for words in (written_apart, re.escape(term.source_term)):
            changed = re.sub(rf"(?<!{inside}){words}(?!{inside})", right, candidate, flags=re.IGNORECASE)
            if changed != candidate and holds(changed, term):
                candidate = changed
                break
    return candidate


def _bare(text: str) -> str:
    """The letters and digits of a text, whatever their case."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _is_short(hit: Recalled) -> bool:
    return max(len(hit.input_text), len(hit.output_text)) <= _EXAMPLE_CHARACTERS
