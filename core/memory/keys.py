"""When two inputs are the same for the memory, and when two outputs are: pure functions of texts.

Two inputs are the same where nothing differs but spaces, the width of characters and the form of quotation marks; for
a question also case and its last mark, for a text whose sentiment is read also case.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from core.limits import clean_text
from core.types import Task

_WIDE = re.compile("[\uff01-\uff5e\u3000]")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"})
_LAST_MARK = re.compile(r"[\s.?!。]+\Z")


def normalized(text: str, task: Task | None = None) -> str:
    """Return what of a text counts when it is compared; without a task, what counts for each of them."""
    folded = _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), clean_text(text)).translate(_QUOTES)
    folded = " ".join(folded.split())
    if task in (Task.SUPPORT, Task.SENTIMENT):
        folded = folded.casefold()
    if task is Task.SUPPORT:
        folded = _LAST_MARK.sub("", folded) or folded
    return folded


def input_key(task: Task, source: str, target: str, text: str, knowledge_id: str = "") -> str:
    """Return a digest of what was asked: equal for the same normalized text, task, languages and knowledge id.

    Of a summary, `target` is its `shape`.
    """
    return _digest(task, source, target, knowledge_id, normalized(text, task))


def output_key(task: Task, text: str) -> str:
    """Return a digest of a right output: equal where two visitors say the same."""
    said = " ".join(re.findall(r"[^\W_]+|[^\w\s]", normalized(text, task)))
    return _digest(task, said.casefold())


def shape(length: str, form: str) -> str:
    """Return what stands for the target where the task is a summary: one of another length or form is another."""
    return f"{length} {form}"


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
