"""The units of a translation memory in TMX 1.4; `core.confined` runs this in a process of its own.

TMX 1.4b: https://www.gala-global.org/tmx-14b
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from core.errors import UnreadableFile

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# What these hold is the code of another program, not text.
_CODES = frozenset(("bpt", "ept", "ph", "it", "ut"))
_NO_ENTITIES = "it defines entities, which no translation memory needs"


def units_of(name: str, content: bytes) -> list[list[tuple[str, str]]]:
    """Return each unit's languages, as the file writes them, with their texts; raises UnreadableFile."""
    # Entities stay as they are written and nothing is fetched: a file must not grow in memory or read others.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableFile(name=name, why="it is not complete XML") from error
    document = root.getroottree().docinfo
    if document.internalDTD is not None and any(True for _ in document.internalDTD.iterentities()):
        raise UnreadableFile(name=name, why=_NO_ENTITIES)
    if root.tag != "tmx":
        raise UnreadableFile(name=name, why="it is not a TMX file")
    return [
        [(one.get(_LANG) or one.get("lang") or "", _text_of(one.find("seg"))) for one in unit.iter("tuv")]
        for unit in root.iter("tu")
    ]


def _text_of(segment: Any) -> str:
    """Return the text of a segment without the codes in it."""
    if segment is None:
        return ""
    parts = [segment.text or ""]
    for inner in segment:
        if isinstance(inner.tag, str) and inner.tag not in _CODES:
            parts.append(_text_of(inner))
        parts.append(inner.tail or "")
    return "".join(parts)
