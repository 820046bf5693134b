"""Files to documents with sections, and sections back to Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from core.errors import UnreadableFile, UnsupportedFile
from core.files import KINDS, check_size, decode_text, kind_of, text_of
from core.knowledge.units import is_cjk
from core.limits import FILE_CHARACTERS, TABLE_ROWS, check_text

HEADING_CHARACTERS = 120

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)
_FENCE = re.compile(r"^\s*(```|~~~)")
# Each pattern here takes time in proportion to the line: what repeats is bounded, or gives back nothing it has taken.
_NUMBER_SIGNS = re.compile(r"^ {0,3}(#{1,6})\s+(?=\S)(.+)$")
_UNDERLINE = re.compile(r"^(=+|-{3,})\s*$")
_BOLD_LINE = re.compile(r"^(\*\*|__)(.{2,100}?)\1:?\s*$")
_QUESTION_LINE = re.compile(
    r"^(?:Q|Question|Frage|F|Pregunta|Domanda|Vraag|问|问题|問|質問)\s*+\d*+\s*+[:：.]\s*(.+)$", re.I
)
_ANSWER_START = re.compile(
    r"^(?:A|Answer|Antwort|Réponse|Respuesta|Risposta|Antwoord|答|回答|答案)\s*+\d*+\s*+[:：]\s*", re.I
)
_NUMBERED_HEADING = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?|[IVX]+\.|第[一二三四五六七八九十\d]+[章节条]|[一二三四五六七八九十]+、)\s*\S"
)
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•‣◦]|\(?\d{1,3}[.)])\s+")
_LINK = re.compile(r"!?\[([^\[\]]{0,300}+)\]\(([^)\s]{0,500}+)[^)]{0,100}+\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_(?=\w)|`)(?=\S)(.{1,300}?)(?<=\S)\1")
_QUESTION_COLUMNS = {
    "question",
    "questions",
    "q",
    "frage",
    "fragen",
    "pregunta",
    "domanda",
    "vraag",
    "问题",
    "提问",
    "問題",
    "質問",
}
_ANSWER_COLUMNS = {
    "answer",
    "answers",
    "a",
    "antwort",
    "antworten",
    "réponse",
    "reponse",
    "respuesta",
    "risposta",
    "antwoord",
}
_ANSWER_COLUMNS |= {"答案", "回答", "答复", "解答"}


@dataclass(frozen=True)
class Section:
    """The text below one heading; `heading` is the path of headings, joined by " > "."""

    heading: str
    text: str


@dataclass(frozen=True)
class Document:
    """A file that was read: `document` is its name without ending, `text` all of it, `sections` in reading order."""

    document: str
    title: str
    text: str
    sections: tuple[Section, ...]


def read_document(name: str, content: bytes) -> Document:
    """Return the document in a Markdown, text, PDF, Word or CSV file, with its headings.

    Rows of a CSV file become sections; with columns for questions and answers the question is the heading.
    Raises what `core.files.text_of` raises.
    """
    stem = PurePath(name).stem or name
    kind = kind_of(name)
    if kind == "csv":
        return _read_rows(name, stem, content)
    if kind not in (*KINDS, "markdown", "text"):
        raise UnsupportedFile(name=name, kinds=", ".join((*KINDS, "csv")))
    text = text_of(name, content, keep_headings=True)
    lines = list(_marked_lines(text, has_markup=kind in ("md", "markdown", "docx")))
    title = next((words for level, words in lines if level), "") or title_from(stem)
    sections = tuple(_sections(lines))
    return Document(stem, title, "\n\n".join(section.text for section in sections), sections)


def markdown_of(document: str, title: str, sections: Sequence[tuple[str, str]]) -> str:
    """Return Markdown that reads as these sections again: pairs of a path of headings and the text below it.

    A document that was cut into passages is put together from their pairs; the head of a cut table is said once.
    """
    lines: list[str] = []
    path: list[str] = []
    headings = [part for heading, _ in sections for part in heading.split(" > ") if part]
    if title != (headings[0] if headings else title_from(document)):
        lines.append(f"# {title}")
    head: list[str] = []
    for heading, text in sections:
        parts = heading.split(" > ") if heading else []
        if is_new := parts != path:
            shared = next((at for at, (old, new) in enumerate(zip(path, parts, strict=False)) if old != new), None)
            start = min(len(path), len(parts)) if shared is None else shared
            start = min(start, len(parts) - 1) if parts else 0
            lines += [f"{'#' * min(at + 1, 6)} {part}" for at, part in enumerate(parts) if at >= start]
            path = parts
        body = [f"    {line.lstrip()}" if heading_of(line) else line for line in text.strip("\n").split("\n")]
        is_table = len(body) > 2 and body[0].lstrip().startswith("|") and set(body[1]) <= set("|-: ")
        goes_on = is_table and not is_new and bool(lines) and body[:2] == head
        if goes_on:
            lines[-1] += "\n" + "\n".join(body[2:])
        else:
            lines.append("\n".join(body))
        head = body[:2] if is_table else []
    return "\n\n".join(lines) + "\n"


def heading_of(line: str) -> tuple[int, str] | None:
    """Return level and words of a line that is a heading in Markdown, without number signs at its end."""
    if not (match := _NUMBER_SIGNS.match(line)):
        return None
    words = match[2].rstrip()
    return len(match[1]), words.rstrip("#").rstrip() or words


def title_from(stem: str) -> str:
    """Return a title made of a file's name."""
    return re.sub(r"[_-]+", " ", re.sub(r"^\d+[_\-. ]+(?=\D)", "", stem)).strip().capitalize() or stem


def _marked_lines(text: str, has_markup: bool) -> Iterator[tuple[int, str]]:
    """Yield each line with its heading level, 0 for text."""
    lines = _without_comments(_FRONT_MATTER.sub("", text)).split("\n")
    is_code = is_done = False
    for place, line in enumerate(lines):
        if is_done:
            is_done = False
            continue
        if _FENCE.match(line):
            is_code = not is_code
            continue
        following = lines[place + 1] if place + 1 < len(lines) else ""
        if is_code:
            yield 0, line
        elif heading := heading_of(line):
            yield heading[0], _plain(heading[1])
        elif line.strip() and "|" not in line and _UNDERLINE.match(following) and not _LIST_ITEM.match(line):
            yield (1 if following.startswith("=") else 2), _plain(line.strip())
            is_done = True
        elif (match := _BOLD_LINE.match(line.strip())) and _stands_alone(lines, place):
            yield 6, _plain(match[2])
        elif match := _QUESTION_LINE.match(line.strip()):
            yield 6, _plain(match[1])
        elif not has_markup and _looks_like_heading(lines, place):
            yield (2 if place else 1), line.strip().rstrip(":：").strip()
        else:
            yield 0, _ANSWER_START.sub("", _plain(line))


def _without_comments(text: str) -> str:
    """Take comments out; one that never closes stays. In one pass: a pattern would look for each one's end anew."""
    kept: list[str] = []
    here = 0
    while (start := text.find("<!--", here)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[here:start])
        here = end + 3
    return "".join([*kept, text[here:]])


def _plain(line: str) -> str:
    """Take out Markdown's marks inside a line; the words of links stay."""
    line = _LINK.sub(lambda match: match[1] or match[2], line)
    return _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", line))


def _stands_alone(lines: list[str], place: int) -> bool:
    return place == 0 or not lines[place - 1].strip() or not lines[place - 1].lstrip().startswith(("-", "*", "|"))


def _looks_like_heading(lines: list[str], place: int) -> bool:
    """Tell a heading in plain text: a short line of its own, without a sentence's end, with text below it."""
    line = lines[place].strip()
    longest = 24 if is_cjk(line) else 70
    if not 2 <= len(line) <= longest or (_LIST_ITEM.match(line) and not _NUMBERED_HEADING.match(line)):
        return False
    if line[-1] in ".!。！;；,，、" or "|" in line or "\t" in line or re.search(r"[。！；]|\S[:：]\s*\S", line):
        return False
    before = lines[place - 1].strip() if place else ""
    after = next((lines[at].strip() for at in range(place + 1, len(lines)) if lines[at].strip()), "")
    if before or not after or (_LIST_ITEM.match(line) and _LIST_ITEM.match(after)):
        return False
    has_capital = is_cjk(line) or line[0].isupper() or line[0].isdigit()
    return has_capital and len(after) > len(line) / 2 and len(line.split()) <= 12


def _sections(lines: list[tuple[int, str]]) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    body: list[str] = []
    for level, words in [*lines, (1, "")]:
        if not level:
            body.append(words)
            continue
        text = "\n".join(body).strip("\n")
        if text.strip():
            yield Section(" > ".join(heading for _, heading in path), re.sub(r"\n{3,}", "\n\n", text))
        elif path and path[-1][0] >= level and words and path[-1][0] == 6:
            pass
        body = []
        path = [(depth, heading) for depth, heading in path if depth < level]
        path.append((level, words[:HEADING_CHARACTERS]))


def _read_rows(name: str, stem: str, content: bytes) -> Document:
    check_size(content)
    text = check_text(decode_text(name, content), FILE_CHARACTERS, "file")
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:8_192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [row for row in csv.reader(io.StringIO(text), dialect) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UnreadableFile(name=name, why="its columns cannot be told apart") from error
    rows = rows[:TABLE_ROWS]
    names = [cell.strip().casefold() for cell in rows[0]]
    title = title_from(stem)
    question = next((place for place, column in enumerate(names) if column in _QUESTION_COLUMNS), -1)
    answer = next((place for place, column in enumerate(names) if column in _ANSWER_COLUMNS), -1)
    if question >= 0 and answer >= 0:
        sections = tuple(_pairs(rows[1:], question, answer))
    elif len(names) == 2 and rows[0][0].strip().endswith(("?", "？")):
        sections = tuple(_pairs(rows, 0, 1))
    else:
        sections = (Section(title, "\n".join(_table(rows))),)
    return Document(stem, title, "\n\n".join(section.text for section in sections), sections)


def _pairs(rows: list[list[str]], question: int, answer: int) -> Iterator[Section]:
    for row in rows:
        if len(row) > max(question, answer) and row[answer].strip():
            yield Section(" ".join(row[question].split())[:HEADING_CHARACTERS], row[answer].strip())


def _table(rows: list[list[str]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        yield "| " + " | ".join(" ".join(cell.split()).replace("|", "/") for cell in row) + " |"
        if number == 0:
            yield "|" + " --- |" * len(row)
