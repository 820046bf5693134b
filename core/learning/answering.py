"""How a system is asked: every system the same items in the same way, with the memory off.

A system is a task object as `core.serving` makes it. Translations are drafts (greedy), so that equal weights give
equal answers; texts are answered several at once, as visitors' are, and timed apart, one at a time and in turns.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from core.engines.base import Fingerprint, Prompt
from core.errors import HearbackError, InputError, Stopped
from core.learning.compared import Answer, Speed
from core.learning.forms import plain_input
from core.learning.scores import Scores, labels_of, of_label, score
from core.loop import Row
from core.progress import Progress
from core.tables import Table
from core.tasks.quotes import Searchable
from core.tasks.translation_examples import prompt_for
from core.types import Task

AT_ONCE = 8
READ_AT_ONCE = 256
ROUNDS = 3
ROUNDS_OF_READINGS = 12
TIMED_ITEMS = 8
PERPLEXITY_ITEMS = 16
_RATE_TOKENS = 32
_LONG_SENTENCE = (
    "The weather will stay mild in the north tomorrow, with a few clouds in the morning, some sun in the afternoon, "
    "and light rain along the coast towards the evening, while the mountains in the south will see the first snow."
)
IndexOf = Callable[[Row], Searchable]


@dataclass(frozen=True)
class Asked:
    """An answer with its scores."""

    answer: Answer
    scores: Scores


@dataclass
class Tally:
    """How much of all the asking is done, told to whoever waits."""

    progress: Progress
    total: int
    done: int = field(default=0)

    def add(self, count: int, doing: str) -> None:
        """Say that `count` more is done; raises Stopped if somebody asked for it."""
        self.progress.check()
        self.done += count
        self.progress.advance(min(self.done, self.total), self.total, doing)


def fingerprint_of(system: Any) -> Fingerprint:
    """Return the weights, and the adapter or head, that a system answers with.

    Of a task that can word, that is the writer's: two of them on one encoder are told apart by their adapters.
    """
    for name in ("fingerprint", "_generator", "_classifier", "_encoder"):
        found = getattr(system, name, None)
        found = getattr(found, "fingerprint", found)
        if isinstance(found, Fingerprint):
            return found
    return Fingerprint("", "")


def answer_all(
    task: Task, rows: Sequence[Row], system: Any, tally: Tally, doing: str, index_of: IndexOf | None = None
) -> list[Asked | None]:
    """Return what a system answers to every row, in order; None where the input is not one that it takes.

    Raises Stopped, and what the engines raise.
    """
    if task is Task.SENTIMENT:
        return _read_all(rows, system, tally, doing)

    def one(row: Row) -> Asked | None:
        tally.progress.check()
        try:
            found = ask(task, row, system, tally.progress, index_of)
        except InputError:
            return None
        origin = found.origin
        answer = Answer(found.text, origin.weights_id, origin.weights_sha256, origin.adapter_id, origin.path)
        return Asked(answer, score(row, found))

    asked: list[Asked | None] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="comparing") as pool:
        for start in range(0, len(rows), AT_ONCE):
            found = list(pool.map(one, rows[start : start + AT_ONCE]))
            asked += found
            tally.add(len(found), doing)
    return asked


def ask(task: Task, row: Row, system: Any, progress: Progress, index_of: IndexOf | None = None) -> Any:
    """Return what a system says to one row; raises InputError, Stopped and what the engines raise."""
    silent = Progress(progress.stop)
    context, text = row.context, plain_input(row)
    match task:
        case Task.TRANSLATE:
            return system.translate(text, row.target, row.source, is_careful=False, progress=silent)
        case Task.SUMMARIZE:
            length, form = str(context.get("length") or "short"), str(context.get("form") or "text")
            return system.summarize(text, length, form, silent)
        case Task.SUPPORT:
            if index_of is None:
                raise ValueError("support needs an index of each row's passages")
            return system.answer(text, index_of(row), (), silent)
        case Task.SENTIMENT:
            return system.read(text, silent)


def _read_all(rows: Sequence[Row], system: Any, tally: Tally, doing: str) -> list[Asked | None]:
    asked: list[Asked | None] = []
    for start in range(0, len(rows), READ_AT_ONCE):
        chunk = rows[start : start + READ_AT_ONCE]
        table = Table(("text",), [(plain_input(row),) for row in chunk])
        found = system.read_table(table, "text", progress=Progress(tally.progress.stop))
        origin = found.origin
        for row, (label, probabilities) in zip(chunk, labels_of(found), strict=True):
            answer = Answer(label, origin.weights_id, origin.weights_sha256, origin.adapter_id, origin.path)
            scores = of_label(row, label, probabilities.get(row.output_text, 0.0))
            asked.append(Asked(answer, scores) if label else None)
        tally.add(len(chunk), doing)
    return asked


def rounds_of(task: Task) -> int:
    """Return how often each item is timed: a reading takes milliseconds, of which anything else takes a share."""
    return ROUNDS_OF_READINGS if task is Task.SENTIMENT else ROUNDS


def time_all(
    task: Task, rows: Sequence[Row], systems: Mapping[str, Any], tally: Tally, index_of: IndexOf | None = None
) -> Speed:
    """Return how long each system takes for the same few items, one at a time, in turns that change their order.

    The first item of each turn is asked twice and counted once: a change of adapter empties the engine's cache.
    Of the rounds the best counts: whatever else runs makes an answer slower, never quicker. Texts of usual length are
    timed: the middle of the items by length.
    """
    by_length = sorted(rows, key=lambda row: (len(plain_input(row)), row.row_id))
    start = max(0, (len(by_length) - TIMED_ITEMS) // 2)
    timed = by_length[start : start + TIMED_ITEMS]
    taken: dict[str, list[list[float]]] = {name: [] for name in systems}
    for turn in range(rounds_of(task) if timed else 0):
        order = list(systems) if turn % 2 == 0 else list(systems)[::-1]
        for name in order:
            ask(task, timed[0], systems[name], tally.progress, index_of)
            seconds = []
            for row in timed:
                tally.progress.check()
                began = time.perf_counter()
                ask(task, row, systems[name], tally.progress, index_of)
                seconds.append(time.perf_counter() - began)
            taken[name].append(seconds)
            tally.add(len(timed) + 1, "measuring the speed")
    best = {name: [min(one) for one in zip(*rounds, strict=True)] for name, rounds in taken.items()}
    rates = {name: rate for name, system in systems.items() if (rate := _rate(system, tally))}
    return Speed(best, rates, len({generator_of(system) is None for system in systems.values()}) < 2)


def _rate(system: Any, tally: Tally) -> float:
    """Return the tokens a second that a system's generator writes, or 0 where it has none that tells."""
    generator = generator_of(system)
    if generator is None:
        return 0.0
    prompt = Prompt(text=prompt_for("en", "de", _LONG_SENTENCE), max_tokens=_RATE_TOKENS)
    rates = []
    try:
        for _ in range(ROUNDS):
            done = generator.complete([prompt], tally.progress.stop)[0]
            rates.append(done.tokens / done.seconds if done.seconds > 0 else 0.0)
    except Stopped:
        raise
    except HearbackError:
        return 0.0
    return sorted(rates)[len(rates) // 2]


def generator_of(system: Any) -> Any:
    """Return the weights that write for a system, or None where nothing is written."""
    return getattr(system, "generator", None) or getattr(system, "_generator", None)


def perplexities(task: Task, rows: Sequence[Row], system: Any, tally: Tally) -> dict[str, float]:
    """Return, by row, how surprised a system's weights are by each character of the reference: exp(-log p / length).

    By character, so that weights that cut texts into other tokens can be compared. Empty where the engine cannot tell.
    """
    generator = generator_of(system)
    if task is not Task.TRANSLATE or not hasattr(generator, "scores"):
        return {}
    chosen = [row for row in rows if "\n" not in row.input_text.strip() and "\n" not in row.output_text.strip()]
    chosen = chosen[:PERPLEXITY_ITEMS]
    pairs = [
        (prompt_for(row.source, row.target, row.input_text.strip()), f" {row.output_text.strip()}") for row in chosen
    ]
    tally.progress.check()
    try:
        logs = generator.scores(pairs, deadline_seconds=600.0, stop=tally.progress.stop) if pairs else []
    except Stopped:
        raise
    except HearbackError:
        return {}  # a reference that the grammar cannot follow is no reason to lose the comparison
    tally.add(len(chosen), "weighing the references")
    return {
        row.row_id: math.exp(-log / max(1, len(continuation)))
        for row, log, (_, continuation) in zip(chosen, logs, pairs, strict=True)
    }
