"""A file in, the same kind of file out in another language: text, Markdown, Word, PDF (as text) and tables."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from core.confined import confined
from core.errors import MissingColumn, UnsupportedFile
from core.files import check_size, decode_text, kind_of, text_of
from core.limits import FILE_CHARACTERS, check_text
from core.loop import Recall
from core.progress import Progress
from core.tasks.translate import Translate
from core.types import MemoryUse

KINDS = ("txt", "md", "docx", "pdf", "csv", "xlsx")

_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_TABLE_LINE = re.compile(r"[|: \t-]*-{3}[|: \t-]*\Z")
_CELL_RULE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class TranslatedFile:
    """A file that came out of a file, with what of the memory its translation used."""

    name: str
    content: bytes
    memory: tuple[MemoryUse, ...] = ()


def translate_file(
    translate: Translate,
    name: str,
    content: bytes,
    target: str,
    source: str = "",
    column: str = "",
    is_careful: bool = False,
    progress: Progress | None = None,
    recall: Recall | None = None,
) -> TranslatedFile:
    """Return the translated file: its name, its bytes, and what of the memory it used.

    Markdown keeps its code, Word its paragraph styles and tables; of a PDF comes its text; a table gets a new
    column beside `column` (default: the one that looks like text). All text together is at most 20,000 characters.
    Raises UnsupportedFile, UnreadableFile, MissingColumn, EmptyInput, InputTooLong and as `Translate.translate`.
    """
    job = _Job(translate, target, source, is_careful, progress, recall)
    kind = kind_of(name)
    if kind in ("txt", "text", "pdf"):
        written = job.text(text_of(name, content)).encode()
    elif kind in ("md", "markdown"):
        written = _markdown(job, name, content).encode()
    elif kind == "docx":
        written = _word(job, name, content)
    elif kind in ("csv", "xlsx"):
        written = _table(job, name, content, column)
    else:
        raise UnsupportedFile(name=name, kinds=", ".join(KINDS))
    return TranslatedFile(_named(name, target, "txt" if kind == "pdf" else ""), written, job.memory)


class _Job:
    """A translation with its options, for the parts of one file."""

    def __init__(
        self,
        translate: Translate,
        target: str,
        source: str,
        is_careful: bool,
        progress: Progress | None,
        recall: Recall | None,
    ) -> None:
        self.target = target
        self.memory: tuple[MemoryUse, ...] = ()
        self._translate = translate
        self._source = source
        self._is_careful = is_careful
        self._progress = progress
        self._recall = recall

    def parts(self, parts: Sequence[str]) -> Sequence[str]:
        """Return the parts translated; a file asks for all of its parts at once."""
        found = self._translate.translate_parts(
            parts, self.target, self._source, self._is_careful, self._progress, self._recall
        )
        self.memory = found.memory
        return found.texts

    def text(self, text: str) -> str:
        return self.parts([text])[0]


def _named(name: str, target: str, kind: str = "") -> str:
    """ "letter.docx" in German is "letter.de.docx"; folders in a name are dropped."""
    path = PurePath(name.replace("\\", "/"))
    return f"{path.stem}.{target.strip().lower()}.{kind or kind_of(name)}"


def _markdown(job: _Job, name: str, content: bytes) -> str:
    """Translate what is prose; the cells of a table are parts of their own, so that their rules stay."""
    check_size(content)
    text = check_text(decode_text(name, content), FILE_CHARACTERS, "file")
    parts: list[str] = []
    is_prose: list[bool] = []
    for part, is_text in _markdown_parts(text):
        if is_prose and is_prose[-1] == is_text:
            parts[-1] += part
        else:
            parts.append(part)
            is_prose.append(is_text)
    found = iter(job.parts([part for part, is_text in zip(parts, is_prose, strict=True) if is_text]))
    return "".join(next(found) if is_text else part for part, is_text in zip(parts, is_prose, strict=True))


def _markdown_parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in parts with whether each is prose; a head of settings, code, comments and rules are not."""
    fence = ""  # what closes the code, comment or head that the line lies in
    for number, line in enumerate(text.splitlines(keepends=True)):
        bare = line.strip()
        opening = _FENCE.match(line)
        if fence:
            yield line, False
            is_closed = fence in bare if fence == "-->" else bare.startswith(fence) and not bare.strip(fence[0])
            fence = "" if is_closed else fence
        elif opening or bare.startswith("<!--") or (number == 0 and bare == "---"):
            yield line, False
            fence = opening.group(1) if opening else "-->" if bare.startswith("<!--") else "---"
            fence = "" if fence == "-->" and "-->" in bare else fence
        elif _TABLE_LINE.match(bare):
            yield line, False
        elif len(bare) > 2 and bare[0] == bare[-1] == "|":
            yield from _cells(line)
        else:
            yield line, True


def _cells(row: str) -> Iterator[tuple[str, bool]]:
    last = 0
    for rule in _CELL_RULE.finditer(row):
        yield row[last : rule.start()], bool(row[last : rule.start()].strip())
        yield rule.group(), False
        last = rule.end()
    yield row[last:], False


def _word(job: _Job, name: str, content: bytes) -> bytes:
    """Translate every paragraph of the body, tables, text boxes, headers and footers; styles and pictures stay."""
    text_of(name, content)  # applies every limit and check to the archive before it is opened for writing
    found = job.parts(confined("paragraphs", name, content))
    return b64decode(confined("new paragraphs", name, content, texts=list(found)))


def _table(job: _Job, name: str, content: bytes, column: str) -> bytes:
    """Add a column with the translation of `column` directly behind it."""
    from core.tables import guess_columns, read_table, write_csv, write_xlsx

    table = read_table(name, content)
    column = column or guess_columns(table)[0]
    if column not in table.columns:
        raise MissingColumn(column=column, columns=", ".join(table.columns))
    place = table.columns.index(column) + 1
    found = job.parts([row[place - 1] for row in table.rows])
    columns = (*table.columns[:place], f"{column} ({job.target})", *table.columns[place:])
    rows = [(*row[:place], text, *row[place:]) for row, text in zip(table.rows, found, strict=True)]
    return write_xlsx(columns, rows) if kind_of(name) == "xlsx" else write_csv(columns, rows)
