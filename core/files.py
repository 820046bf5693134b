"""The text of a file that somebody sends: plain text, Markdown, PDF and Word, read with limits.

Nothing is written to disk, no link in a file is followed, and what a file unpacks to is bounded before it is unpacked.
PDF and Word files are parsed in a process of their own (`core.confined`); what a file is, its content says.
"""

from __future__ import annotations

import io
import logging
import statistics
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

import charset_normalizer

from core.confined import confined
from core.errors import InputTooLong, UnreadableFile, UnsupportedFile
from core.limits import FILE_BYTES, FILE_CHARACTERS, FILE_PAGES, check_text

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.table import Table
    from docx.text.paragraph import Paragraph
    from pypdf import PageObject

KINDS = ("txt", "md", "pdf", "docx")
UNPACKED_BYTES = 5 * FILE_BYTES
ARCHIVE_ENTRIES = 2_000

_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BINARY_STARTS = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"\x1f\x8b")
_LEAST_CHARACTERS_FOR_A_GUESS = 12

# pypdf reports each oddity of a file as a warning; the person who sent the file gets one sentence instead.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def kind_of(name: str) -> str:
    """Return the file name's ending in lower case, without the dot."""
    return PurePath(name).suffix.lower().lstrip(".")


def text_of(name: str, content: bytes, keep_headings: bool = False) -> str:
    """Return the cleaned text of a file, which is recognized by the ending of its name.

    With `keep_headings`, headings of PDF and Word files begin with Markdown's number signs, so that a reader of
    documents can build sections; without it they are lines like any other.
    Raises UnsupportedFile, UnreadableFile, InputTooLong (bytes, pages or characters) and EmptyInput.
    """
    return check_text(raw_text_of(name, content, keep_headings), FILE_CHARACTERS, "file")


def raw_text_of(name: str, content: bytes, keep_headings: bool = False) -> str:
    """Return what `text_of` cleans, for those who must tell what cleaning takes out; raises as it does."""
    check_size(content)
    kind = kind_of(name)
    if kind in ("txt", "md", "markdown", "text"):
        text = decode_text(name, content)
    elif kind == "pdf":
        check_is_pdf(name, content)
        text = str(confined("pdf", name, content, keep_headings=keep_headings))
    elif kind == "docx":
        check_is_archive(name, content, "Word file")
        text = str(confined("word", name, content, keep_headings=keep_headings))
    else:
        raise UnsupportedFile(name=name, kinds=", ".join(KINDS))
    return text


def check_size(content: bytes) -> None:
    """Raise InputTooLong beyond the limit for files."""
    if len(content) > FILE_BYTES:
        raise InputTooLong(what="file", length=len(content), limit=FILE_BYTES, unit="bytes")


def decode_text(name: str, content: bytes) -> str:
    """Return the text of a plain text file: UTF-8, UTF-16 with its mark, or the encoding that fits its letters best.

    Raises UnreadableFile for a file that is not text.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError as error:
                raise UnreadableFile(name=name, why="its letters are not encoded as it claims") from error
    if content.startswith(_BINARY_STARTS) or _control_share(content) > 0.02:
        raise UnreadableFile(name=name, why="it does not hold text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if len(content) >= _LEAST_CHARACTERS_FOR_A_GUESS:
        best = charset_normalizer.from_bytes(content[:200_000]).best()
        if best is not None:
            return content.decode(best.encoding, errors="replace")
    if _control_share(content) == 0:
        return content.decode("cp1252", errors="replace")
    raise UnreadableFile(name=name, why="its letters are in an encoding that is not known here")


def _control_share(content: bytes) -> float:
    """Return the share of bytes that text never holds: C0 controls other than white space and escape."""
    start = content[:65_536]
    controls = sum(start.count(bytes([byte])) for byte in range(32) if byte not in b"\t\n\x0b\x0c\r\x1b")
    return controls / max(len(start), 1)


def check_is_pdf(name: str, content: bytes) -> None:
    """Raise UnreadableFile for what does not begin as PDF files do, whatever it is called."""
    if not content[:1024].lstrip().startswith(b"%PDF-"):
        raise UnreadableFile(name=name, why="it is not a PDF file")


def check_is_archive(name: str, content: bytes, what: str) -> None:
    """Raise UnreadableFile for what is no ZIP archive, as Word files and workbooks are; `what` names which."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise UnreadableFile(name=name, why=f"it is damaged or not a complete {what}")


def pdf_text(name: str, content: bytes, keep_headings: bool) -> str:
    """Return the text of a PDF file, in the process that `core.confined` runs it in; raises InputError."""
    import pypdf
    from pypdf.errors import PyPdfError

    limits = pypdf.get_configuration().with_overwrites(
        zlib_maximum_output_length=UNPACKED_BYTES, stream_parsing_work_maximum_count=400_000
    )
    try:
        with pypdf.apply_configuration(limits):
            reader = pypdf.PdfReader(io.BytesIO(content))
            if reader.is_encrypted and not reader.decrypt(""):
                raise UnreadableFile(name=name, why="it is locked with a password")
            if len(reader.pages) > FILE_PAGES:
                raise InputTooLong(what="PDF", length=len(reader.pages), limit=FILE_PAGES, unit="pages")
            text = _joined_pages(reader, keep_headings)
    # A damaged file can make the parser fail in any of these ways; each means the same to the person who sent it.
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError) as error:
        raise UnreadableFile(name=name, why="it is damaged or not a complete PDF file") from error
    except (RecursionError, MemoryError, OverflowError, OSError, zlib.error, NotImplementedError) as error:
        raise UnreadableFile(name=name, why="its structure cannot be followed") from error
    if not text.strip():
        raise UnreadableFile(name=name, why="it holds pictures of pages but no text")
    return text


def _joined_pages(reader: object, keep_headings: bool) -> str:
    pages: list[str] = []
    length = 0
    for page in reader.pages:  # type: ignore[attr-defined]
        text = _page_with_headings(page) if keep_headings else page.extract_text()
        length += len(text)
        if length > FILE_CHARACTERS:
            raise InputTooLong(what="PDF", length=length, limit=FILE_CHARACTERS, unit="characters")
        pages.append(text)
    return "\n".join(pages)


def _page_with_headings(page: PageObject) -> str:
    """Return the page's text, with a number sign before short lines that are set clearly larger than the rest."""
    sizes: dict[str, float] = {}
    weights: list[float] = []

    def note(text: str, _cm: object, matrix: list[float], _font: object, size: float) -> None:
        words = text.strip()
        if words:
            scale = abs(matrix[3]) or 1.0
            sizes[" ".join(words.split())] = size * scale
            weights.extend([size * scale] * max(1, len(words) // 10))

    text = page.extract_text(visitor_text=note)
    if not weights:
        return text
    body = statistics.median(weights)
    lines = []
    for line in text.splitlines():
        size = sizes.get(" ".join(line.split()), 0.0)
        is_heading = size > body * 1.12 and 2 < len(line.strip()) < 100
        level = "#" if size > body * 1.5 else "##"
        lines.append(f"\n{level} {line.strip()}\n" if is_heading else line)
    return "\n".join(lines)


def word_text(name: str, content: bytes, keep_headings: bool) -> str:
    """Return the text of a Word file, in the process that `core.confined` runs it in; raises InputError."""
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import LxmlError

    try:
        _check_archive(name, content)
        return "\n".join(_word_lines(docx.Document(io.BytesIO(content)), keep_headings))
    except (zipfile.BadZipFile, OpcError, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(name=name, why="it is damaged or not a complete Word file") from error
    except (LxmlError, KeyError, ValueError, AttributeError, TypeError, IndexError) as error:
        raise UnreadableFile(name=name, why="it is not a Word document inside") from error


def _check_archive(name: str, content: bytes) -> None:
    """Refuse an archive by what its directory declares; the reader never unpacks more than is declared there."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > ARCHIVE_ENTRIES or unpacked > UNPACKED_BYTES:
            raise UnreadableFile(name=name, why="it would unpack to far more than a document holds")
        if any(entry.flag_bits & 1 for entry in entries):
            raise UnreadableFile(name=name, why="it is locked with a password")


def _word_lines(document: WordDocument, keep_headings: bool) -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from _table_lines(block)
        else:
            yield _paragraph_line(block, keep_headings)


def _paragraph_line(paragraph: Paragraph, keep_headings: bool) -> str:
    style = (paragraph.style.name if paragraph.style is not None else "") or ""
    text = paragraph.text.strip()
    if not text:
        return ""
    if style == "Title" or style.startswith("Heading"):
        level = int(style.split()[-1]) if style.split()[-1].isdecimal() else 1
        return f"\n{'#' * min(level, 6)} {text}\n" if keep_headings else f"\n{text}\n"
    if style.startswith("List Number"):
        return f"1. {text}" if keep_headings else f"- {text}"
    return f"- {text}" if style.startswith("List") else f"{text}\n"


def _table_lines(table: Table) -> Iterator[str]:
    """Yield a table as Markdown rows; a cell that spans columns is read once."""
    yield ""
    for number, row in enumerate(table.rows):
        cells = [" ".join(cell.text.split()) for cell in row.cells]
        yield "| " + " | ".join(cells) + " |"
        if number == 0:
            yield "|" + " --- |" * len(cells)
    yield ""
