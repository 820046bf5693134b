"""The little English grammar that reported speech needs; verb forms come from LemmInflect's tables."""

from __future__ import annotations

from functools import lru_cache


def words_in(text: str) -> frozenset[str]:
    """Return the words of a list written as text."""
    return frozenset(text.split())


ADVERBS = words_in(
    "also just really never always still usually often actually only even already probably definitely sometimes "
    "certainly simply truly finally recently currently almost rarely hardly maybe totally completely absolutely "
    "generally normally honestly personally especially basically ever both all kind sort"
)
MODALS = words_in(
    "can could will would shall should may might must cannot can't couldn't won't wouldn't shouldn't mustn't ought "
    "needn't had did didn't hadn't was wasn't went"
)
ORDERS = words_in(
    "take tell give show let go come try wait call bring put turn make keep stop remember check ask look send fill "
    "sign press click write read open close follow leave stay sit stand help be get use add pick choose watch listen "
    "drop buy pay hold hurry pass relax think imagine eat drink meet join book order start begin find set move"
)
# Base forms that open a sentence without giving an order: "Thank you", "Have a nice day", "May it", "Hope it".
NEVER_ORDERS = words_in(
    "thank have hope wish guess bet like love may might can could will would should do is are was were bless damn "
    "what that all both such quite not so sound seem"
)
_AUXILIARIES = {
    "am": "is", "are": "is", "were": "was", "have": "has", "do": "does", "don't": "doesn't", "aren't": "isn't",
    "weren't": "wasn't", "haven't": "hasn't", "ain't": "isn't",
}  # fmt: skip
_CLOSED = words_in(
    "the a an it it's this that that's these those there there's here he she they we what which how where when "
    "why who if because although though while since as at in on by for from with without after before until to of "
    "all some any every each both no not nothing something everything one two three his her its their our your my "
    "most among between during under over above near within despite except besides instead everyone everybody "
    "somebody someone anyone anything nobody none other another others such several few today tomorrow yesterday "
    "tonight nowadays first next last many much more only just maybe perhaps he's she's they're we're let's and "
    "or but so then than"
)
_BEFORE_SUBJECT = words_in(
    "and but or so that if when because what how where why who which as than while until unless before after since "
    "whether though although whatever whenever wherever , ; : think know hope guess say said believe sure mean "
    "suppose wish bet feel heard see afraid glad sorry thought knew till once like"
)
_BEFORE_NOUN = words_in("the a an this that these those what which any some my your his her our their no every")
_TAKES_OBJECT = words_in("help let make have see watch hear had lets makes helps helped made saw")


@lru_cache(maxsize=20_000)
def _lemmas(word: str) -> dict[str, tuple[str, ...]]:
    import lemminflect  # late: its tables take half a second

    return dict(lemminflect.getAllLemmas(word)) if word else {}


@lru_cache(maxsize=5_000)
def _inflect(verb: str, tag: str) -> str:
    import lemminflect

    forms = lemminflect.getInflection(verb, tag=tag)
    return str(forms[0]) if forms else verb


def third_person(verb: str) -> str:
    """Return the form after he, she or a name: go, goes."""
    return {"be": "is", "have": "has", "do": "does"}.get(verb) or _inflect(verb, "VBZ")


def past(verb: str) -> str:
    """Return the simple past: go, went."""
    return {"be": "was"}.get(verb) or _inflect(verb, "VBD")


def is_base_verb(word: str) -> bool:
    """Whether `word` can be a verb in its base form."""
    found = _lemmas(word)
    return word in found.get("VERB", ()) or word in ("be", "have", "do") or word in found.get("AUX", ())


def is_verb_form(word: str) -> bool:
    """Whether `word` can be any form of a verb."""
    found = _lemmas(word.lower())
    return "VERB" in found or "AUX" in found


def is_statement(body: str) -> bool:
    """Whether `body` looks like a subject with a verb: not a fragment, an order, or a question without its mark."""
    words = [word.strip(",.;:!?()") for word in body.lower().split()]
    if len(words) < 2 or words[0] in _NO_SUBJECT:
        return False
    first = _lemmas(words[0].partition("'")[0])
    if words[0] not in _CLOSED and set(first) == {"VERB"} and words[0] in first["VERB"]:
        return False
    return any(_is_finite(word) for word in words[1:] + words[:1][words[0] not in _CLITIC :])


_NO_SUBJECT = words_in(
    "how what who whose which why thank thanks please congratulations see be about so-so sounds looks seems guess hope "
    "glad nice got"
)
_CLITIC = words_in("i'm it's that's there's he's she's you're we're they're i'll i'd i've we'll")


def _is_finite(word: str) -> bool:
    head, _, tail = word.partition("'")
    if tail in ("m", "re", "ll", "ve", "d") or (tail == "s" and head in _CLOSED) or word in _AUXILIARIES:
        return True
    if word in MODALS or word in ("is", "has", "does", "isn't", "hasn't", "doesn't", "was", "were"):
        return True
    return is_verb_form(word) and not word.endswith("ing")


def is_common(word: str) -> bool:
    """Whether a capital at the start of `word` is only that of the sentence."""
    lowered = word.lower().strip(",.;:!?()").partition("'")[0]
    if lowered == "i" or (len(word) > 1 and word[1:2].isupper()):
        return False
    return lowered in _CLOSED or lowered in ADVERBS or any(tag != "PROPN" for tag in _lemmas(lowered))


def is_subject_you(words: list[str], place: int) -> bool:
    """Whether "you" at `place` does something, rather than having it done to it."""
    following = _skip_adverbs(words, place + 1)
    if following >= len(words):
        return False
    word = words[following]
    before = words[place - 1] if place else ","
    if before in _TAKES_OBJECT and word not in ("are", "were", "can", "will", "would", "should", "don't"):
        return False
    if word in _AUXILIARIES or word in MODALS:
        return True
    if not is_verb_form(word):
        return False
    if before in _BEFORE_SUBJECT or set(_lemmas(before)) == {"NOUN"}:
        return True
    is_noun_here = place > 1 and (words[place - 2] in _BEFORE_NOUN or "ADJ" in _lemmas(words[place - 2]))
    return "NOUN" in _lemmas(before) and is_noun_here  # "what colour you wear", "the work you do"


def expand(tail: str, following: list[str]) -> str | None:
    """Return what 'm, 're, 've, 'll, 'd become after a name, or None."""
    if tail == "d":
        word = next((w for w in following if w not in ADVERBS), "")
        if word == "better":
            return "had"
        return "would" if word in ("like", "love", "rather", "be", "have", "prefer") or is_base_verb(word) else "had"
    return {"m": "is", "re": "is", "ve": "has", "ll": "will", "s": None}.get(tail)


def agree(words: list[str], out: list[str], subject: int) -> bool:
    """Change in `out` the verbs that agree with the subject at `subject`; False where that cannot be known."""
    before = words[subject - 1] if subject else ""
    place = _skip_adverbs(words, subject + 1)
    if before in _AUXILIARIES and (place >= len(words) or words[place] not in _AUXILIARIES):
        out[subject - 1] = _AUXILIARIES[before]
        return True
    if place >= len(words):
        return True
    word = words[place]
    if word in MODALS or before in MODALS:
        return True
    if word in ("and", "or", ",") or not (word in _AUXILIARIES or is_verb_form(word)):
        return False
    if word in _AUXILIARIES:
        out[place] = _AUXILIARIES[word]
        return True
    if not is_base_verb(word):
        return True  # a past form stays
    if _inflect(word, "VBD") == word:
        return False  # put, cut, read: present or past, nobody can tell
    out[place] = third_person(word)
    _agree_with_and(words, out, place)
    return True


def _agree_with_and(words: list[str], out: list[str], verb: int) -> None:
    for place in range(verb + 1, len(words) - 1):
        if words[place] in ("to", "that", "if", "when", "because", "i", "you", "we", "they", "it", ".", ";"):
            return
        if words[place] in MODALS:
            return
        if words[place] not in ("and", "or", "but"):
            continue
        target = _skip_adverbs(words, place + 1)
        if target >= len(words) or not is_base_verb(words[target]):
            continue
        is_only_verb = set(_lemmas(words[target])) <= {"VERB", "AUX"}
        takes_object = target + 1 < len(words) and words[target + 1] in ("the", "a", "an", "my", "your", "it", "to")
        if is_only_verb or takes_object:
            out[target] = _AUXILIARIES.get(words[target]) or third_person(words[target])


def _skip_adverbs(words: list[str], place: int) -> int:
    while place < len(words) and (words[place] in ADVERBS or (words[place].endswith("ly") and len(words[place]) > 4)):
        place += 1
    return place


def is_known(word: str) -> bool:
    """Whether `word` (in lower case) is an ordinary word rather than a name."""
    return word in _CLOSED or word in ADVERBS or word in MODALS or bool(set(_lemmas(word)) - {"PROPN"})
