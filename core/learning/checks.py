"""What is looked for in a correction before a person looks: each finding is a sentence, and holds the item back.

Pure functions of texts and counts. A held item can still be approved; the checks only say where to be careful.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from core.privacy import personal_data
from core.tasks.language import LANGUAGES, guess_language, word_log_probability
from core.types import Task

LABELS = ("negative", "neutral", "positive")
# One visitor's part of the waiting and approved items of a task; below the count a small queue would flag everybody.
MOST_SHARE = 0.2
MOST_ITEMS = 10


@dataclass(frozen=True)
class Finding:
    """Something to be careful about; `kind` names the check."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class Candidate:
    """A correction with the input and the output that it corrects; `target` is the language asked for, if any."""

    task: Task
    input_text: str
    output_text: str
    corrected_text: str
    target: str = ""


def check(candidate: Candidate) -> tuple[Finding, ...]:
    """Return what is found in one correction by itself, the gravest first."""
    if candidate.task is Task.SENTIMENT:
        found: tuple[Finding | None, ...] = (unknown_label(candidate), near_copy(candidate))
    else:
        found = tuple(one(candidate) for one in _CHECKS)
    return tuple(finding for finding in found if finding is not None)


def share_of(kind_count: int, total: int) -> Finding | None:
    """Return a finding where one visitor gave more than `MOST_SHARE` of a task's items, and at least `MOST_ITEMS`."""
    if kind_count < MOST_ITEMS or kind_count <= MOST_SHARE * total:
        return None
    share = f"{kind_count / total:.0%}".replace("%", " %")
    return Finding("share", f"One visitor gave {kind_count} of {total} corrections of this kind ({share}).")


def duplicate(is_own: bool, is_approved: bool) -> Finding | None:
    """Return a finding where the same correction of the same input was approved, or given by this visitor before."""
    if is_approved:
        return Finding("duplicate", "The same correction of the same input is approved already.")
    if is_own:
        return Finding("duplicate", "This visitor gave the same correction of the same input before.")
    return None


def unknown_label(candidate: Candidate) -> Finding | None:
    """Return a finding where a sentiment is corrected to something that is no sentiment."""
    if candidate.corrected_text.strip() in LABELS:
        return None
    return Finding("label", "This is not one of the three labels: negative, neutral, positive.")


def personal(candidate: Candidate) -> Finding | None:
    """Return a finding where the correction holds personal data."""
    kinds = Counter(one.kind for one in personal_data(candidate.corrected_text))
    if not kinds:
        return None
    named = ", ".join(f"{count} x {kind}" if count > 1 else kind for kind, count in kinds.items())
    return Finding("personal data", f"It holds personal data ({named}), which is shown and kept masked.")


def near_copy(candidate: Candidate) -> Finding | None:
    """Return a finding where nothing but case, spaces and punctuation differs from the output."""
    if not key_of(candidate.output_text) or key_of(candidate.corrected_text) != key_of(candidate.output_text):
        return None
    if candidate.corrected_text.strip() == candidate.output_text.strip():
        return Finding("near-copy", "It says the same as the output, character for character.")
    return Finding("near-copy", "Only case, spaces or punctuation differ from the output.")


def length(candidate: Candidate) -> Finding | None:
    """Return a finding where the correction is far shorter or longer than the output that it replaces."""
    before, after = width(candidate.output_text), width(candidate.corrected_text)
    # A short answer may well become a sentence, or the other way round: only what is far off by both measures counts.
    if before >= 60 and after < 0.2 * before:
        return Finding("length", f"It is far shorter than the output ({_parts(before, after)}).")
    if after > 200 and after > 4 * max(before, 40):
        return Finding("length", f"It is far longer than the output ({_parts(after, before)}).")
    return None


def wrong_language(candidate: Candidate) -> Finding | None:
    """Return a finding where the correction is surely in another language than the answer should be in."""
    guess = guess_language(candidate.corrected_text)
    if not guess.is_sure or width(candidate.corrected_text) < 20:
        return None
    wanted = candidate.target
    if not wanted:
        # An answer follows the question's language where it can, and else that of what the visitor saw.
        allowed = {
            one.code for one in map(guess_language, (candidate.input_text, candidate.output_text)) if one.is_sure
        }
        if not allowed or guess.code in allowed:
            return None
        wanted = sorted(allowed)[0]
    if guess.code == wanted:
        return None
    name, other = LANGUAGES.get(guess.code, guess.code), LANGUAGES.get(wanted, wanted)
    return Finding("language", f"It is in {name}; the answer should be in {other}.")


def gibberish(candidate: Candidate) -> Finding | None:
    """Return a finding where a text is no language: keys struck at random, or the same again and again."""
    text = unicodedata.normalize("NFKC", _NOT_WORDS.sub(" ", candidate.corrected_text)).casefold()
    if _is_repeated(text):
        return Finding("gibberish", "It says the same again and again.")
    known = set(_WORD.findall(f"{candidate.input_text}\n{candidate.output_text}".casefold()))
    words = [word for word in _WORD.findall(text) if len(word) >= _JUDGED_LETTERS and word not in known]
    limit = _ODD if len(words) > 1 else _ODD_ALONE
    odd = [word for word in words if word_log_probability(word) < limit]
    letters, oddly = sum(map(len, _WORD.findall(text))), sum(map(len, odd))
    if odd and oddly >= _ODD_SHARE * letters:
        return Finding("gibberish", f"It reads like keys struck at random (“{odd[0][:24]}”).")
    return None


def key_of(text: str) -> str:
    """Return letters and digits of a text, case and width folded: what two texts share that differ in nothing else."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_KEY_WORD.findall(folded))


def width(text: str) -> int:
    """Return the length of a text in letters; a Chinese or Japanese character says as much as about three."""
    compact = "".join(text.split())
    return len(compact) + 2 * len(_WIDE.findall(compact))


def _parts(longer: int, shorter: int) -> str:
    return f"{longer} against {shorter} letters"


_KEY_WORD = re.compile(r"[^\W_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Addresses, codes and model numbers are no words.
_NOT_WORDS = re.compile(r"\S*(?:://|www\.|@)\S*|\S*\d\S*|`[^`]*`")
_WORD = re.compile(r"[a-zß-öø-žșț]+")
_JUDGED_LETTERS = 4
_ODD_SHARE = 0.5
# Of 794 words of ordinary sentences in seven languages 2 are below the first, none below the second; of 400 strings
# struck at random 88 % and 72 %. A word alone may be a name, so it must be odder.
_ODD = -10.25
_ODD_ALONE = -10.75


def _is_repeated(text: str) -> bool:
    """Return whether few different characters, or few different words, fill a text."""
    compact = "".join(text.split())
    if len(compact) >= 8 and len(set(compact)) <= 2 and any(one.isalpha() for one in compact):
        return True
    words = text.split()
    if len(words) >= 6 and len(set(words)) <= max(1, len(words) // 6):
        return True
    # Chinese and Japanese have no spaces: a piece of up to eight characters that is all of a long text.
    return len(compact) >= 12 and re.fullmatch(r"(.{1,8}?)\1{3,}.{0,7}", compact) is not None


_CHECKS: tuple[Callable[[Candidate], Finding | None], ...] = (
    personal,
    gibberish,
    wrong_language,
    near_copy,
    length,
)
