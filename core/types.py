"""The values that cross borders between tasks, desk, store and pages: frozen, typed, without behaviour.

`to_plain` and `from_plain` turn any of them into JSON-ready data and back, so that what is logged can be drawn
again by the same code that drew it first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from cattrs.preconf.json import JsonConverter

T = TypeVar("T")


class Task(StrEnum):
    """The four use cases, by the word that names them everywhere: log, pages, batch command."""

    SUPPORT = "support"
    TRANSLATE = "translate"
    SUMMARIZE = "summarize"
    SENTIMENT = "sentiment"


class Ending(StrEnum):
    """How an interaction ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class Role(StrEnum):
    """What a member may do: a founder everything, a reviewer the review queue."""

    FOUNDER = "founder"
    REVIEWER = "reviewer"


class Disappointment(StrEnum):
    """How somebody would feel if they could no longer use this; `GONE` is who no longer uses it anyway."""

    VERY = "very"
    SOMEWHAT = "somewhat"
    NOT = "not"
    GONE = "gone"


@dataclass(frozen=True)
class Turn:
    """One message of a conversation; role is user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Span:
    """Characters `start` to `end` (exclusive) of a source text."""

    start: int
    end: int


@dataclass(frozen=True)
class MemoryUse:
    """Something remembered that an answer used.

    `how`: answer (it is the answer), example (shown to the weights), neighbour (it moved a classification) or wording
    (its words tell what the sources say). `similarity` is that of the inputs, 1 where they are the same.
    `correction_id` is the correction behind it where the visitor who asked gave that one, else empty.
    """

    memory_id: str
    how: str
    similarity: float = 1.0
    correction_id: str = ""


@dataclass(frozen=True)
class Origin:
    """What gave an answer: enough to reproduce it and to compare it with another.

    `path` is the way it was made: extracted, worded, generated, classified, memory or abstained.
    """

    path: str
    weights_id: str = ""
    weights_sha256: str = ""
    adapter_id: str = ""
    prompt_version: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    memory: tuple[MemoryUse, ...] = ()


@dataclass(frozen=True)
class LanguageGuess:
    """An ISO 639-1 code with its probability; `is_sure` is False where the text is too short or mixed to tell."""

    code: str
    confidence: float
    is_sure: bool


@dataclass(frozen=True)
class Passage:
    """A piece of a document: what search finds and citations open.

    `document` is the file's name without ending, `title` the document's title, `heading` the path of headings
    above the text (joined by " > "), `position` its place in the document, `language` ISO 639-1.
    """

    passage_id: str
    document: str
    title: str
    heading: str
    text: str
    position: int = 0
    language: str = ""


@dataclass(frozen=True)
class Hit:
    """What search found: a sentence, list item or table row of a passage.

    `lead_in` is what must stand before it to be understood, or empty; `place` is its place in the passage.
    `similarity` is that of meaning (cosine), `words` that of words (BM25 as a share of the best hit's), `score` both.
    """

    passage: Passage
    text: str
    kind: str
    lead_in: str
    place: int
    score: float
    similarity: float
    words: float


@dataclass(frozen=True)
class Found:
    """The result of a search: hits and passages, best first, and the evidence that the question is answered there.

    `retriever` names what measured the meaning: english, multilingual or words. `evidence` is numbers by name.
    """

    hits: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    retriever: str
    evidence: dict[str, float]


@dataclass(frozen=True)
class Citation:
    """A numbered source of an answer; `quote` is the part of the passage that it rests on."""

    number: int
    passage: Passage
    quote: str
    score: float


@dataclass(frozen=True)
class AnswerSentence:
    """A sentence of an answer with the numbers of the citations that it rests on."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Reply:
    """Support's answer. Abstained: `sentences` is empty, `nearest` holds passages that may still help.

    `note` says in a sentence what the visitor should know (another language, follow-up understood as ...).
    """

    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    nearest: tuple[Passage, ...]
    is_abstained: bool
    language: str
    score: float
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class Segment:
    """One translated sentence; `is_doubtful` marks a copy or an empty line that could not be mended.

    `match` is how alike the sentence is that was remembered and used: 1 the very same, 0 where none was.
    """

    source: str
    target: str
    is_doubtful: bool = False
    match: float = 0.0


@dataclass(frozen=True)
class Translation:
    """A translated text; `language` is what was detected, `source` and `target` what was translated."""

    text: str
    source: str
    target: str
    language: LanguageGuess
    segments: tuple[Segment, ...]
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class SummarySentence:
    """A sentence of a summary and the places in the source text that support it."""

    text: str
    source_spans: tuple[Span, ...]


@dataclass(frozen=True)
class Summary:
    """A summary; `form` is text or points, `length` sentence, short or long."""

    text: str
    sentences: tuple[SummarySentence, ...]
    length: str
    form: str
    is_dialogue: bool
    language: str
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class Driver:
    """A part of a text that moved the reading; `weight` above 0 speaks for the label, below 0 against it."""

    text: str
    span: Span
    weight: float


@dataclass(frozen=True)
class Reading:
    """A sentiment result: label negative, neutral or positive, calibrated probabilities that sum to 1."""

    label: str
    probabilities: dict[str, float]
    language: LanguageGuess
    drivers: tuple[Driver, ...]
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class TableReading:
    """A table of texts, read: one label and three probabilities a row, in the table's order.

    `days` holds ISO dates where the table has a date column, else it is empty; rows without text have label "".
    """

    text_column: str
    date_column: str
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    probabilities: tuple[tuple[float, float, float], ...]
    days: tuple[str, ...]
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class FileResult:
    """A file that came out of a file; `preview` is its beginning as text. `content` is not kept in the log."""

    name: str
    content: bytes
    preview: str
    origin: Origin
    note: str = ""


@dataclass(frozen=True)
class Removed:
    """Text that a document's reader could not see, and that was taken out; `text` is what it said.

    `kind` is characters, comment, element (of Markdown), or run (of a Word or PDF file).
    """

    kind: str
    count: int
    text: str


@dataclass(frozen=True)
class Knowledge:
    """The documents that support answers from; `passages` counts them, `problems` says which files were left out."""

    knowledge_id: str
    documents: tuple[str, ...]
    passages: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Consent:
    """What a visitor allows; both can be withdrawn, and the app works without either.

    `log`: keep my texts. `train`: use my corrections to improve the answers.
    """

    log: bool = False
    train: bool = False


@dataclass(frozen=True)
class Visitor:
    """Who is here: an opaque id, what they allow, and what they chose to say of themselves."""

    visitor_id: str
    consent: Consent = Consent()
    has_chosen: bool = False
    role: str = ""
    company_size: str = ""


@dataclass(frozen=True)
class Member:
    """Somebody of the company who is logged in: `name` is an address or what they call themselves."""

    member_id: str
    name: str
    role: Role


@dataclass(frozen=True)
class Scope:
    """Which uses a founder looks at; an empty value means all.

    Days are in UTC, `until` included. `segment` is as in `Interaction`, `weights_id` as in `Origin`.
    `is_sample` chooses between the sample company's history and the real one, which are never counted together.
    """

    since: date | None = None
    until: date | None = None
    task: Task | None = None
    segment: str = ""
    weights_id: str = ""
    is_sample: bool = False


@dataclass(frozen=True)
class SurveyAnswer:
    """What a visitor says in the survey; all but the first may be empty, `recommend` is 0 to 10 or None."""

    disappointment: Disappointment
    benefit: str = ""
    audience: str = ""
    improvement: str = ""
    recommend: int | None = None


@dataclass(frozen=True)
class SurveyRule:
    """Whom the survey asks: after how many uses, how long after the first, and how long "Later" holds."""

    is_open: bool = True
    uses: int = 2
    days: int = 0
    snooze_days: int = 7


@dataclass(frozen=True)
class SurveyState:
    """Where a visitor stands: whether to ask now, whether they may answer, and what they said and when."""

    is_asked: bool = False
    may_answer: bool = False
    answer: SurveyAnswer | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Interaction:
    """One use of a task, whole: what HOUSE calls the one currency of learning.

    `request` and `output` are plain data (see `to_plain`); `input_text` and `output_text` what a person would read.
    Seconds are wall-clock; `first_seconds` is the time to the first shown text, None if nothing was shown.
    `knowledge_revision` is that of the documents that answered, 0 where there were none or they have no revisions.
    """

    interaction_id: str
    visitor_id: str
    task: Task
    started_at: datetime
    input_text: str
    request: dict[str, Any]
    output_text: str
    output: dict[str, Any]
    language: str
    ending: Ending
    error: str
    origin: Origin
    first_seconds: float | None
    total_seconds: float
    messages: tuple[Turn, ...] = ()
    passage_ids: tuple[str, ...] = ()
    memory_id: str = ""
    is_abstained: bool = False
    segment: str = ""
    consent: Consent = Consent()
    knowledge_id: str = ""
    knowledge_revision: int = 0
    is_sample: bool = False


@dataclass(frozen=True)
class Rating:
    """A judgement of one interaction: `score` 1 (good) or 0 (not good), reasons from the task's chips."""

    interaction_id: str
    score: int
    reasons: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class Correction:
    """What the output should have been. `status`: saved, approved, rejected, trained."""

    correction_id: str
    interaction_id: str
    task: Task
    input_text: str
    output_text: str
    corrected_text: str
    status: str
    created_at: datetime


@cache
def _converter() -> JsonConverter:
    """The one converter, made when it is first asked for: the first page needs none."""
    from cattrs.preconf.json import make_converter

    return make_converter()


def to_plain(value: Any) -> Any:
    """Return any value of this module as JSON-ready dicts, lists, strings and numbers."""
    return _converter().unstructure(value)


def from_plain(data: Any, kind: type[T]) -> T:
    """Return plain data as a value of `kind`; raises what cattrs raises if the data does not fit."""
    return _converter().structure(data, kind)
