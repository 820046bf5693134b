"""The sample company's monitor: reviews of lamps, with a week in which parcels came late and broken.

Every sentence was read by the embedded head; a review of two bears the mean of both in log-probabilities, as long
texts do. Aspects are those that the sentences were written about.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from core.insights.aspects import DEFAULTS, version_of
from core.samples.people import first_day
from core.samples.story import BAD_WEEK, MONITOR_HEAD, MONITOR_NAME, MONITOR_TEXTS_A_WEEK, PRODUCTS, WEEKS
from core.samples.texts import Review

Row = dict[str, Any]
MONITOR_ID = "sample_monitor"
_LABELS = ("negative", "neutral", "positive")
_USUAL = {"negative": 0.26, "neutral": 0.14, "positive": 0.6}
_BAD = {"negative": 0.62, "neutral": 0.1, "positive": 0.28}
_IN_BAD_WEEK = "delivery"
_SAID_IN_BAD_WEEK = 5.0  # how much oftener somebody with bad news speaks of delivery then


def monitor(chance: Random, reviews: tuple[Review, ...], until: date) -> tuple[list[Row], list[Row]]:
    """Return the rows of `monitors` and of `monitor_texts` for the twelve weeks up to `until`."""
    start = first_day(until)
    read_at = datetime.combine(until, time(23, 30), UTC)
    texts: list[Row] = []
    for week in range(WEEKS):
        days = min((until - start).days - 7 * week, 6) + 1
        for number in range(MONITOR_TEXTS_A_WEEK * days // 7 + chance.randint(-6, 6)):
            day = start + timedelta(days=7 * week + chance.randrange(days))
            said = _said(chance, reviews, week == BAD_WEEK)
            texts.append(_row(f"sample_review_{week}_{number}", day, said, chance.choice(PRODUCTS), read_at))
    return [_monitor(read_at, start)], texts


def _said(chance: Random, reviews: tuple[Review, ...], is_bad: bool) -> list[Review]:
    """Return one or two sentences of one mind, in one language."""
    shares = _BAD if is_bad else _USUAL
    label = chance.choices(tuple(shares), tuple(shares.values()))[0]
    possible = [review for review in reviews if review.truth == label]
    more = _SAID_IN_BAD_WEEK if is_bad and label == "negative" else 1.0
    weights = [more if review.aspect == _IN_BAD_WEEK else 1.0 for review in possible]
    first = chance.choices(possible, weights)[0]
    others = [review for review in possible if review.language == first.language and review.aspect != first.aspect]
    return [first, chance.choice(others)] if others and chance.random() < 0.45 else [first]


def _row(key: str, day: date, said: list[Review], product: str, read_at: datetime) -> Row:
    joint = "" if said[0].language == "zh" else " "
    probabilities = _mean([review.probabilities for review in said])
    label = _LABELS[probabilities.index(max(probabilities))]
    found: dict[str, str] = {
        aspect.aspect_id: f"{review.label} 0.60"
        for review in said
        for aspect in DEFAULTS
        if aspect.name.lower() == review.aspect
    }
    return {
        "monitor_id": MONITOR_ID,
        "key": key,
        "text": joint.join(review.text for review in said),
        "day": day.isoformat(),
        "product": product,
        "language": said[0].language,
        "label": label,
        "negative": probabilities[0],
        "probabilities": probabilities,
        "aspects": found | {"looked_for": version_of(DEFAULTS)},
        "weights_id": "sample",
        "head_id": MONITOR_HEAD,
        "corrected_label": "",
        "corrected_by": "",
        "read_at": read_at,
    }


def _mean(rows: list[tuple[float, ...]]) -> list[float]:
    logs = [sum(math.log(max(row[place], 1e-6)) for row in rows) / len(rows) for place in range(len(_LABELS))]
    powers = [math.exp(value - max(logs)) for value in logs]
    return [round(power / sum(powers), 4) for power in powers]


def _monitor(read_at: datetime, start: date) -> Row:
    return {
        "monitor_id": MONITOR_ID,
        "name": MONITOR_NAME,
        "kind": "table",
        "folder": "",
        "text_column": "review",
        "date_column": "date",
        "product_column": "product",
        "settings": {},
        "is_sample": True,
        "created_by": "sample_reviewer",
        "created_at": datetime.combine(start, time(9), UTC),
        "read_at": read_at,
    }
