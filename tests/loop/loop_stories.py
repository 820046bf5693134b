"""What the stories of the loop share: visitors who corrected answers, and reviewers who approved that.

The texts are made of a small vocabulary of this file's own, so different that none is nearly another. Everything is
put into the tables at once: `corrected` fills a database with some hundred approved corrections in a moment.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any

from sqlalchemy import insert

from core.edits import edit_share
from core.store.db import Database
from core.store.office_tables import MemberRow, MonitorRow, MonitorTextRow, ReviewRow
from core.store.tables import CorrectionRow, CorrectionStepRow, InteractionRow, RatingRow, VisitorRow
from core.types import Member, Role, Task

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FOUNDER = Member("f" * 32, "Fay", Role.FOUNDER)
REVIEWER = Member("e" * 32, "Eve", Role.REVIEWER)


def _pairs(lines: str) -> tuple[tuple[str, str], ...]:
    pairs = (line.strip().split("|") for line in lines.strip().splitlines())
    return tuple((english, german) for english, german in pairs)


# English and German, word by word: subjects, verbs with objects, places, times.
_SUBJECTS = _pairs("""
    The gardener|Der Gärtner
    My neighbour|Meine Nachbarin
    The old teacher|Der alte Lehrer
    Our plumber|Unser Klempner
    The young pilot|Die junge Pilotin
    A friendly nurse|Eine freundliche Krankenschwester
    The captain|Der Kapitän
    Their lawyer|Ihr Anwalt
    The baker|Der Bäcker
    Your cousin|Deine Cousine
    The violin player|Die Geigerin
    A tired driver|Ein müder Fahrer
    The shepherd|Der Schäfer
    My dentist|Mein Zahnarzt
""")
_DEEDS = _pairs("""
    repairs bicycles|repariert Fahrräder
    paints wooden chairs|streicht Holzstühle
    sells fresh mushrooms|verkauft frische Pilze
    collects postage stamps|sammelt Briefmarken
    bakes almond cake|backt Mandelkuchen
    writes short letters|schreibt kurze Briefe
    counts silver coins|zählt Silbermünzen
    waters the tulips|gießt die Tulpen
    photographs owls|fotografiert Eulen
    translates poems|übersetzt Gedichte
    polishes old boots|putzt alte Stiefel
    tests new engines|prüft neue Motoren
    feeds the geese|füttert die Gänse
    draws city maps|zeichnet Stadtpläne
    carries heavy boxes|trägt schwere Kisten
    plays chess|spielt Schach
""")
_PLACES = _pairs("""
    behind the station|hinter dem Bahnhof
    in the empty library|in der leeren Bibliothek
    near the harbour|am Hafen
    under the bridge|unter der Brücke
    on the second floor|im zweiten Stock
    at the museum|im Museum
    beside the river|neben dem Fluss
    in a quiet village|in einem ruhigen Dorf
    above the bakery|über der Bäckerei
    at the airport|am Flughafen
    inside the greenhouse|im Gewächshaus
    next to the stadium|neben dem Stadion
""")
_TIMES = _pairs("""
    every Monday|jeden Montag
    before breakfast|vor dem Frühstück
    during winter|im Winter
    after midnight|nach Mitternacht
    in August|im August
    at sunset|bei Sonnenuntergang
    twice a week|zweimal pro Woche
    on holidays|an Feiertagen
    until noon|bis zum Mittag
    since spring|seit dem Frühling
""")
_THINGS = ("kettle", "backpack", "headphones", "mattress", "umbrella", "keyboard", "tent", "suitcase", "lamp", "jacket",
           "drill", "camera", "blender", "scooter", "watch", "carpet")  # fmt: skip
_SAYINGS = {
    "positive": (
        "makes me smile whenever I use it", "survived a whole year of travelling", "arrived two days early and fits",
        "is worth every cent of its price", "replaced three worse ones at once", "won over my whole family",
        "keeps its promise even in the rain", "feels sturdier than its brochure says",
    ),
    "negative": (
        "fell apart within a fortnight", "squeaks so loudly that I returned it", "was shipped without its screws",
        "smells of burnt plastic since Tuesday", "cost me an afternoon with the hotline", "stopped at the first try",
        "is the purchase that I regret most", "leaves scratches on everything",
    ),
    "neutral": (
        "is sold in four colours", "comes with a manual in Dutch", "weighs about two kilograms",
        "has a plug for British sockets", "lies on the shelf next to the till", "is packed in recycled paper",
        "was introduced last October", "can be ordered by telephone",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A correction to be: what was asked, what was answered, and what is right."""

    input_text: str
    output_text: str
    corrected_text: str
    request: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    output: dict[str, Any] = field(default_factory=dict)


def translations(count: int, seed: int = 0) -> list[Said]:
    """Return so many sentences from English into German; what was answered has its place and time the wrong way."""
    chance, seen, found = Random(seed), set(), []
    while len(found) < count:
        parts = [chance.choice(words) for words in (_SUBJECTS, _DEEDS, _PLACES, _TIMES)]
        if tuple(parts[:2]) in seen and len(seen) < len(_SUBJECTS) * len(_DEEDS):
            continue
        if (said := tuple(parts)) in seen:
            continue
        seen |= {said, tuple(parts[:2])}
        english = " ".join(part[0] for part in parts) + "."
        subject, deed, place, time = (part[1] for part in parts)
        verb, _, rest = deed.partition(" ")
        right = " ".join(word for word in (subject, verb, time, place, rest) if word) + "."
        wrong = " ".join(word for word in (subject, verb, rest, place, time) if word) + "."
        found.append(Said(english, wrong, right, {"target": "de", "source": "", "is_careful": True}))
    return found


def labels(count: int, seed: int = 0) -> list[Said]:
    """Return so many texts of which the label was read wrong; there are 384 in all."""
    chance = Random(seed)
    texts = [
        (f"{opening} {thing} {saying}.", label)
        for label, sayings in _SAYINGS.items()
        for saying in sayings
        for thing, opening in zip(_THINGS, cycle(("The", "My new", "This", "Our old")), strict=False)
    ]
    chance.shuffle(texts)
    others = tuple(_SAYINGS)
    return [
        Said(text, next(one for one in chance.sample(others, 3) if one != label), label)
        for text, label in texts[:count]
    ]


def visitors(
    database: Database, count: int, *, may_train: bool = True, is_sample: bool = False, begin: str = "visitor"
) -> list[str]:
    """Put so many visitors in, and return their ids."""
    ids = [f"{begin}{number:04d}{uuid.uuid4().hex[:20]}" for number in range(count)]
    rows = [
        {"visitor_id": one, "consent_log": True, "consent_train": may_train, "has_chosen": True,
         "consented_at": BEGIN, "is_sample": is_sample, "created_at": BEGIN, "seen_at": BEGIN}
        for one in ids
    ]  # fmt: skip
    with database.writing() as session:
        session.execute(insert(VisitorRow), rows)
    return ids


def corrected(
    database: Database,
    task: Task,
    said: Sequence[Said],
    visitor_ids: Sequence[str],
    *,
    status: str = "approved",
    may_train: bool = True,
    is_sample: bool = False,
    segment: str = "",
    begin: datetime = BEGIN,
) -> list[str]:
    """Put corrections in, by the visitors in turn, a minute apart, and return their ids in the order of `said`."""
    interactions, corrections, steps = [], [], []
    for number, (one, visitor_id) in enumerate(zip(said, cycle(visitor_ids), strict=False)):
        at, correction_id = begin + timedelta(minutes=number), uuid.uuid4().hex
        interactions.append(interaction_row(task, one, visitor_id, at, is_sample, segment, may_train))
        corrections.append(
            {
                "correction_id": correction_id,
                "interaction_id": interactions[-1]["interaction_id"],
                "visitor_id": visitor_id,
                "task": task.value,
                "input_text": one.input_text,
                "output_text": one.output_text,
                "corrected_text": one.corrected_text,
                "approved_text": one.corrected_text if status in ("approved", "trained") else "",
                "edit_share": edit_share(one.output_text, one.corrected_text),
                "status": status,
                "key": correction_id,
                "consent_train": may_train,
                "created_at": at,
            }
        )
        steps += [{"correction_id": correction_id, "step": step, "at": at} for step in dict.fromkeys(("saved", status))]
    with database.writing() as session:
        session.execute(insert(InteractionRow), interactions)
        session.execute(insert(CorrectionRow), corrections)
        session.execute(insert(CorrectionStepRow), steps)
    return [row["correction_id"] for row in corrections]


def rated(
    database: Database,
    task: Task,
    said: Sequence[Said],
    visitor_ids: Sequence[str],
    *,
    score: int = 1,
    may_train: bool = True,
    is_sample: bool = False,
) -> list[str]:
    """Put answers in that visitors rated, and return the interactions' ids; what counts as right is the answer."""
    uses = [
        interaction_row(task, one, visitor_id, BEGIN + timedelta(minutes=number), is_sample, "", may_train)
        for number, (one, visitor_id) in enumerate(zip(said, cycle(visitor_ids), strict=False))
    ]
    ratings = [
        {"interaction_id": use["interaction_id"], "visitor_id": use["visitor_id"], "score": score, "reasons": [],
         "comment": "", "key": uuid.uuid4().hex, "created_at": BEGIN, "changed_at": BEGIN}
        for use in uses
    ]  # fmt: skip
    with database.writing() as session:
        session.execute(insert(InteractionRow), uses)
        session.execute(insert(RatingRow), ratings)
    return [use["interaction_id"] for use in uses]


def own_answers(database: Database, interaction_ids: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Put a reviewer's own answers to thumbs-downs in, and return the verdicts' ids."""
    member(database, REVIEWER)
    rows = [
        {"review_id": (one := uuid.uuid4().hex), "deed_id": one, "interaction_id": interaction_id,
         "member_id": REVIEWER.member_id, "verdict": "approved", "edited_text": text, "at": BEGIN}
        for interaction_id, text in zip(interaction_ids, texts, strict=True)
    ]  # fmt: skip
    with database.writing() as session:
        session.execute(insert(ReviewRow), rows)
    return [str(row["review_id"]) for row in rows]


def monitored(database: Database, said: Sequence[Said], *, is_sample: bool = False) -> str:
    """Put a monitor in whose labels a member corrected, and return its id."""
    monitor_id = uuid.uuid4().hex
    texts = [
        {"monitor_id": monitor_id, "key": str(number), "text": one.input_text, "language": one.language,
         "label": one.output_text, "corrected_label": one.corrected_text, "corrected_by": FOUNDER.name,
         "corrected_at": BEGIN, "probabilities": [], "aspects": {}}
        for number, one in enumerate(said)
    ]  # fmt: skip
    with database.writing() as session:
        session.add(
            MonitorRow(monitor_id=monitor_id, name=monitor_id, kind="table", text_column="text", settings={},
                       is_sample=is_sample, created_by=FOUNDER.member_id)
        )  # fmt: skip
        session.flush()
        session.execute(insert(MonitorTextRow), texts)
    return monitor_id


def member(database: Database, who: Member = FOUNDER) -> Member:
    """Put a member in who is not there yet."""
    with database.writing() as session:
        if session.get(MemberRow, who.member_id) is None:
            session.add(MemberRow(member_id=who.member_id, name=who.name, role=who.role.value))
    return who


def interaction_row(
    task: Task, said: Said, visitor_id: str, at: datetime, is_sample: bool, segment: str, may_train: bool
) -> dict[str, Any]:
    """Return the row of a finished use whose texts were kept."""
    return {
        "interaction_id": uuid.uuid4().hex,
        "visitor_id": visitor_id,
        "task": task.value,
        "started_at": at,
        "recorded_at": at,
        "input_text": said.input_text,
        "request": said.request,
        "output_text": said.output_text,
        "output": said.output,
        "messages": [],
        "language": said.language,
        "ending": "finished",
        "error": "",
        "path": "generated",
        "weights_id": "fake",
        "weights_sha256": "0" * 64,
        "adapter_id": "",
        "prompt_version": "",
        "settings": {},
        "first_seconds": 0.1,
        "total_seconds": 0.2,
        "memory_id": "",
        "is_abstained": False,
        "segment": segment,
        "consent_log": True,
        "consent_train": may_train,
        "knowledge_id": str(said.request.get("knowledge_id", "")),
        "knowledge_revision": int(said.request.get("revision", 0)),
        "is_sample": is_sample,
    }
