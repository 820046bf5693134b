"""Files and texts made to be endless are refused with a sentence, in little time and memory."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from core import confined
from core.errors import HearbackError
from core.files import text_of
from core.knowledge.documents import read_document
from core.knowledge.manuscript import seen_file, unanswered
from core.knowledge.passages import split_passages
from core.limits import FILE_BYTES, PARSE_BYTES, PARSE_CPU_SECONDS, clean_text
from core.memory.exchange import read_memory
from core.tables import read_table
from tests.faults.bombs import BOMBS
from tests.promises import Found, at

READERS: dict[str, Callable[[str, bytes], object]] = {
    "pdf": text_of,
    "docx": text_of,
    "xlsx": read_table,
    "tmx": read_memory,
}
# What takes seconds of a processor before a limit ends it: with --long only.
SLOW = {
    "forms_that_double",
    "three_hundred_pages_of_one_long_stream",
    "a_word_file_of_wide_tables",
    "a_word_file_of_a_million_runs",
    "a_workbook_whose_cells_share_one_long_text",
    "a_workbook_of_a_million_rows",
}


def spent_by_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.promise("R6")
@pytest.mark.parametrize(
    ("kind", "make"), [pytest.param(kind, make, id=make.__name__) for kind, makes in BOMBS.items() for make in makes]
)
def test_a_bomb_is_a_sentence_and_costs_the_server_nothing(kind: str, make: Callable[[], bytes], found: Found) -> None:
    if make.__name__ in SLOW and os.environ.get("HEARBACK_FAULTS") != "long":
        pytest.skip("takes seconds of a processor: run with --long")
    content = make()
    before, own, memory = spent_by_children(), time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(HearbackError) as refused:
        READERS[kind](f"a.{kind}", content)
    child = spent_by_children() - before
    own = time.process_time() - own
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    found("seconds of the server", round(own, 2))
    found("seconds of the reader", round(child, 1))
    assert len(str(refused.value)) > 20
    assert own < 1
    assert child < PARSE_CPU_SECONDS + 5
    assert grown < 64
    if sys.platform == "linux":
        assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 <= PARSE_BYTES * 1.05


@pytest.mark.promise("R6")
@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n" + b"1,2\n" * 1_000_000,
        b'"' * FILE_BYTES,
        b'a,b\n"' + b"x" * 9_000_000,
        b"," * FILE_BYTES,
        b"\n" * FILE_BYTES,
        b"\xff\xfe" + b"a" * 9_000_000,
        bytes([200]) * 9_000_000,
        b"a,b\n" + b"x" * 5_001 + b",y\n",
    ],
    ids=["a million rows", "quotes", "an open quote", "commas", "lines", "UTF-16", "bytes", "a long cell"],
)
def test_a_table_made_to_be_slow_is_refused_in_time(content: bytes, found: Found) -> None:
    started, own = time.monotonic(), time.process_time()
    with pytest.raises(HearbackError):
        read_table("a.csv", content)
    spent = time.process_time() - own
    found("seconds until refused", round(time.monotonic() - started, 2))
    # The bar is a second on a machine that does nothing else; the processor's time is what another's load leaves alone.
    assert spent < 1.5


@pytest.mark.promise("R6")
@pytest.mark.parametrize(
    "text",
    ["a" + "\u0301\u0327" * 100_000, "a" + "\u0301" * 100_000 + "\u0327" * 100_000, "\u0344" * 200_000],
    ids=["alternating", "in blocks", "two in one"],
)
def test_marks_upon_marks_are_cleaned_in_time_and_none_is_lost(text: str, found: Found) -> None:
    own = time.process_time()
    cleaned = clean_text(text)
    found("seconds", round(time.process_time() - own, 3))
    assert time.process_time() - own < 1
    assert clean_text(cleaned) == cleaned
    assert cleaned.count("\u0327") == text.count("\u0327") - ("\u00e7" in cleaned)
    assert len(cleaned) >= len(text) - 2


SLOW_PIECES = (
    *("#", "# a\n", "[a", "*a", "`a", "<!-- a", "---\n", "|a", "- a\n", "a\n\n", "<div style='display:none'>a", "_a_"),
    *("[a](b", "![a](", "[a]: # (\n", "**a", "第一\n", "1. ", "a. ", "A\n===\n", "&lt", "</div>a", "a:\n- b\n"),
)


@pytest.mark.promise("R6")
def test_documents_made_to_be_slow_are_read_in_time(found: Found) -> None:
    texts = [piece * (at(60_000, 399_000) // len(piece)) for piece in SLOW_PIECES]
    texts += [f"{start}{' ' * at(60_000, 399_000)}y" for start in ("# x", "a", "Q", "- a", "Antwort", "# ##")]
    slowest = ("", 0.0)
    for kind in ("md", "txt"):
        for text in texts:
            own = time.process_time()
            with suppress(HearbackError):
                cleaned, _ = seen_file(f"a.{kind}", text.encode())
                split_passages(read_document(f"a.{kind}", cleaned))
                unanswered(text)
            slowest = max(slowest, (f"{kind} of {text[:12]!r}", time.process_time() - own), key=lambda one: one[1])
    found("documents", 2 * len(texts))
    found("seconds of the slowest", round(slowest[1], 2))
    assert slowest[1] < 1.5, slowest


@pytest.mark.promise("R6")
@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx", "tmx", "csv", "txt", "md"])
def test_content_that_is_not_what_its_name_says_is_refused(kind: str, found: Found) -> None:
    contents = {
        "a PDF": b"%PDF-1.4\n%%EOF",
        "an archive": BOMBS["xlsx"][2](),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "a program": b"\x7fELF" + bytes(200),
        "a page of the web": b"<html><script>alert(1)</script></html>",
        "nothing": b"",
    }
    is_text = {"txt", "md", "csv"}
    read = read_table if kind == "csv" else READERS.get(kind, text_of)
    refused = 0
    for what, content in contents.items():
        if (kind in is_text and what == "a page of the web") or (kind == "xlsx" and what == "an archive"):
            continue  # which is text, and shown as such; and what it is
        with pytest.raises(HearbackError):
            read(f"a.{kind}", content)
        refused += 1
    found("refused", refused)


@pytest.mark.promise("R6")
def test_the_next_file_is_read_after_a_bomb() -> None:
    from tests.core.test_files import make_pdf

    with pytest.raises(HearbackError):
        text_of("a.pdf", BOMBS["pdf"][1]())
    assert text_of("b.pdf", make_pdf([("Lamps last.", 12)])).strip() == "Lamps last."
    assert confined._places.acquire(blocking=False), "the place was given back"
    confined._places.release()
