"""P11: how long after its start the app shows its first page, and gives its first answer.

The peer is the usual Streamlit pattern: a script of one file that imports torch and transformers, loads the same
weights under `st.cache_resource` and then paints. Both are started as a user starts them (`streamlit run`), each in a
process of its own, and met by a visitor over a WebSocket who asks as soon as there is something to ask. Everything is
converted, and read from a warm page cache; what a first start costs on top is told by `p11_first_start`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.config import PROJECT, read_settings
from core.engines.catalog import GEMMA, MINILM, locate
from core.engines.convert import convert
from tests.benchmarks.figure import Figure, rounds_spread
from tests.benchmarks.machine import machine
from tests.load.client import Client

BARS = ("P11",)
ROUNDS = 5
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.01
QUESTION = "How long do I have to send a lamp back?"
TEXT = "The lamp arrived late and one part was missing, but support answered within the hour."
# The peer is no straw man: it opens MiniLM and Gemma once each (Hearback opens Gemma twice, to write and to read),
# reads the passages of the same handbook, and its answers are as small as they can be.
PEER = """
import json
import sys
from pathlib import Path

import numpy as np
import streamlit as st
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForCausalLM

told = json.loads(Path(__file__).with_name("told.json").read_text())


@st.cache_resource
def engines():
    torch.set_num_threads(told["threads"])
    minilm = AutoModel.from_pretrained(told["minilm"], local_files_only=True).eval()
    gemma = AutoModelForCausalLM.from_pretrained(told["gemma"], dtype=torch.float32, local_files_only=True).eval()
    words = Tokenizer.from_file(told["minilm"] + "/tokenizer.json")
    pieces = Tokenizer.from_file(told["gemma"] + "/tokenizer.json")
    words.no_padding()
    words.enable_truncation(256)
    return minilm, gemma, words, pieces, load_file(told["head"])


def meaning(texts):
    minilm, _, words, *_ = engines()
    rows = []
    with torch.inference_mode():
        for text in texts:
            ids = torch.tensor([words.encode(text).ids])
            state = minilm(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.mean(1)
            rows.append((state / state.norm())[0].numpy())
    return np.stack(rows)


@st.cache_resource
def handbook():
    passages = [
        part for page in sorted(Path(told["handbook"]).glob("*.md")) for part in page.read_text().split("\\n\\n")
        if len(part) > 60
    ]
    return passages, meaning(passages)


def feeling(text):
    _, gemma, _, pieces, head = engines()
    with torch.inference_mode():
        ids = torch.tensor([pieces.encode(text).ids])
        state = gemma(input_ids=ids, output_hidden_states=True).hidden_states[9][0, 1:].mean(0).numpy()
    scores = head["weight"] @ ((state - head["mean"]) * head["scale"]) + head["bias"]
    return ("negative", "neutral", "positive")[int(scores.argmax())]


engines()
handbook()
st.title("The usual way")
question = st.text_input("Question")
if question:
    passages, vectors = handbook()
    st.markdown("Answer: " + passages[int((vectors @ meaning([question])[0]).argmax())])
text = st.text_input("Text")
if text:
    st.markdown("Feeling: " + feeling(text))
"""


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process to the first page, and to an answer that was asked for at once."""

    page: float
    answer: float


def measure() -> list[Figure]:
    """Return first page and first answers as ratios within a round, the seconds of both, and what nobody beats."""
    import json

    settings = read_settings({**os.environ, "HEARBACK_PROFILE": "embedded"})
    with tempfile.TemporaryDirectory() as folder:
        peer = Path(folder, "peer")
        peer.mkdir()
        (peer / "peer.py").write_text(PEER, encoding="utf-8")
        told = {
            "minilm": str(locate(MINILM, settings.cache_folder).parent),
            "gemma": str(convert(GEMMA, settings.cache_folder)),
            "head": str(settings.assets / "heads" / "sentiment.safetensors"),
            "handbook": str(settings.assets / "knowledge"),
            "threads": settings.threads,
        }
        (peer / "told.json").write_text(json.dumps(told), encoding="utf-8")
        bare = Path(folder, "bare")
        bare.mkdir()
        (bare / "bare.py").write_text('import streamlit as st\n\nst.title("Nothing else")\n', encoding="utf-8")
        found: dict[str, list[Start]] = {
            name: [] for name in ("support", "sentiment", "usual", "usual feeling", "bare")
        }
        for number in range(ROUNDS + 1):
            # The first round warms up: it publishes the handbook, keeps its vectors, and fills the page cache.
            now = {
                "support": _ours(Path(folder, "data"), "support"),
                "sentiment": _ours(Path(folder, "data"), "sentiment"),
            }
            now["usual"], now["usual feeling"] = _usual(peer / "peer.py")
            now["bare"] = _bare(bare / "bare.py")
            if number:
                for name, start in now.items():
                    found[name].append(start)
    return _figures(found)


def _figures(found: dict[str, list[Start]]) -> list[Figure]:
    peer = "import torch and transformers, load all, then paint"
    usual = found["usual"]
    pages = [
        statistics.mean((a.page, b.page)) / c.page
        for a, b, c in zip(found["support"], found["sentiment"], usual, strict=True)
    ]
    bare = statistics.median(start.page for start in found["bare"])
    own = [start.page for name in ("support", "sentiment") for start in found[name]]
    note = (
        f"{statistics.median(own):.2f} s against {statistics.median(s.page for s in usual):.2f} s; Streamlit with one "
        f"line {bare:.2f} s; {machine()}"
    )
    figures = [
        Figure(
            "P11", "first page after start", statistics.median(pages), "x", ROUNDS, rounds_spread(pages),
            0.3, 0.15, peer, note,
        )
    ]  # fmt: skip
    for name, other, words in (
        ("support", "usual", "first answer after start, a question to the handbook"),
        ("sentiment", "usual feeling", "first answer after start, the sentiment of a text"),
    ):
        ratios = [a.answer / b.answer for a, b in zip(found[name], found[other], strict=True)]
        ours, theirs = (statistics.median(start.answer for start in found[one]) for one in (name, other))
        figures.append(
            Figure(
                "P11", words, statistics.median(ratios), "x", ROUNDS, rounds_spread(ratios), 1.0, 0.3, peer,
                f"{ours:.2f} s against {theirs:.2f} s",
            )
        )  # fmt: skip
    limits = [a / bare for a in own]
    figures.append(
        Figure(
            "P11", "first page over that of Streamlit with nothing else", statistics.median(limits), "x", len(limits),
            rounds_spread(limits), note="the least that any page of Streamlit can take here", is_lower_better=True,
        )
    )  # fmt: skip
    return figures


def _ours(data: Path, page: str) -> Start:
    environment = {"HEARBACK_PROFILE": "embedded", "HEARBACK_DATA": str(data)}
    with started(["app.py"], PROJECT, environment) as (url, began):
        return asyncio.run(_asked(url, page, began))


async def _asked(url: str, page: str, began: float) -> Start:
    async with Client(url, page=f"/{page}", patience_seconds=PATIENCE_SECONDS) as visit:
        await visit.seen(page.capitalize())
        painted = time.monotonic() - began
        await visit.settled()
        if page == "support":
            await visit.type("Your question", QUESTION)
            await visit.seen("Quoted from the text")
        else:
            await visit.type("Text to read", TEXT)
            await visit.click("Read it")
            await visit.seen("Read by the weights")
        return Start(painted, time.monotonic() - began)


def _usual(script: Path) -> tuple[Start, Start]:
    with started([str(script)], script.parent, {}) as (url, began):
        return asyncio.run(_asked_usual(url, began))


async def _asked_usual(url: str, began: float) -> tuple[Start, Start]:
    """One start for both: what the first answer took is not counted for the second."""
    async with Client(url, patience_seconds=PATIENCE_SECONDS) as visit:
        await visit.seen("The usual way")
        painted = time.monotonic() - began
        await visit.settled()
        await visit.type("Question", QUESTION)
        await visit.seen("Answer: ")
        answered = time.monotonic() - began
        await visit.settled()
        again = time.monotonic()
        await visit.type("Text", TEXT)
        await visit.seen("Feeling: ")
        return Start(painted, answered), Start(painted, painted + time.monotonic() - again)


def _bare(script: Path) -> Start:
    async def look(url: str, began: float) -> Start:
        async with Client(url, patience_seconds=PATIENCE_SECONDS) as visit:
            await visit.seen("Nothing else")
            return Start(time.monotonic() - began, 0.0)

    with started([str(script)], script.parent, {}) as (url, began):
        return asyncio.run(look(url, began))


@contextmanager
def started(script: list[str], folder: Path, environment: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Start a server, give its address as soon as it listens with the moment of its start, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    options += ["--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    command = [sys.executable, "-m", "streamlit", "run", *script, *options]
    with tempfile.TemporaryFile() as log:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}", began
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once with {process.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{address} did not answer")
