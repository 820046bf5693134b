"""Text in Word and PDF files that their reader cannot see: taken out of the file before it is read, and told.

Word: hidden runs, white letters on white ground, letters of a point or less. PDF: invisible letters (render mode 3),
letters smaller than a point and a half, and letters beside the page. A scanned page whose only text is invisible
keeps it, for there it is what the picture says.
"""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from core.confined import confined
from core.files import UNPACKED_BYTES, kind_of
from core.knowledge.hidden import SHOWN_CHARACTERS
from core.types import Removed

if TYPE_CHECKING:
    from pypdf import PageObject

HALF_POINTS_SEEN = 3  # a letter of one and a half points can be made out, one of a point cannot
POINTS_SEEN = 1.5
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_START: tuple[float, ...] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_SHOWS = (b"Tj", b"TJ", b"'", b'"')


def without_unseen(name: str, content: bytes) -> tuple[bytes, tuple[Removed, ...]]:
    """Return the file without what its reader cannot see, and what that said; other kinds come back as they are.

    Call it on a file that `core.files.text_of` could read. What cannot be told apart is left as it is.
    """
    work = {"docx": "unseen word", "pdf": "unseen pdf"}.get(kind_of(name))
    if work is None:
        return content, ()
    cleaned, said = confined(work, name, content)
    removed = tuple(Removed("run", 1, " ".join(text.split())[:SHOWN_CHARACTERS]) for text in said if text.strip())
    return (b64decode(cleaned), removed) if removed else (content, ())


def look(name: str, content: bytes) -> tuple[str, list[str]]:
    """Return the cleaned file in base 64 and what was taken out, in the process that `core.confined` runs it in."""
    looks: dict[str, Callable[[bytes], tuple[bytes, list[str]]]] = {"docx": _word, "pdf": _pdf}
    try:
        cleaned, said = looks[kind_of(name)](content)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the file was readable; a part that this look cannot follow must not refuse it
        return "", []
    return (b64encode(cleaned).decode() if said else ""), said


def _word(content: bytes) -> tuple[bytes, list[str]]:
    import docx

    document = docx.Document(io.BytesIO(content))
    hiding = _hiding_styles(document.styles.element)
    said: list[str] = []
    before: Any = None
    for run in list(document.element.body.iter(f"{_WORD}r")):
        words = "".join(text.text or "" for text in run.iter(f"{_WORD}t"))
        if not words.strip() or not _is_unseen(run, hiding):
            continue
        paragraph = run.getparent()
        if paragraph is before and said:
            said[-1] += words
        else:
            said.append(words)
        before = paragraph
        paragraph.remove(run)
    if not said:
        return content, []
    out = io.BytesIO()
    document.save(out)
    return out.getvalue(), said


def _hiding_styles(styles: Any) -> frozenset[str]:
    """Return the ids of styles that hide what they style, by themselves or by what they are based on."""
    based = {}
    hiding = set()
    for style in styles.iter(f"{_WORD}style"):
        style_id = style.get(f"{_WORD}styleId") or ""
        base = style.find(f"{_WORD}basedOn")
        based[style_id] = "" if base is None else base.get(f"{_WORD}val") or ""
        if _is_on(style.find(f"{_WORD}rPr/{_WORD}vanish")):
            hiding.add(style_id)
    for style_id in based:
        above, seen = style_id, set[str]()
        while above and above not in seen:
            seen.add(above)
            if above in hiding:
                hiding.add(style_id)
            above = based.get(above, "")
    return frozenset(hiding)


def _is_unseen(run: Any, hiding: frozenset[str]) -> bool:
    settings = run.find(f"{_WORD}rPr")
    paragraph = next(run.iterancestors(f"{_WORD}p"), None)
    of_paragraph = None if paragraph is None else paragraph.find(f"{_WORD}pPr")
    vanish = None if settings is None else settings.find(f"{_WORD}vanish")
    if vanish is not None:
        return _is_on(vanish)
    if _value(settings, "rStyle") in hiding or _value(of_paragraph, "pStyle") in hiding:
        return True
    size = _value(settings, "sz")
    if size.isdecimal() and int(size) < HALF_POINTS_SEEN:
        return True
    return _is_white(_value(settings, "color")) and not _has_ground(run, settings, of_paragraph)


def _is_on(switch: Any) -> bool:
    return switch is not None and switch.get(f"{_WORD}val") not in ("0", "false", "off")


def _value(settings: Any, name: str) -> str:
    found = None if settings is None else settings.find(f"{_WORD}{name}")
    return "" if found is None else found.get(f"{_WORD}val") or ""


def _is_white(colour: str) -> bool:
    try:
        return len(colour) == 6 and min(bytes.fromhex(colour)) >= 0xF5
    except ValueError:
        return False


def _has_ground(run: Any, settings: Any, of_paragraph: Any) -> bool:
    """Tell whether white letters may stand on something darker: a shade, a highlight, or a table's style."""
    cells = [cell.find(f"{_WORD}tcPr") for cell in run.iterancestors(f"{_WORD}tc")]
    for place in (settings, of_paragraph, *cells):
        shade = None if place is None else place.find(f"{_WORD}shd")
        fill = "" if shade is None else shade.get(f"{_WORD}fill") or ""
        if fill and fill != "auto" and not _is_white(fill):
            return True
    has_style = any(
        table.find(f"{_WORD}tblPr/{_WORD}tblStyle") is not None for table in run.iterancestors(f"{_WORD}tbl")
    )
    return bool(_value(settings, "highlight")) or has_style


def _pdf(content: bytes) -> tuple[bytes, list[str]]:
    import pypdf

    limits = pypdf.get_configuration().with_overwrites(
        zlib_maximum_output_length=UNPACKED_BYTES, stream_parsing_work_maximum_count=400_000
    )
    with pypdf.apply_configuration(limits):
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(content))
        said = [text for page in writer.pages if (text := _clean_page(page, writer))]
        if not said:
            return content, []
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue(), said


def _clean_page(page: PageObject, writer: Any) -> str:
    """Take what is unseen out of a page, and return it."""
    from pypdf.generic import ContentStream, NameObject

    contents = page.get_contents()
    if contents is None:
        return ""
    stream = ContentStream(contents, writer)
    operations = list(stream.operations)
    shows = [number for number, (_, operator) in enumerate(operations) if operator in _SHOWS]
    unseen = dict(_unseen(operations, tuple(float(side) for side in page.mediabox)))
    is_scan = len(unseen) == len(shows) and all(why == "invisible" for why in unseen.values())
    if not unseen or is_scan:
        return ""

    def read(kept: Callable[[int], bool]) -> str:
        stream.operations = [one for number, one in enumerate(operations) if kept(number)]
        page[NameObject("/Contents")] = stream
        return page.extract_text()

    shown = frozenset(shows)
    said = read(lambda number: number not in shown or number in unseen)
    read(lambda number: number not in unseen)
    return said.strip()


def _unseen(operations: list[Any], box: tuple[float, ...]) -> Iterator[tuple[int, str]]:
    """Yield the number of each operation that draws unseen letters, and why they are unseen."""
    matrix, mode, size = _START, 0, 12.0
    saved: list[tuple[tuple[float, ...], int, float]] = []
    line = _START
    leading = 0.0
    for number, (operands, operator) in enumerate(operations):
        if operator == b"q":
            saved.append((matrix, mode, size))
        elif operator == b"Q" and saved:
            matrix, mode, size = saved.pop()
        elif operator == b"cm":
            matrix = _times(_floats(operands), matrix)
        elif operator == b"BT":
            line = _START
        elif operator == b"Tm":
            line = _floats(operands)
        elif operator in (b"Td", b"TD"):
            across, down = (float(operand) for operand in operands)
            leading = -down if operator == b"TD" else leading
            line = _times((1.0, 0.0, 0.0, 1.0, across, down), line)
        elif operator in (b"T*", b"'", b'"'):
            line = _times((1.0, 0.0, 0.0, 1.0, 0.0, -leading), line)
        elif operator == b"TL":
            leading = float(operands[0])
        elif operator == b"Tf":
            size = float(operands[1])
        elif operator == b"Tr":
            mode = int(operands[0])
        if operator in _SHOWS and (why := _why_unseen(_times(line, matrix), mode, size, box)):
            yield number, why


def _why_unseen(place: tuple[float, ...], mode: int, size: float, box: tuple[float, ...]) -> str:
    if mode == 3:
        return "invisible"
    if abs(size) * max(abs(place[1]), abs(place[3])) < POINTS_SEEN:
        return "tiny"
    is_beside = not (box[0] - size <= place[4] <= box[2] and box[1] - size <= place[5] <= box[3] + size)
    return "beside the page" if is_beside else ""


def _floats(operands: Any) -> tuple[float, ...]:
    return tuple(float(operand) for operand in operands)


def _times(left: tuple[float, ...], right: tuple[float, ...]) -> tuple[float, ...]:
    """Return the product of two matrices as PDF writes them: a b c d e f."""
    a, b, c, d, e, f = left
    g, h, i, j, k, m = right
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)
