"""Stories of tables that people bring: every usual form is read, every trap is refused with a sentence."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import EmptyInput, HearbackError, InputTooLong, TooManyRows, UnreadableFile, UnsupportedFile
from core.limits import TABLE_CELL_CHARACTERS, TABLE_ROWS
from core.tables import Table, disarmed, guess_columns, parse_days, read_table, write_csv, write_xlsx

pytestmark = pytest.mark.promise("R6")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_seen(delimiter: str) -> None:
    lines = [["day", "review"], ["2026-01-02", "Good; really, very good"], ["2026-01-03", 'He said "no"']]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    table = read_table("reviews.csv", text.getvalue().encode())
    assert table.columns == ("day", "review")
    assert table.rows == [tuple(line) for line in lines[1:]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_usual_encoding_is_seen(encoding: str) -> None:
    content = "Bewertung,Tag\nSchöne Lampe für mich,3. Mai\n很好的灯,x\n".encode(encoding)
    assert read_table("a.csv", content).rows[1][0] == "很好的灯"


def test_line_ends_inside_quotes_stay_in_their_cell() -> None:
    table = read_table("a.csv", b'text,n\r\n"two\r\nlines",1\r\n')
    assert table.rows == [("two\nlines", "1")]


def test_one_column_of_sentences_with_commas_stays_one_column_when_quoted() -> None:
    table = read_table("a.csv", b'text\n"good, but late"\nfine\n')
    assert table.rows == [("good, but late",), ("fine",)]


def test_ragged_rows_and_nameless_columns_get_their_place() -> None:
    table = read_table("a.csv", b"text,text,\na\nb,c,d,e\n\n,,\n")
    assert table.columns == ("text", "text (2)", "column 3", "column 4")
    assert table.rows == [("a", "", "", ""), ("b", "c", "d", "e")]


def test_a_workbook_gives_days_numbers_and_texts_as_text() -> None:
    table = read_table(
        "a.xlsx", workbook(("day", "stars", "text"), (datetime(2026, 3, 1), 5.0, "fine"), (None, None, "late"))
    )
    assert table.rows == [("2026-03-01", "5", "fine"), ("", "", "late")]


def test_one_row_too_many_is_refused_and_the_limit_itself_taken() -> None:
    row = b"good lamp\n"
    assert len(read_table("a.csv", b"text\n" + row * TABLE_ROWS).rows) == TABLE_ROWS
    began = time.process_time()
    with pytest.raises(TooManyRows):
        read_table("a.csv", b"text\n" + row * (TABLE_ROWS + 1))
    with pytest.raises(TooManyRows):
        read_table("a.csv", b"text\n" + row * 1_000_000)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.csv", b"", EmptyInput),
        ("a.csv", b"text\n", EmptyInput),
        ("a.csv", b"\n\n,,\n", EmptyInput),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, UnreadableFile),
        ("a.csv", b"x" * (10 * 1024 * 1024 + 1), InputTooLong),
        ("a.csv", b"text\n" + b"x" * (TABLE_CELL_CHARACTERS + 1), InputTooLong),
        ("a.csv", ",".join("c" * 300).encode() + b"\n1\n", InputTooLong),
        ("a.xlsx", b"PK\x03\x04 not a zip", UnreadableFile),
        ("a.xlsx", b"text,day\n", UnreadableFile),
        ("a.xls", b"\xd0\xcf\x11\xe0", UnsupportedFile),
        ("a.pdf", b"%PDF-1.7", UnsupportedFile),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(name: str, content: bytes, error: type[HearbackError]) -> None:
    with pytest.raises(error) as raised:
        read_table(name, content)
    assert str(raised.value).endswith((".", "it in parts.", "first."))


def test_nul_and_control_characters_vanish() -> None:
    content = b"text\n" + b"a lamp like any other\n" * 20 + b"go\x00od\x07\n"
    assert read_table("a.csv", content).rows[-1] == ("good",)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    content = io.BytesIO(workbook(("text",), ("fine",)))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(90 * 1024 * 1024))
    assert len(content.getvalue()) < 1024 * 1024
    with pytest.raises(UnreadableFile, match="unpack"):
        read_table("a.xlsx", content.getvalue())


def test_a_workbook_that_defines_entities_is_refused() -> None:
    source, bomb = zipfile.ZipFile(io.BytesIO(workbook(("text",), ("fine",)))), io.BytesIO()
    with zipfile.ZipFile(bomb, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                data = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]>' + data
            target.writestr(entry.filename, data)
    with pytest.raises(UnreadableFile, match="entities"):
        read_table("a.xlsx", bomb.getvalue())


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1+1", "%0A=1"])
def test_a_formula_is_written_as_text(cell: str) -> None:
    written = write_csv(["text"], [[cell]]).decode("utf-8-sig")
    assert next(csv.reader(written.splitlines()[1:] or [""]), [""])[0][:1] == "'"
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx(["text"], [[cell]]))).active
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("'")


@pytest.mark.parametrize("cell", ["-5", "+3.5", "-12,5%", "fine - really", "5", ""])
def test_plain_numbers_and_words_are_left_alone(cell: str) -> None:
    assert disarmed(cell) == cell


def test_what_is_written_can_be_read_again() -> None:
    columns, rows = ("text", "label"), [("sehr schön, 很好 👍", "positive"), ('two\nlines "q"', "neutral")]
    for name, content in (("a.csv", write_csv(columns, rows)), ("a.xlsx", write_xlsx(columns, rows))):
        assert read_table(name, content) == Table(columns, rows)


def test_the_columns_of_texts_and_dates_are_guessed() -> None:
    rows = [(f"2026-01-{day:02}", "Lamp", f"A review of some length, number {day}", str(day)) for day in range(1, 20)]
    assert guess_columns(Table(("when", "product", "what they said", "id"), rows)) == ("what they said", "when")
    assert guess_columns(Table(("a",), [("x",)])) == ("a", "")
    assert guess_columns(Table(("a", "b"), [("", "")])) == ("a", "")


def test_days_are_read_in_several_forms() -> None:
    cells = [
        "2026-03-05",
        "05.03.2026",
        "2026年3月5日",
        "5 March 2026",
        "March 5, 2026",
        "20260305",
        "2026-03-05T23:30:00-05:00",
    ]
    assert set(parse_days(cells)) == {"2026-03-05"}


def test_one_date_that_can_only_be_day_first_decides_for_all() -> None:
    assert parse_days(["03/04/2026", "25/12/2026"]) == ("2026-04-03", "2026-12-25")
    assert parse_days(["03/04/2026", "12/25/2026"]) == ("2026-03-04", "2026-12-25")


@pytest.mark.parametrize("cell", ["", "soon", "42", "2026-13-45", "99999999", "31/31/2026", "٣", "0000-00-00"])
def test_what_is_no_date_has_no_day(cell: str) -> None:
    assert parse_days([cell]) == ("",)


@settings(max_examples=60, deadline=2_000)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.xlsx", "a.tsv", ""]))
def test_any_bytes_give_a_table_or_one_of_our_errors(content: bytes, name: str) -> None:
    try:
        table = read_table(name, content)
    except HearbackError:
        return
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert guess_columns(table)[0] in table.columns


@settings(max_examples=60, deadline=2_000)
@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_cells_can_be_parsed_for_days_and_written(cells: list[str]) -> None:
    assert len(parse_days(cells)) == len(cells)
    write_csv(["text"], [[cell] for cell in cells])
    write_xlsx(["text"], [[cell] for cell in cells])
