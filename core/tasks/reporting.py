"""What somebody said, told by somebody else: "I need milk." said by Anna becomes "Anna needs milk."

Only the words that point at the speakers and the verbs that agree with them change; every other word stays. What the
rules do not know how to turn is declined (None), and the caller quotes it instead. English only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.tasks import english

_TOKEN = re.compile(r"(#\w+#(?:'s)?|[^\W_]+(?:['.][^\W_]+)*(?:-[^\W_]+)*|\S)(\s*)")
_FILLERS = re.compile(
    r"^(?:(?:well|oh|ah|aha|uh|um|hmm+|mm|er|hey|hi|hello|yeah|yes|yep|no|nope|ok|okay|sure|now|then|right|alright|"
    r"all right|look|listen|wow|gee|gosh|of course|certainly|actually|anyway|you know|you see|i see|i mean|thanks|"
    r"thank you|great|good|fine|really|exactly|sorry|i'm sorry|excuse me|pardon me|oh my god|my god|oh dear|"
    r"in fact|to be honest|honestly|frankly|by the way|that's right|you're right|not really|absolutely|definitely|"
    r"sir|madam|ma'am|miss|doctor|honey|dear|buddy|man|guys|darling|sweetie|mom|dad|mum)\b\s*[,.!;-]+\s*|"
    r"(?:and|but|so|well|oh|because|or|actually|anyway)\s+)+",
    re.IGNORECASE,
)
_VOCATIVE = re.compile(
    r",\s*(?:sir|madam|ma'am|miss|doctor|honey|dear|buddy|man|guys|darling|sweetie|mom|dad|mum|officer|sir|folks|"
    r"everyone|everybody|then|though|please|you know|right|thanks|thank you|congratulations|"
    r"(?:mr|mrs|ms|miss|dr)\.?\s+[A-Z]\w+)\s*(?=[.!?]|$)",
    re.IGNORECASE,
)
_SPACED_APOSTROPHE = re.compile(r"(?<=[^\W\d_])\s?['’`]\s?(?=(?:s|t|m|re|ve|ll|d)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Roles:
    """Who says it and to whom; `listener` is empty where more than two people talk, and "you" could be any."""

    speaker: str
    listener: str = ""


def tidy(words: str) -> str:
    """Return spoken words on one line without fillers at the start and forms of address at the end."""
    words = _SPACED_APOSTROPHE.sub("'", " ".join(words.split()).replace("’", "'"))
    words = re.sub(r"\s+([,.!?;:])", r"\1", words)
    stripped = _VOCATIVE.sub("", _FILLERS.sub("", words))
    first = _NAME_FIRST.match(stripped)
    if first and not english.is_known(first[1].lower()):
        stripped = _FILLERS.sub("", stripped[first.end() :])
    last = _NAME_LAST.search(stripped)
    if last and not english.is_known(last[2].lower()):
        stripped = stripped[: last.start(1)] + stripped[last.end(1) :]
    return stripped


# Whom the words are said to; "in Paris, France" is not that, so a capital before the comma keeps the name.
_NAME_FIRST = re.compile(r"([A-Z][a-z]+)[,!]\s+(?=\S+\s+\S)")
_NAME_LAST = re.compile(r"(?<= )[a-z][\w']*(,\s*([A-Z][a-z]+))(?=[.!?]+$)")


def report(words: str, roles: Roles) -> str | None:
    """Return what `roles.speaker` says with `words` (one tidied sentence) in the third person, or None."""
    ending = words[-1:] if words[-1:] in ".!?…" else ""
    body = words.rstrip(".!?… ")
    if not body or re.search(r"[\"“”]|\b(?:myself|yourself|ourselves|yourselves)\b", body, re.IGNORECASE):
        return None
    if not roles.listener and re.search(r"\byou(?:r|rs)?\b", body, re.IGNORECASE):
        return None
    if ending == "?" or _INVERTED.match(body):
        return _question(body, roles)
    return _thanks(body, roles) or _suggestion(body, roles) or _order(body, roles) or _statement(body, roles)


def _statement(body: str, roles: Roles) -> str | None:
    if not english.is_statement(body) or (told := turn(body, roles)) is None:
        return None
    if told.startswith(roles.speaker + " "):
        return f"{told}."
    clause = _lower_first(told, roles)
    return f"{_says(roles)} {'' if _NEEDS_NO_THAT.match(clause) else 'that '}{clause}."


_NEEDS_NO_THAT = re.compile(r"(?:it|there|here|that|this|those|these|he|she|they|the)\b(?!\s+(?:of|one)\b)")


def _says(roles: Roles) -> str:
    return f"{roles.speaker} tells {roles.listener}" if roles.listener else f"{roles.speaker} says"


def _asks(roles: Roles) -> str:
    return f"{roles.speaker} asks {roles.listener}" if roles.listener else f"{roles.speaker} asks"


def _thanks(body: str, roles: Roles) -> str | None:
    match = re.match(r"(?:thanks|thank you)(?: very much| so much| a lot)?\b(?P<rest>.*)", body, re.IGNORECASE)
    if not match or not roles.listener or (match["rest"] and not match["rest"].startswith(" for ")):
        return None
    rest = turn(match["rest"].strip(), roles)
    return None if rest is None else f"{roles.speaker} thanks {roles.listener} {rest}".rstrip() + "."


def _suggestion(body: str, roles: Roles) -> str | None:
    match = re.match(r"(?:let's|let us|why don't we|shall we|why not)\s+(.+)", body, re.IGNORECASE)
    if match and not match[1].lower().startswith(("see", "say")):
        rest = turn(match[1], roles)
        return rest and f"{roles.speaker} suggests they {rest}."
    match = re.match(r"why don't you\s+(.+)", body, re.IGNORECASE)
    if match and roles.listener:
        rest = turn(match[1], roles)
        return rest and f"{roles.speaker} suggests {roles.listener} {rest}."
    match = re.match(r"(how|what) about\s+(\w+)(.*)", body, re.IGNORECASE)
    if match and match[2].lower() not in ("you", "we", "i", "it", "that", "this", "if"):
        rest = turn(match[2] + match[3], roles)
        is_doing = match[2].endswith("ing") and english.is_verb_form(match[2])
        return rest and (f"{roles.speaker} suggests {rest}." if is_doing else f"{_asks(roles)} about {rest}.")
    return None


# "Don't know." leaves out "I", and "Don't worry" is only kind: neither is an order.
_OBJECTS = english.words_in("the a an my your this these those me us it him them some")
_ELLIPTIC = english.words_in("worry mention you tell know think feel want need like have see understand remember care")


def _order(body: str, roles: Roles) -> str | None:
    if not roles.listener:
        return None
    match = re.match(r"(?:please\s+)?(don't|do not|never)\s+(.+)", body, re.IGNORECASE)
    if match and match[2].split()[0].lower() not in _ELLIPTIC:
        rest = turn(match[2], roles)
        return rest and f"{roles.speaker} tells {roles.listener} not to {rest}."
    match = re.match(r"(please\s+|just\s+)?(\w+)\b(.*)", body, re.IGNORECASE)
    if not match or not match[3].strip():
        return None
    verb = match[2].lower()
    next_word = match[3].split()[0].lower()
    is_order = bool(match[1]) or verb in english.ORDERS or next_word in _OBJECTS
    if not is_order or verb in english.NEVER_ORDERS or not english.is_base_verb(verb):
        return None
    if next_word in ("is", "are", "was", "were", "has", "i", "you", "of", "sounds"):
        return None
    rest = turn(match[2].lower() + match[3], roles)
    verb_said = "asks" if match[1] and match[1].lower().startswith("please") else "tells"
    return rest and f"{roles.speaker} {verb_said} {roles.listener} to {rest}."


_INVERTED = re.compile(
    r"(?P<aux>do|does|did|are|is|am|was|were|have|has|had|can|could|will|would|should|shall|may|might|must|don't|"
    r"doesn't|didn't|aren't|isn't|wasn't|weren't|haven't|hasn't|can't|couldn't|won't|wouldn't|shouldn't)\s+"
    r"(?P<subject>you|i|we|they|it|he|she|there|this|that|these|those|anyone|anybody|someone|everyone|"
    r"(?:your|my|his|her|their|our)\s+\w+)\s*(?P<rest>(?:\s.*)?)$",
    re.IGNORECASE,
)
_WH = re.compile(
    r"(?P<wh>(?:what|which|how|where|when|why|who|whose)(?:\s+(?!do\b|does\b|did\b|is\b|are\b|can\b|will\b)[\w-]+){0,3}?)\s+"
    r"(?P<clause>(?:do|does|did|are|is|am|was|were|have|has|had|can|could|will|would|should|shall|may|might|don't|"
    r"didn't|doesn't|can't)\b.*)",
    re.IGNORECASE,
)
_WH_BE = re.compile(r"(?P<wh>what|where|who|how)(?:'s|\s+(?P<be>is|are|was|were))\s+(?P<np>[\w' -]+)$", re.IGNORECASE)
_WANTS = re.compile(
    r"(?:(?:could|would|will)\s+you\s+(?:please\s+|kindly\s+)?|can\s+you\s+(?:please\s+|kindly\s+|(?=.*\b(?:me|us)\b)))"
    r"(?P<rest>(?!like\b|mind\b|rather\b|prefer\b|be\b|have\b|need\b).+)",
    re.IGNORECASE,
)


def _question(body: str, roles: Roles) -> str | None:
    suggestion = _suggestion(body, roles)
    if suggestion:
        return suggestion
    if body.lower().startswith(("why don't i ", "why don't we")):
        return None
    match = _WANTS.match(body)
    if match and roles.listener and english.is_base_verb(match["rest"].split()[0].lower()):
        rest = turn(match["rest"], roles)
        return rest and f"{_asks(roles)} to {rest}."
    match = _INVERTED.match(body)
    if match:
        clause = _straighten(match, roles)
        return clause and f"{_asks(roles)} if {clause}."
    match = _WH.match(body)
    if match and (inverted := _INVERTED.match(match["clause"])):
        clause = _straighten(inverted, roles)
        asked = turn(match["wh"].lower(), roles)
        return clause and asked and f"{_asks(roles)} {asked} {clause}."
    match = _WH_BE.match(body)
    if match and len(match["np"].split()) <= 6:
        first, *others = match["np"].split()
        if first.lower() in ("wrong", "up", "going", "happening", "it", "that", "this", "there", "so", "more"):
            return None
        if any(other.endswith("ing") for other in others):
            return None
        thing = turn(match["np"], roles)
        return thing and f"{_asks(roles)} {match['wh'].lower()} {thing} {(match['be'] or 'is').lower()}."
    return None


def _straighten(match: re.Match[str], roles: Roles) -> str | None:
    """ "do you like it" to "Ben likes it": the order of a statement, with the verb that follows from it."""
    aux, subject, rest = match["aux"].lower(), match["subject"], match["rest"].strip()
    plain = aux in ("do", "does", "did")
    if plain:
        verb, _, after = rest.partition(" ")
        if not english.is_base_verb(verb.lower()):
            adverb, (verb, _, after) = verb, after.partition(" ")
            if adverb.lower() not in english.ADVERBS or not english.is_base_verb(verb.lower()):
                return None
            subject = f"{subject} {adverb}"
        if aux == "did":
            verb = english.past(verb.lower())
        elif aux == "does":
            verb = english.third_person(verb.lower())
        return turn(f"{subject} {verb} {after}".strip(), roles)
    return turn(f"{subject} {aux} {rest}".strip(), roles)


def turn(body: str, roles: Roles) -> str | None:
    """Return the words with "I", "you", "my" and their verbs turned to the names in `roles`, or None."""
    pairs = [(match[1], match[2]) for match in _TOKEN.finditer(body)]
    words = [token.lower() for token, _ in pairs]
    out = [token for token, _ in pairs]
    for place, word in enumerate(words):
        head, _, tail = word.partition("'")
        if head in ("i", "you") and (tail or word == head):
            name = roles.speaker if head == "i" else roles.listener
            if not name:
                return None
            is_subject = head == "i" or bool(tail) or english.is_subject_you(words, place)
            out[place] = name
            if tail:
                ending = english.expand(tail, words[place + 1 : place + 3])
                if ending is None:
                    return None
                out[place] = f"{name} {ending}"
            elif is_subject and not english.agree(words, out, place):
                return None
        elif word in _POINTING:
            who, form = _POINTING[word]
            name = roles.speaker if who == 1 else roles.listener
            if not name:
                return None
            out[place] = name + form
        elif head in _PLURALS:
            out[place] = _PLURALS[head] + ("'" + tail if tail else "")
    return "".join(token + blank for token, (_, blank) in zip(out, pairs, strict=True))


_POINTING = {"me": (1, ""), "my": (1, "'s"), "mine": (1, "'s"), "your": (2, "'s"), "yours": (2, "'s")}
_PLURALS = {"we": "they", "us": "them", "our": "their", "ours": "theirs"}


def _lower_first(text: str, roles: Roles) -> str:
    first = text.split(" ", 1)[0]
    if first.startswith((roles.speaker, roles.listener or roles.speaker)) or not english.is_common(first):
        return text
    return text[0].lower() + text[1:]
