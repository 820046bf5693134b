"""The file tree in README, drawn from the files themselves: `python -m tests.tree` puts it there anew.

Of a module it says the first sentence of its docstring, so that there is one place to keep true.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
README = PROJECT / "README.md"
LINE_CHARACTERS = 90
MARKS = ("<!-- tree: python -m tests.tree -->\n```text\n", "```\n<!-- end of tree -->")

# What is no module of Python, or is told as a whole.
SAID = {
    ".ci/run": "What every change must pass: lint, then test",
    ".streamlit/config.toml": "Every option of the server and the theme, with its reason",
    "assets/": "What ships beside the code",
    "assets/adapters/": "Small trained adapters, each with a card",
    "assets/fonts/": "The typeface and its licence",
    "assets/heads/": "Small trained heads, each with a card: data, licence, figures",
    "assets/knowledge/": "The handbook of the demo company",
    "assets/sample_data/": "Tables to try",
    "assets/screenshots/": "The pictures of this page",
    "core/": "Everything that would work without Streamlit",
    "core/engines/": "What runs the weights",
    "core/insights/": "Numbers about use and fit",
    "core/knowledge/": "Documents, passages, search",
    "core/learning/": "From examples to a trained head or adapter",
    "core/office/": "The back office: what founders and reviewers can do",
    "core/store/": "The database: the only home of SQLAlchemy",
    "core/store/migrations/": "One step a schema, in order",
    "core/tasks/": "The four use cases: text in, typed result out",
    "deploy/": "A container, compose, Kubernetes and a proxy, each with what was run of it",
    "docs/": "From one laptop to a million visitors a day, computed from what was measured",
    "pages/": "One file per page: reads input, asks the desk, draws the result",
    "pages/founder/": "Behind the founder's login",
    "pages/parts/": "Pieces that pages share; each owns its session keys",
    "tests/": "Mirrors the tree",
    "tests/benchmarks/": "One script a question, and results.md with their answers",
    "tests/core/": "The core on fakes, and its parts on real weights",
    "tests/deploy/": "The files of deploy/ held against the code, and the proxy run for real",
    "tests/e2e/": "Stories in a real browser on real weights",
    "tests/faults/": "What happens when things break",
    "tests/load/": "Visitors without a browser, over WebSockets",
    "tests/loop/": "The loop on fakes: stories from a correction to weights that learned from it, and back",
    "tests/pages/": "Every page, as a visitor sees it",
    "tests/soak/": "The app in use for an hour: does it stay up, right and lean",
    "tests/test_house.py": "The arrows and habits of the code",
    "tests/tree.py": "Draws this tree",
    "requirements.txt": "What it needs to run, pinned, with reasons",
    "requirements-traces.txt": "What OpenTelemetry's spans need beside that, where they are wanted",
    "requirements-dev.txt": "What tests and checks need beside that",
    "pyproject.toml": "Settings of ruff, mypy and pytest",
}


def draw() -> str:
    """Return the tree, one line a file or folder."""
    entries = [*SAID]
    for name in ("app.py", "hearback.py"):
        entries += [name] if (PROJECT / name).exists() else []
    for top in ("core", "pages"):
        for path in (PROJECT / top).rglob("*.py"):
            if path.name != "__init__.py" and path.parent.name != "versions":
                entries.append(path.relative_to(PROJECT).as_posix())
    lines = []
    for entry in sorted({e for e in entries if has_content(e)}, key=order):
        depth = entry.rstrip("/").count("/") if entry not in (".ci/run", ".streamlit/config.toml") else 0
        name = entry if depth == 0 else entry.rstrip("/").rpartition("/")[2] + ("/" if entry.endswith("/") else "")
        lines.append(f"{'  ' * depth + name:<26} {SAID.get(entry) or sentence_of(PROJECT / entry)}".rstrip())
    return "\n".join(lines) + "\n"


def has_content(entry: str) -> bool:
    """Return whether a file exists, or a folder holds more than its __init__."""
    path = PROJECT / entry
    if path.is_dir():
        return any(
            file.is_file() and file.name != "__init__.py" and file.suffix != ".pyc" and not file.name.startswith(".")
            for file in path.rglob("*")
        )
    return path.exists()


def order(entry: str) -> tuple[bool, list[tuple[bool, str]]]:
    """Put app.py first, files of a folder before its folders."""
    parts = entry.rstrip("/").split("/")
    is_folder = [True] * (len(parts) - 1) + [entry.endswith("/")]
    return entry != "app.py", [(folder, part) for folder, part in zip(is_folder, parts, strict=True)]


def sentence_of(path: Path) -> str:
    """Return the first sentence of a module's docstring, without its full stop."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = re.split(r"(?<=[a-z)`\"])\.(?=\s|$)", " ".join(text.partition("\n\n")[0].split()), maxsplit=1)[0]
    for border in (": ", "; ", ", "):
        head = first.partition(border)[0]
        if len(first) > LINE_CHARACTERS and len(head) > LINE_CHARACTERS // 4:
            first = head
    return first[0].upper() + first[1:] if first else ""


def written() -> str:
    """Return the tree as README has it now."""
    return README.read_text(encoding="utf-8").partition(MARKS[0])[2].partition(MARKS[1])[0]


def main() -> int:
    """Put the tree into README."""
    before, _, rest = README.read_text(encoding="utf-8").partition(MARKS[0])
    _, mark, after = rest.partition(MARKS[1])
    if not mark:
        print("README.md has no place for the tree")
        return 1
    README.write_text(before + MARKS[0] + draw() + mark + after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
