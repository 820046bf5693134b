"""What is remembered of one correction: the text whole, and of a translation also its sentences.

Sentences are paired by their order, as translation memories do, and only where both sides have as many.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.memory.keys import normalized
from core.tasks.layout import lay_out
from core.types import Task

TEXT, SENTENCE = "text", "sentence"
LABELS = ("negative", "neutral", "positive")
SENTENCES_AT_MOST = 40
# Characters of one side over those of the other beyond which two sentences are hardly each other's translation.
_MOST_RATIO = 4.0
_CJK_WORTH = 3.0


@dataclass(frozen=True)
class Pair:
    """An input and its right output; `unit` is text or sentence."""

    unit: str
    input_text: str
    output_text: str


def pairs_of(task: Task, source: str, target: str, input_text: str, output_text: str) -> tuple[Pair, ...]:
    """Return what to remember, the whole text first; nothing where a sentiment is corrected to what is none."""
    input_text, output_text = input_text.strip(), output_text.strip()
    if not input_text or not output_text or (task is Task.SENTIMENT and output_text not in LABELS):
        return ()
    whole = Pair(TEXT, input_text, output_text)
    if task is not Task.TRANSLATE:
        return (whole,)
    left = [piece.line for piece in lay_out(input_text, source).pieces if piece.line]
    right = [piece.line for piece in lay_out(output_text, target).pieces if piece.line]
    if len(left) != len(right) or not left or len(left) > SENTENCES_AT_MOST:
        return (whole,)
    found: dict[str, Pair] = {}
    for one, other in zip(left, right, strict=True):
        if 1 / _MOST_RATIO <= _worth(one) / max(1.0, _worth(other)) <= _MOST_RATIO:
            found[normalized(one)] = Pair(SENTENCE, one, other)
    found.pop(normalized(input_text), None)  # the whole text says it already
    return (whole, *found.values())


def _worth(text: str) -> float:
    """The length of a text in Latin letters: a Chinese or Japanese character says as much as about three."""
    return sum(_CJK_WORTH if "\u3040" <= character <= "\u9fff" else 1.0 for character in text)
