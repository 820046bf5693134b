"""Chinese names that no word announces: the cheapest way to read a line as words and names.

Each line is divided into words and names so that what it is made of is likeliest (a unigram model, Viterbi); a name is
a surname that many bear and one or two characters, each with its share among given names. What stands beside it, and
the tagger, make it more or less likely. Time is proportional to the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.privacy import names

_RUN = re.compile("[\u4e00-\u9fff]{2,}")
# In ten times natural logarithms, as the lists have them.
UNKNOWN = 135  # a character of which nothing is known, in a word or in a given name
NAME = 34  # how rare names are among words
ONE, TWO = 16, 2  # given names of one and of two characters
BEFORE, AFTER, START = 22, 14, 6
_BEFORE = frozenset("给跟和由让叫找问对请据向被把与同及如是像替为帮陪等说但而且另我你他她的了到见遇于归靠派托是")
_AFTER = frozenset(
    "说讲问打来去在给还和跟与把也都就已没不是的回签收寄买送发联很又帮让答告从对将"
    "今昨明上下刚先老女同应会能可该要想觉认表负代签住"
)
_NOT_GIVEN = frozenset(
    "的了是在有和跟与给把也都就不没很说我你他她它们这那们吗呢吧啊呀么去来到从被让叫对向请个只些再又还"
)
_COMPOUND = (
    "欧阳",
    "司徒",
    "上官",
    "诸葛",
    "慕容",
    "歐陽",
    "司马",
    "端木",
    "皇甫",
    "尉迟",
    "公孙",
    "令狐",
    "东方",
    "夏侯",
)


def chinese(text: str, sureness: Callable[[int, int], float]) -> Iterator[tuple[int, int]]:
    """Yield start and end of each name; `sureness` is the tagger's, from 0 to 1, of a stretch."""
    for line in re.finditer(r"[^\n]+", text):
        if names.KANA.search(line[0]):
            continue  # Japanese
        for run in _RUN.finditer(text, *line.span()):
            yield from _named(text, *run.span(), sureness)


def _named(text: str, start: int, end: int, sureness: Callable[[int, int], float]) -> Iterator[tuple[int, int]]:
    lists = names.lists()
    length = end - start
    best = [0.0] + [float("inf")] * length
    back: list[tuple[int, bool]] = [(0, False)] * (length + 1)
    for here in range(length):
        if text[start + here] in lists.surnames:
            options = list(_names_at(text, start + here, end, lists, sureness))
        else:
            options = []
        for size in range(1, min(4, length - here) + 1):
            cost = lists.words.get(text[start + here : start + here + size], UNKNOWN if size == 1 else None)
            if cost is not None and best[here] + cost < best[here + size]:
                best[here + size], back[here + size] = best[here] + cost, (here, False)
        for size, name in options:
            if best[here] + name < best[here + size]:
                best[here + size], back[here + size] = best[here] + name, (here, True)
    here, found = length, []
    while here:
        before, is_name = back[here]
        if is_name:
            found.append((start + before, start + here))
        here = before
    yield from reversed(found)


def _names_at(
    text: str, start: int, end: int, lists: names.Lists, sureness: Callable[[int, int], float]
) -> Iterator[tuple[int, float]]:
    """Yield the length and cost of every name that may begin here."""
    of_surname = 2 if text[start : start + 2] in _COMPOUND else 1
    surname = lists.surnames[text[start]] if of_surname == 1 else 40
    context = NAME + surname
    if not start or text[start - 1] in "\n。！？：、，；“（( ":
        context -= START
    elif text[start - 1] in _BEFORE:
        context -= BEFORE
    for given in (1, 2):
        last = start + of_surname + given
        part = text[start + of_surname : last]
        if last > end or any(one in _NOT_GIVEN for one in part):
            break
        if given == 1:
            cost = ONE + lists.alone.get(part, UNKNOWN)
        else:
            cost = TWO + lists.first.get(part[0], UNKNOWN) + lists.second.get(part[1], UNKNOWN)
        if last == len(text) or text[last] in _AFTER or not "\u4e00" <= text[last] <= "\u9fff":
            cost -= AFTER
        sure = sureness(start, last)
        yield of_surname + given, context + cost - 60 * (sure - 0.1)
