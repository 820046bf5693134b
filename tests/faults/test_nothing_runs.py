"""Nothing typed, written by a model, named or stored is run, fetched, drawn as markup or opened as a path."""

from __future__ import annotations

import ast
import csv
import io
import re
from pathlib import Path

import pytest

from core.errors import HearbackError
from core.knowledge.manuscript import document_name
from core.loop import Term
from core.memory.exchange import write_memory, write_terms, write_tmx
from core.tables import disarmed, write_csv, write_xlsx
from core.tasks.translate_files import _named
from pages.parts.plain import plain, plain_line
from tests.faults.hostile_texts import ACTIVE, FORMULAS, ODD
from tests.promises import Found
from tests.test_house import PROJECT, imports, is_within, module_of, nodes_of, sources

pytestmark = pytest.mark.promise("R14")

# Where what somebody else wrote would become markup or a script.
SINKS = {"html", "components", "iframe", "declare_component", "write_stream", "latex"}
# Who may open a connection, and to what: the engine that the settings name, its own local side, and a company's login.
MAY_CONNECT = ("core.engines", "app", "pages.parts.door", "core.store.signals", "core.confined", "core.supervisor")
NETWORK = ("requests", "urllib.request", "http.client", "httpx", "httpx2", "aiohttp", "socket", "websockets", "ftplib")
LOADERS = {("torch", "load"), ("yaml", "load"), ("yaml", "unsafe_load"), ("numpy", "load"), ("np", "load")}


def of_our_files(path: Path) -> set[int]:
    """Return where st.html is given a file of the project's own assets, named by a constant, and nothing else."""
    return {
        id(node.func)
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and len(node.args) == 1
        and isinstance(node.args[0], ast.BinOp)
        and ast.unparse(node.args[0].left) == "ASSETS"
        and isinstance(node.args[0].right, ast.Constant)
    }


def test_no_page_draws_markup_of_its_own_or_another_s(found: Found) -> None:
    wrong, calls = [], 0
    for path in sources():
        if not is_within(module_of(path), "pages") and module_of(path) != "app":
            continue
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
                calls += 1
                if node.attr in SINKS and not (node.attr == "html" and id(node) in of_our_files(path)):
                    wrong.append(f"{module_of(path)}:{node.lineno} uses st.{node.attr}")
            if isinstance(node, ast.keyword) and node.arg and node.arg.startswith("unsafe"):
                wrong.append(f"{module_of(path)}:{node.value.lineno} sets {node.arg}")
    assert not wrong, wrong
    found("uses of Streamlit looked at", calls)


def test_nothing_that_unpacks_can_run_what_it_unpacks() -> None:
    wrong = []
    for path in sources():
        for node in nodes_of(path):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if isinstance(node.func.value, ast.Name) and (node.func.value.id, node.func.attr) in LOADERS:
                is_safe = any(
                    word.arg == "allow_pickle" and isinstance(word.value, ast.Constant) and word.value.value is False
                    for word in node.keywords
                )
                if not is_safe and node.func.value.id not in ("np", "numpy"):
                    wrong.append(f"{module_of(path)}:{node.lineno} {ast.unparse(node.func)}")
            if any(word.arg == "allow_pickle" and ast.unparse(word.value) != "False" for word in node.keywords):
                wrong.append(f"{module_of(path)}:{node.lineno} allows pickle")
    assert not wrong, wrong


def test_only_what_must_can_open_a_connection() -> None:
    wrong = [
        str(found)
        for found in imports()
        if any(is_within(found.imported, library) for library in NETWORK)
        and not any(is_within(found.importer, place) for place in MAY_CONNECT)
        and found.importer.partition(".")[0] in ("app", "pages", "core")
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("text", ACTIVE)
def test_active_text_is_drawn_as_the_letters_it_is(text: str) -> None:
    for drawn in (plain(text), plain_line(text)):
        bare = drawn.replace("\u2060", "")
        # Every sign that could mean something to Markdown, a directive or HTML is taken its meaning.
        assert not re.search(r"(?<!\\)(?:\\\\)*[<>\[\]()`$|!*_#]", bare), drawn
        assert "://" not in drawn
        assert not re.search(r"www\.", drawn.replace("\\", ""), re.I)


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_download_holds_a_cell_that_a_spreadsheet_runs(cell: str) -> None:
    import openpyxl

    assert disarmed(cell).startswith("'")
    rows = list(csv.reader(io.StringIO(write_csv(["a", cell], [[cell, "b"]]).decode("utf-8-sig"), newline="")))
    assert all(not re.match(r"\s*[=+\-@|%＝＋－＠]|[\t\r\n]", one) for row in rows for one in row)
    sheet = openpyxl.load_workbook(io.BytesIO(write_xlsx(["a"], [[cell]]))).worksheets[0]
    assert sheet["A2"].data_type == "s"
    terms = list(csv.reader(io.StringIO(write_terms([Term("", "en", "de", cell, cell)]).decode("utf-8-sig"))))
    assert terms[1][2].startswith("'")
    assert write_memory([])
    assert write_tmx([])


def test_every_table_that_is_given_out_goes_through_the_one_writer() -> None:
    # A writer of its own would have to disarm on its own, and one day would not.
    writers = [
        f"{module_of(path)}:{node.lineno}"
        for path in sources()
        for node in nodes_of(path)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("csv.writer", "csv.DictWriter", "Workbook")
        and module_of(path) != "core.tables"
    ]
    tables = [
        f"{module_of(path)}:{node.lineno}"
        for path in sources()
        for node in nodes_of(path)
        if isinstance(node, ast.Attribute) and node.attr in ("to_csv", "to_excel", "to_html")
    ]
    assert not writers, writers
    assert not tables, tables


@pytest.mark.parametrize(
    "name", [*ACTIVE, *ODD.values(), "/etc/passwd", "C:\\x\\y.docx", "con", "a/../../b.md", "~/.ssh/id"]
)
def test_a_file_s_name_is_a_name_and_never_a_path(name: str, tmp_path: Path) -> None:
    given = _named(f"{name}.txt", "de")
    assert "/" not in given
    assert "\\" not in given
    try:
        document = document_name(name)
    except HearbackError:
        return
    assert re.fullmatch(r"[\w.()-]+", document), document
    assert not document.startswith(".")
    assert (tmp_path / document).resolve().parent == tmp_path.resolve()


def test_no_page_opens_a_file_but_by_a_name_of_our_own() -> None:
    deeds = ("read_bytes", "read_text", "write_bytes", "write_text", "unlink", "iterdir", "glob")
    wrong = []
    for path in sources():
        for node in nodes_of(path):
            if not is_within(module_of(path), "pages") or not isinstance(node, ast.Call):
                continue
            is_builtin = isinstance(node.func, ast.Name) and node.func.id == "open"
            is_path = isinstance(node.func, ast.Attribute) and node.func.attr in deeds
            # A constant of the module, whose name is in capitals, is ours.
            if is_builtin or (is_path and not re.match(r"\(?(\w+\.)?_?[A-Z][A-Z_]+\b", ast.unparse(node.func))):
                wrong.append(f"{module_of(path)}:{node.lineno} {ast.unparse(node.func)}")
    assert not wrong, wrong


def test_the_project_s_own_page_asks_nobody_else() -> None:
    from app import SECURITY_HEADERS

    policy = dict(part.strip().split(" ", 1) for part in SECURITY_HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    assert not re.search(r"https?:|\*", SECURITY_HEADERS["Content-Security-Policy"])
    assert SECURITY_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert (PROJECT / ".streamlit" / "config.toml").exists()
