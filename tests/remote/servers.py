"""The real servers, each in a process of its own on a free port of loopback, ended by its process id."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config import PROJECT, read_settings
from core.engines.catalog import Weights
from core.engines.convert import convert

KEY = "test-key-of-this-run"


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class LlamaServer:
    """llama.cpp's own server, which can be killed and started again on the same port."""

    weights: Weights
    slots: int
    options: tuple[str, ...] = ()
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.port = self.port or free_port()
        arguments = [self.weights.weights_id, str(self.port), KEY, str(self.slots), *self.options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.remote.llamacpp_server", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip(), "the server did not start"

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=10)
            for pipe in (self.process.stdin, self.process.stdout):
                assert pipe is not None
                pipe.close()
            self.process = None

    def busy_slots(self) -> int:
        """Return how many of its slots work now, by its own word."""
        return sum(bool(slot["is_processing"]) for slot in get(f"{self.url}/slots"))


@contextmanager
def llama_server(weights: Weights, slots: int, *options: str) -> Iterator[LlamaServer]:
    """Run llama.cpp's own server until the end of the block."""
    server = LlamaServer(weights, slots, options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def transformers_server(hub: Path, model: str = "") -> Iterator[str]:
    """Run `transformers serve` on what lies in the folder `hub`, offline; gives its address."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("transformers")), "serve", *([model] if model else [])]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"],
        env=os.environ | {"HF_HUB_CACHE": str(hub), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert process.poll() is None, "transformers serve ended at once"
            try:
                get(f"{url}/health")
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait(timeout=10)


def into_hub(hub: Path, name: str, folder: Path) -> None:
    """Lay a folder of weights where the hub's cache would keep it under `name`, without copying it."""
    revision = "0" * 40
    repository = hub / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    snapshot = repository / "snapshots" / revision
    snapshot.mkdir(parents=True)
    for file in folder.iterdir():
        (snapshot / file.name).symlink_to(file)


def converted(weights: Weights) -> Path:
    """Return the folder of weights as transformers reads them."""
    return convert(weights, read_settings().cache_folder)


def get(url: str) -> Any:
    """Return the JSON at an address of these servers."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)
