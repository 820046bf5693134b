"""Files in, files out: what is not prose stays letter by letter."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import docx
import pytest

from core.engines.base import Prompt
from core.engines.fake import FakeGenerator
from core.errors import EmptyInput, InputTooLong, MissingColumn, UnreadableFile, UnsupportedFile
from core.tasks.translate import Translate
from core.tasks.translate_files import translate_file

DICTIONARY = {
    "Good morning, dear customer.": "Guten Morgen, lieber Kunde.",
    "Your parcel is on its way.": "Ihr Paket ist unterwegs.",
    "Price of the bread": "Preis des Brotes",
    "Please be patient.": "Bitte haben Sie Geduld.",
    "Very good bread": "Sehr gutes Brot",
}


def translate() -> Translate:
    def write(prompt: Prompt) -> str:
        return DICTIONARY[prompt.text.rsplit("\n", 2)[-2].split(": ", 1)[1]]

    return Translate(FakeGenerator(write))


def translated(*file: Any, **options: str) -> tuple[str, bytes]:
    found = translate_file(translate(), *file, **options)
    return found.name, found.content


def test_a_text_file_comes_back_with_the_language_in_its_name() -> None:
    name, content = translated("notes/letter.txt", b"Your parcel is on its way.\n", "de", "en")
    assert (name, content) == ("letter.de.txt", b"Ihr Paket ist unterwegs.\n")


def test_markdown_keeps_code_tables_comments_and_its_head() -> None:
    text = (
        "---\ntitle: Keep me as I am\n---\n"
        "# Good morning, dear customer.\n\n"
        "```python\nprint('Your parcel is on its way.')\n```\n"
        "- Your parcel is on its way.\n\n"
        "| Price of the bread | 2 |\n|---|:--:|\n| Very good bread | 3.50 |\n\n"
        "<!-- not for readers -->\nPlease be patient.\n"
    )
    name, content = translated("a.md", text.encode(), "de", "en")
    assert name == "a.de.md"
    assert content.decode() == (
        "---\ntitle: Keep me as I am\n---\n"
        "# Guten Morgen, lieber Kunde.\n\n"
        "```python\nprint('Your parcel is on its way.')\n```\n"
        "- Ihr Paket ist unterwegs.\n\n"
        "| Preis des Brotes | 2 |\n|---|:--:|\n| Sehr gutes Brot | 3.50 |\n\n"
        "<!-- not for readers -->\nBitte haben Sie Geduld.\n"
    )


def test_an_open_code_fence_is_no_reason_to_fail() -> None:
    _, content = translated("a.md", b"Please be patient.\n\n```\n", "de", "en")
    assert content.decode().startswith("Bitte haben Sie Geduld.")


def test_hostile_markdown_costs_no_time() -> None:
    text = "<!--\n" * 40_000 + "```\n" * 30_000
    began = time.monotonic()
    _, content = translated("a.md", ("Please be patient.\n\n" + text).encode(), "de", "en")
    assert content.decode() == "Bitte haben Sie Geduld.\n\n" + text
    assert time.monotonic() - began < 5


def word_file() -> bytes:
    document = docx.Document()
    document.add_heading("Good morning, dear customer.", 1)
    paragraph = document.add_paragraph("Your ", style="List Bullet")
    paragraph.add_run("parcel").bold = True
    paragraph.add_run(" is on its way.")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "Price of the bread"
    table.cell(0, 1).text = "3.50"
    document.sections[0].footer.paragraphs[0].text = "Please be patient."
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_a_word_file_keeps_styles_tables_and_footers() -> None:
    name, content = translated("a.docx", word_file(), "de", "en")
    document = docx.Document(io.BytesIO(content))
    assert name == "a.de.docx"
    assert [(p.text, p.style.name) for p in document.paragraphs if p.style and p.text] == [
        ("Guten Morgen, lieber Kunde.", "Heading 1"),
        ("Ihr Paket ist unterwegs.", "List Bullet"),
    ]
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["Preis des Brotes", "3.50"]
    assert document.sections[0].footer.paragraphs[0].text == "Bitte haben Sie Geduld."


def test_a_table_gets_a_column_beside_the_text() -> None:
    content = b"id,text,stars\n1,Very good bread,5\n2,,3\n3,Please be patient.,1\n"
    name, written = translated("reviews.csv", content, "de", "en", column="text")
    rows = list(csv.reader(io.StringIO(written.decode("utf-8-sig"))))
    assert name == "reviews.de.csv"
    assert rows[0] == ["id", "text", "text (de)", "stars"]
    assert [row[2] for row in rows[1:]] == ["Sehr gutes Brot", "", "Bitte haben Sie Geduld."]


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(MissingColumn, match="opinion"):
        translated("a.csv", b"id,text\n1,Very good bread\n", "de", "en", column="opinion")


def test_a_file_without_words_comes_back_as_it_is() -> None:
    assert translated("a.txt", b"12\n34\n", "de")[1] == b"12\n34\n"


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.exe", b"MZ", UnsupportedFile),
        ("a", b"text", UnsupportedFile),
        ("a.txt", b"", EmptyInput),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00", UnreadableFile),
        ("a.md", b"  \n", EmptyInput),
        ("a.docx", b"no archive", UnreadableFile),
        ("a.pdf", b"%PDF-1.4 broken", UnreadableFile),
        ("a.txt", b"word " * 5_000, InputTooLong),
        ("a.md", b"word " * 5_000, InputTooLong),
        ("a.csv", b"text\n" + b"word word word\n" * 2_000, InputTooLong),
    ],
)
def test_bad_files_get_a_clear_answer(name: str, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        translated(name, content, "de", "en", column="text")
