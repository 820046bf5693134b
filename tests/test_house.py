"""The arrows and habits of the house, checked on the source itself: a wrong turn is seen the day it is taken."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

# One process parses the sources, and no other.
pytestmark = pytest.mark.xdist_group("sources")

PROJECT = Path(__file__).resolve().parent.parent
MODULE_LINES = 300
PAGE_LINES = 60
FUNCTION_LINES = 60

# A file may import what stands in its own layer or in a later one. A name stands for itself and all below it, the
# longest that fits counts; a module of core that fits none fails the first test, so that its place is a decision.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("app",),
    ("pages.frame",),
    ("pages",),
    ("pages.parts",),
    ("core.__main__", "core.batch", "core.operations"),
    ("core.metrics",),
    ("core.health",),
    ("core.desk", "core.office"),
    ("core.desk_survey", "core.desk_answers", "core.desk_feedback"),
    ("core.house",),
    ("core.handbook", "core.journal", "core.digest", "core.samples", "core.backup", "core.retention", "core.archive"),
    ("core.traces",),
    ("core.jobs", "core.answers_kept"),
    ("core.learning", "core.insights"),
    ("core.serving",),
    ("core.tasks", "core.knowledge", "core.memory", "core.store", "core.privacy", "core.engines"),
    ("core.engines.base",),
    (
        "core.files",
        "core.tables",
        "core.tmx",
        "core.confined",
        "core.bill",
        "core.refusals",
        "core.limits",
        "core.heap",
        "core.outcomes",
        "core.logs",
        "core.durable",
        "core.supervisor",
        "core.credentials",
        "core.progress",
        "core.words",
        "core.rates",
        "core.edits",
        "core.periods",
    ),
    ("core.loop",),
    ("core.types", "core.config"),
    ("core.cores",),
    ("core.errors", "core"),
)

# Who alone may import what: (library, where it may be imported).
HOMES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("streamlit",), ("app", "pages")),
    (("plotly",), ("pages",)),
    (("torch", "transformers", "peft", "safetensors", "tokenizers", "accelerate"), ("core.engines", "core.learning")),
    (("gguf",), ("core.engines", "core.learning")),
    (("xllamacpp",), ("core.engines.llamacpp_server",)),
    (("httpx2",), ("core.engines.openai_client", "core.engines.openai_transport")),
    (("sqlalchemy", "alembic", "psycopg"), ("core.store",)),
    (("starlette", "uvicorn"), ("app", "pages.parts.door", "pages.parts.probes")),
    (("prometheus_client",), ("core.metrics",)),
    (("opentelemetry",), ("core.traces",)),
    (("jinja2",), ("pages.parts.door",)),
    (("argon2",), ("core.credentials",)),
)

# Pairs that must not know each other, in either direction.
STRANGERS = (("core.tasks", "core.store"), ("core.engines", "core.store"), ("core.knowledge", "core.store"))

# What a page may use of core: what a visitor can do, and the values, errors and limits that this speaks of.
FOR_PAGES = (
    "core.desk",
    "core.office",
    "core.types",
    "core.loop",
    "core.errors",
    "core.limits",
    "core.periods",
    "core.rates",
    "core.tables",
)
FOR_PARTS = (
    *FOR_PAGES,
    "core.house",
    "core.health",
    "core.metrics",
    "core.jobs",
    "core.journal",
    "core.config",
    "core.files",
    "core.progress",
    "core.tasks.language",
    "core.credentials",
    "core.office.access",
    "core.office.datasets",
    "core.office.door",
    "core.office.monitors",
    "core.office.gaps",
    "core.office.knowledge",
    "core.office.pages",
    "core.office.registry",
)


class Import(NamedTuple):
    """One import statement's target, where it stands."""

    importer: str
    imported: str
    line: int
    is_for_types: bool = False

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.imported}"


def sources() -> list[Path]:
    """Return every shipped source file."""
    found = [path for path in (PROJECT / "app.py", PROJECT / "hearback.py") if path.exists()]
    for folder in ("core", "pages"):
        found += sorted((PROJECT / folder).rglob("*.py"))
    return found


@cache
def module_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree_of(path)))


@cache
def imports() -> list[Import]:
    """Return every import of the shipped code, late and type-checking ones too."""
    known = {module_of(path) for path in sources()}
    found = []
    for path in sources():
        for_types = type_checking_nodes(nodes_of(path))
        for node in nodes_of(path):
            if isinstance(node, ast.Import):
                found += [Import(module_of(path), alias.name, node.lineno, node in for_types) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}:{node.lineno}: a relative import hides where it leads"
                base = node.module or ""
                for alias in node.names:
                    whole = f"{base}.{alias.name}"
                    target = whole if whole in known else base
                    found.append(Import(module_of(path), target, node.lineno, node in for_types))
    return found


def type_checking_nodes(nodes: tuple[ast.AST, ...]) -> set[ast.AST]:
    """Return what stands below `if TYPE_CHECKING:`, which never runs."""
    blocks = [node for node in nodes if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    return {inner for block in blocks for inner in ast.walk(block)}


def is_within(module: str, place: str) -> bool:
    return module == place or module.startswith(place + ".")


def layer_of(module: str) -> int:
    fits = [(len(name), number) for number, names in enumerate(LAYERS) for name in names if is_within(module, name)]
    assert fits, f"{module} has no layer: give it one in LAYERS"
    return max(fits)[1]


def is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("app", "pages", "core")


def test_every_module_has_its_place() -> None:
    last = len(LAYERS) - 1
    lost = [
        module
        for module in map(module_of, sources())
        if is_ours(module) and module != "core" and layer_of(module) == last and not is_within(module, "core.errors")
    ]
    assert not lost, f"give these a layer in LAYERS: {lost}"


def test_arrows_point_from_left_to_right() -> None:
    wrong = [
        str(found)
        for found in imports()
        if is_ours(found.importer) and is_ours(found.imported) and layer_of(found.imported) < layer_of(found.importer)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_library_stays_in_its_home() -> None:
    wrong = [
        str(found)
        for found in imports()
        for libraries, homes in HOMES
        if any(is_within(found.imported, library) for library in libraries)
        and not any(is_within(found.importer, home) for home in homes)
    ]
    assert not wrong, "\n".join(wrong)


def test_tasks_engines_and_knowledge_do_not_know_the_store_nor_the_store_them() -> None:
    wrong = [
        str(found)
        for found in imports()
        for one, other in STRANGERS
        if (is_within(found.importer, one) and is_within(found.imported, other))
        or (is_within(found.importer, other) and is_within(found.imported, one))
    ]
    assert not wrong, "\n".join(wrong)


def test_tasks_and_knowledge_know_engines_by_their_protocols_only() -> None:
    wrong = [
        str(found)
        for found in imports()
        if (is_within(found.importer, "core.tasks") or is_within(found.importer, "core.knowledge"))
        and is_within(found.imported, "core.engines")
        and found.imported != "core.engines.base"
    ]
    assert not wrong, "\n".join(wrong)


def test_pages_ask_the_desk_and_nobody_behind_it() -> None:
    # The type of a value that the desk returns may be named; calling what gave it to the desk may not.
    wrong = []
    for found in imports():
        if found.is_for_types or is_within(found.imported, "pages") or not is_ours(found.imported):
            continue
        if is_within(found.importer, "pages"):
            allowed = FOR_PARTS if is_within(found.importer, "pages.parts") else FOR_PAGES
            if found.imported not in allowed:
                wrong.append(str(found))
    assert not wrong, "\n".join(wrong)


def test_pages_do_not_import_each_other() -> None:
    wrong = [
        str(found)
        for found in imports()
        if is_within(found.importer, "pages")
        and is_within(found.imported, "pages")
        and not is_within(found.imported, "pages.parts")
    ]
    assert not wrong, "\n".join(wrong)


def test_the_desk_is_opened_in_one_place() -> None:
    opened = {
        module_of(path)
        for path in sources()
        if is_within(module_of(path), "pages") or module_of(path) == "app"
        for node in nodes_of(path)
        if isinstance(node, ast.Name) and node.id == "open_house"
    }
    assert opened <= {"pages.parts.wiring"}, opened


def test_modules_stay_small() -> None:
    long = {}
    for path in sources():
        if path.parent.name == "versions":
            continue  # a migration is one long list of what it makes
        limit = PAGE_LINES if path.parent in (PROJECT / "pages", PROJECT / "pages" / "founder") else MODULE_LINES
        # Words for people (docstrings, comments, blank lines) are free: only code makes a module hard to hold in mind.
        lines = len(code_lines(path))
        if lines > limit:
            long[module_of(path)] = f"{lines} lines of code, the limit is {limit}"
    assert not long, long


@cache
def code_lines(path: Path) -> frozenset[int]:
    """Return the numbers of the lines that hold code."""
    silent: set[int] = set()
    for node in nodes_of(path):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                silent.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return frozenset(n for n, line in lines if n not in silent and line.strip() and not line.strip().startswith("#"))


def test_functions_fit_a_screen() -> None:
    long = []
    for path in sources():
        if path.parent.name == "versions":
            continue  # a migration is one long list of what it makes
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = sum(node.lineno <= n <= (node.end_lineno or node.lineno) for n in code_lines(path))
                if lines > FUNCTION_LINES:
                    long.append(f"{module_of(path)}.{node.name}: {lines} lines of code, the limit is {FUNCTION_LINES}")
    assert not long, "\n".join(long)


def test_the_environment_is_read_in_one_place() -> None:
    # hearback.py runs before there is a core to ask; a change that an engine makes for its own library is a write.
    readers = {
        f"{module_of(path)}:{node.lineno}"
        for path in sources()
        for node in nodes_of(path)
        if (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb"))
        and not is_within(module_of(path), "core.config")
        and not is_setdefault(path, node)
    }
    assert not readers, readers


def is_setdefault(path: Path, read: ast.Attribute) -> bool:
    """Return whether `os.environ` is only given a default here: some libraries can be silenced in no other way."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "setdefault" and node.value is read for node in nodes_of(path)
    )


def test_no_module_is_named_for_nothing() -> None:
    empty = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc|stuff)(_|$)")
    named = [str(path) for path in sources() for part in path.with_suffix("").parts[-3:] if empty.search(part)]
    assert not named, named


FORBIDDEN_CALLS = ("eval", "exec", "compile", "__import__")
FORBIDDEN_WORDS = ("unsafe_allow_html", "allow_unsafe", "trust_remote_code", "unsafe_allow_javascript")
FORBIDDEN_MODULES = ("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve")


def test_nothing_that_runs_what_others_wrote() -> None:
    wrong = []
    for path in sources():
        for node in nodes_of(path):
            if not isinstance(node, ast.Call | ast.keyword | ast.Attribute):
                continue
            where = f"{module_of(path)}:{node.lineno}"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                wrong.append(f"{where} calls {node.func.id}")
            if isinstance(node, ast.keyword) and node.arg in FORBIDDEN_WORDS and not is_false(node.value):
                wrong.append(f"{where} sets {node.arg}")
            if isinstance(node, ast.keyword) and node.arg == "shell" and not is_false(node.value):
                wrong.append(f"{where} goes through a shell")
            if isinstance(node, ast.Attribute) and node.attr == "load" and ast.unparse(node) == "torch.load":
                wrong.append(f"{where} loads pickled weights")
    wrong += [str(found) for found in imports() if found.imported.partition(".")[0] in FORBIDDEN_MODULES]
    assert not wrong, "\n".join(wrong)


def is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def test_shipped_code_knows_no_folder_beside_the_project() -> None:
    beside = re.compile(r"shared/|\.\./|/work\b|PROJECT\.parent|/root\b|/tmp\b")
    wrong = []
    for path in sources():
        if is_within(module_of(path), "core.learning") or path.name == "hearback.py":
            continue  # training scripts take the folder of the development data as a parameter
        silent = docstring_lines(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if number not in silent and beside.search(line.partition("  #")[0]):
                wrong.append(f"{module_of(path)}:{number}: {line.strip()}")
    assert not wrong, "\n".join(wrong)


def docstring_lines(path: Path) -> set[int]:
    """Return the numbers of the lines that are not code."""
    count = len(path.read_text(encoding="utf-8").splitlines())
    return set(range(1, count + 1)) - set(code_lines(path))


def test_public_functions_say_what_they_do() -> None:
    silent = []
    told = {
        node.name
        for path in sources()
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef) and is_told(node)
    }
    for path in sources():
        if path.parent.name == "versions":
            continue  # a migration is known by its title
        if path.read_text(encoding="utf-8").strip() and ast.get_docstring(tree_of(path)) is None:
            silent.append(module_of(path))
        for name, node in public_parts(tree_of(path)):
            # A method that keeps a protocol may leave the telling to it.
            if not is_told(node) and not ("." in name and name.rpartition(".")[2] in told):
                silent.append(f"{module_of(path)}.{name}")
    assert not silent, silent


def is_told(node: ast.FunctionDef | ast.ClassDef) -> bool:
    return ast.get_docstring(node) is not None


def public_parts(tree: ast.Module) -> list[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Return public functions, classes and methods; those of derived classes speak by their base."""
    parts: list[tuple[str, ast.FunctionDef | ast.ClassDef]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            parts.append((node.name, node))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not node.bases:
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_"):
                    parts.append((f"{node.name}.{inner.name}", inner))
    return parts


HEAVY = ("torch", "transformers", "peft", "xllamacpp", "sklearn", "streamlit", "tokenizers")


FRONT = ("core", "core.types", "core.desk", "core.__main__")


def test_importing_the_front_of_core_loads_nothing_heavy() -> None:
    # One after the other in one process: whatever loads something heavy is the last that is told of.
    steps = (f"import {module}; print('{module}', [name for name in heavy if name in sys.modules])" for module in FRONT)
    program = "\n".join(["import sys", f"heavy = {HEAVY!r}", *steps])
    found = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [f"{module} []" for module in FRONT]
