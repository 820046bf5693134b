"""Files that people send: the readable ones give their text, all others one clear sentence."""

from __future__ import annotations

import io
import os
import zipfile

import docx
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import EmptyInput, HearbackError, InputTooLong, UnreadableFile, UnsupportedFile
from core.files import KINDS, text_of
from core.limits import FILE_BYTES, FILE_CHARACTERS, FILE_PAGES

pytestmark = pytest.mark.promise("R6")


def make_pdf(lines: list[tuple[str, int]], pages: int = 1) -> bytes:
    """Write a small PDF by hand: each line with its font size."""
    stream = "BT /F1 12 Tf 50 780 Td "
    for text, size in lines:
        stream += f"/F1 {size} Tf ({text}) Tj 0 -{size + 8} Td "
    stream += "ET"
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n in range(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {5 + 2 * n} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Root 1 0 R /Size {len(objects) + 1} >>\nstartxref\n{start}\n%%EOF".encode()
    return out


def make_word() -> bytes:
    document = docx.Document()
    document.add_heading("Shipping", 1)
    document.add_paragraph("Orders leave our warehouse within two days.")
    document.add_paragraph("Standard parcel", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for (row, column), text in {(0, 0): "Country", (0, 1): "Days", (1, 0): "Germany", (1, 1): "3"}.items():
        table.cell(row, column).text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_plain_text_and_markdown_come_back_as_written():
    assert text_of("a.txt", b"One line.\r\nAnother.") == "One line.\nAnother."
    assert text_of("A.MD", "# Über uns\n\nText.".encode()) == "# Über uns\n\nText."


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_text_from_other_programs_keeps_its_letters(encoding: str):
    sentence = "Die Lieferung nach Österreich dauert gewöhnlich fünf Tage und ist für größere Aufträge frei."
    assert text_of("brief.txt", sentence.encode(encoding)) == sentence


def test_chinese_text_in_the_national_encoding_is_read():
    sentence = "我们的退货期限为三十天，请保留原包装和发票。运费由客户承担，退款将在五个工作日内完成。" * 3
    assert text_of("说明.txt", sentence.encode("gb18030")) == sentence


def test_hiding_characters_are_taken_out():
    assert text_of("a.txt", "Please pay\u202e\u200b now, before the end of the month we agreed on\x07".encode()) == (
        "Please pay now, before the end of the month we agreed on"
    )


def test_pdf_text_is_read_and_its_large_lines_become_headings():
    content = make_pdf(
        [("Warranty", 22), ("Lamps are covered for 5 years.", 11), ("Bulbs are covered for 2 years.", 11)]
    )
    assert "Lamps are covered for 5 years." in text_of("w.pdf", content)
    assert "# Warranty" not in text_of("w.pdf", content)
    assert "# Warranty" in text_of("w.pdf", content, keep_headings=True)


def test_word_text_keeps_headings_lists_and_tables():
    text = text_of("w.docx", make_word(), keep_headings=True)
    assert "# Shipping" in text
    assert "- Standard parcel" in text
    assert "| Germany | 3 |" in text
    assert "# Shipping" not in text_of("w.docx", make_word())


def test_an_unknown_kind_is_refused_with_the_kinds_that_are_taken():
    with pytest.raises(UnsupportedFile) as caught:
        text_of("picture.png", b"x")
    assert all(kind in str(caught.value) for kind in KINDS)


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\x00\x00", b"PK\x03\x04abc", bytes(range(256)) * 20, b"\x00" * 50]
)
def test_a_binary_file_with_a_text_name_is_refused(name: str, content: bytes):
    with pytest.raises(UnreadableFile, match="does not hold text"):
        text_of(name, content)


@pytest.mark.parametrize("content", [b"", b"   \n\n", "🙂".encode()[:0]])
def test_an_empty_file_says_so(content: bytes):
    with pytest.raises(EmptyInput):
        text_of("a.txt", content)


def test_too_many_bytes_are_refused_before_reading():
    with pytest.raises(InputTooLong, match="bytes"):
        text_of("a.pdf", b"x" * (FILE_BYTES + 1))


def test_too_many_characters_are_refused():
    with pytest.raises(InputTooLong, match="characters"):
        text_of("a.txt", b"a" * (FILE_CHARACTERS + 1))


def test_too_many_pages_are_refused():
    with pytest.raises(InputTooLong, match="pages"):
        text_of("a.pdf", make_pdf([("Hi", 12)], pages=FILE_PAGES + 1))


def test_a_locked_pdf_says_that_it_is_locked():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf([("Secret", 12)])))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(UnreadableFile, match="password"):
        text_of("a.pdf", out.getvalue())


@pytest.mark.parametrize("cut", [5, 40, 200, 400])
def test_a_broken_pdf_says_so_or_gives_what_is_left(cut: int):
    content = make_pdf([("Some text", 12)])
    with pytest.raises(UnreadableFile, match=r"a\.pdf could not be read"):
        text_of("a.pdf", content[:cut])


def test_a_pdf_of_pictures_says_that_it_has_no_text():
    with pytest.raises(UnreadableFile, match="no text"):
        text_of("scan.pdf", make_pdf([]))


@pytest.mark.parametrize(
    "content",
    [b"not a zip", make_archive({"a.txt": b"hello"}), make_word()[:500], make_archive({"[Content_Types].xml": b"<x>"})],
)
def test_a_broken_word_file_says_so(content: bytes):
    with pytest.raises(UnreadableFile, match=r"a\.docx could not be read"):
        text_of("a.docx", content)


def processor_seconds() -> float:
    """Return what this process and those that it waited for have used: what else runs here does not count."""
    return sum(os.times()[:4])


def test_a_zip_bomb_is_refused_at_once():
    bomb = make_archive({"word/document.xml": b"\x00" * 80_000_000})
    assert len(bomb) < 200_000
    started = processor_seconds()
    with pytest.raises(UnreadableFile, match="unpack"):
        text_of("a.docx", bomb)
    assert processor_seconds() - started < 1


def test_entities_in_a_word_file_are_not_expanded():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(8)
    )
    with zipfile.ZipFile(io.BytesIO(make_word())) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    body = entries["word/document.xml"].decode()
    start = body.index("<w:document")
    entries["word/document.xml"] = (bomb + "]>" + body[start:].replace("Orders leave", "&i;Orders leave")).encode()
    started = processor_seconds()
    try:
        text = text_of("a.docx", make_archive(entries))
    except UnreadableFile:
        text = ""
    assert len(text) < 10_000
    assert processor_seconds() - started < 1


@settings(max_examples=60)
@given(st.sampled_from(["a.txt", "a.md", "a.pdf", "a.docx", "a", "", ".pdf"]), st.binary(max_size=400))
def test_whatever_is_sent_gives_text_or_a_sentence_of_ours(name: str, content: bytes):
    try:
        outcome = text_of(name, content)
    except HearbackError as error:
        outcome = str(error)
    assert outcome.strip()
