"""The first page after a start waits for nothing that it does not show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.engines.shelf import EngineState
from core.errors import WeightsMissing
from pages.parts import footer, wiring
from tests.pages.conftest import FRAME, Visit

PROJECT = Path(__file__).resolve().parents[2]
# What no page needs, what only an open house needs, and the house itself.
WEIGHTS = ("torch", "transformers", "tokenizers", "sklearn", "xllamacpp", "pandas")
OF_THE_HOUSE = ("sqlalchemy", "alembic", "scipy", "langdetect", "jinja2", "core.house", "core.desk", "core.office")
PROGRAM = f"""
import sys
import streamlit as st
from streamlit.testing.v1 import AppTest

there = lambda: [name for name in {WEIGHTS + OF_THE_HOUSE!r} if name in sys.modules]
seen, title = [], st.title


def noting(*args, **options):
    seen.append(there())
    return title(*args, **options)


st.title = noting
visit = AppTest.from_file({str(FRAME)!r}, default_timeout=60)
visit.switch_page("support.py").run()
assert not visit.exception, visit.exception
print(seen[0])
print([name for name in {WEIGHTS!r} if name in sys.modules])
"""


def said_by(program: str, folder: Path) -> list[str]:
    environment = {**os.environ, "HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(folder)}
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


def test_the_server_listens_before_it_knows_the_house(tmp_path: Path) -> None:
    program = f"import sys, app; print([name for name in {WEIGHTS + OF_THE_HOUSE!r} if name in sys.modules])"
    assert said_by(program, tmp_path) == ["[]"]


def test_a_title_is_drawn_before_the_house_is_open_and_the_page_without_any_weights(tmp_path: Path) -> None:
    at_title, at_end = said_by(PROGRAM, tmp_path)
    assert at_title == "[]"
    assert at_end == "[]"


def test_who_asks_for_consent_stands_above_the_page_before_and_after_the_house_is_open(own_house: None) -> None:
    assert not wiring.is_open()
    first = Visit()
    assert wiring.is_open()
    second = Visit()
    for visit in (first, second):
        texts = [str(element.value) for element in visit.app.main.markdown]
        assert texts[0].startswith("May we keep your texts")


def states(*pairs: tuple[str, str, str]) -> tuple[EngineState, ...]:
    return tuple(EngineState(name, state, detail, "", "") for name, state, detail in pairs)


def test_the_page_says_how_far_the_weights_are_until_they_are_there(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [
        states(
            ("encoder", "ready", ""),
            ("translator", "preparing", "converting (40%)"),
            ("writer", "waiting", "its turn comes soon"),
        )
    ]
    monkeypatch.setattr(type(wiring.desk()), "engine_states", lambda _desk: now[0])
    visit.app.run()
    assert footer.ON_ITS_WAY in visit.text
    said = visit.app.caption[-1].value
    assert "Gemma 3 270M (being prepared\\: converting \\(40\\%\\))" in said
    assert "MiniLM L6 (ready)" in said
    assert "SmolLM2 135M (its turn comes soon)" in said
    now[0] = states(("encoder", "ready", ""), ("translator", "ready", ""), ("writer", "waiting", ""))
    visit.app.run()
    assert footer.ON_ITS_WAY not in visit.text
    assert "SmolLM2 135M (opens on first use)" in visit.app.caption[-1].value


def test_weights_that_failed_are_named_once_and_nothing_is_followed(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    sentence = str(WeightsMissing(name="Gemma 3 270M", how="Install them."))
    now = states(("encoder", "ready", ""), ("classifier", "failed", sentence), ("translator", "failed", sentence))
    monkeypatch.setattr(type(wiring.desk()), "engine_states", lambda _desk: now)
    visit.app.run()
    assert [warning.value for warning in visit.app.warning] == [footer.plain(sentence)]
    assert footer.ON_ITS_WAY not in visit.text
    assert "not available" in visit.app.caption[-1].value


def test_a_repeated_answer_says_so(visit: Visit) -> None:
    visit.go("sentiment").click("example_sentiment_")
    assert "The same answer as before" not in visit.text
    visit.click("example_sentiment_")
    assert "The same answer as before" in visit.text


def test_a_page_asks_for_its_own_weights_first(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(type(wiring.desk()), "expect", lambda _desk, task: asked.append(task))
    visit.go("translate")
    assert asked
    assert set(asked) == {"translate"}
