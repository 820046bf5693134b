"""L1: does the memory keep corrected errors from coming back, and does it harm what was never corrected?

On the real weights, with the memory on and off. Repeat error is the share of inputs on which the corrected error comes
back: on the corrected inputs themselves and on others of the same meaning. Harm is the share of other inputs whose
answer becomes worse; look-alikes, which share the words of a corrected input and mean another thing, are counted apart.
Half of every set chose the thresholds of `core.memory.nearness`; what is reported is the other half.

`python -m tests.benchmarks.l1_memory calibrate` prints the figures of the first half for a range of thresholds.
"""

from __future__ import annotations

import csv
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import sacrebleu

from core.config import PROJECT, read_settings
from core.engines.shelf import Shelf
from core.house import language_of
from core.knowledge.index import Index
from core.knowledge.library import read_passages
from core.loop import Recall
from core.memory import nearness
from core.memory.keys import normalized, shape
from core.memory.nearness import ENGLISH, MULTILINGUAL
from core.memory.recollection import Memory
from core.store import memory_changes
from core.store.db import Database
from core.store.memory_entries import Brought, bring
from core.tasks.sentiment import Sentiment
from core.tasks.summarize import Summarize
from core.tasks.support import Support
from core.tasks.translate import Translate
from core.types import Member, Role, Task
from tests.benchmarks.figure import Figure, wilson_spread

BARS = ("L1",)
IS_LONG = True  # five minutes
FOLDER = Path(__file__).resolve().parent
DATA = PROJECT.parent / "shared" / "data"
FOUNDER = Member("bench", "bench", Role.FOUNDER)
DOCUMENTS = ("handbook", 1)
TWEETS, TAKEAWAYS, DIALOGUES, UNRELATED_LINES = 600, 240, 80, 120
LOOKUPS, ENTRIES = 300, 10_000
# A translation is worse where its chrF against the right one falls by more than this: less is a comma.
WORSE_CHRF = 1.0


@dataclass(frozen=True)
class Counted:
    """How often something bad happened, with the memory off and on, on `n` inputs."""

    name: str
    off: int
    on: int
    n: int
    note: str = ""


class Known:
    """An encoder, or a classifier without explanations, that reads each text once, however often it is asked."""

    def __init__(self, weights: Any) -> None:
        self._weights = weights
        self._rows: dict[str, Any] = {}
        self.fingerprint = weights.fingerprint
        self.labels = getattr(weights, "labels", ())

    def encode(self, texts: Sequence[str]) -> Any:
        """Return the encoder's rows."""
        return self._read(texts, self._weights.encode)

    def classify(self, texts: Sequence[str]) -> Any:
        """Return the classifier's rows."""
        return self._read(texts, self._weights.classify)

    def explain(self, _text: str, _label: str) -> tuple[()]:
        """Return nothing."""
        return ()

    def _read(self, texts: Sequence[str], read: Callable[[list[str]], Any]) -> Any:
        missing = list(dict.fromkeys(text for text in texts if text not in self._rows))
        if missing:
            self._rows |= zip(missing, read(missing), strict=True)
        return np.stack([self._rows[text] for text in texts])


class Bench:
    """The weights, opened once, and memories to try them with."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    @cached_property
    def english(self) -> Any:
        """MiniLM."""
        return Known(self.shelf.encoder())

    @cached_property
    def multilingual(self) -> Any:
        """Gemma's middle layer."""
        return Known(self.shelf.multilingual_encoder())

    @cached_property
    def classifier(self) -> Any:
        """The sentiment classifier that ships."""
        return Known(self.shelf.classifier())

    @contextmanager
    def memory(self, pairs: Sequence[Brought]) -> Iterator[Memory]:
        """Give a memory that holds these pairs for everybody."""
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{folder}/memory.db")
            database.migrate()
            memory = Memory(database, lambda: self.english, lambda: self.multilingual)
            bring(database, FOUNDER, pairs, "bench", DOCUMENTS)
            while memory.fill():
                pass
            yield memory
            memory.close()
            database.close()


def rows_of(name: str, half: int) -> list[dict[str, str]]:
    """Return one half of a set that was written for this: every other row."""
    with (FOLDER / f"memory_{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))[half::2]


def lines_of(path: str, count: int) -> list[dict[str, str]]:
    """Return the first rows of a development set."""
    if not (DATA / path).is_file():
        raise SystemExit(f"L1 needs the development data: {DATA / path} is not there.")
    return [json.loads(line) for line in (DATA / path).read_text(encoding="utf-8").splitlines()[:count]]


def support(bench: Bench, half: int) -> list[Counted]:
    """Ask the shipped handbook: is the corrected wording given, and is it kept from other questions?"""
    rows = rows_of("support", half)
    files = [(path.name, path.read_bytes()) for path in sorted((PROJECT / "assets" / "knowledge").glob("*.md"))]
    index = Index(read_passages(files, language_of)[0], bench.english, None)
    task = Support(None, None)

    def answer(question: str, recall: Recall | None) -> str:
        return task.answer(question, index, recall=recall).text

    pairs = [Brought(Task.SUPPORT, "", "", row["question"], row["corrected"]) for row in rows]
    others = [row["question"] for row in rows_of("support", 1 - half)]
    others = [one for one in others if normalized(one) not in {normalized(row["other"]) for row in rows}]
    with bench.memory(pairs) as memory:
        recall = memory.bound("anybody", Task.SUPPORT, knowledge_id=DOCUMENTS[0], revision=DOCUMENTS[1])
        found = []
        for name, column in (("the same question", "question"), ("asked in other words", "paraphrase")):
            off = sum(answer(row[column], None) != row["corrected"] for row in rows)
            on = sum(answer(row[column], recall) != row["corrected"] for row in rows)
            found.append(Counted(f"repeat error, {name}", off, on, len(rows)))
        for name, asked in (("look-alike questions", [row["other"] for row in rows]), ("other questions", others)):
            changed = sum(answer(one, recall) != answer(one, None) for one in asked)
            found.append(Counted(f"harm, {name}", 0, changed, len(asked), "every change counts as harm"))
    return found


def sentiment(bench: Bench, half: int) -> list[Counted]:
    """Correct what is misread: texts written for this with others of the same and of another meaning, and tweets."""
    task = Sentiment(bench.classifier)
    found: list[Counted] = []
    for language in ("en", "de"):
        rows = [row for row in rows_of("sentiment", half) if row["language"] == language]
        rows = [row for row in rows if task.read(row["text"]).label != row["label"]]
        pairs = [Brought(Task.SENTIMENT, "", "", row["text"], row["label"]) for row in rows]
        with bench.memory(pairs) as memory:
            recall = memory.bound("anybody", Task.SENTIMENT)
            asked = (("the same text", "text", "label"), ("in other words", "paraphrase", "label"))
            for name, column, label in asked:
                off = sum(task.read(row[column]).label != row[label] for row in rows)
                on = sum(task.read(row[column], recall=recall).label != row[label] for row in rows)
                found.append(Counted(f"repeat error, {language}, {name}", off, on, len(rows)))
            found.append(
                _worse(
                    task, recall, f"harm, {language}, look-alikes", [(row["other"], row["other_label"]) for row in rows]
                )
            )
    for name, path, count in (
        ("tweets", "sentiment/tweets_3class.jsonl", TWEETS),
        ("zh takeaway reviews", "sentiment/zh_takeaway.jsonl", TAKEAWAYS),
    ):
        texts = [(one["text"], one["label"]) for one in lines_of(path, count)][half::2]
        bench.classifier.classify([text for text, _ in texts])
        read = {text: task.read(text).label for text, _ in texts}
        wrong = [(text, label) for text, label in texts if read[text] != label][::2]
        corrected = {text for text, _ in wrong}
        with bench.memory([Brought(Task.SENTIMENT, "", "", text, label) for text, label in wrong]) as memory:
            recall = memory.bound("anybody", Task.SENTIMENT)
            on = sum(task.read(text, recall=recall).label != label for text, label in wrong)
            found.append(Counted(f"repeat error, {name}, the same text", len(wrong), on, len(wrong)))
            edited = [(_edited(text), label) for text, label in wrong]
            off = sum(task.read(text).label != label for text, label in edited)
            on = sum(task.read(text, recall=recall).label != label for text, label in edited)
            found.append(Counted(f"repeat error, {name}, slightly edited", off, on, len(edited)))
            found.append(
                _worse(task, recall, f"harm, {name}, others", [one for one in texts if one[0] not in corrected])
            )
    return found


def _edited(text: str) -> str:
    """Return a text as somebody might post it again: without its last mark, and with a word before it."""
    if any("\u4e00" <= character <= "\u9fff" for character in text):
        return f"说实话，{text.rstrip('。！!，,. ')}"
    return f"Honestly, {text.rstrip('.!? ')}"


def _worse(task: Sentiment, recall: Recall, name: str, texts: Sequence[tuple[str, str]]) -> Counted:
    worse = better = 0
    for text, label in texts:
        before, after = task.read(text).label, task.read(text, recall=recall).label
        worse += before == label != after
        better += before != label == after
    return Counted(name, 0, worse, len(texts), f"{better} became right")


def translation(bench: Bench, half: int) -> list[Counted]:
    """Translate sentences that differ from corrected ones in a number, a day or a denial, and news unlike them."""
    task = Translate(bench.shelf.translator())
    rows = rows_of("translation", half)
    found: list[Counted] = []
    for source, target, asked, said in (("en", "de", "english", "german"), ("de", "en", "german", "english")):
        pairs = [Brought(Task.TRANSLATE, source, target, row[asked], row[said]) for row in rows]

        def lines(texts: Sequence[str], recall: Recall | None, source: str = source, target: str = target) -> list[str]:
            whole = task.translate("\n\n".join(texts), target, source, False, recall=recall)
            return [segment.target for segment in whole.segments]

        with bench.memory(pairs) as memory:
            recall = memory.bound("anybody", Task.TRANSLATE, source=source, target=target)
            same, near = [row[asked] for row in rows], [row[f"near_{asked}"] for row in rows]
            right, near_right = [row[said] for row in rows], [row[f"near_{said}"] for row in rows]
            off, on = lines(same + near, None), lines(same + near, recall)
            count = len(rows)
            found.append(_wrong(f"repeat error, {source}-{target}, the same sentence", off[:count], on[:count], right))
            before, after = _chrf(off[count:], near_right), _chrf(on[count:], near_right)
            worse = sum(b - a > WORSE_CHRF for b, a in zip(before, after, strict=True))
            note = f"chrF {statistics.mean(before):.1f} off, {statistics.mean(after):.1f} on"
            if target == "de":
                terms = [row["term"].casefold() for row in rows]
                kept = [
                    (one, other, term)
                    for one, other, term, text in zip(off[count:], on[count:], terms, near_right, strict=True)
                    if term in text.casefold()
                ]
                lost = [sum(term not in told[place].casefold() for *told, term in kept) for place in (0, 1)]
                found.append(
                    Counted(
                        f"repeat error, {source}-{target}, the corrected word in a near sentence",
                        lost[0],
                        lost[1],
                        len(kept),
                        note,
                    )
                )
            found.append(Counted(f"harm, {source}-{target}, near sentences", 0, worse, count, note))
            news = [row["text"] for row in lines_of(f"translation/wmt22_{source}-{target}_dev.jsonl", UNRELATED_LINES)]
            touched = sum(bool(hits) for hits in recall.recall(news))
            note = "none was near enough to be used" if not touched else "every use counts as harm"
            found.append(Counted(f"harm, {source}-{target}, news", 0, touched, len(news), note))
    return found


def _wrong(name: str, off: Sequence[str], on: Sequence[str], right: Sequence[str]) -> Counted:
    wrong = [
        sum(normalized(one) != normalized(other) for one, other in zip(told, right, strict=True)) for told in (off, on)
    ]
    return Counted(name, wrong[0], wrong[1], len(right))


def _chrf(texts: Sequence[str], right: Sequence[str]) -> list[float]:
    return [sacrebleu.sentence_chrf(text, [one]).score for text, one in zip(texts, right, strict=True)]


def summary(bench: Bench, half: int) -> list[Counted]:
    """Summarize dialogues again whose summary was corrected to two of their own sentences, and others."""
    task = Summarize(bench.english)
    texts = [one["text"] for one in lines_of("summarization/dialogsum_dev.jsonl", DIALOGUES)][half::2]
    known, others = texts[::2], texts[1::2]
    right = [" ".join(sentence.text for sentence in task.summarize(text, "long").sentences[:1]) for text in known]
    pairs = [
        Brought(Task.SUMMARIZE, "", shape("short", "text"), text, one) for text, one in zip(known, right, strict=True)
    ]
    with bench.memory(pairs) as memory:
        recall = memory.bound("anybody", Task.SUMMARIZE, target=shape("short", "text"))
        off = [task.summarize(text).text for text in known]
        on = [task.summarize(text, recall=recall).text for text in known]
        changed = sum(task.summarize(text, recall=recall).text != task.summarize(text).text for text in others)
        return [
            _wrong("repeat error, the same dialogue", off, on, right),
            Counted("harm, other dialogues", 0, changed, len(others), "every change counts as harm"),
        ]


def speed(bench: Bench) -> list[Figure]:
    """Look one sentence up among ten thousand: the database asked for changes, the sentence encoded and compared."""
    rng = np.random.default_rng(0)
    lines = [f"Sentence number {number} of an order." for number in range(ENTRIES)]
    with bench.memory([]) as memory:
        database = memory._database  # filled here, without encoding ten thousand sentences
        bring(
            database, FOUNDER, [Brought(Task.TRANSLATE, "en", "de", line, line) for line in lines], "bench", DOCUMENTS
        )
        name = f"{ENGLISH} {bench.shelf.encoder().fingerprint.weights_id}"
        while rows := memory_changes.without_vector(database, [name], ENTRIES):
            vectors = rng.standard_normal((len(rows), 384))
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            memory_changes.keep_vectors(
                database,
                {row[0]: (name, one.astype(np.float16).tobytes()) for row, one in zip(rows, vectors, strict=True)},
            )
        recall = memory.bound("anybody", Task.TRANSLATE, source="en", target="de")
        recall.recall(lines[:1])

        def milliseconds(work: Callable[[int], object]) -> list[float]:
            taken = []
            for number in range(LOOKUPS):
                began = time.perf_counter()
                work(number)
                taken.append((time.perf_counter() - began) * 1_000)
            return sorted(taken)

        encoder = bench.shelf.encoder()
        memory._encoders[ENGLISH] = lambda: encoder
        looked = milliseconds(lambda number: recall.recall([lines[number]]))
        encoded = milliseconds(lambda number: encoder.encode([lines[number]]))
    note = f"of which {statistics.median(encoded):.1f} ms encode the sentence"
    spread = f"p95 {looked[int(0.95 * LOOKUPS)]:.1f} ms"
    return [
        Figure("L1", f"lookup among {ENTRIES:,} entries", statistics.median(looked), "ms", LOOKUPS, spread, note=note)
    ]


TASKS: dict[str, Callable[[Bench, int], list[Counted]]] = {
    "support": support,
    "sentiment": sentiment,
    "translation": translation,
    "summary": summary,
}


def measure() -> list[Figure]:
    """Return the figures of the halves that chose nothing, and how long a lookup takes."""
    shelf = Shelf(read_settings())
    bench = Bench(shelf)
    try:
        figures = [_figure(task, one) for task, work in TASKS.items() for one in work(bench, 1)]
        return [*figures, *speed(bench)]
    finally:
        shelf.close()


def _figure(task: str, one: Counted) -> Figure:
    note = f"{one.off} of {one.n} with the memory off" if one.name.startswith("repeat") else ""
    note = "; ".join(part for part in (note, one.note) if part)
    spread = wilson_spread(one.on, one.n)
    share = one.on / one.n if one.n else 0.0
    peer = f"{one.off / one.n:.2f} without memory" if one.n and one.name.startswith("repeat") else ""
    return Figure("L1", f"{task}: {one.name}", share, "", one.n, spread, peer=peer, note=note, is_lower_better=True)


def calibrate(names: Sequence[str]) -> None:
    """Print the first half's figures for a range of thresholds."""
    shelf = Shelf(read_settings())
    bench = Bench(shelf)
    tasks = {"support": Task.SUPPORT, "sentiment": Task.SENTIMENT, "translation": Task.TRANSLATE}
    try:
        for name in names or tasks:
            for least in (0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
                for reader in (ENGLISH, MULTILINGUAL):
                    nearness.THRESHOLDS[tasks[name], reader] = least
                told = ", ".join(f"{one.name} {one.off}>{one.on}/{one.n} {one.note}" for one in TASKS[name](bench, 0))
                print(f"{name} {least}: {told}", flush=True)
    finally:
        shelf.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["calibrate"]:
        calibrate(sys.argv[2:])
    else:
        for found in measure():
            print(
                f"{found.name}: {found.value:.3f} {found.unit} (n={found.n}; {found.spread}) {found.note}", flush=True
            )
