"""Trains the tagger of names and addresses: `python -m tests.redaction.train` writes assets/redaction, in some minutes.

It learns from sentences written for this project with people and streets by Faker and Mimesis (MIT), and from ordinary
sentences of the project; Faker's names that the benchmark asks for are left out by their checksum.
"""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
from mimesis import Address, Food, Hardware, Locale, Person, Text, Transport
from scipy.sparse import csr_matrix

from core.privacy import tagger
from core.privacy.names import classes_of
from tests.redaction import taught
from tests.redaction.asked import LANGUAGES
from tests.redaction.entities import Entities
from tests.redaction.unannounced import CAPITALS, UNANNOUNCED

PROJECT = Path(__file__).resolve().parents[2]
EACH = 7_500
SEED = 3
# In so many sentences the lists know nobody: the tagger must know a name by what is around it, too.
BLIND = 0.5
# A piece of text with what it is: None, or a class of the tagger.
Piece = tuple[str, int | None]


class Teacher:
    """Makes sentences of one language with marked names and addresses."""

    def __init__(self, language: str, seed: int) -> None:
        self.language = language
        self.chance = random.Random(f"teach {language} {seed}")
        self.entities = Entities(language, seed + 5_000, is_asked_side=False)
        locales = {"en": ("en", "en-gb", "en-au"), "pt": ("pt", "pt-br"), "de": ("de", "de-at")}.get(
            language, (language,)
        )
        self.persons = [Person(Locale(one), seed=seed) for one in locales]
        self.places = [Address(Locale(one), seed=seed) for one in locales]
        self.goods = _goods(Locale(language), seed)

    def first(self) -> str:
        if self.chance.random() < 0.5 or self.language in ("zh", "ja"):
            return self.entities._sided(lambda: self.entities.faker.first_name())
        return self._sided(lambda: self.chance.choice(self.persons).first_name())

    def last(self) -> str:
        if self.chance.random() < 0.45:
            return self.entities._sided(lambda: self.entities.faker.last_name())
        return self._sided(lambda: self.chance.choice(self.persons).last_name())

    def name(self) -> str:
        if self.language in ("zh", "ja"):
            given = self._sided(lambda: self.chance.choice(self.persons).first_name())
            given = self.first() if self.chance.random() < 0.5 else given
            gap = self.chance.choice(("", "", " ", "　")) if self.language == "ja" else ""
            return self.last() + gap + given
        parts = [self.first(), self.last()]
        draw = self.chance.random()
        if draw < 0.12:
            parts.append(self.last())
        elif draw < 0.2:
            parts.insert(1, f"{self.first()[0]}.")
        elif draw < 0.24:
            return self.first()
        elif draw < 0.27:
            return " ".join(parts).upper()
        elif draw < 0.30:
            return f"{parts[1]}, {parts[0]}"
        return " ".join(parts)

    def address(self) -> str:
        if self.chance.random() < 0.75:
            found = self.entities.address()
        else:
            place = self.chance.choice(self.places)
            code, town = place.postal_code(), place.city()
            if self.language in ("zh", "ja"):
                found = f"{place.state() if self.chance.random() < 0.5 else ''}{town}{place.address()}"
            elif self.language == "en":
                found = f"{place.address()}, {town}, {place.state(abbr=True)} {code}"
            else:
                found = f"{place.address()}, {code} {town}"
        draw = self.chance.random()
        if draw < 0.15:
            found = found.replace(", ", "\n", 1)
        elif draw < 0.2:
            found = found.replace(", ", " ")
        return found

    def street(self) -> str:
        if self.language in ("zh", "ja"):
            return self.entities.address()
        return self.address().split(", ")[0].split("\n")[0] if self.chance.random() < 0.3 else self.entities_street()

    def entities_street(self) -> str:
        return self.entities.address().split(", ")[0]

    def fill(self, template: str) -> Iterator[Piece]:
        makers = {
            "n": (self.name, tagger.NAME), "f": (self.first, tagger.NAME), "l": (self.last, tagger.NAME),
            "a": (self.address, tagger.ADDRESS), "s": (self.street, tagger.ADDRESS),
            "c": (self.town, None), "j": (lambda: self.entities.faker.job(), None),
            "o": (self.company, None), "p": (lambda: self.chance.choice(self.goods), None),
        }  # fmt: skip
        is_clean = not re.search(r"\{[nflas]\}", template)
        if is_clean and self.chance.random() < 0.3 and self.language not in ("zh", "ja"):
            template = re.sub(r"Glow Pro 2|Smart Hub|Northlamp Home", "{p}", template)
        if is_clean:  # other numbers each time: none of them says where somebody lives
            template = re.sub(r"\d+", lambda one: "".join(self.chance.choice("0123456789") for _ in one[0]), template)
        for number, part in enumerate(re.split(r"\{(\w)\}", template.replace("\\n", "\n"))):
            if number % 2:
                maker, kind = makers[part]
                yield maker(), kind
            else:
                yield part, None

    def town(self) -> str:
        if self.language in ("zh", "ja") or self.chance.random() < 0.6:
            return self.chance.choice(self.places).city()
        return (
            self.chance.choice(self.places).country() if self.chance.random() < 0.5 else self.entities.faker.country()
        )

    def company(self) -> str:
        return self.chance.choice(("Northlamp", "Lumera", "Samsung", "Brightline", "Telekom", "Nordic Light", "IKEA", "Bosch",
            "Amazon", "Vattenfall", "Aurora Home", "Ikaros", "Zalando", "Deutsche Bahn", "Air France", "Vodafone"))  # fmt: skip

    def _sided(self, maker: object) -> str:
        for _ in range(5_000):
            if made := str(maker()):  # type: ignore[operator]
                return made
        return self.entities._sided(lambda: self.entities.faker.last_name())


MADE = [
    "Desk",
    "Reading",
    "Floor",
    "Table",
    "Smart",
    "Halo",
    "Glow",
    "Aurora",
    "Beacon",
    "Standard",
    "Express",
    "Home",
    "Power",
    "Night",
    "Street",
    "Wall",
    "Spare",
    "Gift",
    "Black",
    "White",
    "Easter",
    "Central",
    "Grand",
    "Garden",
    "Solar",
    "Mini",
    "Premium",
    "Classic",
    "Nordic",
    "Summer",
    "Winter",
    "Ocean",
    "Family",
    "Office",
    "Travel",
    "Royal",
    "Golden",
    "Silver",
    "Diamond",
    "Prime",
    "Ultra",
]
THINGS = [
    "Lamp",
    "Light",
    "Hub",
    "Kit",
    "Mini",
    "Pro",
    "Max",
    "Plus",
    "Journal",
    "Edition",
    "Card",
    "Bundle",
    "Speaker",
    "Sensor",
    "Bulb",
    "Charger",
    "Cable",
    "Stand",
    "Center",
    "Hotel",
    "Club",
    "Monday",
    "Sale",
    "Set",
    "Case",
    "Watch",
    "Station",
    "Tablet",
    "Studio",
    "Market",
    "Bank",
    "Airport",
    "Museum",
    "Park",
    "League",
    "Cup",
    "Award",
    "Festival",
]


def _goods(locale: Locale, seed: int) -> list[str]:
    food, hardware, transport = Food(locale, seed=seed), Hardware(seed=seed), Transport(seed=seed)
    found = [food.dish() for _ in range(60)] + [food.fruit() for _ in range(60)] + [food.drink() for _ in range(30)]
    if locale.value in ("zh", "ja"):
        return found
    chance = random.Random(f"goods {locale.value} {seed}")
    found += [f"{chance.choice(MADE)} {chance.choice(THINGS)}" for _ in range(250)]
    found += [
        chance.choice(MADE + THINGS + ["Visa", "Klarna", "PayPal", "Samsung", "Bluetooth", "Alexa", "Google"])
        for _ in range(60)
    ]
    found += [f"{chance.choice(THINGS)} {chance.choice(MADE)}" for _ in range(60)]
    return found + [hardware.phone_model() for _ in range(40)] + [transport.car() for _ in range(40)] + [
        f"Glow {number}" for number in range(1, 9)]  # fmt: skip


def ordinary(language: str, teacher: Teacher) -> list[str]:
    """Return sentences of the language in which nobody is named."""
    found = []
    for file in ("core/learning/sentiment_sentences.tsv", "tests/benchmarks/q8_sentences.tsv"):
        for line in (PROJECT / file).read_text("utf-8").splitlines():
            parts = line.split("\t")
            if parts[0] == language:
                found.append(parts[-1])
    text = Text(Locale(language))
    names = {word for person in teacher.persons for word in _names(person)}
    names |= {teacher.entities.faker.first_name() for _ in range(3_000)} if language not in ("zh", "ja") else set()
    for sentence in text._extract(["text"]):
        words = re.findall(r"(?<![.!?] )(?<!^)[^\W\d_]{2,}", sentence)
        if language in ("zh", "ja") or not any(word in names for word in words if word[0].isupper()):
            found.append(sentence)
    return found


def _names(person: Person) -> set[str]:
    found = person._extract(["names"])
    return {str(one) for group in (found.values() if isinstance(found, dict) else [found]) for one in group}


def sentences(language: str) -> Iterator[list[Piece]]:
    """Yield the language's sentences for the tagger."""
    teacher = Teacher(language, SEED)
    chance = teacher.chance
    named, placed, clean = (getattr(taught, part)[language].split("\n") for part in ("NAMED", "PLACED", "CLEAN"))
    unannounced, capitals = UNANNOUNCED[language].split("\n"), CAPITALS[language].split("\n")
    plain = ordinary(language, teacher)
    for sentence in plain:
        yield [(sentence, None)]
    for number in range(EACH):
        draw = number % 20
        if draw >= 18:
            pieces = list(teacher.fill(chance.choice(capitals)))
        elif draw >= 14:
            pieces = list(teacher.fill(chance.choice(unannounced)))
        elif draw >= 10:
            pieces = list(inserted(teacher, chance.choice((faker_sentence(teacher), chance.choice(plain)))))
        elif draw < 4:
            pieces = list(teacher.fill(chance.choice(named)))
        elif draw < 6:
            pieces = list(teacher.fill(chance.choice(placed)))
        elif draw < 8:
            pieces = list(teacher.fill(chance.choice(clean)))
        else:
            pieces = [(chance.choice((faker_sentence(teacher), chance.choice(plain), numbered(teacher))), None)]
        # Around what is said stands something else, now and then.
        if chance.random() < 0.4:
            pieces = [(chance.choice(plain), None), (chance.choice((" ", "\n", "\n\n")), None), *pieces]
        if chance.random() < 0.4:
            pieces = [*pieces, (chance.choice((" ", "\n")), None), (chance.choice(plain), None)]
        yield pieces


def faker_sentence(teacher: Teacher) -> str:
    """Return words of the language in no order."""
    return teacher.entities.faker.sentence()


def numbered(teacher: Teacher) -> str:
    """Return words with figures, dates and prices among them."""
    chance, words = teacher.chance, teacher.entities.faker.words(9)
    figures = (
        f"{chance.randrange(1, 32):02}.{chance.randrange(1, 13):02}.20{chance.randrange(10, 30)}",
        f"{chance.randrange(1, 32):02}/{chance.randrange(1, 13):02}/20{chance.randrange(10, 30)}",
        f"20{chance.randrange(10, 30)}", f"{chance.randrange(1, 900)},{chance.randrange(100)} €", f"{chance.randrange(100)} %",
        f"{chance.randrange(10**6, 10**9)}", f"{chance.randrange(1, 60)}", f"AL-{chance.randrange(100, 999)}",
        f"2026{chance.randrange(1000, 1231)}-{chance.randrange(1000)}", f"{chance.randrange(24)}:{chance.randrange(10, 60)}",
    )  # fmt: skip
    for _ in range(chance.randrange(1, 4)):
        words[chance.randrange(len(words))] = chance.choice(figures)
    if chance.random() < 0.4:
        words = [word.capitalize() if chance.random() < 0.4 else word for word in words]
    return ("" if teacher.language in ("zh", "ja") else " ").join(words) + "."


def inserted(teacher: Teacher, sentence: str) -> Iterator[Piece]:
    """Yield a sentence with somebody put into it, where nothing tells that somebody comes."""
    if teacher.language in ("zh", "ja"):
        place = teacher.chance.randrange(len(sentence) + 1)
        before, after, gap = sentence[:place], sentence[place:], ""
    else:
        words = sentence.split(" ")
        place = teacher.chance.randrange(len(words) + 1)
        before, after, gap = " ".join(words[:place]), " ".join(words[place:]), " "
    yield before + (gap if before else ""), None
    yield teacher.name(), tagger.NAME
    yield (gap if after and after[0].isalnum() else "") + after, None


def rows_of(pieces: list[Piece], is_blind: bool = False) -> Iterator[tuple[list[int], int | None]]:
    """Yield features and class of each token, as if no list knew the names where it is blind."""
    text = "".join(part for part, _ in pieces)
    kinds: list[int | None] = [kind for part, kind in pieces for _ in part]
    places = tagger.tokens_of(text)
    for found, (start, _) in zip(
        tagger.features(text, places, classes=_nobody if is_blind else classes_of), places, strict=True
    ):
        yield found, kinds[start]


def _nobody(_word: str) -> int:
    return 0


def main() -> int:
    """Train and write the artefact with its card."""
    from sklearn.linear_model import SGDClassifier

    columns: list[np.ndarray] = []
    kinds: list[int] = []
    counts = {}
    for language in LANGUAGES:
        before = len(kinds)
        chance = random.Random(f"lost {language}")
        for pieces in sentences(language):
            # Without some of its features a token must be known by the others (dropout).
            lost = chance.choice((0.0, 0.15, 0.35, 0.5))
            for found, kind in rows_of(pieces, is_blind=chance.random() < BLIND):
                kept = [row for row in found if chance.random() >= lost]
                columns.append(np.array(kept, np.int32))
                kinds.append(-1 if kind is None else kind)
        counts[language] = len(kinds) - before
        print(language, counts[language], flush=True)
    ends = np.cumsum([0, *(len(one) for one in columns)])
    matrix = csr_matrix(
        (np.ones(ends[-1], np.float32), np.concatenate(columns), ends), shape=(len(columns), tagger.ROWS)
    )
    answers = np.array(kinds)
    weights, bias = [], []
    for kind in (tagger.NAME, tagger.ADDRESS):
        model = SGDClassifier("log_loss", alpha=2e-6, max_iter=4, tol=None, average=True, random_state=SEED)
        model.fit(matrix, answers == kind)
        weights.append(model.coef_[0])
        bias.append(model.intercept_[0])
        print(kind, "train accuracy", model.score(matrix, answers == kind), flush=True)
    both = np.array(weights).T
    scale = np.abs(both).max(axis=0) / 127
    tagger.ARTEFACT.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        tagger.ARTEFACT,
        rows=np.round(both / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=np.array(bias, np.float32),
    )
    card = {
        "name": "redaction tagger",
        "what": "Says of words, and of Chinese and Japanese characters, whether they belong to a name or to an address.",
        "form": f"{tagger.ROWS} hashed features x 2 classes, int8; logistic regression (averaged SGD, L2 2e-6)",
        "data": "Sentences written for this project, filled with people and addresses by Faker 40.54.0 and Mimesis 22.2.0"
        " (MIT), their ordinary sentences, and this project's own. Of Faker's names, the quarter that the benchmark"
        " asks for was left out; Mimesis' lists, which know some of these too, were not. In half of the sentences the"
        " lists of names (names.json) knew nobody, so that a name is known by what is around it, too. Its benchmark's"
        " sentences (asked.py, fresh.py) and their shapes teach nothing.",
        "tokens": counts,
        "seed": SEED,
        "made": f"{datetime.now(UTC):%Y-%m-%d}",
        "by": "python -m tests.redaction.train",
        "sha256": sha256(tagger.ARTEFACT.read_bytes()).hexdigest(),
    }
    tagger.ARTEFACT.with_suffix(".json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
