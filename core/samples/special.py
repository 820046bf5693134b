"""The few sample visitors whose corrections a founder should not take as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from core.samples.feedback import Row, correction_row
from core.samples.people import Person, first_day
from core.samples.story import FLOOD, GROUPS, WEEKS
from core.samples.texts import Texts
from core.samples.uses import Use, Uses
from core.types import Consent, Task

FLOODER = "sample_visitor_9000"


def special(chance: Random, texts: Texts, uses: Uses, until: date) -> Iterator[tuple[Person, list[Use], list[Row]]]:
    """Yield each such visitor with their uses and corrections.

    The first floods; of the others some write gibberish, some another language, some what is nobody's business.
    """
    voices = texts.voices
    flood = [chance.choice(voices["flood"]) for _ in range(FLOOD)]
    alone = [[text] for kind in ("gibberish", "personal", "wrong_language") for text in voices[kind]]
    unsaid = next(group for group in GROUPS if not group.segment)
    for number, corrections in enumerate([flood, *alone]):
        week = WEEKS - 2 if number == 0 else 1 + number % (WEEKS - 2)
        day = first_day(until) + timedelta(weeks=week, days=number % 5)
        moment = datetime.combine(day, time(9 + number % 7, 20), UTC)
        person = Person(f"sample_visitor_{9_000 + number}", unsaid, "en", Consent(True, True), moment)
        made: list[Use] = []
        rows: list[Row] = []
        for text in corrections:
            task = chance.choice((Task.TRANSLATE, Task.SUPPORT))
            sent = chance.choice([one for one in texts.of_task[task] if one.language == "en" and not one.is_abstained])
            use = uses.of(person, moment, task, sent)
            moment += timedelta(seconds=use.total_seconds + chance.randint(9, 30))
            person.uses.append((use.at, task))
            made.append(use)
            if use.has_answer:
                rows.append(correction_row(use, text))
        person.created_at = made[0].at - timedelta(seconds=30)
        yield person, made, rows
