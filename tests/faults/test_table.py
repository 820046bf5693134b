"""The table of promises: every promise has a test, and what was not shown is never told as held."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import __main__ as faults
from tests.faults import choosing, table
from tests.promises import PROMISES
from tests.test_house import PROJECT

STORIES = """
import pytest

pytestmark = pytest.mark.promise("R5")

def test_that_holds(record_property):
    record_property("kills", 3)
    record_property("lost", 0)

@pytest.mark.promise("R9")
def test_of_two_promises(record_property):
    record_property("kills", 4)

@pytest.mark.weights
@pytest.mark.skip(reason="not here")
def test_that_is_skipped():
    pass

@pytest.fixture
def broken_end():
    yield
    raise OSError("it cannot be closed")

def test_whose_end_fails(broken_end):
    pass
"""


def marked() -> dict[str, list[str]]:
    """Return each name given to a mark `promise` anywhere among the tests, with the files that give it."""
    found: dict[str, list[str]] = {}
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise":
                for word in node.args:
                    assert isinstance(word, ast.Constant), f"{path.name}:{node.lineno}: write the promise's name out"
                    found.setdefault(str(word.value), []).append(path.name)
    return found


def test_every_promise_has_a_test_and_every_mark_a_promise() -> None:
    found = marked()
    assert not found.keys() - PROMISES.keys(), "there is no such promise"
    missing = PROMISES.keys() - found.keys()
    assert not missing, f"no test is marked for {sorted(missing)}"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a real run of a few small stories, of which one shows nothing."""
    folder = tmp_path_factory.mktemp("stories")
    (folder / "test_stories.py").write_text(STORIES)
    (folder / "test_others.py").write_text("def test_of_no_promise():\n    assert False\n")
    words = [*faults.command(folder / "report.xml", is_long=False), f"--rootdir={folder}", str(folder)]
    words += ["-o", "markers=promise: p", "-o", "markers=weights: w", "--override-ini=addopts="]
    ended = subprocess.run(
        words,
        cwd=PROJECT,
        env=faults.environment(["R5", "R9"], is_long=False),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "1 deselected" in ended.stdout
    return folder / "report.xml"


def test_a_run_is_read_from_its_report(report: Path) -> None:
    tests = {test.name.rpartition(".")[2]: test for test in table.read(report)}
    assert {name: test.outcome for name, test in tests.items()} == {
        "test_that_holds": "passed",
        "test_of_two_promises": "passed",
        "test_that_is_skipped": "skipped",
        "test_whose_end_fails": "failed",
    }
    assert tests["test_that_holds"].found == (("kills", "3"), ("lost", "0"))
    assert tests["test_of_two_promises"].promises == ("R5", "R9")
    assert tests["test_that_is_skipped"].promises == ("R5",)


def test_a_row_tells_what_was_found_and_what_failed(report: Path) -> None:
    broken, held = table.rows(table.read(report), ["R5", "R9"])
    assert (broken.verdict, held.verdict) == ("BROKEN", "held")
    assert broken.told == "2 passed, 1 failed, 1 skipped"
    assert broken.found == "kills 3, 4; lost 0"
    said = table.printed([broken, held]).splitlines()
    assert said[-2].startswith("!!! R5 BROKEN")
    assert said[-1] == "1 of 2 promises held"


def test_a_promise_without_a_test_that_ran_is_not_held() -> None:
    skipped = table.Shown("test_x", ("R6",), "skipped", 0.1)
    nothing, only_skipped = table.rows([skipped], ["R5", "R6"])
    assert (nothing.verdict, only_skipped.verdict) == ("NOT SHOWN", "NOT SHOWN")
    assert nothing.told == "no test"
    assert table.printed([nothing, only_skipped]).count("!!!") == 2


def test_what_is_written_down_names_every_test_and_the_run(report: Path) -> None:
    rows = table.rows(table.read(report), list(PROMISES))
    text = table.drawn(rows, is_long=False, at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    assert "2026-01-02 03:04 UTC" in text
    assert "| R9 | " in text
    assert "test_that_holds` passed: kills 3; lost 0" in text
    assert text.count("No test shows it.") == len(PROMISES) - 2
    assert "streamlit 1" in text
    assert str(PROJECT) not in text


def test_only_the_chosen_promises_run(tmp_path: Path) -> None:
    (tmp_path / "test_stories.py").write_text(STORIES)
    words = [sys.executable, "-m", "pytest", "-p", "tests.faults.choosing", "--collect-only", "-q", str(tmp_path)]
    words += [f"--rootdir={tmp_path}", "-o", "markers=promise: p", "-o", "markers=weights: w"]
    ended = subprocess.run(
        [*words, "--override-ini=addopts="],
        cwd=PROJECT,
        env=faults.environment(["R9"], is_long=True),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "test_of_two_promises" in ended.stdout
    assert "1/4 tests collected (3 deselected)" in ended.stdout


def test_long_is_said_in_the_environment_and_gives_each_test_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARBACK_FAULTS", "long")
    assert "HEARBACK_FAULTS" not in faults.environment([], is_long=False)
    assert faults.environment(["R1", "R2"], is_long=True)["HEARBACK_FAULTS"] == "long"
    assert faults.environment(["R1", "R2"], is_long=True)[choosing.CHOSEN] == "R1 R2"
    assert "--timeout=10800" in faults.command(Path("report.xml"), is_long=True)


@pytest.mark.parametrize("words", [["R20"], ["R5", "--fast"], ["R5", "--record"]])
def test_a_wrong_word_is_refused_before_anything_runs(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        faults.read_words(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_promises_are_named_in_any_case() -> None:
    assert faults.read_words(["r5", "R9"]).promises == ["R5", "R9"]


@pytest.mark.parametrize(("code", "is_prepared", "wanted"), [(0, 0, 0), (1, 0, 1), (0, 1, 1)])
def test_the_exit_code_is_one_where_anything_is_amiss(
    monkeypatch: pytest.MonkeyPatch, report: Path, code: int, is_prepared: int, wanted: int
) -> None:
    asked: list[list[str]] = []

    def pretend(words: list[str], **more: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(words)
        target = next(word.partition("=")[2] for word in words if word.startswith("--junitxml="))
        Path(target).write_text(report.read_text())
        return subprocess.CompletedProcess(words, code)

    monkeypatch.setattr(faults.hearback, "find_browser", lambda: None)
    monkeypatch.setattr(faults.hearback, "prepare", lambda words: is_prepared)
    monkeypatch.setattr(faults.subprocess, "run", pretend)
    assert faults.main(["R9"]) == wanted
    assert faults.main(["R8"]) == 1, "nothing shows it"
    assert len(asked) == 2
