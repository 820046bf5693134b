"""Entities by Faker, seeded: names and streets by whether the benchmark asks for them or the tagger learns from them.

A word of a name (Latin), or a whole surname or given name (Chinese, Japanese), belongs to one side by its checksum,
whatever list it comes from; so nothing that is asked was ever taught.
"""

# ruff: noqa: E501 - a pattern or a sentence broken in two is harder to read
from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from faker import Faker

LOCALES = {
    "en": ("en_US", "en_GB"), "de": ("de_DE",), "fr": ("fr_FR",), "es": ("es_ES",), "it": ("it_IT",),
    "pt": ("pt_PT", "pt_BR"), "nl": ("nl_NL",), "zh": ("zh_CN",), "ja": ("ja_JP",),
}  # fmt: skip
_ASKED_SHARE = 4  # one word in so many is asked, the rest may teach
_PARTICLES = {
    "van",
    "der",
    "de",
    "den",
    "het",
    "la",
    "le",
    "du",
    "da",
    "do",
    "dos",
    "das",
    "di",
    "del",
    "della",
    "von",
    "zu",
    "y",
    "e",
    "i",
    "el",
    "los",
    "las",
    "ter",
    "ten",
    "op",
    "in",
    "'t",
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}


def is_asked(word: str) -> bool:
    """Return whether a word of a name is the benchmark's own."""
    return crc32(word.casefold().encode()) % _ASKED_SHARE == 0


def is_on_side(name: str, is_asked_side: bool) -> bool:
    """Return whether every word of a name is of the wanted side."""
    words = [
        word
        for word in re.findall(r"[^\W\d_]+", name)
        if word.casefold() not in _PARTICLES and (len(word) > 1 or word >= "⺀")
    ]
    return bool(words) and all(is_asked(word) is is_asked_side for word in words)


class Entities:
    """Draws entities of one language; equal seeds draw equal ones."""

    def __init__(self, language: str, seed: int, is_asked_side: bool = True) -> None:
        self.language = language
        self._side = is_asked_side
        self._chance = random.Random(f"{language} {seed}")
        self._others: dict[str, Faker] = {}
        self._fakers = [_open(locale) for locale in LOCALES[language]]
        for number, faker in enumerate(self._fakers):
            faker.seed_instance(1_000 * seed + number)

    @property
    def faker(self) -> Faker:
        """One of the language's countries."""
        return self._chance.choice(self._fakers)

    def draw(self, kind: str) -> str:
        """Return an entity of a kind."""
        makers: dict[str, Callable[[], str]] = {
            "name": self.name,
            "titled": lambda: self._sided(lambda: self.faker.last_name()),
            "address": self.address,
            "date of birth": self.birth,
            "email": lambda: self.faker.ascii_email(),
            "phone": self.phone,
            "iban": self.iban,
            "card": lambda: self._grouped(self.faker.credit_card_number()),
            "id number": self.id_number,
            "ip address": lambda: self.faker.ipv4_public() if self._chance.random() < 0.7 else self.faker.ipv6(),
            "link with a key": self.link,
        }
        return makers[kind]()

    def name(self) -> str:
        """Return a given name and a surname, as the country writes them."""
        given, last = self._sided(lambda: self.faker.first_name()), self._sided(lambda: self.faker.last_name())
        if self.language == "zh":
            return last + given
        if self.language == "ja":
            return last + self._chance.choice(("", " ", "　")) + given
        if self.language in ("es", "pt") and self._chance.random() < 0.5:
            return f"{given} {last} {self._sided(lambda: self.faker.last_name())}"
        return f"{given} {last}"

    def address(self) -> str:
        """Return street, number, postal code and town in one line."""
        for _ in range(1_000):
            faker = self.faker
            if self.language in ("zh", "ja"):
                return faker.address()
            street, town = faker.street_address().replace("\n", ", "), faker.city()
            if any(is_asked(word) is not self._side for word in re.findall(r"[^\W\d_]{3,}", self._core(street))):
                continue
            return self._whole(faker, street, town)
        raise RuntimeError("no street of this side")

    def _core(self, street: str) -> str:
        """Return the words of a street without what every street is called."""
        found = re.sub(
            r"(?i)(stra(ß|ss)e|str\.|weg|platz|allee|gasse|ring|straat|laan|pad|singel|dreef)\b", " ", street
        )
        if self.language == "en":
            found = re.sub(r"(?i), .*$|^\D+ \d+, |\b\w+$", " ", found)
        else:
            found = re.sub(
                r"(?i)^(\d+,? )?(bis |ter )?\S+ ((de|du|da|do|des|dos|das|del|la|le|los|las|di|della|de la) )?",
                "",
                found,
                count=1,
            )
        return found if re.search(r"[^\W\d_]{3}", found) else street

    def _whole(self, faker: Faker, street: str, town: str) -> str:
        code = faker.postcode()
        match self.language:
            case "en" if "US" in str(faker.locales):
                return f"{street}, {town}, {faker.state_abbr()} {code}"
            case "en":
                return f"{street}, {town} {code}"
            case "es" | "it" | "de" | "fr" | "nl" | "pt":
                return f"{street}, {code} {town}"
        raise ValueError(self.language)

    def birth(self) -> str:
        """Return a day of birth, in figures or with the name of its month."""
        day = self.faker.date_of_birth(minimum_age=18, maximum_age=90)
        if self.language in ("zh", "ja"):
            return self._chance.choice((f"{day.year}年{day.month}月{day.day}日", f"{day:%Y/%m/%d}", f"{day:%Y-%m-%d}"))
        month = _MONTHS[self.language].split()[day.month - 1]
        written = {
            "en": f"{month} {day.day}, {day.year}", "de": f"{day.day}. {month} {day.year}",
            "es": f"{day.day} de {month} de {day.year}", "pt": f"{day.day} de {month} de {day.year}",
        }  # fmt: skip
        figures = {"en": f"{day:%m/%d/%Y}", "de": f"{day:%d.%m.%Y}", "nl": f"{day:%d-%m-%Y}"}
        return self._chance.choice(
            (
                written.get(self.language, f"{day.day} {month} {day.year}"),
                figures.get(self.language, f"{day:%d/%m/%Y}"),
                f"{day:%Y-%m-%d}",
            )
        )

    def phone(self) -> str:
        """Return a number with enough digits to reach somebody from outside a town."""
        while True:
            number = self.faker.phone_number()
            if 9 <= sum(one.isdigit() for one in number) <= 15:
                return number

    def iban(self) -> str:
        """Return an IBAN of a country that has them, in one run or in groups of four."""
        country = {"en": "en_GB", "zh": "de_DE", "ja": "fr_FR"}.get(self.language)
        faker = self._of(country) if country else self._fakers[0]
        found = faker.iban()
        return found if self._chance.random() < 0.5 else " ".join(re.findall(".{1,4}", found))

    def id_number(self) -> str:
        """Return the number that the country knows its people by, with its checksum where it has one."""
        chance = self._chance
        digits = [chance.randrange(10) for _ in range(12)]
        match self.language:
            case "de":
                return _german_tax_id(chance)
            case "es":
                return self._of("es_ES").nif()
            case "pt":
                return self._of("pt_BR").cpf()
            case "nl":
                return self._of("nl_NL").ssn()
            case "ja":
                return _my_number(digits[:11])
            case "fr":
                return self._of("fr_FR").ssn()
            case "en":
                return self._of("en_US").ssn()
            case _:
                return self._fakers[0].ssn()

    def link(self) -> str:
        """Return a link that opens something for whoever holds it."""
        faker, key = self.faker, self._chance.randbytes(12).hex()
        name = self._chance.choice(("token", "key", "session", "sig", "reset_token"))
        return f"https://{faker.domain_name()}/{self._chance.choice(('reset', 'open', 'a/b'))}?id={faker.random_int()}&{name}={key}"

    def _of(self, locale: str) -> Faker:
        if locale not in self._others:
            self._others[locale] = _open(locale)
            self._others[locale].seed_instance(self._chance.randrange(2**32))
        return self._others[locale]

    def _grouped(self, digits: str) -> str:
        if len(digits) == 16 and self._chance.random() < 0.5:
            return " ".join(re.findall("....", digits))
        return digits

    def _sided(self, maker: Callable[[], str]) -> str:
        for _ in range(5_000):
            if is_on_side(found := maker(), self._side):
                return found
        raise RuntimeError(f"no name of this side in {self.language}")


def _open(locale: str) -> Faker:
    from faker import Faker  # here, since every part of the tests that reads this file would wait a second for it

    return Faker(locale)


def _german_tax_id(chance: random.Random) -> str:
    """§ 139b AO: of the first ten digits one is there twice, one is missing; ISO 7064 MOD 11,10."""
    first = chance.sample(range(10), 9)
    first.insert(chance.randrange(1, 10), chance.choice(first))
    if first[0] == 0 or len(set(first)) != 9:
        return _german_tax_id(chance)
    product = 10
    for one in first:
        product = ((one + product) % 10 or 10) * 2 % 11
    found = "".join(map(str, [*first, (11 - product) % 10]))
    return found if chance.random() < 0.5 else f"{found[:2]} {found[2:5]} {found[5:8]} {found[8:]}"


def _my_number(digits: list[int]) -> str:
    rest = sum(one * weight for one, weight in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    found = "".join(map(str, [*digits, 0 if rest <= 1 else 11 - rest]))
    return f"{found[:4]} {found[4:8]} {found[8:]}"
