"""What of a correction can be shown without a person: that it cannot mislead, not that it is the best answer.

Support: each sentence stands word for word in the passages that the answer cited, and it holds what was asked for. A
summary: each sentence stands word for word in the text. A translation: a small change that brings back a number, an
address, a placeholder or a term of the glossary that was lost, and changes no denial. A sentiment: never.
"""

from __future__ import annotations

from core.edits import edit_share
from core.knowledge.asked import asked_for, holds
from core.memory.glossary import Glossary
from core.memory.glossary import holds as holds_term
from core.memory.keys import normalized
from core.store.memory_changes import Case
from core.tasks.facts import is_negative
from core.tasks.sentences import split_sentences
from core.tasks.translation_choice import flaw, has_invented, kept_share, lost_fixed_text
from core.types import Task

# Of a translation's words, beyond which a change is more than a repair.
SMALL = 0.25
_LEAST_CHARACTERS = 12


def is_proven(case: Case, glossary: Glossary) -> bool:
    """Return whether code alone can show that the correction may be met by others."""
    match case.task:
        case Task.SUPPORT:
            return _is_quoted(case.corrected_text, case.passages) and _answers(case)
        case Task.SUMMARIZE:
            return _is_quoted(case.corrected_text, (case.input_text,)) and len(case.corrected_text) < len(
                case.input_text
            )
        case Task.TRANSLATE:
            return _is_repaired(case, glossary)
        case _:
            return False


def _is_quoted(text: str, sources: tuple[str, ...]) -> bool:
    """Return whether every sentence is one of the sources', whole: a part of one may leave out what matters."""
    known = {one for source in sources for one in _sentences(source)}
    said = _sentences(text)
    return bool(said) and all(len(one) >= _LEAST_CHARACTERS and one in known for one in said)


def _answers(case: Case) -> bool:
    """Return whether it holds what was asked for, and shares a sentence with the answer that it corrects."""
    kind = asked_for(case.input_text)
    is_kin = bool(set(_sentences(case.corrected_text)) & set(_sentences(case.output_text)))
    return bool(kind) and holds(case.corrected_text, kind) and is_kin


def _is_repaired(case: Case, glossary: Glossary) -> bool:
    before, after, asked = case.output_text, case.corrected_text, case.input_text
    if not before or edit_share(before, after) > SMALL or is_negative(before) != is_negative(after):
        return False
    terms = glossary.find([asked], case.source, case.target)[0]
    lost = [term for term in terms if not holds_term(before, term.target_term)]
    if any(not holds_term(after, term.target_term) for term in terms):
        return False
    is_sound = not flaw(asked, after, case.source, case.target) and kept_share(asked, after) == 1.0
    if not is_sound or has_invented(asked, after) or lost_fixed_text(asked, after):
        return False
    return bool(lost) or kept_share(asked, before) < 1.0 or has_invented(asked, before)


def _sentences(text: str) -> list[str]:
    return [normalized(text[span.start : span.end]).strip("-*•· ") for span in split_sentences(text)]
