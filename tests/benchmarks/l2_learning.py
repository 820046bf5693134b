"""L2: what is learned from a few hundred corrections, through the product's own loop and nothing else.

Visitors use the desk, keep what is right and correct what is not, as the references of the development data say; a
reviewer approves; a founder freezes a dataset and starts a training, which runs in its own process; the comparison on
the held-out rows and the gate's verdict are those that the founder's page shows. Translation is trained with the quick
and the balanced preset; what the thorough one would take is estimated from the speed that those measured.

`python -m tests.benchmarks.l2_learning 40 quick` takes 40 lines of each pair, and that preset alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from core.config import PROJECT, read_settings
from core.desk import Desk
from core.house import open_house
from core.loop import Artefact, RunState, Split, Training
from core.office import Office
from core.store import evaluations, members
from core.types import Consent, Member, Role, Scope, Task
from tests.benchmarks.figure import Figure

BARS = ("L2",)
IS_LONG = True  # half an hour: it trains twice
DATA = PROJECT.parent / "shared" / "data"
VISITORS = 16
TWEETS = 400
PAIRS = ("de-en", "en-de", "zh-en", "en-zh")
LINES = 75  # of each pair
LONGEST_CHARACTERS = 200
PRESETS = ("quick", "balanced")
_POLL_SECONDS = 0.5
_APPROVED_AT_ONCE = 50


@dataclass(frozen=True)
class Wanted:
    """A text that a visitor brings, and what they hold right."""

    text: str
    right: str
    source: str = ""
    target: str = ""


@dataclass(frozen=True)
class Company:
    """The parts of the product that people use, and the member who does the founder's work."""

    desk: Desk
    office: Office
    member: Member


def tweets(count: int) -> list[Wanted]:
    """Return labelled texts of three classes."""
    return [Wanted(row["text"], row["label"]) for row in _rows("sentiment/tweets_3class.jsonl")[:count]]


def lines(count: int) -> list[Wanted]:
    """Return so many lines of each pair with their reference."""
    found = []
    for pair in PAIRS:
        short = [row for row in _rows(f"translation/wmt22_{pair}_dev.jsonl") if len(row["text"]) <= LONGEST_CHARACTERS]
        found += [Wanted(row["text"], row["reference"], row["source"], row["target"]) for row in short[:count]]
    return found


def _rows(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.is_file():
        raise SystemExit(f"L2 needs the development data: {path} is not there.")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def visit(company: Company, wanted: Sequence[Wanted], ask: Callable[[Desk, str, Wanted], str]) -> tuple[int, int]:
    """Let visitors bring the texts; return how many answers they kept as good, and how many they corrected."""
    desk = company.desk
    names = [f"visitor-{number:02}" for number in range(VISITORS)]
    for name in names:
        desk.choose(name, Consent(log=True, train=True))

    def day(number: int) -> tuple[int, int]:
        kept = corrected = 0
        for one in wanted[number::VISITORS]:
            job_id = ask(desk, names[number], one)
            while not (view := desk.look(names[number], job_id)).is_over:
                time.sleep(0.02)
            if view.state != "finished":
                raise RuntimeError(f"an answer ended as {view.state}: {view.sentence}")
            said = getattr(view.result, "label", None) or view.result.text
            if said.strip() == one.right.strip():
                desk.rate(names[number], view.interaction_id, 1)
                kept += 1
            else:
                desk.correct(names[number], view.interaction_id, one.right)
                corrected += 1
        return kept, corrected

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(day, range(VISITORS)))
    return sum(one for one, _ in counts), sum(other for _, other in counts)


def approve_all(company: Company, task: Task) -> int:
    """Approve what waits, line by line, and return how many lines that were."""
    review, approved = company.office.review, 0
    while True:
        page = review.queue(company.member, Scope(task=task), size=_APPROVED_AT_ONCE)
        if not page.lines and page.is_sorted:
            return approved
        for line in page.lines:
            review.approve(company.member, line.item_id)
            approved += 1


def train(company: Company, dataset_id: str, training: Training) -> Artefact:
    """Queue a run, wait for its end and return what it brought forth."""
    room, member = company.office.training, company.member
    run = room.start(member, dataset_id, training)
    while (run := room.run(member, run.run_id)).state in (RunState.QUEUED, RunState.RUNNING):
        time.sleep(_POLL_SECONDS)
    if run.state is not RunState.FINISHED:
        raise RuntimeError(f"the run ended as {run.state}: {run.error}\n{room.log(member, run.run_id)}")
    return company.office.registry.artefact(member, run.artefact_id)


def told(house: Any, artefact: Artefact, name: str, learned: int) -> list[Figure]:
    """Return the figures of the stored comparison of an artefact, and what it took."""
    found = evaluations.latest(house.database, artefact.artefact_id)
    if found is None:
        raise RuntimeError(f"{name} was not compared")
    figures = []
    for metric in found.figures["metrics"]:
        means = metric["means"]
        spread = f"95 % {metric['low']:+.1f} to {metric['high']:+.1f}"
        note = f"base {means['base']:.1f}, trained {means['candidate']:.1f}; learned from {learned} rows"
        gain = means["candidate"] - means["base"]
        figures.append(Figure("L2", f"{name}: {metric['name']} gained", gain, "points", metric["n"], spread, note=note))
    verdict = found.verdict["sentence"]
    is_promotable = float(bool(found.verdict["is_promotable"]))
    figures.append(Figure("L2", f"{name}: the gate promotes it", is_promotable, "yes or no", 1, note=verdict))
    return figures


def taken(artefact: Artefact, name: str) -> list[Figure]:
    """Return what a training of an adapter took, by its own card."""
    card = artefact.card
    note = f"{card['tokens']:,} tokens at {card['tokens_per_second']:.0f} a second, {card['steps']['done']} steps"
    return [
        Figure("L2", f"{name}: time to train", card["seconds"], "s", 1, note=note, is_lower_better=True),
        Figure("L2", f"{name}: peak memory", card["peak_megabytes"], "MB", 1, is_lower_better=True),
    ]


def learn_sentiment(company: Company, house: Any, count: int) -> list[Figure]:
    """Return what the head gains from labelled tweets."""
    kept, corrected = visit(company, tweets(count), lambda desk, who, one: desk.read_sentiment(who, one.text))
    approve_all(company, Task.SENTIMENT)
    dataset = company.office.datasets.build(company.member, Task.SENTIMENT)
    began = time.monotonic()
    artefact = train(company, dataset.dataset_id, Training(method="head"))
    seconds = time.monotonic() - began
    note = f"{kept} answers kept, {corrected} corrected"
    figures = told(house, artefact, "sentiment head", _learned(company, dataset.dataset_id))
    took = Figure("L2", "sentiment head: queue to verdict", seconds, "s", 1, note=note, is_lower_better=True)
    return [*figures, took]


def learn_translation(company: Company, house: Any, count: int, presets: Sequence[str]) -> list[Figure]:
    """Return what an adapter gains from corrected lines of four pairs, by preset."""

    def ask(desk: Desk, who: str, one: Wanted) -> str:
        return desk.translate(who, one.text, one.target, one.source, is_careful=False)

    visit(company, lines(count), ask)
    approve_all(company, Task.TRANSLATE)
    dataset = company.office.datasets.build(company.member, Task.TRANSLATE)
    learned = _learned(company, dataset.dataset_id)
    figures = []
    for preset in presets:
        artefact = train(company, dataset.dataset_id, Training(preset))
        name = f"translation adapter, {preset}"
        figures += [*told(house, artefact, name, learned), *taken(artefact, name)]
    seconds = company.office.training.plan(company.member, dataset.dataset_id).seconds["thorough"]
    note = "estimated from the measured speed"
    figures.append(
        Figure("L2", "translation adapter, thorough: time", seconds, "s", 1, note=note, is_lower_better=True)
    )
    return figures


def _learned(company: Company, dataset_id: str) -> int:
    return len(company.office.datasets.rows(company.member, dataset_id, Split.TRAIN))


def measure(count: int = LINES, presets: Sequence[str] = PRESETS, texts: int = TWEETS) -> list[Figure]:
    """Return the figures of both trainings, in a data folder of their own."""
    with tempfile.TemporaryDirectory(prefix="hearback-l2-") as folder:
        house = open_house(read_settings({**os.environ, "HEARBACK_DATA": folder}))
        desk, office = Desk(house), Office(house)
        try:
            member = members.add(house.database, "founder", Role.FOUNDER)
            company = Company(desk, office, member)
            office.training.open()
            return [
                *learn_sentiment(company, house, texts),
                *learn_translation(company, house, count, presets),
            ]
        finally:
            office.close()
            desk.close()
            house.close()


if __name__ == "__main__":
    lines_wanted = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    for figure in measure(lines_wanted, sys.argv[2:] or PRESETS, 4 * lines_wanted if len(sys.argv) > 1 else TWEETS):
        print(
            f"{figure.name}: {figure.value:.2f} {figure.unit}, n={figure.n} ({figure.spread}) {figure.note}", flush=True
        )
