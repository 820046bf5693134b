"""Memory and glossary as files: CSV for spreadsheets, TMX 1.4 for translation memories.

What is read is checked whole before anything is taken: one bad row refuses the file, with its number. What is written
runs in no spreadsheet. TMX 1.4b: https://www.gala-global.org/tmx-14b
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from lxml import etree

from core.confined import confined
from core.errors import (
    InputError,
    MissingColumn,
    NotAChoice,
    TooManyRows,
    UnreadableFile,
    UnsupportedFile,
    UnsupportedLanguage,
)
from core.files import check_size, kind_of
from core.limits import MEMORY_PAIRS, TABLE_CELL_CHARACTERS, TERM_CHARACTERS, TERMS, check_text, clean_text
from core.loop import Term
from core.memory.keys import shape
from core.memory.pairs import LABELS
from core.store.memory_asked import code
from core.store.memory_entries import Brought, Entry
from core.tables import Table, disarmed, read_table, write_csv
from core.tasks.language import LANGUAGES
from core.tasks.translation_examples import SERVED
from core.types import Task

MEMORY_COLUMNS = ("task", "source", "target", "input", "output")
TERM_COLUMNS = ("source", "target", "source term", "target term")
LENGTHS, SHAPES = ("sentence", "short", "long"), ("text", "points")
Value = TypeVar("Value")
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def read_memory(name: str, content: bytes) -> tuple[Brought, ...]:
    """Return the pairs of a CSV, TSV, XLSX or TMX file.

    Raises UnsupportedFile, UnreadableFile, TooManyRows, MissingColumn, InputTooLong, UnsupportedLanguage, NotAChoice.
    """
    if kind_of(name) == "tmx":
        return tuple(_tmx_pairs(name, content))
    table = _table(name, content, MEMORY_COLUMNS, MEMORY_PAIRS, ("csv", "tsv", "xlsx", "tmx"))
    return tuple(_rows_of(name, table, MEMORY_COLUMNS, _pair))


def read_terms(name: str, content: bytes) -> tuple[Term, ...]:
    """Return the terms of a CSV, TSV or XLSX file; raises as `read_memory`."""
    table = _table(name, content, TERM_COLUMNS, TERMS, ("csv", "tsv", "xlsx"))
    return tuple(_rows_of(name, table, TERM_COLUMNS, lambda cells: checked_term(Term("", *cells))))


def checked_term(term: Term) -> Term:
    """Return a term with clean words; raises EmptyInput, InputTooLong, UnsupportedLanguage, NotAChoice."""
    source, target = served(term.source), served(term.target)
    if source == target:
        raise NotAChoice(choices="two different languages")
    return Term(
        term.term_id,
        source,
        target,
        " ".join(check_text(term.source_term, TERM_CHARACTERS, "term").split()),
        " ".join(check_text(term.target_term, TERM_CHARACTERS, "translation of the term").split()),
    )


def served(language: str) -> str:
    """Return the code of a language that is translated, without its region, or raise UnsupportedLanguage."""
    short = code(language)
    if short not in SERVED:
        names = ", ".join(LANGUAGES[one] for one in SERVED)
        raise UnsupportedLanguage(language=clean_text(language)[:40].strip() or "No language", languages=names)
    return short


def write_memory(entries: Iterable[Entry]) -> bytes:
    """Return entries as CSV."""
    return write_csv(
        MEMORY_COLUMNS, ((one.task.value, one.source, one.target, one.input_text, one.output_text) for one in entries)
    )


def write_terms(terms: Iterable[Term]) -> bytes:
    """Return terms as CSV."""
    return write_csv(TERM_COLUMNS, ((one.source, one.target, one.source_term, one.target_term) for one in terms))


def write_tmx(entries: Iterable[Entry]) -> bytes:
    """Return the translations among entries as TMX 1.4, those alone whose languages are both known."""
    root = etree.Element("tmx", version="1.4")
    header = {
        "creationtool": "Hearback",
        "creationtoolversion": "1",
        "segtype": "block",
        "o-tmf": "Hearback",
        "adminlang": "en",
        "srclang": "*all*",
        "datatype": "plaintext",
    }
    etree.SubElement(root, "header", header)
    body = etree.SubElement(root, "body")
    for one in entries:
        if one.task is not Task.TRANSLATE or not one.source or not one.target:
            continue
        unit = etree.SubElement(body, "tu", tuid=one.memory_id)
        for language, text in ((one.source, one.input_text), (one.target, one.output_text)):
            variant = etree.SubElement(unit, "tuv", {_LANG: language})
            etree.SubElement(variant, "seg").text = clean_text(text)
    content: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return content


def _table(name: str, content: bytes, columns: Sequence[str], limit: int, kinds: Sequence[str]) -> Table:
    if kind_of(name) not in kinds:
        raise UnsupportedFile(name=name, kinds=", ".join(kinds))
    table = read_table(name, content)
    for column in columns:
        if column not in table.columns:
            raise MissingColumn(column=column, columns=", ".join(table.columns))
    if len(table.rows) > limit:
        raise TooManyRows(rows=len(table.rows), limit=limit)
    return table


def _rows_of(
    name: str, table: Table, columns: Sequence[str], make: Callable[[Sequence[str]], Value]
) -> Iterator[Value]:
    """Yield what each row becomes; a row that cannot be used refuses the file, with its number."""
    places = [table.columns.index(column) for column in columns]
    for number, row in enumerate(table.rows, 2):
        try:
            yield make([_armed(row[place]) for place in places])
        except InputError as error:
            raise UnreadableFile(name=name, why=f"row {number:,} cannot be used ({_clause(error)})") from error


def _armed(cell: str) -> str:
    """Return a cell without the apostrophe that writing it had put before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and disarmed(cell[1:]) == cell else cell


def _pair(cells: Sequence[str]) -> Brought:
    try:
        task = Task(cells[0].strip().lower())
    except ValueError as error:
        raise NotAChoice(choices=", ".join(Task)) from error
    source, target = cells[1].strip(), cells[2].strip()
    if task is Task.TRANSLATE:
        source, target = served(source), served(target)
        if source == target:
            raise NotAChoice(choices="two different languages")
    elif task is Task.SUMMARIZE:
        source, target = "", shape(*_shape_of(target))
    else:
        source = target = ""
    asked = check_text(cells[3], TABLE_CELL_CHARACTERS, "input").strip()
    said = check_text(cells[4], TABLE_CELL_CHARACTERS, "output").strip()
    if task is Task.SENTIMENT and said not in LABELS:
        raise NotAChoice(choices=", ".join(LABELS))
    return Brought(task, source, target, asked, said)


def _shape_of(words: str) -> tuple[str, str]:
    length, _, form = words.partition(" ")
    if length not in LENGTHS or form not in SHAPES:
        raise NotAChoice(choices=", ".join(f"{one} {other}" for one in LENGTHS for other in SHAPES))
    return length, form


def _clause(error: InputError) -> str:
    """Return an error's sentence as a part of another."""
    return str(error).rstrip(".")


def _tmx_pairs(name: str, content: bytes) -> Iterator[Brought]:
    """Yield a pair for each two languages of a unit, from the first to each other one that is served."""
    count = 0
    check_size(content)
    for number, unit in enumerate(confined("tmx", name, content), 1):
        variants = [(code(language), text) for language, text in unit]
        known = [(language, text) for language, text in variants if language in SERVED and text]
        for target, said in known[1:]:
            source, asked = known[0]
            if source == target:
                continue
            count += 1
            if count > MEMORY_PAIRS:
                raise TooManyRows(rows=count, limit=MEMORY_PAIRS)
            try:
                yield Brought(
                    Task.TRANSLATE,
                    source,
                    target,
                    check_text(asked, TABLE_CELL_CHARACTERS, "segment").strip(),
                    check_text(said, TABLE_CELL_CHARACTERS, "segment").strip(),
                )
            except InputError as error:
                raise UnreadableFile(name=name, why=f"unit {number:,} cannot be used ({_clause(error)})") from error
    if not count:
        raise UnreadableFile(name=name, why="it holds no pair of languages that are translated here")
