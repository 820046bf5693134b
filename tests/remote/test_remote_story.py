"""A visitor of an app whose weights run elsewhere reads the same words as on one machine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.config import read_settings
from core.desk import Desk
from core.engines.catalog import GEMMA, SMOLLM2
from core.house import open_house
from core.jobs import JobView
from tests.remote.servers import KEY, LlamaServer, llama_server

pytestmark = pytest.mark.weights

# One sentence: how several are decoded together is each server's own affair, and turns near ties.
LETTER = "Der Ofen wird nicht mehr warm."
QUESTION = "Wie lange habe ich Zeit, eine Bestellung zurückzugeben?"


@contextmanager
def desk(folder: Path, **environment: str) -> Iterator[Desk]:
    cache = str(read_settings().cache_folder)
    house = open_house(read_settings({"HEARBACK_DATA": str(folder), "HEARBACK_CACHE": cache, **environment}))
    opened = Desk(house)
    try:
        yield opened
    finally:
        opened.close()
        house.close()


def result(opened: Desk, job_id: str) -> JobView:
    end = time.monotonic() + 120
    while not (seen := opened.look("anna", job_id)).is_over:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert seen.state == "finished", seen.sentence
    return seen


def told(opened: Desk) -> tuple[Any, Any]:
    """Return what a visitor is told of the letter and of the question."""
    opened.welcome("anna")
    letter = result(opened, opened.translate("anna", LETTER, "en", "de", is_careful=False)).result
    answer = result(opened, opened.ask("anna", QUESTION)).result
    return letter, answer


def test_a_desk_on_an_engine_elsewhere_says_what_a_desk_on_one_machine_says(tmp_path: Path) -> None:
    with desk(tmp_path / "here") as opened:
        letter, answer = told(opened)
    with llama_server(GEMMA, 8) as server, desk(tmp_path / "there", **elsewhere(server)) as opened:
        far_letter, far_answer = told(opened)
        states = {state.name: state for state in opened.engine_states()}
        assert (states["translator"].state, states["translator"].device) == ("ready", "remote")
        server.kill()
        failed = opened.translate("anna", "Das ist eine andere Frage.", "en", "de", is_careful=False)
        while not (seen := opened.look("anna", failed)).is_over:
            time.sleep(0.05)
        assert (seen.state, "does not answer now" in seen.sentence) == ("failed", True)
        assert {state.name: state.state for state in opened.engine_states()}["translator"] == "failed"
    assert far_letter.text == letter.text
    assert far_letter.origin == letter.origin
    assert far_answer.text == answer.text
    assert far_answer.citations == answer.citations


def elsewhere(server: LlamaServer) -> dict[str, str]:
    return {
        "HEARBACK_PROFILE": "remote",
        "HEARBACK_ENGINE_URL": server.url,
        "HEARBACK_ENGINE_KEY": KEY,
        "HEARBACK_ENGINE_TRANSLATOR": GEMMA.weights_id,
        "HEARBACK_ENGINE_WRITER": SMOLLM2.weights_id,
    }
