"""One text on its way through a generator: drafted, refined, repaired, and marked where it stays doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.engines.base import Completion, Generator, Prompt
from core.progress import Progress
from core.tasks.layout import Layout, put_together
from core.tasks.translation_choice import choose, flaw, lost_fixed_text
from core.tasks.translation_examples import (
    FIRST_CHOICE,
    OTHER_CHOICE,
    messages_for,
    prompt_for,
)
from core.tasks.translation_memory import Remembered, put_right
from core.types import Segment

# chrF on 72 development lines rose by 1.4 on average from 8 to 16, and so does the time.
CANDIDATES = 16
TEMPERATURE = 0.6
TOP_P = 0.95
_REPAIRS = 4
_DRAFTS_TOGETHER = 8
_SENTENCES_TOGETHER = 4
_DEADLINE_SECONDS = 600.0
_READABLE_FLAWS = ("length", "copy", "cut", "language")  # the least misleading first; a loop or nothing is not shown


@dataclass(frozen=True)
class _Candidate:
    text: str
    flaw: str


class Run:
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
