"""The batch command as its user meets it: lines in, lines out, on engines without weights."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main, parser
from core.batch import Row, Work, one_by_one, run
from core.config import PROJECT
from core.errors import HearbackError
from core.limits import BATCH_LINE_CHARACTERS, SENTIMENT_CHARACTERS
from core.progress import Progress


@pytest.fixture(autouse=True)
def _fake_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HEARBACK_PROFILE", "fake")
    monkeypatch.setenv("HEARBACK_DATA", str(tmp_path / "data"))


def asked(lines: bytes | Sequence[Row], *arguments: str) -> list[dict[str, Any]]:
    """Return the answers of the command to these lines."""
    if not isinstance(lines, bytes):
        lines = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    out = io.BytesIO()
    assert main(arguments, io.BytesIO(lines), out) == 0
    return [json.loads(line) for line in out.getvalue().decode().splitlines()]


def test_sentiment_gives_label_probabilities_and_language() -> None:
    rows = [{"id": n, "text": "I love this good shop." if n % 2 else "It was terrible and late."} for n in range(150)]
    answers = asked(rows, "sentiment")
    assert [answer["id"] for answer in answers] == list(range(150))
    assert {answer["label"] for answer in answers[1::2]} == {"positive"}
    assert {answer["label"] for answer in answers[::2]} == {"negative"}
    assert set(answers[0]) == {"id", "label", "probabilities", "language"}
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1)


def test_summaries_carry_their_places() -> None:
    text = "The bakery closes in May. The sky was blue. The bakery sells bread. The town keeps the bakery open. Cats."
    (answer,) = asked([{"id": "a", "text": text}], "summarize")
    assert set(answer) == {"id", "output", "sentences"}
    for sentence in answer["sentences"]:
        ((start, end),) = sentence["source_spans"]
        assert text[start:end] == sentence["text"]


def test_translation_says_from_what_into_what() -> None:
    rows = [{"id": 1, "text": "Guten Morgen, liebe Leute, wie geht es euch?", "target": "en"}]
    rows.append({"id": 2, "text": "Good morning to you all.", "target": "de", "source": "en"})
    first, second = asked(rows, "translate", "--quick")
    assert (first["source"], first["target"]) == ("de", "en")
    assert (second["source"], second["target"]) == ("en", "de")
    assert set(first) == {"id", "output", "source", "target"}


def test_an_unknown_target_is_told_and_the_rest_goes_on() -> None:
    rows = [{"id": 1, "text": "Hello there.", "target": "xx"}, {"id": 2, "text": "Hello there."}]
    rows.append({"id": 3, "text": "Hello there, my friend.", "target": "de"})
    unknown, missing, fine = asked(rows, "translate")
    assert set(unknown) == set(missing) == {"id", "error"}
    assert '"target"' in missing["error"]
    assert "error" not in fine


def test_support_reads_the_folder_and_says_what_it_could_not_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "handbook"
    (folder / "more").mkdir(parents=True)
    (folder / "returns.md").write_text("# Returns\n\nThe warranty on lamps lasts two years.\n", encoding="utf-8")
    (folder / "more" / "shipping.txt").write_text("Shipping to Norway costs nine euros.\n", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"\x00\x01 no pdf")
    (folder / ".hidden.md").write_text("secret", encoding="utf-8")
    rows = [{"id": 1, "text": "How long does the warranty on lamps last?"}, {"id": 2, "text": ""}]
    answer, bad = asked(rows, "support", "--knowledge", str(folder))
    assert set(answer) == {"id", "answer", "abstained", "sources"}
    assert isinstance(answer["abstained"], bool)
    for source in answer["sources"]:
        assert set(source) == {"document", "title", "text"}
    assert set(bad) == {"id", "error"}
    assert "broken.pdf" in capsys.readouterr().err


def test_support_without_documents_ends_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["support", "--knowledge", str(tmp_path)], io.BytesIO(b""), io.BytesIO()) == 1
    assert main(["support", "--knowledge", str(tmp_path / "none")], io.BytesIO(b""), io.BytesIO()) == 1
    assert "no such folder" in capsys.readouterr().err


BAD_LINES = [
    (b"nope", None),
    (b"[1, 2]", None),
    (b'"text"', None),
    (b'{"id": 1}', 1),
    (b'{"id": 1, "text": null}', 1),
    (b'{"id": 1, "text": 5}', 1),
    (b'{"id": "a", "text": ["x"]}', "a"),
    (b'{"id": 1, "text": "  "}', 1),
    (b'{"id": NaN, "text": "good"}', None),
    (b'{"id": 1, "text": "caf\xe9"}', None),
    (b"[" * 100_000, None),
    (b'{"id": 1, "text": "' + b"x" * (SENTIMENT_CHARACTERS + 1) + b'"}', 1),
    (b'{"id": 1, "text": "' + b"x" * (4 * BATCH_LINE_CHARACTERS) + b'"}', None),
    (b'{"id": 1, "text": ' + b"9" * 5_000 + b"}", None),
]


@pytest.mark.parametrize(("line", "line_id"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_costs_nobody_else_an_answer(line: bytes, line_id: object) -> None:
    good = b'{"id": "good", "text": "I love it."}'
    answers = asked(b"\n".join([good, b"", line, b"   ", good]) + b"\n", "sentiment")
    assert [answer["id"] for answer in answers] == ["good", line_id, "good"]
    assert set(answers[1]) == {"id", "error"}
    assert answers[0]["label"] == answers[2]["label"] == "positive"


def test_text_is_utf_8_whatever_it_holds() -> None:
    lines = '\ufeff{"id": "ü", "text": "很好"}\n{"text": "good \\ud800"}\n{"id": {"a": [1]}, "text": "😀"}'.encode()
    answers = asked(lines, "sentiment")
    assert [answer["id"] for answer in answers] == ["ü", None, {"a": [1]}]
    assert all("label" in answer for answer in answers)


def test_a_slow_line_does_not_change_the_order() -> None:
    def answer(row: Row) -> Row:
        time.sleep(0.2 if row["text"] == "0" else 0)
        return {"said": row["text"]}

    out = io.BytesIO()
    lines = b"".join(b'{"id": %d, "text": "%d"}\n' % (n, n) for n in range(20))
    began = time.perf_counter()
    assert run(io.BytesIO(lines), out, Work(one_by_one(answer), workers=4), Progress()) == (20, 0)
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == list(range(20))
    assert time.perf_counter() - began < 2


def test_a_bug_costs_its_own_line_only() -> None:
    def answer(row: Row) -> Row:
        if row["text"] == "1":
            raise ZeroDivisionError
        return {}

    out = io.BytesIO()
    lines = b"".join(b'{"id": %d, "text": "%d"}\n' % (n, n) for n in range(3))
    assert run(io.BytesIO(lines), out, Work(one_by_one(answer)), Progress()) == (2, 1)
    assert json.loads(out.getvalue().splitlines()[1])["error"] == HearbackError.sentence


def test_a_single_line_is_answered_while_more_may_come() -> None:
    read, write = os.pipe()
    answer_read, answer_write = os.pipe()
    thread = threading.Thread(target=main, args=(["sentiment"], os.fdopen(read, "rb"), os.fdopen(answer_write, "wb")))
    thread.start()
    with os.fdopen(write, "wb") as lines, os.fdopen(answer_read, "rb") as answers:
        for number in range(3):
            lines.write(b'{"id": %d, "text": "good"}\n' % number)
            lines.flush()
            assert json.loads(answers.readline())["id"] == number
    thread.join(10)
    assert not thread.is_alive()


def test_help_is_whole_and_comes_without_heavy_libraries() -> None:
    code = "import sys, core.__main__ as m; m.parser().format_help(); print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True)
    assert done.stdout.strip() == "set()"
    text = parser().format_help()
    for word in ("support", "translate", "summarize", "sentiment", "migrate", "--knowledge", "--quick", "exit codes"):
        assert word in text


def test_a_wrong_command_line_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["support"], ["sing"], [], ["sentiment", "--loud"]):
        with pytest.raises(SystemExit) as ending:
            main(arguments)
        assert ending.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_reader_who_leaves_early_is_no_failure(tmp_path: Path) -> None:
    lines = tmp_path / "in.jsonl"
    lines.write_bytes(b'{"id": 1, "text": "good"}\n' * 2_000)
    with lines.open("rb") as stdin:
        command = [sys.executable, "-m", "core", "sentiment"]
        process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROJECT)
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["label"] == "positive"
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
        process.stderr.close()


def test_migrate_makes_the_database(tmp_path: Path) -> None:
    assert main(["migrate"]) == 0
    assert (tmp_path / "data" / "hearback.db").exists()
