"""The real app in a process of its own, for as long as a test or a benchmark wants it."""

from __future__ import annotations

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

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
END_SECONDS = 20.0


@dataclass(frozen=True)
class Running:
    """A server that answers: its address, its process and where it writes its log."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self.process.pid


@contextmanager
def running(
    profile: str, data_folder: Path, *, log: Path | None = None, module: str = "streamlit", **env: str
) -> Iterator[Running]:
    """Run the app on a free port of this machine alone and give it once it answers; it is ended with the block.

    `env` is added to the environment (HEARBACK_SLOTS="4"), `module` is what is run (`tests.load.paced` for engines
    that take time). The server's log lies beside its data if `log` says nothing else. Raises RuntimeError with the
    end of the log where the server ends by itself, TimeoutError where it never answers.
    """
    data_folder.mkdir(parents=True, exist_ok=True)
    log = log or data_folder.parent / f"{data_folder.name}.server.log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        *("-m", module, "run", "app.py"),
        *("--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"),
    ]
    environment = {**os.environ, "HEARBACK_PROFILE": profile, "HEARBACK_DATA": str(data_folder), **env}
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=file, stderr=subprocess.STDOUT)
        server = Running(f"http://127.0.0.1:{port}", process, log)
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(server: Running) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.process.poll() is not None:
            said = server.log.read_text(encoding="utf-8", errors="replace")[-2_000:]
            raise RuntimeError(f"The server ended at once with {server.process.returncode}:\n{said}")
        try:
            with urllib.request.urlopen(f"{server.url}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"{server.url} did not answer within {START_SECONDS:.0f} s.")
