"""Every limit on what people may send, in one place, and the checks that apply them."""

from __future__ import annotations

import re
import unicodedata

from core.errors import EmptyInput, InputTooLong, NotText

QUESTION_CHARACTERS = 2_000
TRANSLATION_CHARACTERS = 20_000
SUMMARY_CHARACTERS = 200_000
SENTIMENT_CHARACTERS = 5_000
COMMENT_CHARACTERS = 2_000
CONTACT_CHARACTERS = 200
SURVEY_CHARACTERS = 1_000
SURVEY_USES = (2, 100)
SURVEY_DAYS = (0, 365)
SURVEY_SNOOZE_DAYS = (1, 365)
CORRECTION_CHARACTERS = 20_000
TABLE_ROWS = 100_000
TABLE_CELL_CHARACTERS = 5_000
TABLE_CHARACTERS = 40_000_000
FILE_BYTES = 10 * 1024 * 1024
FILE_CHARACTERS = 400_000
FILE_PAGES = 300
# A file is parsed in a process of its own (see core.confined), with these limits.
PARSE_SECONDS = 60
PARSE_CPU_SECONDS = 30
PARSE_BYTES = 1024 * 1024 * 1024
PARSE_ANSWER_BYTES = 128 * 1024 * 1024
PARSE_PROCESSES = 2
PARSE_WAIT_SECONDS = 60
VISIT_DOCUMENTS = 20
HANDBOOK_DOCUMENTS = 500
HANDBOOK_PASSAGES = 10_000
DOCUMENT_NAME_CHARACTERS = 80
VISIT_PASSAGES = 3_000
TURNS_REMEMBERED = 6
TURN_CHARACTERS = 4_000
BATCH_LINE_CHARACTERS = 1_000_000
MONITORS = 50
MONITOR_TEXTS = 50_000
MONITOR_NAME_CHARACTERS = 60
MONITOR_FILES = 200
MEMORY_PAIRS = 20_000
TERMS = 5_000
TERM_CHARACTERS = 200
ASPECTS = 12
ASPECT_CHARACTERS = 200
MARKS_IN_A_ROW = 30
# How long a database server may be silent (see core.store.deadlines): for a connection or a ping, beyond the time that
# it gives a statement itself, between two looks whether it is back, and where the owner's own options rule statements.
DATABASE_ANSWER_SECONDS = 5.0
DATABASE_GRACE_SECONDS = 5.0
DATABASE_PROBE_SECONDS = 1.0
DATABASE_LONGEST_SECONDS = 600.0
# How long the server keeps a transaction whose owner says nothing: the network may have swallowed its commit, and what
# it holds keeps the same records from being written again. Ours pause for as long as a page of rows takes.
DATABASE_IDLE_SECONDS = 60.0
# What is told to a collector of traces (see core.traces): spans that may wait and go at once, how long one sending may
# take, and how long the end of the server waits for the last one.
TRACES_WAITING = 2_048
TRACES_AT_ONCE = 512
TRACES_ANSWER_SECONDS = 5.0
TRACES_CLOSE_SECONDS = 2.0

# C0 and C1 controls except tab and newline, lone surrogates, bidirectional overrides, and characters without width
# that hide text. ZWJ and ZWNJ stay: emoji and several scripts need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


def clean_text(text: str) -> str:
    """Return `text` in Unicode NFC with plain newlines and without control, surrogate and hiding characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _with_short_runs(unicodedata.normalize("NFC", _with_short_runs(_UNWANTED.sub("", text))))


def _with_short_runs(text: str) -> str:
    """Return `text` with an invisible joiner in runs of more than 30 combining marks, which no writing has.

    Bringing marks in order takes time with the square of their number: minutes, for a text that is made of them. The
    Stream-Safe Text Format of https://unicode.org/reports/tr15/ loses none of them.
    """
    if text.isascii():
        return text
    marks = re.escape("".join(sorted(character for character in set(text) if unicodedata.combining(character))))
    return re.sub(f"([{marks}]{{{MARKS_IN_A_ROW}}})(?=[{marks}])", "\\1\u034f", text) if marks else text


def check_length(text: str, limit: int, what: str) -> None:
    """Raise `NotText` or `InputTooLong`, both naming `what`."""
    if not isinstance(text, str):
        raise NotText(what=what)
    if len(text) > limit:
        raise InputTooLong(what=what, length=len(text), limit=limit, unit="characters")


def check_text(text: str, limit: int, what: str = "text") -> str:
    """Return the cleaned text, or raise `EmptyInput` or `InputTooLong` naming `what` and the limit in characters.

    What is no text at all raises `NotText`. The length is checked before any work is done on the text.
    """
    check_length(text, limit, what)
    cleaned = clean_text(text)
    if not any(unicodedata.category(character)[0] in "LNS" for character in cleaned):
        raise EmptyInput(what=what)
    return cleaned


def check_words(text: str, limit: int, what: str) -> str:
    """Return what somebody may leave empty, cleaned and without blanks around, or raise `InputTooLong`."""
    check_length(text, limit, what)
    return clean_text(text).strip()
