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

from core.engines.base import Completion, Fingerprint, Generator, Prompt
from core.errors import UnsupportedLanguage
from core.limits import TRANSLATION_CHARACTERS, check_text, clean_text
from core.loop import Recall, Recalled
from core.progress import Progress
from core.tasks.language import LANGUAGES, guess_language
from core.tasks.layout import Layout, lay_out, put_together
from core.tasks.recalling import ANSWER, recalled, use_of
from core.tasks.translation_choice import choose, flaw, lost_fixed_text
from core.tasks.translation_examples import (
    FIRST_CHOICE,
    MESSAGES_VERSION,
    OTHER_CHOICE,
    PROMPT_VERSION,
    SERVED,
    messages_for,
    prompt_for,
)
from core.tasks.translation_memory import Remembered, look_up, put_right, remember
from core.types import LanguageGuess, MemoryUse, Origin, Segment, Translation

# chrF on 72 development lines rose by 1.4 on average from 8 to 16, and so does the time.
CANDIDATES = 16
TEMPERATURE = 0.6
TOP_P = 0.95
_REPAIRS = 4
_DRAFTS_TOGETHER = 8
_SENTENCES_TOGETHER = 4
_DEADLINE_SECONDS = 600.0
_READABLE_FLAWS = ("length", "copy", "cut", "language")  # the least misleading first; a loop or nothing is not shown
_DOUBTFUL_NOTE = "{count} of {total} sentences may be wrong; they are marked."
_TERMS_NOTE = "Missing from the glossary: {terms}."


@dataclass(frozen=True)
class _Candidate:
    text: str
    flaw: str


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
        run = _Run(self._generator, layout, source, target, progress or Progress(), remembered, self._is_by_messages)
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
        run = _Run(self._generator, whole, source, target, progress or Progress(), remembered, self._is_by_messages)
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


class _Run:
    """One text on its way: what stands for each piece so far, and whether it is doubtful.

    Equal lines are asked for once, however often they come, and lines that are remembered never.
    """

    def __init__(
        self,
        generator: Generator,
        layout: Layout,
        source: str,
        target: str,
        progress: Progress,
        remembered: Remembered,
        is_by_messages: bool,
    ) -> None:
        self._generator = generator
        self._is_by_messages = is_by_messages
        self._layout = layout
        self._source = source
        self._target = target
        self._progress = progress
        self._remembered = remembered
        self._targets = [piece.source for piece in layout.pieces]
        self._doubtful: set[int] = set()
        self._unaided: set[str] = set()  # lines whose translation came without their near example
        self._drafts: dict[str, _Candidate] = {}
        self._places: dict[str, list[int]] = {}
        for number, piece in enumerate(layout.pieces):
            if hit := remembered.answers.get(piece.line):
                self._targets[number] = " ".join(hit.output_text.split())
            elif piece.line:
                self._places.setdefault(piece.line, []).append(number)
        self._lines = list(self._places)

    @property
    def targets(self) -> list[str]:
        """What stands for each piece."""
        return self._targets

    @property
    def is_generated(self) -> bool:
        """Whether the weights wrote anything of it, or nothing was known."""
        return bool(self._lines) or not self._remembered.answers

    @property
    def used(self) -> Remembered:
        """What was remembered and had to do with the text as it stands."""
        return self._remembered.without(self._unaided)

    def missing_terms(self) -> list[str]:
        """Return the glossary's terms that a sentence should hold and does not, each as it is to be read."""
        shown = {line: self._targets[places[0]] for line, places in self._places.items()}
        missing = (term for line, text in shown.items() for term in self._remembered.missing(line, text))
        return list(dict.fromkeys(f"{term.target_term} ({term.source_term})" for term in missing))

    def run(self, is_careful: bool, is_watched: bool) -> None:
        """Draft the text and, if asked for, refine it; without anybody watching, both in one go."""
        if self._remembered.answers and not self._lines:
            self._progress.show(self.text())
        if is_watched or not is_careful:
            self._draft(is_repaired=not is_careful)
        if is_careful:
            self._refine(has_drafts=is_watched)

    def _draft(self, is_repaired: bool) -> None:
        """Translate every line greedily, repair what is flawed, and show the text as it grows."""
        for start in range(0, len(self._lines), _DRAFTS_TOGETHER):
            self._progress.check()
            lines = self._lines[start : start + _DRAFTS_TOGETHER]
            drawn = self._draw(lines, FIRST_CHOICE, range(1))
            self._drafts |= {line: found[0] for line, found in zip(lines, drawn, strict=True)}
            self._settle(lines, drawn, is_repaired)
            done = start + len(lines)
            is_last = done == len(self._lines)
            self._progress.show(self.text() if is_last else self._text_until(self._places[self._lines[done]][0]))
            self._progress.advance(done, len(self._lines), "translating")

    def _refine(self, has_drafts: bool) -> None:
        """Draw more candidates for every line and keep the one that the others agree with most."""
        for start in range(0, len(self._lines), _SENTENCES_TOGETHER):
            self._progress.check()
            lines = self._lines[start : start + _SENTENCES_TOGETHER]
            drawn = self._draw(lines, FIRST_CHOICE, range(1 if has_drafts else 0, CANDIDATES))
            first = [[self._drafts[line]] if has_drafts else [] for line in lines]
            self._settle(lines, [draft + more for draft, more in zip(first, drawn, strict=True)], is_repaired=True)
            if has_drafts:
                self._progress.show(self.text())
            self._progress.advance(start + len(lines), len(self._lines), "refining")

    def text(self) -> str:
        """Return the whole text as it stands."""
        return put_together(self._layout, self._targets, self._source, self._target)

    def segments(self) -> tuple[Segment, ...]:
        """Return every piece with its translation."""
        used = self.used
        return tuple(
            Segment(piece.source, target, number in self._doubtful, used.match(piece.line))
            for number, (piece, target) in enumerate(zip(self._layout.pieces, self._targets, strict=True))
        )

    def _text_until(self, end: int) -> str:
        """The text up to the piece numbered `end`."""
        return put_together(self._layout, self._targets[:end], self._source, self._target, is_whole=False)

    def _settle(self, lines: Sequence[str], candidates: Sequence[list[_Candidate]], is_repaired: bool) -> None:
        """Set each line to the best of its candidates; where all are flawed, to a repair, or mark it."""
        chosen = {line: _chosen(line, found) for line, found in zip(lines, candidates, strict=True)}
        stuck = [line for line, text in chosen.items() if not text] if is_repaired else []
        repairs = dict(zip(stuck, self._draw(stuck, OTHER_CHOICE, range(_REPAIRS)), strict=True))
        mended = {line: text for line, found in repairs.items() if (text := _chosen(line, found))}
        chosen |= mended
        self._unaided |= set(mended)
        for line, found in zip(lines, candidates, strict=True):
            tried = [*found, *repairs.get(line, ())]
            sound = chosen[line] or self._with_terms(line, tried)
            text = sound or _least_bad(line, tried)
            is_doubtful = not sound or lost_fixed_text(line, text)
            for number in self._places[line]:
                self._targets[number] = text
            (self._doubtful.update if is_doubtful else self._doubtful.difference_update)(self._places[line])

    def _with_terms(self, line: str, candidates: Sequence[_Candidate]) -> str:
        """The best candidate that lacks only terms, with these put right, or "" where that is not sure."""
        lacking = [candidate.text for candidate in candidates if candidate.flaw == "term"]
        first = lacking[choose(line, lacking)] if lacking else ""
        for text in dict.fromkeys([first, *lacking] if lacking else []):
            mended = put_right(text, self._remembered.missing(line, text))
            if not self._flaw(line, mended):
                return mended
        return ""

    def _draw(self, lines: Sequence[str], choice: tuple[int, ...], seeds: range) -> list[list[_Candidate]]:
        """One candidate a seed for each line, all drawn together; equal texts always draw equal ones."""
        found = iter(self._complete([self._prompt(line, choice, seed) for line in lines for seed in seeds]))
        return [[self._judge(line, next(found)) for _ in seeds] for line in lines]

    def _complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        return self._generator.complete(prompts, self._progress.stop) if prompts else []

    def _prompt(self, line: str, choice: tuple[int, ...] = FIRST_CHOICE, seed: int = 0) -> Prompt:
        """The prompt for one line; seed 0 is greedy. Other examples, tried again, come with the terms of the line."""
        shown = self._remembered.shown(line, is_again=choice != FIRST_CHOICE)
        asked = (self._source, self._target, line, choice, shown)
        return Prompt(
            text="" if self._is_by_messages else prompt_for(*asked),
            messages=messages_for(*asked) if self._is_by_messages else (),
            max_tokens=min(400, 24 + len(line.encode()) // 2),
            temperature=TEMPERATURE if seed else 0.0,
            top_p=TOP_P if seed else 1.0,
            stop=("\n",),
            seed=seed,
            deadline_seconds=_DEADLINE_SECONDS,
        )

    def _judge(self, line: str, completion: Completion) -> _Candidate:
        text = " ".join(completion.text.split())
        return _Candidate(text, self._flaw(line, text, completion.reason == "length"))

    def _flaw(self, line: str, text: str, is_cut: bool = False) -> str:
        plain = flaw(line, text, self._source, self._target, is_cut)
        if not plain and self._remembered.is_echo(line, text):
            return "echo"
        return plain or ("term" if self._remembered.missing(line, text) else "")


def _chosen(line: str, candidates: Sequence[_Candidate]) -> str:
    """The candidate without a flaw that the others agree with most, or "" if all are flawed."""
    sound = [candidate.text for candidate in candidates if not candidate.flaw]
    return sound[choose(line, sound)] if sound else ""


def _least_bad(line: str, candidates: Sequence[_Candidate]) -> str:
    """The candidate whose flaw misleads least, or the source itself where none says anything."""
    lacking = [candidate.text for candidate in candidates if candidate.flaw == "term"]
    if lacking:
        return lacking[choose(line, lacking)]
    readable = [candidate for candidate in candidates if candidate.flaw in _READABLE_FLAWS]
    return min(readable, key=lambda found: _READABLE_FLAWS.index(found.flaw)).text if readable else line


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
