"""The paragraphs of a Word file, read and written anew; `core.confined` runs both in a process of their own."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.errors import UnreadableFile

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.run import Run


def texts_of(name: str, content: bytes) -> list[str]:
    """Return the text of each paragraph that has one: in the body, tables, text boxes, headers and footers."""
    return ["".join(run.text for run in runs) for runs in _written(_opened(name, content))]


def with_texts(name: str, content: bytes, texts: Sequence[str]) -> str:
    """Return the file with these texts for those that `texts_of` gave, in base 64; styles and pictures stay."""
    document = _opened(name, content)
    for runs, text in zip(_written(document), texts, strict=True):
        _put(runs, text)
    buffer = io.BytesIO()
    document.save(buffer)
    return b64encode(buffer.getvalue()).decode()


def _opened(name: str, content: bytes) -> Document:
    import docx

    try:
        return docx.Document(io.BytesIO(content))
    except Exception as error:  # it was read once; a parser that fails now fails on the file
        raise UnreadableFile(name=name, why="it is not a Word document inside") from error


def _written(document: Document) -> list[list[Run]]:
    """Return the runs of each paragraph that has text of its own."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    roots: list[Any] = [document.element.body]
    for section in document.sections:
        roots += [part._element for part in (section.header, section.footer) if not part.is_linked_to_previous]
    paragraphs = [Paragraph(element, document) for root in roots for element in root.iter(qn("w:p"))]
    return [runs for paragraph in paragraphs if (runs := _runs(paragraph))]


def _runs(paragraph: Any) -> list[Run]:
    """The runs of a paragraph that hold text, those in links included; none if it has no text of its own."""
    from docx.text.hyperlink import Hyperlink

    runs: list[Run] = []
    for inner in paragraph.iter_inner_content():
        runs.extend(inner.runs if isinstance(inner, Hyperlink) else [inner])
    written = [run for run in runs if run.text]
    return written if any(run.text.strip() for run in written) else []


def _put(runs: Sequence[Run], text: str) -> None:
    """Write `text` into the longest run, whose formatting most of the paragraph has, and empty the others."""
    if "".join(run.text for run in runs) == text:
        return
    longest = max(runs, key=lambda run: len(run.text))
    for run in runs:
        for element in list(run._element):
            # A run may also hold a picture: only what makes up its text goes.
            if element.tag.rsplit("}", 1)[-1] in ("t", "tab", "br", "cr", "noBreakHyphen"):
                run._element.remove(element)
    longest.add_text(text)
