"""A page of the handbook as it is written: from a file or a text area to Markdown, and to the passages it will be."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from core.errors import EmptyInput, InputTooLong
from core.files import KINDS, check_size, decode_text, kind_of, raw_text_of
from core.knowledge.documents import Document, heading_of, markdown_of, read_document
from core.knowledge.hidden import without_hidden, without_hidden_characters
from core.knowledge.passages import split_passages
from core.knowledge.unseen import without_unseen
from core.limits import DOCUMENT_NAME_CHARACTERS, FILE_CHARACTERS, clean_text
from core.types import Passage, Removed

_TEXT_KINDS = ("md", "markdown", "txt", "text")
# What stands where an answer should, and is none.
_NO_ANSWER = re.compile(
    r"^[\W_]*(?:to ?do|tbd|tba|fixme|xxx|write the answer here|answer|lorem ipsum.*)?[\W_]*$", re.I | re.S
)


@dataclass(frozen=True)
class Written:
    """A document as it is written, the passages that it becomes, and what was taken out of it.

    `problems` are sentences that say why it cannot be published yet.
    """

    document: str
    title: str
    source: str
    passages: tuple[Passage, ...]
    language: str
    removed: tuple[Removed, ...] = ()
    problems: tuple[str, ...] = ()


def seen_file(name: str, content: bytes) -> tuple[bytes, tuple[Removed, ...]]:
    """Return the file without what its reader cannot see, and what that was.

    Raises what `core.files.text_of` raises.
    """
    kind = kind_of(name)
    if kind in _TEXT_KINDS or kind == "csv":
        check_size(content)
        text = decode_text(name, content)
        cleaned, removed = (without_hidden_characters if kind == "csv" else without_hidden)(text)
        return (cleaned.encode() if removed else content), removed
    if kind not in KINDS:
        return content, ()
    _, characters = without_hidden_characters(raw_text_of(name, content))
    cleaned_content, unseen = without_unseen(name, content)
    return cleaned_content, (*characters, *unseen)


def read_file(name: str, content: bytes, language_of: Callable[[str], str]) -> Written:
    """Return a file as a document written in Markdown; raises what `core.files.text_of` raises."""
    cleaned, removed = seen_file(name, content)
    document = read_document(name, cleaned)
    if kind_of(name) in ("md", "markdown"):
        source = decode_text(name, cleaned)
    else:
        sections = [(section.heading, section.text) for section in document.sections]
        source = markdown_of(document.document, document.title, sections)
    return write(document.document, source, language_of, removed)


def write(name: str, source: str, language_of: Callable[[str], str], removed: Sequence[Removed] = ()) -> Written:
    """Return what Markdown becomes under this name; `removed` was taken out of it before.

    Raises InputTooLong, and EmptyInput where the name has no letters.
    """
    if len(source) > FILE_CHARACTERS:
        raise InputTooLong(what="page", length=len(source), limit=FILE_CHARACTERS, unit="characters")
    document = document_name(name)
    source, hidden = without_hidden(source.replace("\r\n", "\n").replace("\r", "\n"))
    source = clean_text(source)
    read = _read(document, source)
    language = language_of(read.text) if read.text else ""
    passages = split_passages(read, language)
    problems = [f"“{heading}” has no answer yet: write it, or take the heading out." for heading in unanswered(source)]
    if not passages:
        problems = problems[:1] or ["There is no text on this page yet."]
    return Written(document, read.title, source, passages, language, (*removed, *hidden), tuple(problems))


def document_name(name: str) -> str:
    """Return the name of a document for a file's name or a title; raises EmptyInput where nothing is left of it."""
    stem = PurePath(name).stem if kind_of(name) in (*KINDS, *_TEXT_KINDS, "csv") else name
    words = re.sub(r"[^\w.()-]+", "_", clean_text(stem)).strip("._- ")[:DOCUMENT_NAME_CHARACTERS].strip("._- ")
    if not any(character.isalnum() for character in words):
        raise EmptyInput(what="page name")
    return words


def unanswered(source: str) -> tuple[str, ...]:
    """Return the headings that ask something and have nothing below them that could be an answer."""
    unanswered_headings: list[str] = []
    lines = source.split("\n")
    heads = [(place, *found) for place, line in enumerate(lines) if (found := heading_of(line))]
    for number, (place, level, words) in enumerate(heads):
        following = heads[number + 1] if number + 1 < len(heads) else None
        has_children = following is not None and following[1] > level
        body = "\n".join(lines[place + 1 : following[0] if following else len(lines)])
        is_question = words.endswith(("?", "？"))
        says_nothing = _NO_ANSWER.match(body) or body.strip().casefold() == words.casefold()
        if is_question and says_nothing and not has_children:
            unanswered_headings.append(words)
    return tuple(unanswered_headings)


def skeleton(question: str) -> str:
    """Return the beginning of a page that answers a question: its heading, with room for the answer."""
    line = " ".join(clean_text(question).split()).lstrip("#").strip()
    return f"# {line if line.endswith(('?', '？')) else line.rstrip('.!。！') + '?'}\n\n"


def source_of(document: str, title: str, source: str, passages: Sequence[Passage]) -> str:
    """Return what a published document was written as; where that was not kept, Markdown made of its passages."""
    return source or markdown_of(document, title, [(passage.heading, passage.text) for passage in passages])


def _read(document: str, source: str) -> Document:
    if not any(character.isalnum() for character in source):
        return Document(document, document, "", ())
    read = read_document(f"{document}.md", source.encode())
    return Document(document, read.title, read.text, read.sections)
