"""The smallest pieces that answer a question: sentences, list items with their lead-in, table rows with their heads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
_LIST_ITEM = re.compile(r"^\s*(?:[-*+•‣◦]|\(?\d{1,3}[.)、])\s+(?=\S)|^\s*[•‣◦·●]\s*(?=\S)|^\s*\d{1,2}、(?=\S)")
_TABLE_ROW = re.compile(r"^\s*\|.*\|\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[^\s])|(?<=[。！？；])[”’」』）]*(?=\S)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“])(?:e\.g|i\.e|etc|vs|approx|no|nr|mr|mrs|ms|dr|prof|st|str|inc|ltd|ca|bzw|z\.\s?b|d\.\s?h|u\.\s?a"
    r"|usw|ggf|inkl|zzgl|evtl|tel|abs|art|max|min|a\.\s?m|p\.\s?m|[A-Za-z]|z|d|u)\.$",
    re.I,
)
_GERMAN_ORDINAL = re.compile(r"\b\d{1,2}\.$")
# A sentence that opens with one of these leans on the sentence before it.
_LEANING = re.compile(
    r"^(?:(?:it|its|they|them|their|this|that|these|those|then|there|otherwise|instead|after that|also|in this case|"
    r"in that case|for this|the same|both|he|she|if not|however|danach|dann|dies|diese[rs]?|das|dabei|dazu|dort|sonst|"
    r"andernfalls|er|sie|es|auch|hierfür|dafür|außerdem|davon|cela|ceci|il|elle|ello|esto)\b|[它他她这那此其]|否则|逾期|之后|超过|如果没有)",
    re.I,
)


@dataclass(frozen=True)
class Block:
    """Lines that belong together: `kind` is text, list or table."""

    kind: str
    text: str


@dataclass(frozen=True)
class Unit:
    """What can be quoted as an answer.

    `lead_in` is what must stand before it to be understood: the line that leads to a list, or the sentence that a
    pronoun points to. `kind` is sentence, item or row. For a row, `text` joins the cells with their columns' names.
    """

    text: str
    kind: str = "sentence"
    lead_in: str = ""


def is_cjk(text: str) -> bool:
    """Tell whether `text` is written mostly without blanks between words: Chinese, Japanese, Korean."""
    return len(_CJK.findall(text)) * 3 > len(text.replace(" ", ""))


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the paragraphs, lists and tables of `text` in order."""
    kind, lines = "", list[str]()
    for line in [*text.split("\n"), ""]:
        now = _kind_of_line(line, kind)
        if now != kind or (kind == "text" and not line.strip()):
            if lines:
                yield Block(kind, "\n".join(lines))
            lines = []
        kind = now
        if line.strip():
            lines.append(line.rstrip())
    if lines:
        yield Block(kind, "\n".join(lines))


def _kind_of_line(line: str, before: str) -> str:
    if not line.strip():
        return before if before == "list" else ""
    if _TABLE_ROW.match(line):
        return "table"
    if _LIST_ITEM.match(line) or (before == "list" and line[:1] in " \t"):
        return "list"
    return "text"


def units_of(text: str) -> list[Unit]:
    """Return what can be quoted from a passage, in reading order."""
    units: list[Unit] = []
    for block in blocks_of(text):
        if block.kind == "table":
            units.extend(_rows(block.text))
        elif block.kind == "list":
            lead_in = units[-1].text if units and units[-1].text.endswith((":", "：")) else ""
            units.extend(Unit(item, "item", lead_in) for item in _items(block.text))
        else:
            units.extend(_sentence_units(_unwrap(block.text)))
    return units


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a paragraph; abbreviations and German dates do not end one."""
    sentences: list[str] = []
    for part in _END.split(text):
        part = part.strip()
        if not part:
            continue
        last = sentences[-1] if sentences else ""
        is_cut = bool(_ABBREVIATION.search(last)) or (_GERMAN_ORDINAL.search(last) and not part[:1].isdigit())
        if (last and is_cut) or (last and part[0].islower()):
            sentences[-1] = f"{last} {part}"
        else:
            sentences.append(part)
    return sentences


def _sentence_units(text: str) -> Iterator[Unit]:
    before = ""
    for sentence in sentences_of(text):
        yield Unit(sentence, "sentence", before if before and _LEANING.match(sentence) else "")
        before = sentence


def _unwrap(text: str) -> str:
    """Join lines that were wrapped by hand; short lines that end a thought stay apart as sentences of their own."""
    joined = ""
    for line in (part.strip() for part in text.split("\n")):
        if not joined:
            joined = line
        elif is_cjk(joined[-20:]) and is_cjk(line[:20]):
            joined += line
        else:
            joined += " " + line
    return joined


def _items(text: str) -> Iterator[str]:
    item = ""
    for line in text.split("\n"):
        if match := _LIST_ITEM.match(line):
            if item:
                yield item
            item = line[match.end() :].strip()
        else:
            item = f"{item} {line.strip()}".strip()
    if item:
        yield item


def _rows(text: str) -> Iterator[Unit]:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.split("\n")]
    has_head = len(rows) > 1 and bool(_TABLE_RULE.match(text.split("\n")[1]))
    head = rows[0] if has_head else []
    for row in rows[2:] if has_head else rows:
        if not any(row):
            continue
        cells = [f"{name}: {cell}" if name else cell for name, cell in zip(head[1:], row[1:], strict=False) if cell]
        if head and cells:
            mark = "：" if is_cjk(row[0]) else " – "
            yield Unit(f"{row[0]}{mark}{'，'.join(cells) if is_cjk(row[0]) else ', '.join(cells)}", "row")
        else:
            yield Unit(", ".join(cell for cell in row if cell), "row")
