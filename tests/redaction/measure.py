"""Counts how much seeded personal data is taken out, by kind and language, and what goes of ordinary text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from core.privacy import names, personal_data
from tests.redaction.asked import CARRIERS, LANGUAGES, LATER
from tests.redaction.entities import Entities, is_asked
from tests.redaction.fresh import FRESH

ORDINARY = Path(__file__).with_name("ordinary.tsv")
ORDINARY_LATER = Path(__file__).with_name("ordinary_later.tsv")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile(r"\w+")
CHECKSUMMED = ("iban", "card", "id number")
# Names and streets are the hard ones, so they are asked more often: 9 languages x 224 = 2,016.
EACH = {
    "name": 48, "address": 48, "date of birth": 16, "email": 16, "phone": 16, "iban": 16, "card": 16,
    "id number": 16, "ip address": 16, "link with a key": 16,
}  # fmt: skip
TITLED_SHARE = 0.25


@dataclass(frozen=True)
class Case:
    """A text with one entity at `start` to `end`."""

    language: str
    kind: str
    text: str
    start: int
    end: int

    @property
    def entity(self) -> str:
        """What should go."""
        return self.text[self.start : self.end]


def cases(total: int, seed: int = 17) -> Iterator[Case]:
    """Yield about so many texts, each with one seeded entity, every language and kind in its share."""
    share = total / (len(LANGUAGES) * sum(EACH.values()))
    for language in LANGUAGES:
        entities, chance = Entities(language, seed), random.Random(f"{language} {seed}")
        for kind, each in EACH.items():
            for _ in range(max(1, round(each * share))):
                form = "titled" if kind == "name" and chance.random() < TITLED_SHARE else kind
                before, after = chance.choice(CARRIERS[language][form]).split("{x}")
                entity = entities.draw(form)
                yield Case(language, kind, before + entity + after, len(before), len(before) + len(entity))


def later_cases(each: int, seed: int = 71) -> Iterator[Case]:
    """Yield names and addresses in sentences that were written after all rules, so many of each in every language."""
    for language in LANGUAGES:
        entities, chance = Entities(language, seed), random.Random(f"later {language} {seed}")
        for kind in ("name", "address"):
            for _ in range(each):
                before, after = chance.choice(LATER[language][kind]).split("{x}")
                entity = entities.draw(kind)
                yield Case(language, kind, before + entity + after, len(before), len(before) + len(entity))


def fresh_cases(each: int, seed: int = 113) -> Iterator[Case]:
    """Yield names in sentences that were written after lists, rules and tagger, so many in every language."""
    for language in LANGUAGES:
        entities = Entities(language, seed)
        for number in range(each):
            before, after = FRESH[language][number % len(FRESH[language])].split("{x}")
            name = entities.draw("name")
            yield Case(language, "name", before + name + after, len(before), len(before) + len(name))


@contextmanager
def without_the_asked() -> Iterator[None]:
    """Take every Latin name that the benchmark may ask for out of the lists, as if nobody had ever heard of it."""
    whole = names.lists()
    people = {
        word: flags
        for word, flags in whole.people.items()
        if word >= "\u2e80" or not (is_asked(word) or all(map(is_asked, re.split("[-'’]", word))))
    }
    with patch.object(names, "lists", lambda: whole._replace(people=people)):
        yield


def is_found(case: Case) -> bool:
    """Return whether every letter and digit of the entity is taken out, under whatever name."""
    gone = {place for one in personal_data(case.text) for place in range(one.span.start, one.span.end)}
    return all(place in gone for place in range(case.start, case.end) if case.text[place].isalnum())


def ordinary(file: Path = ORDINARY) -> list[tuple[str, str]]:
    """Return (language, text) of ordinary text, which names nobody, written for this."""
    lines = file.read_text("utf-8").splitlines()
    return [(language, text) for language, _, text in (line.partition("\t") for line in lines)]


def words_in(text: str) -> float:
    """Return how many words a text has; two Chinese or Japanese characters count as one."""
    wide = len(_WIDE.findall(text))
    return len(_WORD.findall(_WIDE.sub(" ", text))) + wide / 2


def false_masks(file: Path = ORDINARY) -> tuple[list[str], float]:
    """Return what is wrongly taken out of ordinary text, and how many words that has."""
    texts = [text for _, text in ordinary(file)]
    wrong = [text[one.span.start : one.span.end] for text in texts for one in personal_data(text)]
    return wrong, sum(map(words_in, texts))
