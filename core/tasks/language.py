"""Which language a text is in: the script first, then langdetect's profiles, then frequent words.

langdetect's own detector draws n-grams at random until it believes one language, which makes it change its mind from
call to call and go wrong on short texts. Here its profiles are used whole: every n-gram of every word is weighed,
once, against the languages that share the script, so equal texts get equal answers from any number of threads.
"""

from __future__ import annotations

import functools
import math
import re
import threading
import unicodedata
from collections import Counter
from dataclasses import dataclass

import numpy as np
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from numpy.typing import NDArray

from core.tasks.frequent_words import FREQUENT_WORDS
from core.types import LanguageGuess

LANGUAGES: dict[str, str] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian",
    "nl": "Dutch", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "ru": "Russian", "uk": "Ukrainian",
    "bg": "Bulgarian", "mk": "Macedonian", "ar": "Arabic", "fa": "Persian", "ur": "Urdu", "he": "Hebrew",
    "el": "Greek", "hi": "Hindi", "mr": "Marathi", "ne": "Nepali", "bn": "Bengali", "pa": "Punjabi",
    "gu": "Gujarati", "ta": "Tamil", "te": "Telugu", "kn": "Kannada", "ml": "Malayalam", "th": "Thai",
    "af": "Afrikaans", "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "et": "Estonian",
    "fi": "Finnish", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian", "lt": "Lithuanian", "lv": "Latvian",
    "no": "Norwegian", "pl": "Polish", "ro": "Romanian", "sk": "Slovak", "sl": "Slovenian", "so": "Somali",
    "sq": "Albanian", "sv": "Swedish", "sw": "Swahili", "tl": "Tagalog", "tr": "Turkish", "vi": "Vietnamese",
}  # fmt: skip
UNKNOWN = ""
_reading = threading.Lock()

# The scripts that need statistics, with the languages written in them; all others name their language at once.
_BY_SCRIPT = {
    "CYRILLIC": ("ru", "uk", "bg", "mk"),
    "ARABIC": ("ar", "fa", "ur"),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "LATIN": (
        "en", "de", "fr", "es", "pt", "it", "nl", "af", "ca", "cs", "cy", "da", "et", "fi", "hr", "hu", "id", "lt",
        "lv", "no", "pl", "ro", "sk", "sl", "so", "sq", "sv", "sw", "tl", "tr", "vi",
    ),
}  # fmt: skip
_ONE_LANGUAGE = {
    "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "BENGALI": "bn",
    "GURMUKHI": "pa", "GUJARATI": "gu", "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml",
    "THAI": "th",
}  # fmt: skip
# A Han character or a syllable block says about as much as this many letters.
_LETTERS_PER_CHARACTER = {"CJK": 3.0, "HIRAGANA": 2.0, "KATAKANA": 2.0, "HANGUL": 2.5}

# Chosen on the tuning half of the benchmark's sentences: smoothing of an unseen n-gram, weight of an n-gram (they
# overlap, so each counts less than one independent fact), log-odds of a frequent word, weight of what looks like a
# name, and the prior of a language that the product does not serve.
_UNSEEN = 1e-5
_NGRAM_WEIGHT = 0.35
_WORD_LOG_ODDS = 3.0
_NAME_WEIGHT = 0.1
_FIRST_NAME_WEIGHT = 0.5
_RARE_PRIOR = 1e-3

_SURE_CONFIDENCE = 0.85
_SURE_LETTERS = 10.0
_SURE_SCRIPT_SHARE = 0.6
_READ_CHARACTERS = 4_000
_KANA_SHARE = 0.05

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NOT_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w-]+\.[\w.-]+|[{<#%$][\w.:/-]+[}>#%]?|`[^`]*`")


@dataclass(frozen=True)
class _Profiles:
    """langdetect's profiles of one script as log-probabilities, shape (n-grams, languages)."""

    codes: tuple[str, ...]
    rows: dict[str, int]
    log_probabilities: NDArray[np.float32]
    priors: NDArray[np.float32]


def guess_language(text: str) -> LanguageGuess:
    """Return the most likely language of `text`; `is_sure` is False where it is short, mixed or nearly undecided.

    Deterministic and thread-safe; reads at most the first 4,000 characters. A text without letters has the code "".
    """
    text = unicodedata.normalize("NFC", _NOT_LANGUAGE.sub(" ", text[:_READ_CHARACTERS]))
    letters = _letters_by_script(text)
    total = sum(letters.values())
    if not total:
        return LanguageGuess(UNKNOWN, 0.0, False)
    script = max(letters, key=lambda name: letters[name])
    share = letters[script] / total
    if script in _ONE_LANGUAGE:
        code, confidence = _ONE_LANGUAGE[script], share
    elif script in _BY_SCRIPT:
        code, confidence = _weigh(text, script)
    else:
        return LanguageGuess(UNKNOWN, 0.0, False)
    is_sure = confidence >= _SURE_CONFIDENCE and letters[script] >= _SURE_LETTERS and share >= _SURE_SCRIPT_SHARE
    return LanguageGuess(code, round(confidence, 4), is_sure or (script in _ONE_LANGUAGE and share >= 0.9))


def word_log_probability(word: str) -> float:
    """Return how usual a word of Latin letters is: the mean natural log-probability of its trigrams, in the language
    that they fit best; -11.5 where none of them is known to any. Frequent words are as usual as can be, 0.
    """
    word = word.lower()
    if _owners(word):
        return 0.0
    profiles = _profiles("LATIN")
    padded = f" {word} "
    rows = [profiles.rows.get(padded[start : start + 3]) for start in range(len(padded) - 2)]
    known = [row for row in rows if row is not None]
    missing = (len(rows) - len(known)) * math.log(_UNSEEN)
    totals = profiles.log_probabilities[known].sum(axis=0) + missing
    return float(totals.max()) / max(1, len(rows))


def _letters_by_script(text: str) -> dict[str, float]:
    """Letters a script; Japanese is told from Chinese by its kana, and then owns the Han characters too."""
    counts: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if character.isalpha():
            counts[_script(character)] += times
    weights = {name: count * _LETTERS_PER_CHARACTER.get(name, 1.0) for name, count in counts.items()}
    kana = counts["HIRAGANA"] + counts["KATAKANA"]
    if kana and kana >= _KANA_SHARE * (kana + counts["CJK"]):
        weights["HIRAGANA"] = sum(weights.pop(name, 0.0) for name in ("HIRAGANA", "KATAKANA", "CJK"))
    return weights


@functools.lru_cache(maxsize=4_096)
def _script(character: str) -> str:
    """The first word of a letter's Unicode name: LATIN, CJK, CYRILLIC, ..."""
    return unicodedata.name(character, "UNKNOWN").split()[0]


def _weigh(text: str, script: str) -> tuple[str, float]:
    """The best language of a script with its probability: naive Bayes over n-grams and frequent words."""
    profiles = _profiles(script)
    scores = profiles.priors.astype(np.float64)
    rows: list[int] = []
    weights: list[float] = []
    for position, match in enumerate(_WORD.finditer(text)):
        word = match.group().replace("’", "'")
        lower = word.lower()
        owners = _owners(lower)
        for code in owners:
            if code in profiles.codes:
                scores[profiles.codes.index(code)] += _WORD_LOG_ODDS
        weight = 1.0
        if word[0].isupper() and not word.isupper() and not owners:  # perhaps a name, perhaps only the first word
            weight = _NAME_WEIGHT if position else _FIRST_NAME_WEIGHT
        for gram in _grams(lower if word.isupper() else word):
            row = profiles.rows.get(gram)
            if row is not None:
                rows.append(row)
                weights.append(weight)
    if rows:
        scores += _NGRAM_WEIGHT * (np.asarray(weights, np.float64) @ profiles.log_probabilities[rows])
    shares = np.exp(scores - scores.max())
    best = int(shares.argmax())
    return profiles.codes[best], float(shares[best] / shares.sum())


@functools.lru_cache(maxsize=16_384)
def _owners(word: str) -> tuple[str, ...]:
    """The languages among whose frequent words `word`, or a part before or after an apostrophe, is."""
    parts = {word}
    if "'" in word:
        parts |= {word.split("'")[0] + "'", word.rsplit("'", 1)[1]}
    return tuple(code for code, words in FREQUENT_WORDS.items() if parts & words)


def _grams(word: str) -> list[str]:
    """One to three characters in a row, with the blanks around the word, as langdetect's profiles count them."""
    padded = f" {word.replace(chr(39), ' ')} "
    grams = [character for character in padded if character != " "]
    for size in (2, 3):
        grams.extend(padded[start : start + size] for start in range(len(padded) - size + 1))
    return grams


@functools.lru_cache(maxsize=1)
def _factory() -> DetectorFactory:
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory


def _profiles(script: str) -> _Profiles:
    """The profiles of a script, read once: that takes a second or two, and all who come first would do it."""
    with _reading:
        return _read_profiles(script)


@functools.lru_cache(maxsize=len(_BY_SCRIPT))
def _read_profiles(script: str) -> _Profiles:
    codes = _BY_SCRIPT[script]
    factory = _factory()
    names = factory.get_lang_list()
    columns = [names.index(code) for code in codes]
    table = factory.word_lang_prob_map
    kept = {gram: values for gram, values in table.items() if any(values[column] for column in columns)}
    probabilities = np.array([[values[column] for column in columns] for values in kept.values()], np.float32)
    priors = [0.0 if code in FREQUENT_WORDS or script != "LATIN" else math.log(_RARE_PRIOR) for code in codes]
    return _Profiles(
        codes,
        {gram: row for row, gram in enumerate(kept)},
        np.log(probabilities + np.float32(_UNSEEN)),
        np.array(priors, np.float32),
    )
