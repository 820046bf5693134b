"""Files that are small to send and endless to read, each with the kind that its name claims."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

_CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{override}</Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "{relations}</Relationships>"
)
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def pdf(objects: list[bytes], root: int = 1, trailer: str = "") -> bytes:
    """Return a PDF file of these objects, numbered from 1."""
    out = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer << /Root {root} 0 R /Size {len(objects) + 1} {trailer.format(start=start)} >>\n".encode()
    return out + f"startxref\n{start}\n%%EOF".encode()


def stream(data: bytes, entries: str = "") -> bytes:
    """Return a stream of a PDF file."""
    return f"<< /Length {len(data)} {entries} >>\nstream\n".encode() + data + b"\nendstream"


CATALOG, FONT = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def page(contents: str, resources: str = "/Font << /F1 5 0 R >>") -> bytes:
    """Return a page of a PDF file."""
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {contents} /Resources << {resources} >> >>"
    ).encode()


def one_page(content: bytes, resources: str = "/Font << /F1 5 0 R >>", more: tuple[bytes, ...] = ()) -> bytes:
    """Return a PDF file of one page with this stream as its content."""
    return pdf([CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page("4 0 R", resources), content, FONT, *more])


def pages_that_are_their_own_parents() -> bytes:
    return pdf([CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"])


def a_page_tree_that_doubles() -> bytes:
    levels = [f"<< /Type /Pages /Kids [{n + 1} 0 R {n + 1} 0 R] /Count 2 >>".encode() for n in range(2, 40)]
    return pdf([CATALOG, *levels, page("null")])


def a_billion_pages() -> bytes:
    return pdf([CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1000000000 >>", page("null")])


def arrays_in_arrays() -> bytes:
    return one_page(stream(b"[" * 500_000))


def a_catalog_of_arrays() -> bytes:
    return pdf([b"<< /Type /Catalog /Pages " + b"[" * 200_000 + b"]" * 200_000 + b" >>"])


def a_stream_that_unpacks_to_a_gigabyte() -> bytes:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(1024)) + packer.flush()
    return one_page(stream(packed, "/Filter /FlateDecode"))


def filters_on_filters() -> bytes:
    data = b"q " * 2_000_000
    for _ in range(8):
        data = zlib.compress(data, 9)
    return one_page(stream(data, f"/Filter [{'/FlateDecode ' * 8}]"))


def a_run_length_bomb() -> bytes:
    data = b"\x81 " * 1_000_000 + b"\x80"
    packed = zlib.compress(data, 9)
    return one_page(stream(packed, "/Filter [/FlateDecode /RunLengthDecode]"))


def a_cross_reference_that_leads_to_itself() -> bytes:
    return pdf([CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>"], trailer="/Prev {start}")


def an_object_stream_in_itself() -> bytes:
    return one_page(stream(b"4 0 << >>", "/Type /ObjStm /N 1 /First 4 /Extends 4 0 R"))


def a_form_that_draws_itself() -> bytes:
    entries = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>"
    return one_page(stream(b"/X Do"), "/XObject << /X 6 0 R >>", (stream(b"/X Do /X Do", entries),))


def forms_that_double() -> bytes:
    def form(number: int) -> bytes:
        entries = f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X {number + 1} 0 R >> >>"
        return stream(b"/X Do /X Do", entries)

    return one_page(stream(b"/X Do"), "/XObject << /X 6 0 R >>", tuple(form(number) for number in range(6, 46)))


def three_hundred_pages_of_one_long_stream() -> bytes:
    content = stream(zlib.compress(b"BT /F1 9 Tf (lamps) Tj ET " * 12_000, 9), "/Filter /FlateDecode")
    pages = [page("4 0 R") for _ in range(299)]
    kids = " ".join(["3 0 R", *(f"{6 + n} 0 R" for n in range(299))])
    return pdf(
        [CATALOG, f"<< /Type /Pages /Kids [{kids}] /Count 300 >>".encode(), page("4 0 R"), content, FONT, *pages]
    )


def a_font_with_a_map_of_everything() -> bytes:
    ranges = b"100 beginbfrange\n" + b"<0000> <ffff> <0041>\n" * 3_000 + b"endbfrange\n"
    font = b"<< /Type /Font /Subtype /Type0 /BaseFont /A /ToUnicode 6 0 R >>"
    return pdf(
        [
            CATALOG,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page("4 0 R"),
            stream(b"BT /F1 9 Tf <0001> Tj ET"),
            font,
            stream(zlib.compress(ranges), "/Filter /FlateDecode"),
        ]
    )


def archive(entries: dict[str, str | bytes]) -> bytes:
    """Return a ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return out.getvalue()


def word(document: str | bytes) -> bytes:
    """Return a Word file with this as its main part."""
    override = f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
    relation = f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    return archive(
        {
            "[Content_Types].xml": _CONTENT_TYPES.format(override=override),
            "_rels/.rels": _RELATIONS.format(relations=relation),
            "word/document.xml": document,
        }
    )


def body(inner: str, before: str = "") -> str:
    """Return the main part of a Word file."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return f'<?xml version="1.0"?>{before}<w:document xmlns:w="{space}"><w:body>{inner}</w:body></w:document>'


def a_word_file_that_laughs() -> bytes:
    return word(body("<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>", f"<!DOCTYPE d [{_LAUGHS}]>"))


def a_word_file_that_reads_others() -> bytes:
    before = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "http://127.0.0.1:9/">]>'
    return word(body("<w:p><w:r><w:t>&x;&y;</w:t></w:r></w:p>", before))


def a_word_file_of_tables_in_tables() -> bytes:
    return word(body("<w:tbl><w:tr><w:tc>" * 3_000 + "</w:tc></w:tr></w:tbl>" * 3_000))


def a_word_file_of_a_million_runs() -> bytes:
    return word(body("<w:p>" + "<w:r/>" * 5_000_000 + "</w:p>"))


def a_word_file_of_wide_tables() -> bytes:
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="100000000"/></w:tcPr><w:p/></w:tc>'
    return word(body(f"<w:tbl><w:tr>{cell * 50}</w:tr></w:tbl>"))


def a_word_file_that_unpacks_to_four_gigabytes() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
    return _lying("word/document.xml", packed, 4 * 2**30 - 1)


def a_word_file_that_lies_about_its_size() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(512)) + packer.flush()
    return _lying("[Content_Types].xml", packed, 100)


def a_word_file_of_many_parts() -> bytes:
    return archive({f"word/{number}.xml": "x" for number in range(60_000)})


def _lying(name: str, packed: bytes, said: int) -> bytes:
    """Return a ZIP archive with one entry that is said to be so long."""
    head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), said, len(name), 0)
    local = b"PK\x03\x04" + head + name.encode() + packed
    central = b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def workbook(sheet: str, shared: str = "") -> bytes:
    """Return a workbook with this as its one sheet."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    override = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_SHEET}.{kind}+xml"/>'
        for part, kind in (
            ("workbook", "sheet.main"),
            ("worksheets/sheet1", "worksheet"),
            ("sharedStrings", "sharedStrings"),
        )
    )
    sheets = f'<sheets><sheet name="a" sheetId="1" r:id="r1" xmlns:r="{_OFFICE}"/></sheets>'
    return archive(
        {
            "[Content_Types].xml": _CONTENT_TYPES.format(override=override),
            "_rels/.rels": _RELATIONS.format(
                relations=f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            ),
            "xl/workbook.xml": f'<workbook xmlns="{space}">{sheets}</workbook>',
            "xl/_rels/workbook.xml.rels": _RELATIONS.format(
                relations=f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
                f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
            ),
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}"><sheetData>{sheet}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'<sst xmlns="{space}">{shared}</sst>',
        }
    )


def a_workbook_whose_cells_share_one_long_text() -> bytes:
    row = "<row>" + '<c t="s"><v>0</v></c>' * 250 + "</row>"
    return workbook(row * 20_000, f"<si><t>{'x' * 4_900}</t></si>")


def a_workbook_of_a_million_rows() -> bytes:
    return workbook('<row><c t="inlineStr"><is><t>a</t></is></c></row>' * 1_000_000)


def a_workbook_with_a_cell_far_away() -> bytes:
    return workbook('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def a_memory_that_laughs() -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE t [{_LAUGHS}]><tmx><body><tu>&l9;</tu></body></tmx>'.encode()


def a_memory_that_reads_others() -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<tmx><body><tu><tuv lang="en"><seg>&x;</seg></tuv></tu></body></tmx>'
    )


def a_memory_without_a_floor() -> bytes:
    return b"<tmx>" + b"<a>" * 500_000


def a_memory_of_units_in_a_segment() -> bytes:
    return b"<tmx><body><tu><tuv lang='en'><seg>" + b"<hi>" * 200 + b"x" + b"</hi>" * 200 + b"</seg></tuv></tu></body>"


BOMBS: dict[str, tuple[Callable[[], bytes], ...]] = {
    "pdf": (
        pages_that_are_their_own_parents,
        a_page_tree_that_doubles,
        a_billion_pages,
        arrays_in_arrays,
        a_catalog_of_arrays,
        a_stream_that_unpacks_to_a_gigabyte,
        filters_on_filters,
        a_run_length_bomb,
        a_cross_reference_that_leads_to_itself,
        an_object_stream_in_itself,
        a_form_that_draws_itself,
        forms_that_double,
        three_hundred_pages_of_one_long_stream,
        a_font_with_a_map_of_everything,
    ),
    "docx": (
        a_word_file_that_laughs,
        a_word_file_that_reads_others,
        a_word_file_of_tables_in_tables,
        a_word_file_of_a_million_runs,
        a_word_file_of_wide_tables,
        a_word_file_that_unpacks_to_four_gigabytes,
        a_word_file_that_lies_about_its_size,
        a_word_file_of_many_parts,
    ),
    "xlsx": (
        a_workbook_whose_cells_share_one_long_text,
        a_workbook_of_a_million_rows,
        a_workbook_with_a_cell_far_away,
    ),
    "tmx": (
        a_memory_that_laughs,
        a_memory_that_reads_others,
        a_memory_without_a_floor,
        a_memory_of_units_in_a_segment,
    ),
}
