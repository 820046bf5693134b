"""Names that stand in the lists: a given name beside a surname, or alone where it is nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.privacy.names import DOUBT, FAMILY, GIVEN, PARTICLE, classes_of, lists

_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]{2,25}(?:['’-][^\W\d_]{1,25}){0,3}(?![\w-])", re.UNICODE)
# The last: after a second name of one letter, as in "Klaus-D. Rohleder".
_GAP = re.compile(rf" (?:{PARTICLE} ){{0,3}}| ?(?:[dD]['’])|, ?| (?:[^\W\d_]\.? ){{1,2}}|(?<=-[^\W\d_a-z])\. ")
_LONG = 4
_SHORT = 3
_HALF = 0.3
_SOME = 0.2
# What the tagger must say of two words with capitals: of two that nobody knows, and where one is an ordinary word.
PAIR = 0.1
PLAIN = 0.4
DETERMINER = re.compile(r"(?i)(?:[mds]ein|ihr|unser|euer|eur|kein|ein|dies|jed|jen|d)(?:e[rnms]?|ie|as)?")
# German writes every noun with a capital; what stands between an article and its noun counts: "in einem ruhigen Dorf".
_GERMAN = r"(?:der|die|das|den|dem|des|[mdsk]?eine?[nmrs]?|unsere?[nmrs]?|ihre?[nmrs]?|[ai]m|ins?|zu[mr]|vom|beim)"
_ARTICLE = re.compile(rf"(?<!\w)(?i:{_GERMAN})(?: [a-zäöüß]{{2,20}}e[nmrs]?){{0,2}} \Z")
_ARTICLE_CHARACTERS = 50
# What somebody does who begins a sentence by a given name alone: to say something, or something to us.
_SPEAKS = re.compile(
    r" (?:said|says|told|tells|called|wrote|writes|asked|asks|answered|replied|promised|phoned|emailed|explained"
    r"|sagt|sagte|meinte|schrieb|schreibt|rief|fragte|antwortete|versprach|erklärte|hat (?:mir|mich|uns)"
    r"|dit|m['’]a|nous a|a (?:dit|appelé|écrit|demandé|répondu|téléphoné|promis)"
    r"|dijo|dice|llamó|escribió|preguntó|respondió|prometió|(?:me|nos) (?:dijo|llamó|escribió|ha)"
    r"|disse|(?:mi|ci) ha|ha (?:detto|chiamato|scritto|chiesto|risposto|promesso)"
    r"|diz|ligou|escreveu|perguntou|respondeu|prometeu|telefonou|(?:me|nos) (?:disse|ligou|escreveu)"
    r"|zei|zegt|belde|schreef|vroeg|antwoordde|beloofde|mailde|heeft (?:me|mij|ons))(?!\w)"
)
_FIRST = re.compile(r"(?:\A|[.!?:\n])[\s\"'“„»«¿¡(-]{0,4}\Z")


def classes(word: str) -> int:
    """Return what a word with hyphens may be in a name: what its parts are."""
    found = classes_of(word)
    if not found and ("-" in word or "'" in word or "’" in word):
        parts = [classes_of(part) for part in re.split("[-'’]", word) if len(part) > 1]
        found = (parts[0] & parts[-1]) if parts else 0
    return found


def _kind(word: str) -> int:
    """Return the classes of a word; a short one, and one that is shouted, is in doubt."""
    found = classes(word)
    return found | DOUBT if found and (len(word) < _SHORT or word.isupper()) else found


def listed(text: str, sureness: Callable[[int, int], float]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each name; `sureness` is the tagger's, from 0 to 1, of a stretch."""
    words = [match.span() for match in _WORD.finditer(text) if match[0][0] < "\u0250"]
    kinds = [_kind(text[start:end]) for start, end in words]
    number = 0
    while number < len(words):
        last = _last_of(text, words, kinds, number, sureness)
        if last >= number:
            yield words[number][0], words[last][1]
        number = max(last, number) + 1


def _last_of(
    text: str, words: list[tuple[int, int]], kinds: list[int], number: int, sureness: Callable[[int, int], float]
) -> int:
    """Return the number of the last word of the name that begins with a word, or -1."""
    start, end = words[number]
    kind, is_big = kinds[number], text[start].isupper()
    is_last = number + 1 == len(words)
    if not is_last and kind and _are_one(text, words[number], words[number + 1], kinds[number : number + 2], sureness):
        return _widened(text, words, kinds, number + 1) if is_big else number + 1
    if not is_last and is_big and _are_likely(text, words[number], words[number + 1], sureness):
        return _widened(text, words, kinds, number + 1)
    is_alone = kind & GIVEN and not kind & DOUBT and is_big and end - start > 2 and not text[start:end].isupper()
    if is_alone and is_first(text, start):  # what begins a sentence has a capital anyway
        return number if _SPEAKS.match(text, end) else -1
    return number if is_alone and not _is_thing(text, end) and sureness(start, end) >= _SOME else -1


def _widened(text: str, words: list[tuple[int, int]], kinds: list[int], last: int) -> int:
    """Return the number of the last of at most two more words of a name."""
    for following in range(last + 1, min(last + 3, len(words))):
        gap = _GAP.fullmatch(text, words[last][1], words[following][0])
        if not gap or "," in gap[0] or not text[words[following][0]].isupper() or not kinds[following]:
            break
        last = following
    return last


def has_article(text: str, start: int) -> bool:
    """Return whether a German article stands before a word."""
    return _ARTICLE.search(text, max(0, start - _ARTICLE_CHARACTERS), start) is not None


def is_first(text: str, start: int) -> bool:
    """Return whether a word begins a sentence."""
    return _FIRST.search(text, max(0, start - 5), start) is not None


def _are_likely(text: str, one: tuple[int, int], two: tuple[int, int], sureness: Callable[[int, int], float]) -> bool:
    """Return whether two words with capitals stand as names do, in the tagger's eyes."""
    gap = _GAP.fullmatch(text, one[1], two[0])
    are_big = all(text[start].isupper() and text[start + 1 : end].islower() for start, end in (one, two))
    if not gap or "," in gap[0] or not are_big or DETERMINER.fullmatch(text[one[0] : one[1]]):
        return False
    if has_article(text, one[0]) and not any(classes(text[start:end]) for start, end in (one, two)):
        return False  # no list knows them: two nouns
    # A sentence's first word has a capital whatever it is.
    both = sureness(*one), sureness(*two)
    ordinary = sum(text[start:end].lower() in lists().ordinary for start, end in (one, two))
    return (min(both) if is_first(text, one[0]) else max(both)) >= (PAIR, PLAIN, 2)[ordinary]


def _are_one(
    text: str, one: tuple[int, int], two: tuple[int, int], kinds: list[int], sureness: Callable[[int, int], float]
) -> bool:
    """Return whether two words are a name: as it is said, turned with a comma, or in small letters."""
    gap, (kind, after) = _GAP.fullmatch(text, one[1], two[0]), kinds
    if not gap:
        return False
    are_sure = not (kind | after) & DOUBT
    if "," in gap[0]:
        return are_sure and bool(kind & FAMILY and after & GIVEN) and sureness(one[0], two[1]) > _HALF
    if text[one[0]].isupper() and text[two[0]].isupper():
        return (after > 0 or text[two[0] + 1].islower()) and _is_pair(kind, after, sureness(one[0], two[1]))
    is_small = text[one[0] : one[1]].islower() and text[two[0] : two[1]].islower()
    return is_small and are_sure and bool(kind & GIVEN and after & FAMILY) and one[1] - one[0] >= _LONG


def _is_pair(kind: int, after: int, sure: float) -> bool:
    """Return whether two words with capitals are a name: two that may be, one surely, or where the tagger agrees."""
    doubts = bool(kind & DOUBT) + bool(after & DOUBT or not after)
    is_order = bool(kind & GIVEN and (after & (FAMILY | GIVEN) or not after))
    return is_order and (doubts == 0 or (doubts == 1 and not (kind & DOUBT and not after)) or sure > _HALF)


def _is_thing(text: str, end: int) -> bool:
    """Return whether a figure follows, as after the name of a thing: "Alexa 2"."""
    return bool(re.match(r" \d", text[end : end + 2]))


def japanese(text: str) -> Iterator[tuple[int, int]]:
    """Yield a surname with the given name after it, where the lists have both."""
    people = lists().people
    for run in re.finditer("[\u3005\u3041-\u30ff\u4e00-\u9fff \u3000]{3,}", text):
        here, end = run.span()
        while here < end:
            last = _japanese_at(text, here, end, people)
            if last:
                yield here, last
            here = last or here + 1


def _japanese_at(text: str, here: int, end: int, people: dict[str, int]) -> int:
    for size in (3, 2):
        if people.get(text[here : here + size], 0) & FAMILY:
            begin = here + size
            begin += text[begin : begin + 1] in (" ", "\u3000")
            for given in (4, 3, 2):
                if begin + given <= end and people.get(text[begin : begin + given], 0) & GIVEN:
                    return begin + given
    return 0
