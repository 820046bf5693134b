"""From what was said to a row: personal data masked, in the very form that is trained and served.

Where masking takes something from one side only, the pair would teach what is wrong: it is left out. Where both sides
lose the same ("Write to [email]" and "Schreib an [email]"), it stays, masked on both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from cattrs.errors import BaseValidationError

from core.knowledge.library import HANDBOOK
from core.learning.checks import LABELS, key_of
from core.loop import LeftOut, Row, RowKind, Split
from core.privacy import KINDS, masked
from core.store.dataset_sources import RATING, Source
from core.tasks.check import check_wording
from core.tasks.language import guess_language
from core.tasks.layout import lay_out
from core.tasks.summarize import LENGTHS
from core.tasks.summary_words import WORDED_CHARACTERS
from core.tasks.translation_examples import SERVED
from core.tasks.wordings import summary_prompt, support_prompt
from core.types import Reply, Task, Turn, from_plain

# A thumb says that an answer will do, a correction says what it should have been.
RATING_WEIGHT = 0.3
# Characters of all messages of a row: what a training step on this machine can hold in one piece.
LONGEST = {Task.TRANSLATE: 1_600, Task.SUMMARIZE: 6_000, Task.SUPPORT: 4_000, Task.SENTIMENT: 5_000}
_LONGEST_LINE = 400
_MASK = re.compile("|".join(re.escape(f"[{kind}]") for kind in KINDS))
_BULLET = re.compile(r"(?m)^\s*[-*•]\s+")


def rows_of(task: Task, source: Source) -> tuple[Row, ...] | LeftOut:
    """Return the rows of a source, without their split and cluster, or why there are none.

    Only a translation has more than one: each sentence is asked for by itself.
    """
    if not source.input_text.strip() or not source.right_text.strip() or {"file", "text_column"} & set(source.request):
        return LeftOut.NOT_A_TEXT
    masked_source = _Masked(source)
    made = _FORMS[task](source, masked_source)
    if isinstance(made, LeftOut):
        return made
    if any(sum(len(turn.content) for turn in row.messages) > LONGEST[task] for row in made):
        return LeftOut.TOO_LONG
    return made


def input_key(row: Row) -> str:
    """Return what two rows share whose inputs differ in case, width, spaces and punctuation at most."""
    text = plain_input(row)
    return sha256((key_of(text) or text.strip()).encode()).hexdigest()[:32]


def plain_input(row: Row) -> str:
    """Return what the visitor typed, without the prompt around it."""
    return str(row.context.get("text") or row.input_text)


def marks_of(text: str) -> Counter[str]:
    """Return the marks that stand for personal data in a masked text, counted."""
    return Counter(_MASK.findall(text))


class _Masked:
    """The three texts of a source without personal data."""

    def __init__(self, source: Source) -> None:
        self.input, self.said, self.right = (
            masked(text.strip()) for text in (source.input_text, source.said_text, source.right_text)
        )


def _labelled(source: Source, texts: _Masked) -> tuple[Row, ...] | LeftOut:
    if texts.right not in LABELS:
        return LeftOut.NOT_A_TEXT
    said = texts.said if texts.said in LABELS and texts.said != texts.right else ""
    turns = (Turn("user", texts.input), Turn("assistant", texts.right))
    return (_row(Task.SENTIMENT, source, turns, said, kind=RowKind.LABEL),)


def _translated(source: Source, texts: _Masked) -> tuple[Row, ...] | LeftOut:
    from_, to = source.language or str(source.request.get("source", "")), str(source.request.get("target", ""))
    if not to:  # not kept with the use: the correction tells it where it is long enough
        guess = guess_language(texts.right)
        to = guess.code if guess.is_sure else ""
    if from_ not in SERVED or to not in SERVED or from_ == to:
        return LeftOut.NO_LANGUAGES
    if marks_of(texts.input) != marks_of(texts.right):
        return LeftOut.PERSONAL
    pairs = _aligned(texts, from_, to)
    if not pairs:
        return LeftOut.NOT_ALIGNED
    return tuple(
        _row(
            Task.TRANSLATE,
            source,
            (Turn("user", line), Turn("assistant", right)),
            said,
            part=number if len(pairs) > 1 else 0,
            source=from_,
            target=to,
            language=from_,
        )
        for number, (line, right, said) in enumerate(pairs, 1)
    )


def _aligned(texts: _Masked, source: str, target: str) -> list[tuple[str, str, str]]:
    """Return the sentences of input and correction, with what was said, each as the weights are asked for it.

    They go together where there are as many on both sides; else a short text of one line is one sentence.
    """
    lines, rights, said = (
        [piece.line for piece in lay_out(text, language).pieces if piece.line]
        for text, language in ((texts.input, source), (texts.right, target), (texts.said, target))
    )
    if lines and len(lines) == len(rights):
        if len(said) != len(lines):
            said = [""] * len(lines)
        return list(zip(lines, rights, said, strict=True))
    is_line = "\n" not in texts.input + texts.right and max(len(texts.input), len(texts.right)) <= _LONGEST_LINE
    return [(texts.input, texts.right, texts.said)] if is_line and lines and rights else []


def _summarized(source: Source, texts: _Masked) -> tuple[Row, ...] | LeftOut:
    if marks_of(texts.right) - marks_of(texts.input):
        return LeftOut.PERSONAL
    length, form = str(source.request.get("length", "")), str(source.request.get("form", "text"))
    length = length if length in LENGTHS else "short"  # what the page offers first, where it was not kept
    if len(texts.input) > WORDED_CHARACTERS:  # such texts are never worded, so nothing would use what they teach
        return LeftOut.TOO_LONG
    right, said = (_sentences(text) if form == "points" else text for text in (texts.right, texts.said))
    turns = (*summary_prompt(texts.input, length), Turn("assistant", right))
    context = {"text": texts.input, "length": length, "form": form}
    return (_row(Task.SUMMARIZE, source, turns, said, context=context),)


def _sentences(points: str) -> str:
    """Return points as running text: the weights write sentences, the page makes points of them."""
    return " ".join(line.strip() for line in _BULLET.sub("", points).splitlines() if line.strip())


def _answered(source: Source, texts: _Masked) -> tuple[Row, ...] | LeftOut:
    """Support: only what stands in the passages that the visitor was shown may be taught to be said."""
    if str(source.request.get("knowledge_id", "")) not in ("", HANDBOOK):
        return LeftOut.OWN_DOCUMENTS
    if marks_of(texts.right) - marks_of(texts.input):
        return LeftOut.PERSONAL
    reply = _reply(source.output)
    quotes = _quotes(reply, texts.right) if reply is not None else ()
    if reply is None or not quotes:
        return LeftOut.NO_PASSAGES
    turns = (*support_prompt(texts.input, quotes), Turn("assistant", texts.right))
    shown = [citation.passage for citation in reply.citations] or list(reply.nearest)
    context = {
        "text": texts.input,
        "quotes": list(quotes),
        "passages": [{"passage_id": one.passage_id, "heading": one.heading, "text": one.text} for one in shown],
        "knowledge_id": str(source.request.get("knowledge_id", "")),
        "revision": int(source.request.get("revision") or 0),
    }
    said = "" if reply.is_abstained else texts.said
    return (_row(Task.SUPPORT, source, turns, said, context=context),)


def _reply(output: Mapping[str, Any]) -> Reply | None:
    """Return what was drawn, or None where it was not kept, or in a form that this version does not know."""
    if output.get("kind") != "Reply":
        return None
    try:
        return from_plain(output["value"], Reply)
    except (BaseValidationError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _quotes(reply: Reply, right: str) -> tuple[str, ...]:
    """Return the sentences, else the quotes, else the passages that prove each fact of the right answer, or none.

    The sentences come first: it is them that weights are asked to word.
    """
    is_foreign = any(one.passage.language not in ("", reply.language) for one in reply.citations)
    said = tuple(sentence.text for sentence in reply.sentences) if reply.origin.path == "extracted" else ()
    quotes = tuple(dict.fromkeys(citation.quote for citation in reply.citations))
    passages = tuple(dict.fromkeys(one.text for one in (*(c.passage for c in reply.citations), *reply.nearest)))
    for sources, is_translation in ((said, False), (quotes, is_foreign), (passages, is_foreign)):
        if sources and check_wording(right, sources, is_translation).is_supported:
            return sources
    return ()


def _row(
    task: Task,
    origin: Source,
    turns: Sequence[Turn],
    said: str,
    *,
    kind: RowKind | None = None,
    part: int = 0,
    context: dict[str, Any] | None = None,
    language: str = "",
    **languages: str,
) -> Row:
    rejected = said if said and said != turns[-1].content else ""
    place = f"{origin.source_id}/{part}" if part else origin.source_id
    return Row(
        row_id=f"{origin.kind}-{place}",
        task=task,
        kind=kind or (RowKind.PREFERENCE if rejected else RowKind.SUPERVISED),
        split=Split.TRAIN,
        messages=tuple(turns),
        rejected=rejected,
        language=language or origin.language,
        segment=origin.segment,
        context=context or {},
        source_kind=origin.kind,
        source_id=origin.source_id,
        correction_id=origin.correction_id,
        visitor_id=origin.visitor_id,
        weight=RATING_WEIGHT if origin.kind == RATING else 1.0,
        **languages,
    )


_FORMS = {
    Task.SENTIMENT: _labelled,
    Task.TRANSLATE: _translated,
    Task.SUMMARIZE: _summarized,
    Task.SUPPORT: _answered,
}
