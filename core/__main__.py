"""The batch command: python -m core TASK < in.jsonl > out.jsonl"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from core import operations
from core.batch import Row, Work, one_by_one, run, text_field
from core.config import read_settings
from core.errors import EmptyInput, HearbackError, UnreadableFile
from core.limits import FILE_BYTES
from core.progress import Progress

if TYPE_CHECKING:
    from core.engines.shelf import Shelf

DESCRIPTION = """\
Use the four tasks on files, without the app. Every line of standard input is a JSON object, every line of standard
output its answer, in the same order. Blank lines are skipped. UTF-8 in and out.

  support --knowledge DIR  {"id", "text"}                       ->  {"id", "answer", "abstained", "sources"}
  translate                {"id", "text", "target", "source"?}  ->  {"id", "output", "source", "target"}
  summarize                {"id", "text"}                       ->  {"id", "output", "sentences"}
  sentiment                {"id", "text"}                       ->  {"id", "label", "probabilities", "language"}
  migrate                  brings the database to the schema of this version; reads and writes no lines
  login-link               prints a one-time link to set a founder's password; reads and writes no lines
  sample-data              fills the database with a sample company's history; reads and writes no lines
  digest                   prints what changed in a week and what to do next, as Markdown; reads no lines
  backup, restore, copy    all that is stored into a file, back from one, or into another database

A line that cannot be answered gives {"id", "error"} with a sentence that says why; the rest goes on.
"""
EPILOG = """\
examples:
  echo '{"id": 1, "text": "The parcel came late."}' | python -m core sentiment
  echo '{"id": 1, "text": "Guten Morgen!", "target": "en"}' | python -m core translate
  python -m core translate --quick < letters.jsonl > translated.jsonl
  python -m core summarize < minutes.jsonl > summaries.jsonl
  python -m core support --knowledge handbook/ < questions.jsonl > answers.jsonl

exit codes:
  0    every line was read; lines with "error" are among the answers
  1    nothing could be done: the weights, the documents or the settings; the reason is on standard error
  2    the command line was wrong
  130  stopped from the keyboard

Settings come from the environment (HEARBACK_PROFILE, HEARBACK_THREADS, ...; see README). Progress is shown on
standard error when that is a terminal.
"""
SUPPORT_WORKERS = 4
TRANSLATE_WORKERS = 4
SUMMARIZE_WORKERS = 2
SENTIMENT_ROWS = 64


def main(arguments: Sequence[str] | None = None, lines: BinaryIO | None = None, out: BinaryIO | None = None) -> int:
    """Run the command and return its exit code; `lines` and `out` default to standard input and output."""
    options = parser().parse_args(arguments)
    progress = TerminalProgress()
    try:
        settings = read_settings()
        if options.task in operations.OPERATIONS:
            return operations.run(options, settings)
        from core.engines.shelf import Shelf

        shelf = Shelf(settings)
        try:
            work = _work(options, shelf)
            answered, failed = run(lines or sys.stdin.buffer, out or sys.stdout.buffer, work, progress)
            progress.close(answered, failed)
        finally:
            shelf.close()
    except HearbackError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except BrokenPipeError:
        # Nobody reads on, as with `| head`: that is no failure. Python would complain of it again when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        progress.stop.set()
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser, with the whole of the help."""
    whole = argparse.ArgumentParser(
        "python -m core", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tasks = whole.add_subparsers(dest="task", metavar="TASK", required=True)
    support = tasks.add_parser("support", help="answer questions from a folder of documents, with their sources")
    support.add_argument(
        "--knowledge",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of documents: Markdown, text, PDF, Word, and CSV tables of questions and answers",
    )
    translate = tasks.add_parser("translate", help='translate into "target" (an ISO 639-1 code such as en, de, zh)')
    translate.add_argument(
        "--quick", action="store_true", help="one draft a sentence instead of choosing among several: faster, worse"
    )
    tasks.add_parser("summarize", help="the sentences that matter, each with its place in the text")
    tasks.add_parser("sentiment", help="negative, neutral or positive, with probabilities and the language")
    operations.add_to(tasks)
    return whole


class TerminalProgress(Progress):
    """Counts the answered lines on standard error, where that is a terminal."""

    def advance(self, done: int, total: int, doing: str) -> None:
        """Show the count in place of the last one; of a stream nobody knows the total."""
        del total
        if sys.stderr.isatty():
            print(f"\r{done:,} {doing}", end="", file=sys.stderr, flush=True)  # noqa: T201

    def close(self, answered: int, failed: int) -> None:
        """Say how it ended."""
        if sys.stderr.isatty():
            print(f"\r{answered:,} lines answered, {failed:,} with an error.", file=sys.stderr)  # noqa: T201


def _work(options: argparse.Namespace, shelf: Shelf) -> Work:
    if options.task == "support":
        return _support(options.knowledge, shelf)
    if options.task == "translate":
        return _translate(shelf, not options.quick)
    return _summarize(shelf) if options.task == "summarize" else _sentiment(shelf)


def _support(folder: Path, shelf: Shelf) -> Work:
    from core.knowledge.index import Index
    from core.knowledge.library import read_passages
    from core.tasks.language import guess_language
    from core.tasks.support import Support
    from core.tasks.translate import Translate

    if not folder.is_dir():
        raise UnreadableFile(name=str(folder), why="there is no such folder")
    passages, problems = read_passages(_files(folder), lambda text: guess_language(text).code)
    for problem in problems:
        print(problem, file=sys.stderr)  # noqa: T201
    if not passages:
        raise EmptyInput(what=f"document in {folder}")
    is_foreign = any(passage.language not in ("", "en") for passage in passages)
    index = Index(passages, shelf.encoder(), shelf.multilingual_encoder() if is_foreign else None)

    def translated(text: str, source: str, target: str) -> str:
        from core.engines.shelf import TRANSLATOR

        is_by_messages = shelf.traits(TRANSLATOR).is_instruct
        return Translate(shelf.translator(), is_by_messages).translate(text, target, source).text

    words = shelf.words()
    support = Support(words, translated, is_worded=words is not None)

    def answer(row: Row) -> Row:
        reply = support.answer(row["text"], index)
        passages = {citation.passage.passage_id: citation.passage for citation in reply.citations}
        sources = [{"document": p.document, "title": p.title, "text": p.text} for p in passages.values()]
        return {"answer": reply.text, "abstained": reply.is_abstained, "sources": sources}

    return Work(one_by_one(answer), workers=SUPPORT_WORKERS)


def _files(folder: Path) -> list[tuple[str, bytes]]:
    """Names and contents of all files of `folder` but hidden ones; one that cannot be opened is told on stderr."""
    files = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        try:
            with path.open("rb") as file:
                files.append((path.name, file.read(FILE_BYTES + 1)))  # what is longer is refused by its length
        except OSError as error:
            print(UnreadableFile(name=path.name, why=error.strerror or "it cannot be opened"), file=sys.stderr)  # noqa: T201
    return files


def _translate(shelf: Shelf, is_careful: bool) -> Work:
    from core.engines.shelf import TRANSLATOR
    from core.tasks.translate import Translate

    translate = Translate(shelf.translator(), shelf.traits(TRANSLATOR).is_instruct)

    def answer(row: Row) -> Row:
        target, source = text_field(row, "target"), text_field(row, "source", is_needed=False)
        result = translate.translate(row["text"], target, source, is_careful)
        return {"output": result.text, "source": result.source, "target": result.target}

    return Work(one_by_one(answer), workers=TRANSLATE_WORKERS)


def _summarize(shelf: Shelf) -> Work:
    from core.tasks.summarize import Summarize

    task = Summarize(shelf.encoder(), shelf.words())

    def answer(row: Row) -> Row:
        summary = task.summarize(row["text"])
        sentences = [
            {"text": sentence.text, "source_spans": [[span.start, span.end] for span in sentence.source_spans]}
            for sentence in summary.sentences
        ]
        return {"output": summary.text, "sentences": sentences}

    return Work(one_by_one(answer), workers=SUMMARIZE_WORKERS)


def _sentiment(shelf: Shelf) -> Work:
    from core.limits import SENTIMENT_CHARACTERS, check_text
    from core.tables import Table
    from core.tasks.language import guess_language
    from core.tasks.sentiment import Sentiment

    classifier = shelf.classifier()
    sentiment = Sentiment(classifier)

    def answer(rows: Sequence[Row]) -> list[Row | HearbackError]:
        texts: list[str] = []
        answers: list[Row | HearbackError] = []
        for row in rows:
            try:
                texts.append(check_text(row["text"], SENTIMENT_CHARACTERS))
                answers.append({})
            except HearbackError as error:
                texts.append("")
                answers.append(error)
        table = sentiment.read_table(Table(("text",), [(text,) for text in texts]), "text")
        for place, (text, label, values) in enumerate(zip(texts, table.labels, table.probabilities, strict=True)):
            if isinstance(answers[place], HearbackError):
                continue
            if label:
                probabilities = dict(zip(classifier.labels, values, strict=True))
            else:  # signs alone, which a table passes over
                reading = sentiment.read(text)
                label, probabilities = reading.label, reading.probabilities
            code = guess_language(text).code
            answers[place] = {"label": label, "probabilities": probabilities, "language": code}
        return answers

    return Work(answer, at_once=SENTIMENT_ROWS, workers=2)


if __name__ == "__main__":
    sys.exit(main())
