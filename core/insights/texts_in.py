"""Texts for a monitor out of tables and files, each with a key by which it is known again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from core.errors import EmptyInput, HearbackError, MissingColumn, TooMany, UnreadableFile
from core.files import KINDS as TEXT_KINDS
from core.files import kind_of, text_of
from core.limits import FILE_BYTES, MONITOR_FILES, TABLE_CELL_CHARACTERS, clean_text
from core.store.monitors import NewText
from core.tables import KINDS as TABLE_KINDS
from core.tables import Table, parse_days, read_table

_PARAGRAPHS = re.compile(r"\n\s*\n")
_DAY_IN_NAME = re.compile(r"(?<!\d)(?:19|20)\d\d-\d\d-\d\d(?!\d)")
_PRODUCT_CHARACTERS = 80


def texts_of_table(table: Table, text_column: str, date_column: str = "", product_column: str = "") -> list[NewText]:
    """Return the rows that hold a text; raises MissingColumn, and EmptyInput where no row does."""
    texts = [clean_text(cell[:TABLE_CELL_CHARACTERS]).strip() for cell in _column(table, text_column)]
    days = parse_days(_column(table, date_column)) if date_column else [""] * len(texts)
    products = _column(table, product_column) if product_column else [""] * len(texts)
    rows = [
        (text, day, " ".join(product.split())[:_PRODUCT_CHARACTERS])
        for text, day, product in zip(texts, days, products, strict=True)
        if _has_content(text)
    ]
    if not rows:
        raise EmptyInput(what="text in that column")
    return _with_keys(rows)


def folders(watched: Path) -> tuple[str, ...]:
    """Return the names of the folders in `watched`; hidden ones and links that lead out of it are left out."""
    try:
        return tuple(sorted(path.name for path in watched.iterdir() if _is_inside(path, watched) and path.is_dir()))
    except OSError:
        return ()


def texts_of_folder(
    watched: Path, name: str, text_column: str, date_column: str = "", product_column: str = ""
) -> tuple[list[NewText], tuple[str, ...]]:
    """Return the texts of all files in the folder of that name, and a sentence for each file that was left out.

    Tables give a text a row. Other files give a text a paragraph, with the day that stands in the file's name as
    2026-03-01. Folders in the folder are not looked into. Raises UnreadableFile where there is no such folder,
    TooMany beyond the limit of files.
    """
    if name not in folders(watched):
        raise UnreadableFile(name=f"The folder {name}", why="it is not in the watched folder any more")
    try:
        files = sorted(path for path in (watched / name).iterdir() if _is_inside(path, watched) and path.is_file())
    except OSError as error:
        raise UnreadableFile(name=f"The folder {name}", why="it cannot be opened") from error
    files = [path for path in files if kind_of(path.name) in (*TABLE_KINDS, *TEXT_KINDS)]
    if len(files) > MONITOR_FILES:
        raise TooMany(what="files in a watched folder", limit=MONITOR_FILES)
    texts: dict[str, NewText] = {}
    problems = []
    for path in files:
        try:
            for text in _texts_of_file(path, text_column, date_column, product_column):
                texts.setdefault(text.key, text)
        except HearbackError as error:
            problems.append(f"{path.name}: {error}")
    return list(texts.values()), tuple(problems)


def _texts_of_file(path: Path, text_column: str, date_column: str, product_column: str) -> list[NewText]:
    try:
        if path.stat().st_size > FILE_BYTES:
            raise UnreadableFile(name=path.name, why=f"it is larger than {FILE_BYTES // 2**20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(name=path.name, why="it cannot be opened") from error
    if kind_of(path.name) in TABLE_KINDS:
        table = read_table(path.name, content)
        has = set(table.columns)
        return texts_of_table(
            table,
            text_column,
            date_column if date_column in has else "",
            product_column if product_column in has else "",
        )
    found = _DAY_IN_NAME.search(path.name)
    day = parse_days([found[0]])[0] if found else ""
    paragraphs = (part.strip() for part in _PARAGRAPHS.split(text_of(path.name, content)))
    return _with_keys((part[:TABLE_CELL_CHARACTERS], day, "") for part in paragraphs if _has_content(part))


def _with_keys(rows: Iterable[tuple[str, str, str]]) -> list[NewText]:
    """Return texts whose keys come from their content, and from their number among equals in one source.

    So the same table gives the same keys again, and two customers who wrote the same on one day stay two.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    texts = []
    for row in rows:
        text, day, product = row
        key = sha256(repr((*row, seen[row])).encode("utf-8", "replace")).hexdigest()
        seen[row] += 1
        texts.append(NewText(key, text, day, product))
    return texts


def _is_inside(path: Path, watched: Path) -> bool:
    if path.name.startswith("."):
        return False
    try:
        return path.resolve(strict=True).is_relative_to(watched.resolve(strict=True))
    except (OSError, RuntimeError):
        return False


def _column(table: Table, name: str) -> Sequence[str]:
    if name not in table.columns:
        raise MissingColumn(column=name, columns=", ".join(table.columns))
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def _has_content(text: str) -> bool:
    return any(character.isalnum() or ord(character) > 0x2000 for character in text)
