"""The prompts that words are asked for with: what serves is what was trained with, to the letter.

A trained adapter has learned to go on from these very prompts. Whoever changes one makes every adapter that was
trained before speak to a stranger: raise the version with it.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.types import Turn

SUMMARY_VERSION = "summarize-1"
SUPPORT_VERSION = "support-2"

_LENGTHS = {
    "sentence": "in one sentence",
    "short": "in a few short sentences",
    "long": "in a paragraph that leaves out no important point",
}


def summary_prompt(text: str, length: str) -> tuple[Turn, ...]:
    """Return what asks for a summary of `text`; `length` is sentence, short or long."""
    order = f"Summarize the text {_LENGTHS[length]}. Say only what the text says."
    return (Turn("system", order), Turn("user", text.strip()))


def support_prompt(question: str, quotes: Sequence[str]) -> tuple[Turn, ...]:
    """Return what asks for an answer to `question` that says what `quotes` say and no more."""
    facts = "\n".join(f"- {' '.join(quote.split())}" for quote in quotes)
    order = f"Answer the question in one or two short sentences. Use only these facts:\n{facts}"
    return (Turn("system", order), Turn("user", question.strip()))
