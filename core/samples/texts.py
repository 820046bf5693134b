"""What the sample visitors send and get: written for this project, answered by the embedded weights, read from files.

Each line of a `.jsonl` file is an input with what the task made of it, so that a sample answer is drawn by the same
code as a real one, mistakes included. `voices.json` holds what people say of answers and in the survey.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.journal import Result, output_text_of, pack
from core.types import (
    AnswerSentence,
    Citation,
    Driver,
    LanguageGuess,
    Origin,
    Passage,
    Reading,
    Reply,
    Segment,
    Span,
    Summary,
    SummarySentence,
    Task,
    Translation,
)

SAMPLE_WEIGHTS_SHA256 = "sample"


@dataclass(frozen=True)
class Text:
    """An input with its recorded result; `better` are corrections of the output, the best one first.

    `kind` groups inputs of a task: a gap of support, marketing or general letters, a topic of summaries.
    """

    task: Task
    kind: str
    language: str
    input_text: str
    request: dict[str, Any]
    output: dict[str, Any]
    output_text: str
    path: str
    settings: dict[str, Any]
    passage_ids: tuple[str, ...] = ()
    is_abstained: bool = False
    is_right: bool = True
    better: tuple[str, ...] = ()


@dataclass(frozen=True)
class Review:
    """What somebody wrote of a lamp: what it truly says, what the head read, and what it is about, or empty."""

    text: str
    language: str
    truth: str
    label: str
    probabilities: tuple[float, ...]
    aspect: str


@dataclass(frozen=True)
class Texts:
    """Everything that is said in the sample company's history."""

    of_task: dict[Task, tuple[Text, ...]]
    reviews: tuple[Review, ...]
    voices: dict[str, Any]


def read_texts(folder: Path, passages: Mapping[str, Passage], revision: int) -> Texts:
    """Return the texts in `folder`; answers of support quote `passages`, those of the live handbook, by their id."""
    voices = json.loads((folder / "voices.json").read_text(encoding="utf-8"))
    return Texts(
        {
            Task.SUPPORT: tuple(_support(line, passages, revision, voices) for line in _lines(folder, "support")),
            Task.TRANSLATE: tuple(_translation(line, voices) for line in _lines(folder, "translate")),
            Task.SUMMARIZE: tuple(_summary(line) for line in _lines(folder, "summarize")),
            Task.SENTIMENT: tuple(_reading(line) for line in _lines(folder, "sentiment")),
        },
        tuple(
            Review(
                line["text"],
                line["language"],
                line["truth"],
                line["label"],
                tuple(line["probabilities"][label] for label in ("negative", "neutral", "positive")),
                line["aspect"],
            )
            for line in _lines(folder, "sentiment")
        ),
        voices,
    )


def _lines(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def _text(task: Task, line: dict[str, Any], kind: str, request: dict[str, Any], result: Result, **more: Any) -> Text:
    output = pack(result)
    origin = result.origin
    return Text(
        task=task,
        kind=kind,
        language=line.get("language") or line["source"],
        input_text=line["text"],
        request=request,
        output=output,
        output_text=output_text_of(result),
        path=origin.path,
        settings=origin.settings,
        **more,
    )


def _support(line: dict[str, Any], passages: Mapping[str, Passage], revision: int, voices: dict[str, Any]) -> Text:
    citations = tuple(
        Citation(number, passages.get(passage_id) or _unknown(passage_id, quote), quote, score)
        for number, (passage_id, quote, score) in enumerate(line["citations"], 1)
    )
    reply = Reply(
        text=line["answer"],
        sentences=tuple(AnswerSentence(text, tuple(numbers)) for text, numbers in line["sentences"]),
        citations=citations,
        nearest=tuple(passages[passage_id] for passage_id in line["nearest"] if passage_id in passages),
        is_abstained=line["is_abstained"],
        language=line["language"],
        score=line["score"],
        origin=Origin(line["path"], settings=line["settings"]),
        note=line["note"],
    )
    answer = voices["answers"].get(line["text"])
    is_gap = line["kind"] != "answer"
    return _text(
        Task.SUPPORT,
        line,
        line["kind"],
        {"knowledge_id": "handbook", "revision": revision},
        reply,
        passage_ids=tuple(citation.passage.passage_id for citation in citations),
        is_abstained=reply.is_abstained,
        is_right=reply.is_abstained == is_gap and line["text"] not in voices["wrong"],
        better=(answer,) if answer else (),
    )


def _unknown(passage_id: str, quote: str) -> Passage:
    """Return a passage that has left the handbook since the answer was recorded."""
    document = passage_id.partition(":")[0]
    return Passage(passage_id, document, document, "", quote)


def _translation(line: dict[str, Any], voices: dict[str, Any]) -> Text:
    segments = tuple(Segment(*segment) for segment in line["segments"])
    guess = LanguageGuess(*line["guess"])
    origin = Origin("generated", settings={"candidates": 1, "temperature": 0.6})
    result = Translation(line["output"], line["source"], line["target"], guess, segments, origin, line["note"])
    other = [better for text, target, better in voices["disputed"] if [text, target] == [line["text"], line["target"]]]
    return _text(
        Task.TRANSLATE,
        line,
        line["kind"],
        {"target": line["target"], "source": "", "is_careful": False},
        result,
        better=(line["better"], *other) if line["better"] and line["better"] != line["output"] else (),
    )


def _summary(line: dict[str, Any]) -> Text:
    sentences = tuple(
        SummarySentence(text, tuple(Span(start, end) for start, end in spans)) for text, spans in line["sentences"]
    )
    origin = Origin("extracted")
    language = line["language"]
    result = Summary(line["summary"], sentences, line["length"], line["form"], False, language, origin, line["note"])
    # The end of a text often holds what was decided: somebody who corrects a summary puts it there.
    whole = line["text"]
    last = whole[whole.rstrip(".。").rfind(". ") + 1 :].strip() if ". " in whole else ""
    joint = "\n- " if line["form"] == "points" else " "
    better = (f"{line['summary']}{joint}{last}",) if last and last not in line["summary"] else ()
    request = {"length": line["length"], "form": line["form"]}
    return _text(Task.SUMMARIZE, line, line["kind"], request, result, is_right=not better, better=better)


def _reading(line: dict[str, Any]) -> Text:
    result = Reading(
        label=line["label"],
        probabilities=line["probabilities"],
        language=LanguageGuess(*line["guess"]),
        drivers=tuple(Driver(text, Span(start, end), weight) for text, start, end, weight in line["drivers"]),
        origin=Origin("classified"),
        note=line["note"],
    )
    is_right = line["label"] == line["truth"]
    better = () if is_right else (line["truth"],)
    return _text(Task.SENTIMENT, line, line["aspect"], {}, result, is_right=is_right, better=better)
