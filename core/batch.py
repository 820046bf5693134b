"""Lines of JSON in, lines of JSON out: the same order, one answer a line, and a bad line stops nobody.

A reader thread takes lines as they come, workers answer those that are there, and a writer thread writes each answer
as soon as all before it are written: a single line typed by hand is answered at once, a file keeps the engines busy.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO

from core.errors import HearbackError
from core.limits import BATCH_LINE_CHARACTERS
from core.progress import Progress

Row = dict[str, Any]
Answer = Callable[[Row], Row]
AnswerMany = Callable[[Sequence[Row]], Sequence["Row | HearbackError"]]

log = logging.getLogger(__name__)
_LINE_BYTES = 4 * BATCH_LINE_CHARACTERS
_WAITING_LINES = 256


class BadRow(HearbackError):
    """A line that is no request. Facts: why."""

    sentence = "This line was not answered: {why}."


@dataclass(frozen=True)
class Work:
    """How a task answers: `answer` takes rows with a text each, `at_once` of them to a call, `workers` calls at a time.

    The rows that come back are without their ids; a row that cannot be answered comes back as its error.
    """

    answer: AnswerMany
    at_once: int = 1
    workers: int = 1


def one_by_one(answer: Answer) -> AnswerMany:
    """Return the same answers for a task that takes a single row."""

    def answer_many(rows: Sequence[Row]) -> list[Row | HearbackError]:
        answers: list[Row | HearbackError] = []
        for row in rows:
            try:
                answers.append(answer(row))
            except HearbackError as error:
                answers.append(error)
        return answers

    return answer_many


def text_field(row: Row, name: str, is_needed: bool = True) -> str:
    """Return the text in a row's field; raises BadRow where it is missing or no text."""
    value = row.get(name, "" if not is_needed else None)
    if value is None and not is_needed:
        return ""
    if not isinstance(value, str):
        found = "it is missing" if name not in row else f"it is a {_KINDS.get(type(value), 'value')}"
        raise BadRow(why=f'"{name}" must be a text in quotes, but {found}')
    return value


_KINDS: dict[type, str] = {int: "number", float: "number", bool: "truth value", list: "list", dict: "object"}


def read_line(line: bytes) -> Row:
    """Return the object on a line; raises BadRow. The text itself is looked at by the task."""
    if len(line) > _LINE_BYTES:
        raise BadRow(why=f"it is longer than {BATCH_LINE_CHARACTERS:,} characters")
    try:
        row = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise BadRow(why="it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadRow(why="it is not JSON") from error
    if not isinstance(row, dict):
        raise BadRow(why='it is not an object such as {"id": 1, "text": "..."}')
    return row


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def write_line(row: Row) -> bytes:
    """Return a row as a line of UTF-8; lone surrogates, which UTF-8 cannot hold, are escaped."""
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row).encode() + b"\n"


def run(lines: BinaryIO, out: BinaryIO, work: Work, progress: Progress) -> tuple[int, int]:
    """Answer every line that is not blank; returns how many were answered and how many came back with an error.

    `progress` hears of every answer written; its `stop` ends the run before the next. Raises BrokenPipeError when
    nobody reads `out` any more.
    """
    waiting: queue.Queue[bytes | None] = queue.Queue(_WAITING_LINES)
    answers: queue.Queue[Future[list[Row]] | None] = queue.Queue(work.workers + 1)
    writer = _Writer(answers, out, progress)
    threading.Thread(target=_read, args=(lines, waiting), name="batch-reader", daemon=True).start()
    writer.start()
    pool = ThreadPoolExecutor(work.workers, thread_name_prefix="batch")
    try:
        is_open = True
        while is_open and not progress.stop.is_set() and writer.is_alive():
            taken, is_open = _take(waiting, work.at_once)
            if taken:
                writer.hand(pool.submit(_answer, taken, work, progress))
        writer.hand(None)
        writer.join()
    finally:
        if writer.is_alive():  # stopped from the keyboard: what is under way is given up
            progress.stop.set()
        pool.shutdown(wait=False, cancel_futures=True)
    if writer.error is not None:
        raise writer.error
    return writer.answered, writer.failed


class _Writer(threading.Thread):
    """Writes what was answered, in order; on a broken pipe it stops everything."""

    def __init__(self, answers: queue.Queue[Future[list[Row]] | None], out: BinaryIO, progress: Progress) -> None:
        super().__init__(name="batch-writer", daemon=True)
        self.answered = self.failed = 0
        self.error: OSError | None = None
        self._answers = answers
        self._out = out
        self._progress = progress

    def hand(self, answer: Future[list[Row]] | None) -> None:
        """Give the writer the next answer, waiting for room as long as it is alive."""
        while self.is_alive():
            try:
                self._answers.put(answer, timeout=0.5)
                return
            except queue.Full:
                continue

    def run(self) -> None:
        """Write until None comes."""
        while (future := self._answers.get()) is not None and not self._progress.stop.is_set():
            try:
                rows = future.result()
            except CancelledError:
                return
            try:
                self._out.write(b"".join(map(write_line, rows)))
                self._out.flush()
            except OSError as error:
                self.error = error
                self._progress.stop.set()
                return
            self.failed += sum("error" in row for row in rows)
            self.answered += sum("error" not in row for row in rows)
            self._progress.advance(self.answered + self.failed, 0, "lines answered")


def _read(lines: BinaryIO, waiting: queue.Queue[bytes | None]) -> None:
    try:
        while line := lines.readline(_LINE_BYTES + 1):
            if len(line) > _LINE_BYTES and not line.endswith(b"\n"):
                while (rest := lines.readline(_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
            if line.strip() not in (b"", b"\xef\xbb\xbf"):
                waiting.put(line)
    except (OSError, ValueError):
        log.debug("The input ended early.", exc_info=True)
    finally:
        waiting.put(None)


def _take(waiting: queue.Queue[bytes | None], most: int) -> tuple[list[bytes], bool]:
    """Return the lines that are there, at least one, and whether more may come."""
    taken: list[bytes] = []
    line = waiting.get()
    while line is not None:
        taken.append(line)
        if len(taken) == most:
            return taken, True
        try:
            line = waiting.get_nowait()
        except queue.Empty:
            return taken, True
    return taken, False


def _answer(lines: Sequence[bytes], work: Work, progress: Progress) -> list[Row]:
    out: list[Row] = [{} for _ in lines]
    rows: list[Row] = []
    places: list[int] = []
    for place, line in enumerate(lines):
        try:
            row = read_line(line)
            out[place] = {"id": row.get("id")}
            text_field(row, "text")
        except HearbackError as error:
            out[place] = {"id": None, **out[place], "error": str(error)}
            continue
        rows.append(row)
        places.append(place)
    if not rows:
        return out
    try:
        progress.check()
        answers = work.answer(rows)
    except HearbackError as error:
        answers = [error] * len(rows)
    except Exception:  # the edge: a bug costs these lines their answer, never the rest of the file
        log.exception("A bug; these lines were not answered.")
        answers = [HearbackError()] * len(rows)
    for place, answer in zip(places, answers, strict=True):
        out[place] |= {"error": str(answer)} if isinstance(answer, HearbackError) else answer
    return out
