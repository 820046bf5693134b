"""Conversations: lines such as "Anna: I need milk." taken apart into turns, and told by who says what to whom."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from core.tasks import english
from core.tasks.reporting import Roles, report, tidy
from core.tasks.sentences import split_sentences
from core.types import Span

_NAME = r"(?:#[^#\s:]{1,30}#|[^\W\d_][\w.'’&-]*(?: [\w.'’&()-]+){0,3})"
_TURN = re.compile(
    rf"^[ \t>*_-]*(?:[\[(]?\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?[\])]?[ \t,-]*)?[*_]*"
    rf"(?P<name>{_NAME})[*_]*[ \t]*[:：][*_]*[ \t]*(?P<words>.*)$",
    re.MULTILINE,
)
_INLINE = re.compile(r"(?<!\S)(?P<name>#[^#\s:]{1,30}#)[:：][ \t]*")
_NAME_CHARACTERS = 40
_PLACEHOLDER = re.compile(r"#.*#|.*\d|[A-Z]")
# "I can play, but I haven't" holds two statements, and either may be told without the other.
_JOINT = re.compile(
    r"(?:,\s*|\s+(?=but\b))(?=(?:and|but|so)\s+(?:i|you|we|he|she|it|they|there|i'm|i'll|i've|i'd|it's|you're|we're|"
    r"they're|that's|he's|she's|there's|let's)\s)|;\s+",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"^(?P<greeting>(?i:hi|hey|hello|oh|well|so|ok|okay|yes|no|good morning|good afternoon|good evening|excuse me|"
    r"thanks|thank you|morning|sorry)[, ]+)*(?P<first>[A-Z][a-z]+)[,!.?](?:\s|$)|,\s*(?P<last>[A-Z][a-z]+)[.!?]+$",
)


@dataclass(frozen=True)
class Statement:
    """One thing that somebody says: `words` at `span`, after the name at `label`; `told` is it in reported speech.

    `spans` holds the places that `told` rests on, names included. `is_quoted`: told in the speaker's own words.
    """

    speaker: str
    listener: str
    words: str
    span: Span
    told: str
    spans: tuple[Span, ...]
    is_quoted: bool


@dataclass(frozen=True)
class Turn:
    """What one speaker says before another does: the name at `label`, the words at `span`."""

    speaker: str
    label: Span
    span: Span


def find_turns(text: str) -> list[Turn]:
    """Return the turns of a conversation, or [] where `text` is not one.

    A conversation has at least three lines (or marks "#Name#:") with a name before a colon, at least one name that
    comes back, and hardly any other lines before the first turn; lines without a name go on with the turn before.
    """
    matches = [match for match in _TURN.finditer(text) if len(match["name"]) <= _NAME_CHARACTERS]
    if len(matches) < 3:
        inline = list(_INLINE.finditer(text))
        matches = inline if len(inline) > len(matches) else matches
    names = Counter(match["name"].casefold() for match in matches)
    if len(matches) < 2 or len(names) < 2 or names.most_common(1)[0][1] < 2:
        is_short = len(matches) == len(names) == 2 and all(_PLACEHOLDER.fullmatch(match["name"]) for match in matches)
        if not is_short:
            return []
    if len(names) > max(2, len(matches) * 0.75) or text[: matches[0].start()].count("\n") > 5:
        return []
    lines = sum(1 for line in text.splitlines() if line.strip())
    if lines > 4 * len(matches):
        return []
    turns = []
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        start = match.start("words") if "words" in match.groupdict() else match.end()
        end = following.start() if following else len(text)
        turns.append(Turn(match["name"], Span(*match.span("name")), Span(start, end)))
    return turns


def find_statements(text: str, turns: list[Turn], language: str = "en") -> list[Statement]:
    """Return what is said, sentence by sentence, each told in the third person where the rules know how.

    In other languages than English each statement is told as a quotation. Greetings and the like are left out.
    """
    speakers = list(dict.fromkeys(turn.speaker for turn in turns))
    called = _names_called(text, turns, speakers) if language == "en" and len(speakers) == 2 else {}
    last_label = {turn.speaker: turn.label for turn in reversed(turns)}
    statements = []
    for turn in turns:
        last_label[turn.speaker] = turn.label
        listener = next((name for name in speakers if name != turn.speaker), "") if len(speakers) == 2 else ""
        words_of_turn = text[turn.span.start : turn.span.end]
        for place in split_sentences(words_of_turn, language):
            span = Span(turn.span.start + place.start, turn.span.start + place.end)
            for part in _parts(text, span) if language == "en" else [span]:
                statement = _state(text, part, turn, listener, language, called, last_label)
                if statement:
                    statements.append(statement)
    return statements


def _state(
    text: str,
    span: Span,
    turn: Turn,
    listener: str,
    language: str,
    called: dict[str, tuple[str, Span]],
    last_label: dict[str, Span],
) -> Statement | None:
    words = " ".join(text[span.start : span.end].split())
    if language != "en":
        return Statement(turn.speaker, listener, words, span, f"{turn.speaker}: {words}", (turn.label, span), True)
    names = {name: called[name][0] if name in called else name for name in (turn.speaker, listener) if name}
    kept = tidy(words)
    if not any(character.isalnum() for character in kept):
        return None
    if kept[-1] not in ".!?…":
        kept += "."
    told = report(kept, Roles(names[turn.speaker], names.get(listener, "")))
    is_quoted = told is None
    if told is None:
        told = f"{names[turn.speaker]} {'asks' if kept.endswith('?') else 'says'}: “{kept}”"
    places = [turn.label, span]
    if listener and names[listener] in told:
        places.append(last_label[listener])
    places += [called[name][1] for name in names if name in called and names[name] in told]
    spans = tuple(sorted(set(places), key=lambda place: (place.start, place.end)))
    return Statement(turn.speaker, listener, words, span, told, spans, is_quoted)


def _parts(text: str, span: Span) -> list[Span]:
    """The clauses of a sentence that may stand alone, or the sentence."""
    sentence = text[span.start : span.end]
    cuts = [(match.start(), match.end()) for match in _JOINT.finditer(sentence)]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(sentence)]
    if any(len(sentence[start:end].split()) < 4 for start, end in zip(starts, ends, strict=True)):
        return [span]
    if sentence.rstrip().endswith("?"):
        return [span]
    return [Span(span.start + start, span.start + end) for start, end in zip(starts, ends, strict=True)]


def _names_called(text: str, turns: list[Turn], speakers: list[str]) -> dict[str, tuple[str, Span]]:
    """Names by which the speakers are called where their labels are mere placeholders: "#Person1#: Hi Jim."

    A name that only opens a sentence, once and without a greeting, may as well be an unknown interjection: left out.
    """
    found: dict[str, Counter[str]] = {speaker: Counter() for speaker in speakers}
    places: dict[str, Span] = {}
    for turn in turns:
        listener = next(name for name in speakers if name != turn.speaker)
        for place in split_sentences(text[turn.span.start : turn.span.end], "en"):
            sentence = text[turn.span.start + place.start : turn.span.start + place.end]
            match = _CALLED.search(sentence)
            if not match:
                continue
            group = "first" if match["first"] else "last"
            name = match[group]
            if english.is_known(name.lower()) or name in _NOT_NAMES:
                continue
            found[listener][name] += 1 if group == "first" and not match["greeting"] else 2
            start = turn.span.start + place.start + match.start(group)
            places.setdefault(name, Span(start, start + len(name)))
    called = {}
    for speaker, names in found.items():
        other = next(name for name in speakers if name != speaker)
        if (
            len(names) == 1
            and names.total() > 1
            and _PLACEHOLDER.fullmatch(speaker)
            and not set(names) & set(found[other])
        ):
            name = next(iter(names))
            called[speaker] = (name, places[name])
    return called


_NOT_NAMES = english.words_in(
    "Mr Mrs Ms Miss Dr Sir Madam Mom Dad Mum Hi Hey Hello Ok Okay Yes No Yeah Yep Nope Monday Tuesday Wednesday "
    "Thursday Friday Saturday Sunday January February March April May June July August "
    "September October November December English Chinese French German Japanese American God Gosh Wow "
    "America China Japan France London Paris Christmas Ur "
    "Nah Thanks Bye Goodbye Really Sure Cheers Congratulations Well Oh Hmm Ah Uh Um Er Gee Aha Pardon"
)
