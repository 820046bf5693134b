"""Documents to passages: the pieces that search finds and citations open, cut between blocks and never across them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.knowledge.documents import Document
from core.knowledge.units import Block, blocks_of, is_cjk
from core.types import Passage

PASSAGE_CHARACTERS = 1_200


def split_passages(document: Document, language: str = "") -> tuple[Passage, ...]:
    """Return the document's passages in order: a section each, long sections cut between their blocks.

    A list stays with the line that leads to it, and each part of a cut table repeats the table's head.
    `language` is the ISO 639-1 code that the passages carry.
    """
    passages: list[Passage] = []
    for section in document.sections:
        for text in _pieces(section.text):
            position = len(passages)
            passages.append(
                Passage(
                    passage_id=f"{document.document}:{position}",
                    document=document.document,
                    title=document.title,
                    heading=section.heading,
                    text=text,
                    position=position,
                    language=language,
                )
            )
    return tuple(passages)


def _pieces(text: str) -> Iterator[str]:
    """Cut a section between its blocks into texts of at most about PASSAGE_CHARACTERS."""
    piece = ""
    for part in _parts(text):
        if piece and len(piece) + len(part) > PASSAGE_CHARACTERS:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{part}" if piece else part
    if piece:
        yield piece


def _parts(text: str) -> Iterator[str]:
    """Yield the blocks of a section, with lists joined to their lead-in and what is too long cut."""
    parts: list[Block] = []
    for block in blocks_of(text):
        is_list = block.kind == "list" and parts and parts[-1].kind == "text"
        if is_list and parts[-1].text.rstrip().endswith((":", "：")):
            parts[-1] = Block("list", parts[-1].text + "\n" + block.text)
        else:
            parts.append(block)
    for part in parts:
        yield from _cut(part)


def _cut(block: Block) -> Iterator[str]:
    if len(block.text) <= PASSAGE_CHARACTERS:
        yield block.text
        return
    lines = block.text.split("\n")
    head: list[str] = []
    if block.kind == "table":
        head, lines = lines[:2], lines[2:]
    elif block.kind == "text":
        lines = re.split(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？])", block.text)
    blank = "\n" if block.kind != "text" else ("" if is_cjk(block.text) else " ")
    piece: list[str] = []
    for line in (part for long in lines for part in _hard_cut(long)):
        if piece and len(blank.join(piece)) + len(line) > PASSAGE_CHARACTERS:
            yield blank.join(head + piece)
            piece = []
        piece.append(line)
    if piece:
        yield blank.join(head + piece)


def _hard_cut(line: str) -> Iterator[str]:
    for start in range(0, max(1, len(line)), PASSAGE_CHARACTERS):
        yield line[start : start + PASSAGE_CHARACTERS]
