"""How a text feels, in any language of the weights: negative, neutral or positive, and what made it so.

A short text is read whole and explained by its words. A long one is read in pieces, whose logits are averaged by
length (which is what reading it whole would do, for the head is linear), and explained by its sentences.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from core.engines.base import Classifier
from core.errors import MissingColumn
from core.limits import SENTIMENT_CHARACTERS, TABLE_CELL_CHARACTERS, check_text, clean_text
from core.loop import Recall, Recalled
from core.progress import Progress
from core.tables import Table, parse_days
from core.tasks.language import LANGUAGES, guess_language
from core.tasks.neighbours import Neighbour, move, one_hot
from core.tasks.recalling import ANSWER, NEIGHBOUR, exact, near, once_each, recalled, use_of
from core.tasks.sentences import split_sentences
from core.types import Driver, LanguageGuess, MemoryUse, Origin, Reading, Span, TableReading

# The languages of which the head has seen sentences, or on which it was measured (see its card).
KNOWN_LANGUAGES = frozenset({"en", "de", "fr", "es", "pt", "it", "nl", "zh", "ja", "ko", "pl", "ru", "tr", "ar"})
# The engine reads at most 512 tokens of a text: about this many characters, where each is a token of its own.
_PIECE_CHARACTERS = 480
_LATIN_CHARACTERS_PER_TOKEN = 3.0
_ROWS_AT_ONCE = 256
_DRIVERS_AT_MOST = 40
_LEAST_PROBABILITY = 1e-6


class Sentiment:
    """Reads one text, or a table of them; thread-safe as its classifier is."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def read(self, text: str, progress: Progress | None = None, recall: Recall | None = None) -> Reading:
        """Return label, probabilities and drivers; raises EmptyInput, InputTooLong, Stopped and the engine's errors.

        What `recall` knows of the very text is its label, what it knows of near ones moves the probabilities.
        """
        progress = progress or Progress()
        text = check_text(text, SENTIMENT_CHARACTERS)
        language = guess_language(text)
        progress.check()
        pieces = _pieces(text, language.code)
        by_piece = self._classifier.classify([text[span.start : span.end] for span in pieces])
        alone = _joined(by_piece, pieces)
        row, uses = self._with_memory([alone], recalled(recall, [text]))[0]
        label = self._classifier.labels[int(row.argmax())]
        progress.check()
        drivers = self._drivers(text, label, pieces, by_piece)
        is_known = any(use.how == ANSWER for use in uses)
        note = _note(text, language)
        if is_known or int(row.argmax()) != int(alone.argmax()):
            note = f"{self._memory_note(alone, is_known)} {'' if is_known else note}".strip()
        return Reading(
            label=label,
            probabilities={name: float(value) for name, value in zip(self._classifier.labels, row, strict=True)},
            language=language,
            drivers=drivers,
            origin=self._origin("memory" if is_known else "classified", uses, pieces=len(pieces)),
            note=note,
        )

    def read_table(
        self,
        table: Table,
        text_column: str,
        date_column: str = "",
        progress: Progress | None = None,
        recall: Recall | None = None,
    ) -> TableReading:
        """Return a label and probabilities for every row; equal texts are read once, rows without text stay empty.

        `recall` is asked once a chunk of rows. Raises MissingColumn, Stopped (between chunks) and the engine's errors.
        """
        progress = progress or Progress()
        texts = [clean_text(cell[:TABLE_CELL_CHARACTERS]).strip() for cell in _column(table, text_column)]
        days = parse_days(_column(table, date_column)) if date_column else ()
        rows_of = Counter(
            text for text in texts if any(character.isalnum() or ord(character) > 0x2000 for character in text)
        )
        # Like lengths together: a batch is as slow as its longest text.
        distinct = sorted(rows_of, key=len)
        read: dict[str, tuple[float, float, float]] = {}
        uses: list[MemoryUse] = []
        done, total = 0, sum(rows_of.values())
        for start in range(0, len(distinct), _ROWS_AT_ONCE):
            progress.check()
            progress.advance(done, total, "reading the rows")
            chunk = distinct[start : start + _ROWS_AT_ONCE]
            rows = self._with_memory(list(self._rows(chunk)), recalled(recall, chunk))
            for text, (row, used) in zip(chunk, rows, strict=True):
                read[text] = (float(row[0]), float(row[1]), float(row[2]))
                uses += used
                done += rows_of[text]
        progress.check()
        progress.advance(done, total, "reading the rows")
        labels = self._classifier.labels
        return TableReading(
            text_column=text_column,
            date_column=date_column,
            texts=tuple(texts),
            labels=tuple(labels[int(np.argmax(read[text]))] if text in read else "" for text in texts),
            probabilities=tuple(read.get(text, (0.0, 0.0, 0.0)) for text in texts),
            days=days,
            origin=self._origin("classified", once_each(uses), rows=len(texts), distinct=len(distinct)),
            note=_table_note(len(texts) - total, days),
        )

    def _rows(self, texts: Sequence[str]) -> Iterator[NDArray[np.floating]]:
        """Yield the probabilities of each text, all of their pieces classified together."""
        pieces = [_pieces(text, "") for text in texts]
        parts = [text[span.start : span.end] for text, spans in zip(texts, pieces, strict=True) for span in spans]
        by_piece = self._classifier.classify(parts)
        place = 0
        for spans in pieces:
            yield _joined(by_piece[place : place + len(spans)], spans)
            place += len(spans)

    def _with_memory(
        self, rows: Sequence[NDArray[np.floating]], found: Sequence[Sequence[Recalled]]
    ) -> list[tuple[NDArray[np.floating], tuple[MemoryUse, ...]]]:
        """Return each row of probabilities with what is remembered in it, and what of that it used."""
        labels = self._classifier.labels
        known = [[hit for hit in hits if hit.output_text in labels] for hits in found]
        inputs = list(dict.fromkeys(hit.input_text for hits in known if not exact(hits) for hit in near(hits)))
        misread = dict(zip(inputs, self._rows(inputs), strict=True)) if inputs else {}
        joined: list[tuple[NDArray[np.floating], tuple[MemoryUse, ...]]] = []
        for row, hits in zip(rows, known, strict=True):
            if hit := exact(hits):
                joined.append((one_hot(hit.output_text, labels), (use_of(hit, ANSWER),)))
                continue
            neighbours = [
                Neighbour(hit.similarity, one_hot(hit.output_text, labels), misread[hit.input_text])
                for hit in near(hits)
            ]
            moved = move(row, neighbours)
            uses = tuple(use_of(hit, NEIGHBOUR) for hit in near(hits)) if moved is not row else ()
            joined.append((moved, once_each(uses)))
        return joined

    def _memory_note(self, alone: NDArray[np.floating], is_known: bool) -> str:
        label = self._classifier.labels[int(alone.argmax())]
        why = "A person gave this label." if is_known else "Corrections of similar texts changed this reading."
        return f"{why} The weights alone read {label} ({float(alone.max()):.0%})."

    def _drivers(
        self, text: str, label: str, pieces: Sequence[Span], by_piece: NDArray[np.floating]
    ) -> tuple[Driver, ...]:
        """Return what moved the reading most, in reading order: words of a short text, sentences of a long one."""
        if len(pieces) == 1:
            drivers = list(self._classifier.explain(text, label))
        else:
            logs = np.log(np.maximum(by_piece, _LEAST_PROBABILITY))
            place = self._classifier.labels.index(label)
            leads = logs[:, place] - np.delete(logs, place, axis=1).mean(axis=1)
            length = sum(span.end - span.start for span in pieces)
            drivers = [
                Driver(text[span.start : span.end], span, float(lead) * (span.end - span.start) / length)
                for span, lead in zip(pieces, leads, strict=True)
            ]
        strongest = sorted(drivers, key=lambda driver: -abs(driver.weight))[:_DRIVERS_AT_MOST]
        return tuple(sorted(strongest, key=lambda driver: driver.span.start))

    def _origin(self, path: str, memory: tuple[MemoryUse, ...], **settings: int) -> Origin:
        if path == "memory":  # a person gave the label, not the weights
            return Origin(path, settings=dict(settings), memory=memory)
        found = self._classifier.fingerprint
        return Origin(path, found.weights_id, found.sha256, found.adapter_id, settings=dict(settings), memory=memory)


def _has_content(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNS" for character in text)


def _pieces(text: str, language: str) -> list[Span]:
    """Return the text whole if the engine reads all of it, else its sentences."""
    others = sum(character > "\u024f" for character in text)
    if others + (len(text) - others) / _LATIN_CHARACTERS_PER_TOKEN <= _PIECE_CHARACTERS:
        return [Span(0, len(text))]
    return split_sentences(text, language, _PIECE_CHARACTERS) or [Span(0, len(text))]


def _joined(rows: NDArray[np.floating], pieces: Sequence[Span]) -> NDArray[np.floating]:
    """Return the softmax of the pieces' log-probabilities, averaged by their lengths."""
    if len(rows) == 1:
        return rows[0]
    lengths = np.array([span.end - span.start for span in pieces], dtype=np.float64)
    logs = np.log(np.maximum(rows, _LEAST_PROBABILITY)).T @ (lengths / lengths.sum())
    powers = np.exp(logs - logs.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def _column(table: Table, name: str) -> list[str]:
    if name not in table.columns:
        raise MissingColumn(column=name, columns=", ".join(table.columns))
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def _note(text: str, language: LanguageGuess) -> str:
    if not any(character.isalnum() for character in text):
        return "There are no words here, only signs or pictures: take this reading with care."
    if not language.is_sure:
        return "The language of this text is not sure, so the reading is less certain than its probability says."
    if language.code not in KNOWN_LANGUAGES:
        name = LANGUAGES.get(language.code, language.code)
        return f"Nobody has checked readings of {name} with these weights yet: take this one with care."
    return ""


def _table_note(empty: int, days: Sequence[str]) -> str:
    notes = []
    if empty:
        notes.append(f"{empty:,} {'row has' if empty == 1 else 'rows have'} no text.")
    if days and (undated := sum(not day for day in days)):
        notes.append(f"{undated:,} {'row has' if undated == 1 else 'rows have'} no date that could be read.")
    return " ".join(notes)
