"""Translation by examples: a quick draft at once, and a careful version chosen among several.

The weights are a small base model. It is shown three translations and asked for a fourth, sentence by sentence. It
sometimes copies, stops early or drifts, so every sentence is checked; what is plainly wrong is tried again with
other examples, and what stays wrong is marked. The careful way draws fifteen more candidates for each sentence
and takes the one that agrees most with the others.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.engines.base import Fingerprint, Generator
from core.errors import UnsupportedLanguage
from core.limits import TRANSLATION_CHARACTERS, check_text, clean_text
from core.loop import Recall, Recalled
from core.progress import Progress
from core.tasks.language import LANGUAGES, guess_language
from core.tasks.layout import Layout, lay_out, put_together
from core.tasks.recalling import ANSWER, recalled, use_of
from core.tasks.translation_examples import (
    MESSAGES_VERSION,
    PROMPT_VERSION,
    SERVED,
)
from core.tasks.translation_memory import look_up, remember
from core.tasks.translation_run import CANDIDATES, TEMPERATURE, Run
from core.types import LanguageGuess, MemoryUse, Origin, Segment, Translation

_DOUBTFUL_NOTE = "{count} of {total} sentences may be wrong; they are marked."
_TERMS_NOTE = "Missing from the glossary: {terms}."


@dataclass(frozen=True)
class Parts:
    """Texts that were translated together, in order, with what of the memory they used."""

    texts: tuple[str, ...]
    memory: tuple[MemoryUse, ...] = ()


class Translate:
    """Translates with one generator; safe to share between threads, holds no state of a text.

    `is_by_messages` is for instruct weights, which are asked in a chat; base weights go on from a text.
    """

    def __init__(self, generator: Generator, is_by_messages: bool = False) -> None:
        self._generator = generator
        self._is_by_messages = is_by_messages

    @property
    def fingerprint(self) -> Fingerprint:
        """The weights that translate now."""
        return self._generator.fingerprint

    def translate(
        self,
        text: str,
        target: str,
        source: str = "",
        is_careful: bool = False,
        progress: Progress | None = None,
        recall: Recall | None = None,
    ) -> Translation:
        """Return `text` (at most 20,000 characters) in `target`, with its lines, lists and marks where they were.

        `source` "" means: find out. The draft is shown through `progress` as it grows; the careful version replaces
        it sentence by sentence. What `recall` knows of the text or of a sentence is its translation. Raises
        EmptyInput, InputTooLong, UnsupportedLanguage, Stopped and what the generator raises.
        """
        text = check_text(text, TRANSLATION_CHARACTERS)
        target = _served(target)
        guess = guess_language(text)
        source, note = _source_of(guess, source, target)
        layout = lay_out(text, source)
        lines = [] if source == target else list(dict.fromkeys(piece.line for piece in layout.pieces if piece.line))
        whole, remembered = look_up(recall, text, lines, source)
        if whole is not None:
            (progress or Progress()).show(whole.output_text)
            return self._known(whole, layout, source, target, guess)
        if source == target:
            return self._untouched(text, source, target, guess, note)
        run = Run(self._generator, layout, source, target, progress or Progress(), remembered, self._is_by_messages)
        run.run(is_careful, progress is not None)
        segments = run.segments()
        doubtful = sum(segment.is_doubtful for segment in segments)
        if doubtful:
            note = f"{note} {_DOUBTFUL_NOTE.format(count=doubtful, total=len(segments))}".strip()
        if missing := run.missing_terms():
            note = f"{note} {_TERMS_NOTE.format(terms=', '.join(missing))}".strip()
        settings: dict[str, Any] = {"candidates": CANDIDATES if is_careful else 1, "temperature": TEMPERATURE}
        origin = self._origin("generated" if run.is_generated else "memory", settings, run.used.uses())
        return Translation(run.text(), source, target, guess, segments, origin, note)

    def translate_parts(
        self,
        parts: Sequence[str],
        target: str,
        source: str = "",
        is_careful: bool = False,
        progress: Progress | None = None,
        recall: Recall | None = None,
    ) -> Parts:
        """Return each of `parts` translated, in order: one language, one limit and one progress for all of them.

        Parts without words come back as they are. Raises as `translate`.
        """
        cleaned = [clean_text(part) for part in parts]
        check_text("".join(parts), TRANSLATION_CHARACTERS)
        target = _served(target)
        source, _ = _source_of(guess_language("\n".join(cleaned)), source, target)
        if source == target:
            return Parts(tuple(parts))
        layouts = [lay_out(part, source) for part in cleaned]
        whole = Layout(tuple(piece for layout in layouts for piece in layout.pieces), "")
        lines = list(dict.fromkeys(piece.line for piece in whole.pieces if piece.line))
        remembered = remember(recall, lines, recalled(recall, lines), source)
        run = Run(self._generator, whole, source, target, progress or Progress(), remembered, self._is_by_messages)
        run.run(is_careful, progress is not None)
        targets = iter(run.targets)
        texts = (
            put_together(layout, list(itertools.islice(targets, len(layout.pieces))), source, target)
            for layout in layouts
        )
        return Parts(tuple(texts), run.used.uses())

    def _known(self, hit: Recalled, layout: Layout, source: str, target: str, guess: LanguageGuess) -> Translation:
        """The whole text is known: its sentences stand beside each other where there are as many."""
        theirs = lay_out(hit.output_text, target).pieces
        if len(theirs) == len(layout.pieces):
            pairs = zip(layout.pieces, theirs, strict=True)
            segments = tuple(Segment(ours.source, piece.source, match=1.0) for ours, piece in pairs)
        else:
            text = "".join(piece.gap + piece.before + piece.source + piece.after for piece in layout.pieces)
            segments = (Segment(text, hit.output_text, match=1.0),)
        origin = self._origin("memory", {}, (use_of(hit, ANSWER),))
        return Translation(hit.output_text, source, target, guess, segments, origin)

    def _untouched(self, text: str, source: str, target: str, guess: LanguageGuess, note: str) -> Translation:
        origin = self._origin("unchanged", {})
        return Translation(text, source, target, guess, (Segment(text, text),), origin, note)

    def _origin(self, path: str, settings: dict[str, Any], memory: tuple[MemoryUse, ...] = ()) -> Origin:
        if path == "memory":  # no weights took part
            return Origin(path, settings=settings, memory=memory)
        print_ = self.fingerprint
        version = MESSAGES_VERSION if self._is_by_messages else PROMPT_VERSION
        return Origin(path, print_.weights_id, print_.sha256, print_.adapter_id, version, settings, memory)


def _served(code: str) -> str:
    """The code without region ("zh-CN" is zh), or UnsupportedLanguage."""
    short = code.strip().lower().replace("_", "-").split("-")[0]
    if short not in SERVED:
        name = LANGUAGES.get(short) or code.strip()[:40] or "No language"
        raise UnsupportedLanguage(language=name, languages=", ".join(LANGUAGES[served] for served in SERVED))
    return short


def _source_of(guess: LanguageGuess, source: str, target: str) -> tuple[str, str]:
    """The language to translate from and a note for the visitor; raises UnsupportedLanguage."""
    if source.strip():
        code = _served(source)
        is_same = code == target
        return code, f"The text was said to be in {LANGUAGES[code]} already, so nothing was changed." if is_same else ""
    if not guess.code:
        return target, "There are no words to translate, so nothing was changed."
    if guess.code == target:
        return target, f"The text seems to be in {LANGUAGES[target]} already, so nothing was changed."
    if guess.is_sure:
        return _served(guess.code), ""
    code = guess.code if guess.code in SERVED else ("en" if target != "en" else "de")
    return code, f"The text is too short or mixed to be sure of its language; it was taken for {LANGUAGES[code]}."
