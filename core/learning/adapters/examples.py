"""Rows as the weights will read them: tokens, and which of them are an answer.

What is trained is what is served, to the letter: the same prompts, the same cleaning of control tokens, the same end.
Translations of one pair of languages are packed into one sequence, for the prompt that serves shows translations one
after another too (`core.tasks.translation_examples.prompt_for`): each correction is an example for the next, and no
token is spent on a prefix that is always the same. Chats stand alone and are sorted by length.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.engines.base import Prompt
from core.engines.turns import plain
from core.learning.adapters.network import Example
from core.loop import Row
from core.tasks.language import LANGUAGES
from core.tasks.layout import lay_out
from core.tasks.translation_examples import SERVED, prompt_for
from core.types import Task, Turn


@dataclass(frozen=True)
class Lesson:
    """One thing to learn: an input with its right answer, of a row that counts `weight`.

    `prompt` is what a chat asks with, `source` and `target` are languages of a translation. `rejected` is the answer
    that was wrong, or empty.
    """

    row_id: str
    answer: str
    weight: float = 1.0
    line: str = ""
    source: str = ""
    target: str = ""
    prompt: tuple[Turn, ...] = ()
    rejected: str = ""


def lessons_of(task: Task, rows: Iterable[Row]) -> list[Lesson]:
    """Return what rows teach; a translated text is taught sentence by sentence, as it is served.

    Left out are rows without an answer, and translations of languages that are not served or into the same one.
    """
    found: list[Lesson] = []
    for row in rows:
        if not row.output_text.strip() or not row.input_text.strip():
            continue
        if task is not Task.TRANSLATE:
            prompt = tuple(row.messages[:-1])
            found.append(Lesson(row.row_id, row.output_text.strip(), row.weight, prompt=prompt, rejected=row.rejected))
        elif row.source in SERVED and row.target in SERVED and row.source != row.target:
            found += _translations(row)
    return found


def _translations(row: Row) -> list[Lesson]:
    """Return the sentences of a translation with theirs, where both sides have as many, else the text as one line."""
    lines = _lines(row.input_text, row.source)
    answers, rejected = _lines(row.output_text, row.target), _lines(row.rejected, row.target)
    if not lines or len(lines) != len(answers):
        lines, answers = [" ".join(row.input_text.split())], [" ".join(row.output_text.split())]
    if len(rejected) != len(lines):
        rejected = [" ".join(row.rejected.split())] if len(lines) == 1 else [""] * len(lines)
    # A row counts once, however many sentences it has.
    return [
        Lesson(row.row_id, answer, row.weight / len(lines), line, row.source, row.target, rejected=wrong)
        for line, answer, wrong in zip(lines, answers, rejected, strict=True)
    ]


def _lines(text: str, language: str) -> list[str]:
    return [piece.line for piece in lay_out(text, language).pieces if piece.line]


class Reader:
    """Turns lessons into tokens with one tokenizer; `longest` is the most tokens of a sequence."""

    def __init__(self, task: Task, tokenizer: Any, longest: int) -> None:
        self.task = task
        self._tokenizer = tokenizer
        self.longest = longest
        self._lengths: dict[tuple[str, str, str], int] = {}

    def one(self, lesson: Lesson, answer: str = "") -> Example:
        """Return a lesson by itself, with its answer as it is asked for when it is served, and its end."""
        answer = plain(answer or lesson.answer)
        if self.task is Task.TRANSLATE:
            return self._alone(lesson, f" {answer}\n")
        return self._alone(lesson, f"{answer}{self._tokenizer.eos_token}")

    def bare(self, lesson: Lesson, answer: str) -> Example:
        """Return a lesson by itself with another answer, which has no end: what an engine has written so far."""
        return self._alone(lesson, plain(answer))

    def brief(self, lesson: Lesson, answer: str) -> Example:
        """Return a lesson by itself with another answer, without the examples that come first when it is served."""
        if self.task is not Task.TRANSLATE:
            return self.bare(lesson, answer)
        before, _, _, weight = self._shown(lesson)
        return self._example([(before, f" {plain(answer)}\n", "", weight)])

    def asked(self, lesson: Lesson, most_tokens: int) -> Prompt:
        """Return the prompt that the engine which serves would get, for so many tokens that it thinks likeliest."""
        is_translated = self.task is Task.TRANSLATE
        return Prompt(
            text=prompt_for(lesson.source, lesson.target, lesson.line) if is_translated else "",
            messages=() if is_translated else lesson.prompt,
            max_tokens=most_tokens,
            stop=("\n",) if is_translated else (),
            settings={"log_probability": True},
            deadline_seconds=600.0,
        )

    def _alone(self, lesson: Lesson, answer: str) -> Example:
        if self.task is Task.TRANSLATE:
            text = plain(prompt_for(lesson.source, lesson.target, lesson.line))
            return self._example([(text, answer, "", lesson.weight)])
        turns = [{"role": turn.role, "content": plain(turn.content)} for turn in lesson.prompt]
        asked = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=False)
        return self._example([(asked, answer, "", lesson.weight)], is_plain=False)

    def pack(self, lessons: Sequence[Lesson]) -> Example:
        """Return translations of one pair of languages as one sequence, each an example for those after it."""
        return self._example([self._shown(lesson) for lesson in lessons])

    def packs(self, lessons: Sequence[Lesson], chance: random.Random) -> list[list[Lesson]]:
        """Return the lessons of each pair of languages in sequences of at most `longest` tokens, in drawn order."""
        pairs: dict[tuple[str, str], list[Lesson]] = {}
        for lesson in lessons:
            pairs.setdefault((lesson.source, lesson.target), []).append(lesson)
        found: list[list[Lesson]] = []
        for pair in sorted(pairs):
            waiting = pairs[pair]
            chance.shuffle(waiting)
            room = 0
            for lesson in waiting:
                length = self.length(lesson)
                if length > room:
                    found.append([])
                    room = self.longest - 1
                found[-1].append(lesson)
                room -= length
        chance.shuffle(found)
        return found

    def length(self, lesson: Lesson) -> int:
        """Return about how many tokens a lesson takes; of a translation, within a pack."""
        key = (lesson.row_id, lesson.line, lesson.answer)
        if key not in self._lengths:
            if self.task is Task.TRANSLATE:
                before, answer, after, _ = self._shown(lesson)
                self._lengths[key] = len(self._tokenizer(before + answer + after)["input_ids"])
            else:
                self._lengths[key] = len(self.one(lesson).tokens)
        return self._lengths[key]

    def _shown(self, lesson: Lesson) -> tuple[str, str, str, float]:
        before = f"{LANGUAGES[lesson.source]}: {plain(lesson.line)}\n{LANGUAGES[lesson.target]}:"
        return before, f" {plain(lesson.answer)}\n", "\n", lesson.weight

    def _example(self, parts: Sequence[tuple[str, str, str, float]], is_plain: bool = True) -> Example:
        """Return the tokens of (before, answer, after, weight) one after another; the answers are learned.

        The text is cut into tokens as a whole, as it is when it is served; a token belongs to where it begins.
        """
        text, spans = "", []
        for before, answer, after, weight in parts:
            start = len(text) + len(before)
            spans.append((start, start + len(answer), weight))
            text += before + answer + after
        found = self._tokenizer(text, add_special_tokens=is_plain, return_offsets_mapping=True)
        learned, weights = [], []
        for place, (start, end) in enumerate(found["offset_mapping"]):
            counts = next((weight for low, high, weight in spans if low <= start < high), None)
            if counts is not None and end > start and place:
                learned.append(place)
                weights.append(float(counts))
        return Example(tuple(found["input_ids"]), tuple(learned), tuple(weights))


def batches_by_length(examples: Sequence[Example], most_tokens: int) -> Iterator[list[Example]]:
    """Yield examples in batches of at most `most_tokens` with padding, those of like length together."""
    batch: list[Example] = []
    for example in sorted(examples, key=lambda one: len(one.tokens)):
        if batch and len(example.tokens) * (len(batch) + 1) > most_tokens:
            yield batch
            batch = []
        batch.append(example)
    if batch:
        yield batch
