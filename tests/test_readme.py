"""README keeps its word: what it names exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import hearback
from tests import tree
from tests.test_house import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
PROSE = [README, *((PROJECT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "NOTICE"))]


def test_the_tree_is_that_of_the_files() -> None:
    assert tree.written() == tree.draw(), "draw it anew: python -m tests.tree"


def test_everything_that_is_linked_or_shown_exists() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [target for target in targets if "://" not in target and not (PROJECT / target).exists()]
    assert not missing, missing


def test_every_setting_is_in_the_table_and_every_row_is_a_setting() -> None:
    read = set(re.findall(r'"(HEARBACK_[A-Z_]+)"', (PROJECT / "core" / "config.py").read_text(encoding="utf-8")))
    told = set(re.findall(r"^\| `(HEARBACK_[A-Z_]+)`", README, re.MULTILINE))
    assert read == told


def test_the_commands_that_are_shown_exist() -> None:
    shown = set(re.findall(r"hearback\.py ([a-z]+)", README))
    assert shown == set(hearback.COMMANDS)
    assert f"parts by name: {', '.join(name for name, _ in hearback.PARTS)}" in README


def test_the_terms_of_the_weights_are_named_where_people_look() -> None:
    sentence = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
    notice = (PROJECT / "NOTICE").read_text(encoding="utf-8")
    assert sentence in notice
    assert sentence in " ".join(README.split())
    assert "ai.google.dev/gemma/prohibited_use_policy" in notice
    for name in ("SmolLM2", "MiniLM", "Creative Commons Attribution 4.0", "Figtree"):
        assert name in notice


def test_nothing_is_shouted() -> None:
    for text in PROSE:
        assert "!" not in re.sub(r"!\[|<!--", "", text)


def test_no_picture_is_too_heavy_for_a_page() -> None:
    pictures = [path for path in Path(PROJECT, "assets").rglob("*.png") if path.stat().st_size > 1_000_000]
    assert not pictures, pictures
