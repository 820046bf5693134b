"""Tables that people bring and take away: CSV with any usual delimiter and encoding, and XLSX.

Nothing is trusted: an archive is judged by what it declares before it is unpacked, reading stops at the first row too
many, formulas are read as their last value and never written.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from core.confined import confined
from core.errors import EmptyInput, InputTooLong, TooManyRows, UnreadableFile, UnsupportedFile
from core.files import check_is_archive, check_size, decode_text, kind_of
from core.limits import FILE_BYTES, TABLE_CELL_CHARACTERS, TABLE_CHARACTERS, TABLE_ROWS, clean_text

KINDS = ("csv", "tsv", "xlsx")
COLUMNS_AT_MOST = 256
# A sheet is streamed and may unpack to more than a text; the strings that its cells share are held at once.
_UNPACKED_BYTES = 30 * FILE_BYTES
_SHARED_BYTES = 8 * FILE_BYTES
_ARCHIVE_ENTRIES = 2_000
# Spreadsheets have 16,384 columns; what is beyond the limit and blank is left out.
_CELLS_LOOKED_AT = 16_384
_LINES_LOOKED_AT = 10 * TABLE_ROWS
_DELIMITERS = (",", ";", "\t", "|")
_ROWS_TO_GUESS = 200
_XLSX_CELL_CHARACTERS = 32_767
_FORMULA = re.compile(r"\s*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*%?")

_TEXT_NAMES = re.compile(
    r"text|review|comment|message|feedback|kommentar|bewertung|avis|rese|recens|评|内容|感想", re.IGNORECASE
)
_DATE_NAMES = re.compile(r"date|datum|fecha|data|jour|day|tag|time|日期|时间|日付", re.I)
_DATE = re.compile(
    r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?(?:[T ].*)?"
    r"|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{2,4}(?:[T ,].*)?"
    r"|\d{8}"
    r"|\d{1,2}\.?[ -][A-Za-z]{3,9}\.?,?[ -]\d{2,4}(?: .*)?"
    r"|(?:[A-Za-z]{3,9},? )?[A-Za-z]{3,9}\.? \d{1,2},? \d{4}(?: .*)?"
)
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True)
class Table:
    """Cells as cleaned text; every row has as many cells as there are columns, and column names differ."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def characters(self, column: str) -> int:
        """Return how many characters a column holds; 0 where there is no such column."""
        if column not in self.columns:
            return 0
        place = self.columns.index(column)
        return sum(len(row[place]) for row in self.rows)


def read_table(name: str, content: bytes) -> Table:
    """Return the table in a file, whose first row that is not empty names the columns; empty rows are left out.

    Raises UnsupportedFile, UnreadableFile, InputTooLong (bytes, columns or a cell), TooManyRows, EmptyInput.
    """
    check_size(content)
    kind = kind_of(name)
    if kind not in KINDS:
        raise UnsupportedFile(name=name, kinds=", ".join(KINDS))
    if kind == "xlsx":
        check_is_archive(name, content, "XLSX file")
        found = [tuple(row) for row in confined("workbook", name, content)]
    else:
        found = _taken(_csv_rows(name, content))
    if len(found) < 2:
        raise EmptyInput(what="table with a row of names and a row of texts")
    width = max(map(len, found))
    rows = [row + ("",) * (width - len(row)) for row in found[1:]]
    return Table(_column_names(found[0], width), rows)


def workbook_rows(name: str, content: bytes) -> list[tuple[str, ...]]:
    """Return the rows of a workbook's first sheet as text, in the process that `core.confined` runs it in."""
    return _taken(_xlsx_rows(name, content))


def _taken(rows: Iterable[Sequence[Any]]) -> list[tuple[str, ...]]:
    """Return the rows that are not empty as text; reading stops at the first too many."""
    found: list[tuple[str, ...]] = []
    length = 0
    for row in rows:
        cells = _cells(row, len(found))
        length += sum(map(len, cells))
        if length > TABLE_CHARACTERS:  # the cells of a workbook can share one text, and so hold far more than its bytes
            raise InputTooLong(what="table", length=length, limit=TABLE_CHARACTERS, unit="characters")
        if not cells:
            continue
        if len(found) > TABLE_ROWS:
            raise TooManyRows(rows=len(found), limit=TABLE_ROWS)
        found.append(cells)
    return found


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return UTF-8 with a mark, so that spreadsheets see the letters; what could run as a formula is disarmed."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow([disarmed(cell) for cell in columns])
    writer.writerows([disarmed(cell) for cell in row] for row in rows)
    return lines.getvalue().encode("utf-8-sig", "replace")


def write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook with one sheet, all of it text; what could run as a formula is disarmed."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Hearback")
    sheet.freeze_panes = "A2"
    for row in (columns, *rows):
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=disarmed(clean_text(value))[:_XLSX_CELL_CHARACTERS])
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def disarmed(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: an apostrophe goes before what looks like one.

    Plain numbers stay as they are, signs included.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def guess_columns(table: Table) -> tuple[str, str]:
    """Return (the column that most likely holds the texts, the one with dates or "").

    The texts are what is longest and differs most; a telling name counts. Dates must be dates in four rows of five.
    """
    sample = table.rows[:_ROWS_TO_GUESS]
    texts: list[tuple[float, int]] = []
    dates: list[tuple[float, int]] = []
    for place, name in enumerate(table.columns):
        cells = [row[place].strip() for row in sample if row[place].strip()]
        if not cells:
            continue
        is_date = sum(bool(_DATE.fullmatch(cell)) for cell in cells) / len(cells)
        if is_date >= 0.8:
            dates.append((is_date + bool(_DATE_NAMES.search(name)), -place))
            continue
        letters = sum(sum(character.isalpha() for character in cell) for cell in cells) / len(cells)
        distinct = len(set(cells)) / len(cells)
        texts.append((letters * (0.2 + distinct) * (3.0 if _TEXT_NAMES.search(name) else 1.0), -place))
    text = table.columns[-max(texts)[1]] if texts else table.columns[0]
    return text, table.columns[-max(dates)[1]] if dates else ""


def parse_days(cells: Sequence[str]) -> tuple[str, ...]:
    """Return each cell's day as YYYY-MM-DD, or "" where it holds none.

    Numbers with slashes are read day first where one of the cells can only be meant so (25/12/2026), else month
    first; with dots always day first. The day is the one written, whatever the time zone.
    """
    import pandas as pd

    distinct = {cell for cell in cells if len(cell) <= 64 and _DATE.fullmatch(cell.strip())}
    is_day_first = any(
        int(found[1]) > 12 for cell in distinct if (found := re.match(r"\s*(\d{1,2})[/-]\s?\d{1,2}[/-]", cell))
    )
    days: dict[str, str] = {}
    for has_dots in (True, False):
        group = [cell for cell in distinct if bool(re.match(r"\s*\d{1,2}\.", cell)) is has_dots]
        plain = [_ZONE.sub("", re.sub("[年月]", "-", cell.strip()).replace("日", "")) for cell in group]
        parsed = pd.to_datetime(
            pd.Series(plain, dtype="str"), format="mixed", dayfirst=has_dots or is_day_first, errors="coerce"
        )
        for cell, moment in zip(group, parsed, strict=True):
            if not pd.isna(moment) and 1900 <= moment.year <= 2100:
                days[cell] = moment.strftime("%Y-%m-%d")
    return tuple(days.get(cell, "") for cell in cells)


def _csv_rows(name: str, content: bytes) -> Iterator[Sequence[Any]]:
    # Line ends inside quotes must reach the reader as they are, hence no splitlines.
    text = decode_text(name, content).replace("\x00", "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for row in reader:
            if row:
                yield row
            elif reader.line_num > _LINES_LOOKED_AT:
                raise TooManyRows(rows=reader.line_num, limit=TABLE_ROWS)
    except csv.Error as error:
        raise UnreadableFile(name=name, why=f"line {reader.line_num:,} has a cell that does not end") from error


def _delimiter(text: str) -> str:
    """Return the delimiter under which the first rows have most cells, and all the same number of them."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            reader = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter)
            widths = [len(row) for row in islice(reader, 50) if row]
        except csv.Error:
            return 0.0, 0
        head = widths[0] if widths else 1
        return (sum(width == head for width in widths) / len(widths) if head > 1 else 0.0), head

    return max(_DELIMITERS, key=fit)


def _xlsx_rows(name: str, content: bytes) -> Iterator[Sequence[Any]]:
    import openpyxl
    from lxml.etree import LxmlError
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        _check_archive(name, content)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # A sheet may claim any size for itself; the rows that are there are counted instead.
            sheet.reset_dimensions()
            yield from sheet.iter_rows(values_only=True)
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, LxmlError, zlib.error, EOFError, OSError) as error:
        raise UnreadableFile(name=name, why="it is damaged or not a complete XLSX file") from error
    except (SyntaxError, KeyError, ValueError, AttributeError, TypeError, IndexError, NotImplementedError) as error:
        raise UnreadableFile(name=name, why="it is not a workbook inside") from error
    except (RuntimeError, RecursionError, MemoryError, OverflowError) as error:
        raise UnreadableFile(name=name, why="its structure cannot be followed") from error


def _check_archive(name: str, content: bytes) -> None:
    """Refuse what would unpack to too much (the reader never unpacks more than is declared) or defines entities."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if any(entry.flag_bits & 1 for entry in entries):
            raise UnreadableFile(name=name, why="it is locked with a password")
        shared = sum(entry.file_size for entry in entries if "/worksheets/" not in f"/{entry.filename}")
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > _ARCHIVE_ENTRIES or unpacked > _UNPACKED_BYTES or shared > _SHARED_BYTES:
            raise UnreadableFile(name=name, why="it would unpack to far more than a table holds")
        for entry in entries:
            if entry.filename.endswith((".xml", ".rels")):
                with archive.open(entry) as part:
                    if b"<!DOCTYPE" in part.read(4_096):
                        raise UnreadableFile(name=name, why="it defines entities, which tables never need")


def _cells(row: Sequence[Any], number: int) -> tuple[str, ...]:
    """Return the row as text without empty cells at its end; an empty row is ()."""
    end = len(row)
    while end and row[end - 1] in ("", None):  # before any work on them: a line may hold millions
        end -= 1
    if end > _CELLS_LOOKED_AT:
        raise InputTooLong(what="table", length=end, limit=COLUMNS_AT_MOST, unit="columns")
    cells = [_cell(value) for value in row[:end]]
    while cells and not cells[-1].strip():
        cells.pop()
    if len(cells) > COLUMNS_AT_MOST:
        raise InputTooLong(what="table", length=len(cells), limit=COLUMNS_AT_MOST, unit="columns")
    for cell in cells:
        if len(cell) > TABLE_CELL_CHARACTERS:
            what = f"cell in row {number + 1:,}"
            raise InputTooLong(what=what, length=len(cell), limit=TABLE_CELL_CHARACTERS, unit="characters")
    return tuple(cells)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(str(value))


def _column_names(head: tuple[str, ...], width: int) -> tuple[str, ...]:
    names: list[str] = []
    for place in range(width):
        name = " ".join(head[place].split())[:80] if place < len(head) else ""
        name = name or f"column {place + 1}"
        taken, number = name, 2
        while taken in names:
            taken, number = f"{name} ({number})", number + 1
        names.append(taken)
    return tuple(names)
