"""Makes the lists of names: `python -m tests.redaction.lists DICT` writes assets/redaction/names.tsv.gz and its card.

Given names and surnames are those of Faker and Mimesis in every country that writes with Latin letters, Chinese or
Japanese; DICT is the dictionary (dict.txt) of jieba 0.42.1, whose words say what is ordinary Chinese. All are MIT.
Chinese given names that the benchmark asks for are counted nowhere.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import math
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import faker.providers.person as faker_persons
import mimesis
from faker import Faker
from lemminflect import getAllLemmas
from mimesis import Address, Locale, Person, Text
from mimesis.exceptions import LocaleError

from core.privacy import names
from core.privacy.surnames import CHINESE
from tests.redaction import doubtful, taught
from tests.redaction.asked import LANGUAGES
from tests.redaction.entities import LOCALES, is_asked
from tests.redaction.unannounced import CAPITALS

_LATIN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_HAN = re.compile("[\u4e00-\u9fff]+")
_JAPANESE = re.compile("[\u3040-\u30ff\u3005\u4e00-\u9fff]+")
# Words that the dictionary's corpus has less often, by length, are left out: they hardly separate anything.
_LEAST = (1, 40, 25, 200)
_OFTEN = 40
# Countries whose names may stand alone; of others, with shorter and stranger words, two must stand together.
NEAR = ("en", "de", "fr", "es", "it", "pt", "nl")
PROJECT = Path(__file__).resolve().parents[2]
ORDINARY = ("core/learning/sentiment_sentences.tsv", "tests/benchmarks/q8_sentences.tsv")


def _faker(kind: str) -> Iterator[tuple[str, str]]:
    """Yield locale and name of every list of Faker's."""
    for module in pkgutil.iter_modules(faker_persons.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            is_list = attribute.startswith((kind, f"{kind}s")) and "romanized" not in attribute
            found = getattr(provider, attribute)
            if is_list and isinstance(found, (tuple, list, dict)):
                yield from ((module.name, str(one)) for one in found)


def _mimesis(kind: str) -> Iterator[tuple[str, str]]:
    for locale in Locale:
        found = Person(locale)._extract(["names" if kind == "first_name" else "surnames"])
        for group in found.values() if isinstance(found, dict) else [found]:
            yield from ((locale.value, str(one)) for one in group)


def _all(kind: str) -> list[tuple[str, str]]:
    return [*_faker(kind), *_mimesis(kind)]


def latin() -> dict[str, int]:
    """Return every Latin word of a name with its classes."""
    found: dict[str, int] = {}
    near: set[str] = set()
    for kind, flag in (("first_name", names.GIVEN), ("last_name", names.FAMILY)):
        for locale, name in _all(kind):
            for part in name.split():
                is_particle = part.lower() in doubtful.PARTICLES or len(part) < 2 or not part[0].isupper()
                if not is_particle and _LATIN.fullmatch(part) and part[0] < "\u0250":
                    for word in {part, *part.split("-")}:
                        if len(word) > 1:
                            found[word.lower()] = found.get(word.lower(), 0) | flag
                            if re.split("[-_]", locale)[0] in NEAR:
                                near.add(word.lower())
    places, ordinary = _places(), _written_small()
    for word in doubtful.NEVER & found.keys():
        del found[word]
    for word in found:
        is_also = word in places or word in ordinary or (word.isascii() and bool(getAllLemmas(word)))
        if word in doubtful.WORDS or (is_also and word not in doubtful.SURE) or word not in near:
            found[word] |= names.DOUBT
    return found


def _written_small() -> set[str]:
    """Return the words that the project's own ordinary sentences, and those of the sources, have in small letters."""
    texts = [(PROJECT / file).read_text("utf-8") for file in ORDINARY]
    for locale in ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL"):
        texts.append(" ".join(Faker(locale).get_words_list()))
    for locale in ("en", "de", "fr", "es", "it", "pt", "nl"):
        texts += [str(one) for key in ("text", "words") for one in Text(Locale(locale))._extract([key])]
    return {word for text in texts for word in re.findall(r"(?<!\w)[^\W\d_A-Z]{2,}(?!\w)", text) if word.islower()}


def _places() -> set[str]:
    found = set()
    for locale in Locale:
        if locale.value.split("-")[0] not in LANGUAGES:
            continue
        try:
            address = Address(locale)
            lists = [address._extract([key]) for key in ("city", "country", "state")]
        except (LocaleError, KeyError):
            continue
        for one in lists:
            for name in (one.get("name", []) if isinstance(one, dict) else one) or []:
                if isinstance(name, str) and " " not in name and "-" not in name:
                    found.add(name.lower())
    return found


def ordinary(people: dict[str, int]) -> set[str]:
    """Return what is written with a capital now and then and is no name: towns, trades, dishes, and plain words."""
    found = _written_small() | _places()
    for language in LANGUAGES[:7]:
        for part in (taught.CLEAN, CAPITALS):
            found |= set(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w\}", " ", part[language]).lower()))
        for locale in LOCALES[language]:
            if importlib.util.find_spec(f"faker.providers.job.{locale}"):
                jobs = importlib.import_module(f"faker.providers.job.{locale}").Provider.jobs
                found |= set(re.findall(r"[^\W\d_]{2,}", " ".join(map(str, jobs)).lower()))
        for file in ("food", "text", "datetime", "finance"):
            folder = Path(mimesis.__file__).parent / "datasets" / language / f"{file}.json"
            found |= set(re.findall(r"[^\W\d_]{2,}", folder.read_text("utf-8").lower()))
        # Of the rest of its words for people: trades, languages and nationalities.
        persons = json.loads((Path(mimesis.__file__).parent / "datasets" / language / "person.json").read_text("utf-8"))
        for key in ("academic_degree", "gender", "language", "nationality", "occupation", "political_views"):
            found |= set(re.findall(r"[^\W\d_]{2,}", json.dumps(persons.get(key, ""), ensure_ascii=False).lower()))
    known = {word for word, flags in people.items() if not flags & names.DOUBT}
    return {word for word in found | doubtful.WORDS | doubtful.NEVER if word[0] < "\u0250" and word not in known}


def japanese() -> dict[str, int]:
    """Return Japanese given names and surnames of at least two characters."""
    found: dict[str, int] = {}
    for kind, flag in (("first_name", names.GIVEN), ("last_name", names.FAMILY)):
        for locale, name in _all(kind):
            if locale.startswith("ja") and len(name) > 1 and _JAPANESE.fullmatch(name):
                found[name] = found.get(name, 0) | flag
    return found


def chinese(dictionary: Path) -> Iterator[str]:
    """Yield lines with the cost of words, of surnames and of characters in given names."""
    words: Counter[str] = Counter()
    surnames: Counter[str] = Counter(dict.fromkeys(CHINESE, 1))
    first, second, alone = Counter[str](), Counter[str](), Counter[str]()
    given = Counter(name for locale, name in _all("first_name") if locale.startswith("zh") and _HAN.fullmatch(name))
    for line in dictionary.read_text("utf-8").splitlines():
        word, count, kind = line.split(" ")
        if not _HAN.fullmatch(word):
            continue
        if kind == "nr" and 2 <= len(word) <= 3 and word[0] in CHINESE:
            surnames[word[0]] += 1
            given[word[1:]] += 1
        # Many ordinary words of two characters stand among that dictionary's names: those are often written.
        is_word = not kind.startswith("nr") or (len(word) == 2 and int(count) >= _OFTEN)
        if is_word and len(word) <= 4 and int(count) >= _LEAST[len(word) - 1]:
            words[word] += int(count)
    for name, times in given.items():
        if not is_asked(name) and len(name) == 2:
            first[name[0]] += times
            second[name[1]] += times
        elif not is_asked(name) and len(name) == 1:
            alone[name] += times
    for mark, counts in (("w", words), ("s", surnames), ("1", first), ("2", second), ("0", alone)):
        total = counts.total()
        for word, times in sorted(counts.items()):
            yield f"{mark}{word}\t{round(-10 * math.log(times / total))}"


def main(dictionary: Path) -> int:
    """Write the lists and the card beside them."""
    both = latin() | japanese()
    lines = [f"n{word}\t{flags}" for word, flags in sorted(both.items())]
    lines += [f"o{word}\t0" for word in sorted(ordinary(both))] + list(chinese(dictionary))
    content = gzip.compress("\n".join(lines).encode(), 9, mtime=0)
    names.ARTEFACT.write_bytes(content)
    card = {
        "name": "lists of names",
        "what": "Words that are given names or surnames; what Chinese words and names cost (-10 log of their share).",
        "form": "gzip of lines: n a word with 1 given, 2 family, 4 also something else; o no name; w s 1 2 0 "
        "Chinese words, surnames, first, second and only characters of given names",
        "data": "Faker 40.54.0 and Mimesis 22.2.0 (MIT), every country; the dictionary of jieba 0.42.1 (MIT); the "
        "words that are also something else partly by lemminflect 0.2.3 (MIT) and by hand (doubtful.py).",
        "lines": len(lines),
        "dictionary": sha256(dictionary.read_bytes()).hexdigest(),
        "made": f"{datetime.now(UTC):%Y-%m-%d}",
        "by": "python -m tests.redaction.lists DICT",
        "sha256": sha256(content).hexdigest(),
    }
    names.ARTEFACT.with_name("names.json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(len(lines), "lines,", len(content), "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
