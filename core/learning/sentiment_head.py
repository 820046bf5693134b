"""Train the sentiment head that ships: `python -m core.learning.sentiment_head --data DIR`.

A head is logistic regression on Gemma's pooled middle layer: seconds once the texts are encoded. It learns from data
whose licence allows shipping, and from nothing else: UCI Sentiment Labelled Sentences (CC BY 4.0) and the sentences
beside this file, written for this project. Research sets found in DIR are measured and named in the card.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.config import PROJECT, read_settings
from core.engines.base import Vectors
from core.engines.catalog import GEMMA
from core.engines.encoder import BACKGROUND, MIDDLE_LAYER, SENTIMENT_HEAD, MiddleLayers
from core.engines.head import Head, save_head
from core.engines.tidy import tidied
from core.errors import EmptyInput, UnreadableFile

LABELS = ("negative", "neutral", "positive")
SENTENCES = Path(__file__).with_name("sentiment_sentences.tsv")
UCI_FILES = ("uci_amazon_cells.tsv", "uci_imdb.tsv", "uci_yelp.tsv")
# Chosen on the development sets, see the card: inverse regularization, and how much a written sentence counts against
# one of UCI's. Neutral ones more, for UCI has none and they have to stand against all of it; not Chinese ones, for the
# Chinese sentences are all written here and hold their neutral share already.
INVERSE_REGULARIZATION = 0.001
WRITTEN_WEIGHT = 2.0
NEUTRAL_WEIGHT = 4.0
CHINESE_NEUTRAL_WEIGHT = 1.0
# The background of search was made from the first so many written sentences, and support's thresholds were fitted with
# it: sentences that are appended later teach the head and leave the background as it is.
BACKGROUND_SENTENCES = 1_511
_FOLDS = 5
# Letters that Vietnamese has and English lacks, see `read_uci`.
_VIETNAMESE = re.compile("[\u0102\u0103\u0110\u0111\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9]")
_LANGUAGE_DIRECTIONS = 8
_LEAST_SENTENCES_A_LANGUAGE = 40


@dataclass(frozen=True)
class Example:
    """A sentence with its label, language (ISO 639-1), where it is from, and how much it counts."""

    text: str
    label: str
    language: str
    origin: str
    weight: float = 1.0


def read_written(path: Path = SENTENCES) -> list[Example]:
    """Return the sentences written for this project: a TSV with the columns language, label, text."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Example(row["text"], row["label"], row["language"], "written", _written_weight(row["label"], row["language"]))
        for row in rows
    ]


def _written_weight(label: str, language: str) -> float:
    if label != "neutral":
        return WRITTEN_WEIGHT
    return CHINESE_NEUTRAL_WEIGHT if language == "zh" else NEUTRAL_WEIGHT


def read_uci(folder: Path) -> list[Example]:
    """Return UCI's sentences, from files of lines "sentence TAB 0 or 1".

    Copies of these files are about that begin with some fifty Vietnamese lines of another origin and with other
    labels; nobody knows their licence, so all lines up to the last of that kind are left out, and so are sentences
    of one word, which that block has too. Raises UnreadableFile.
    """
    examples = []
    for name in UCI_FILES:
        try:
            text = (folder / name).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableFile(name=name, why="it is not in the data folder, or not UTF-8") from error
        lines = text.split("\n")
        foreign = [number for number, line in enumerate(lines) if _VIETNAMESE.search(line)]
        for line in lines[foreign[-1] + 1 if foreign else 0 :]:
            sentence, _, label = line.rpartition("\t")
            if label.strip() in ("0", "1") and len(sentence.split()) > 1:
                polarity = LABELS[2 * int(label)]
                examples.append(Example(sentence.strip(), polarity, "en", name.removesuffix(".tsv")))
    return examples


def fit(pooled: Vectors, labels: Sequence[str], weights: Sequence[float] | None = None) -> Head:
    """Return a head trained on pooled states of shape (texts, width), its temperature fitted out of fold.

    The temperature makes the probabilities of texts that a head has not seen as sure as they are right: it minimizes
    their negative log-likelihood (Guo et al. 2017, temperature scaling). Raises EmptyInput without two labels.
    """
    y = np.array([LABELS.index(label) for label in labels])
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    if len(set(y.tolist())) < 2:
        raise EmptyInput(what="set of examples with two labels or more")
    head = _fit(pooled, y, w)
    logits = cross_validated_logits(pooled, y, w)
    temperatures = np.geomspace(0.05, 4.0, 80)
    losses = [_loss(logits / temperature, y, w) for temperature in temperatures]
    best = np.array([temperatures[int(np.argmin(losses))]], dtype=np.float32)
    return Head(head.labels, head.mean, head.scale, head.weight, head.bias, best, {})


def cross_validated_logits(pooled: Vectors, y: NDArray[np.int64], w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each text's logits from the head that was trained without its fold."""
    from sklearn.model_selection import StratifiedKFold

    logits = np.zeros((len(y), len(LABELS)))
    folds = min(_FOLDS, min(Counter(y.tolist()).values()))
    if folds < 2:
        return logits
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=0).split(pooled, y):
        head = _fit(pooled[train], y[train], w[train])
        logits[test] = np.log(head.probabilities(pooled[test]) + 1e-9)
    return logits


def calibration_error(probabilities: NDArray[np.floating], y: NDArray[np.int64], bins: int = 10) -> float:
    """Return the expected calibration error: how far confidence and accuracy lie apart, averaged over bins."""
    confidence, is_right = probabilities.max(1), probabilities.argmax(1) == y
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[place == b].mean() - is_right[place == b].mean()) * (place == b).mean() for b in set(place)]
    return float(sum(gaps))


def background_of(pooled: Vectors, languages: Sequence[str]) -> dict[str, Vectors]:
    """Return what search subtracts: mean, spread, and the directions that only tell languages apart (orthonormal)."""
    mean, scale = pooled.mean(0), pooled.std(0) + 1e-6
    counts = Counter(languages)
    rows = (pooled - mean) / scale
    means = [
        rows[[found == language for found in languages]].mean(0)
        for language in sorted(counts)
        if counts[language] >= _LEAST_SENTENCES_A_LANGUAGE
    ]
    directions = np.linalg.svd(np.array(means), full_matrices=False)[2][:_LANGUAGE_DIRECTIONS]
    return {"mean": mean, "scale": scale, "languages": np.ascontiguousarray(directions, dtype=np.float32)}


def _fit(pooled: Vectors, y: NDArray[np.int64], w: NDArray[np.float64]) -> Head:
    from sklearn.linear_model import LogisticRegression

    mean, scale = pooled.mean(0), pooled.std(0) + 1e-6
    regression = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=400)
    regression.fit((pooled - mean) / scale, y, sample_weight=w)
    weight, bias = np.zeros((len(LABELS), pooled.shape[1]), np.float32), np.full(len(LABELS), -9.0, np.float32)
    if len(regression.classes_) == 2:  # one row of logits, for the second of the two labels
        weight[regression.classes_] = np.concatenate([-regression.coef_, regression.coef_]) / 2
        bias[regression.classes_] = np.concatenate([-regression.intercept_, regression.intercept_]) / 2
    else:
        weight[:], bias[:] = regression.coef_, regression.intercept_
    return Head(LABELS, mean, scale, weight, bias, np.ones(1, np.float32), {})


def _loss(logits: NDArray[np.floating], y: NDArray[np.int64], w: NDArray[np.float64]) -> float:
    logits = logits - logits.max(1, keepdims=True)
    losses = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(y)), y]
    return float(np.average(losses, weights=w))


def measure(head: Head, pooled: Vectors, labels: Sequence[str]) -> dict[str, float]:
    """Return figures of a head on labelled texts, of which binary sets have no neutral.

    accuracy: the label shown is right; polar_accuracy: the likelier of positive and negative is; macro_f1: over the
    labels that occur; ece: expected calibration error.
    """
    from sklearn.metrics import f1_score

    y = np.array([LABELS.index(label) for label in labels])
    probabilities = head.probabilities(pooled)
    found = probabilities.argmax(1)
    polar = np.where(probabilities[:, 2] > probabilities[:, 0], 2, 0)
    is_polar = y != 1
    return {
        "n": len(y),
        "accuracy": round(float((found == y).mean()), 4),
        "polar_accuracy": round(float((polar == y)[is_polar].mean()), 4),
        "macro_f1": round(float(f1_score(y, found, average="macro", labels=sorted(set(y.tolist())))), 4),
        "ece": round(calibration_error(probabilities, y), 4),
    }


def read_development(folder: Path, most: int) -> dict[str, tuple[list[str], list[str]]]:
    """Return (texts, labels) of the research sets that are in the folder; they are measured, never learned from.

    Up to `most` texts of each. A text that happens to read like a written sentence ("not tasty") is left out.
    """
    written = {_bare(example.text) for example in read_written()}
    sets = {}
    for name in ("sst2_dev", "tweets_3class", "zh_takeaway", "zh_hotel"):
        path = folder / f"{name}.jsonl"
        if path.exists():
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            rows = [row for row in rows if _bare(row["text"]) not in written][:most]
            sets[name] = ([row["text"] for row in rows], [row["label"] for row in rows])
    return sets


def _bare(text: str) -> str:
    return text.strip().rstrip(".!?\u3002\uff01\uff1f~ ").casefold()


def train(encode: Callable[[Sequence[str]], Vectors], data: Path, out: Path, most: int = 2_000) -> Head:
    """Train, measure and write the head and its card into `out`; return the head.

    The background of search is written only where `out` has none: what ships must stay the same to the byte.
    """
    from safetensors.numpy import save

    written, uci = read_written(), read_uci(data)
    examples = [*written, *uci]
    pooled = encode([example.text for example in examples])
    head = fit(pooled, [example.label for example in examples], [example.weight for example in examples])
    figures = {
        name: measure(head, encode(texts), labels) for name, (texts, labels) in read_development(data, most).items()
    }
    card = _card(examples, figures, float(head.temperature[0]))
    head = save_head(Head(**{**vars(head), "card": card}), out / SENTIMENT_HEAD)
    if not (out / BACKGROUND).exists():
        first = written[:BACKGROUND_SENTENCES]
        background = background_of(pooled[: len(first)], [example.language for example in first])
        (out / BACKGROUND).write_bytes(save(background))
    return head


def _card(examples: Sequence[Example], figures: dict[str, Any], temperature: float) -> dict[str, Any]:
    counts = Counter(f"{example.origin}: {example.label}" for example in examples)
    languages = Counter(example.language for example in examples if example.origin == "written")
    return {
        "name": "sentiment",
        "base": {"weights_id": GEMMA.weights_id, "sha256": GEMMA.sha256, "licence": GEMMA.licence},
        "features": f"mean over the tokens of hidden state {MIDDLE_LAYER}, without the first token; at most 512 tokens",
        "method": {
            "model": "multinomial logistic regression on standardized features",
            "inverse_regularization": INVERSE_REGULARIZATION,
            "weights": {
                "written, positive and negative": WRITTEN_WEIGHT,
                "written, neutral": NEUTRAL_WEIGHT,
                "written, neutral, Chinese": CHINESE_NEUTRAL_WEIGHT,
            },
            "temperature": round(temperature, 4),
        },
        "data": {
            "UCI Sentiment Labelled Sentences": "Kotzias et al., KDD 2015, CC BY 4.0; English, no neutral",
            "sentiment_sentences.tsv": "written for this project, MIT",
            "examples": dict(sorted(counts.items())),
            "languages_of_the_written_sentences": dict(languages.most_common()),
        },
        "development_figures": figures,
        "development_sets": "research licences; used to measure and to choose the settings above, never learned from",
        "limits": [
            "Neutral was learned from short written sentences only; news and small talk are told apart least well.",
            "Long reviews that praise and blame tend to be read as their blame.",
            "Chinese reviews are read right less often than English ones: see zh_takeaway and zh_hotel above.",
            "Irony is mostly read by its words.",
            "Languages beyond English and Chinese were never measured on a large set.",
        ],
        "licence": "MIT for the head; the base weights stay under the Gemma Terms of Use",
    }


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description="Train the sentiment head that ships in assets/heads.")
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data" / "sentiment")
    parser.add_argument("--out", type=Path, default=PROJECT / "assets" / "heads")
    parser.add_argument("--most", type=int, default=2_000, help="texts of each development set to measure")
    parser.add_argument("--cache", type=Path, help="a .npz file that keeps encoded texts for the next run")
    arguments = parser.parse_args()
    layers = MiddleLayers(read_settings())
    try:
        head = train(Kept(layers.pooled, arguments.cache), arguments.data, arguments.out, arguments.most)
    finally:
        layers.close()
    print(json.dumps(head.card["development_figures"], indent=2))  # noqa: T201 - a command's output


class Kept:
    """Encodes tidied texts and keeps the vectors in a file, so that training again takes seconds."""

    def __init__(self, pooled: Callable[[Sequence[str]], Vectors], path: Path | None) -> None:
        self._pooled = pooled
        self._path = path
        self._known: dict[str, Vectors] = {}
        if path is not None and path.exists():
            with np.load(path, allow_pickle=False) as file:
                self._known = dict(zip(file["texts"].tolist(), file["vectors"], strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Return pooled states of shape (texts, width)."""
        plain = [tidied(text)[0] for text in texts]
        new = sorted({text for text in plain if text not in self._known}, key=len)
        for start in range(0, len(new), 512):
            chunk = new[start : start + 512]
            self._known.update(zip(chunk, self._pooled(chunk), strict=True))
        if new and self._path is not None:
            np.savez(self._path, texts=np.array(list(self._known)), vectors=np.array(list(self._known.values())))
        return np.array([self._known[text] for text in plain])


if __name__ == "__main__":
    main()
