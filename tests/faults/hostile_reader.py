"""What a parser might do that a file has taken over: each of these runs as a reader of `core.confined`."""

from __future__ import annotations

import faulthandler
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def spin(_name: str, _content: bytes) -> None:
    """Never end, with work."""
    while True:
        pass


def sleep(_name: str, _content: bytes) -> None:
    """Never end, without work."""
    time.sleep(600)


def eat(_name: str, _content: bytes) -> int:
    """Take three gigabytes."""
    return len(bytearray(3 * 1024**3))


def crash(_name: str, _content: bytes) -> None:
    """Break as a parser in C breaks."""
    faulthandler._sigsegv()  # type: ignore[attr-defined]


def flood(_name: str, _content: bytes) -> None:
    """Answer without end."""
    while True:
        sys.__stdout__.buffer.write(b"x" * 1_000_000)  # type: ignore[union-attr]


def lie(_name: str, content: bytes) -> None:
    """Answer what no reader answers."""
    os.write(1, content)
    os._exit(0)


def try_to(_name: str, content: bytes, where: str) -> Any:
    """Do one deed that no reader needs, and tell what came of it."""
    deeds = {
        "connect": lambda: socket.create_connection(("127.0.0.1", int(where)), timeout=2),
        "look up a name": lambda: socket.getaddrinfo("localhost", 80),
        "write a file": lambda: Path(where).write_bytes(b"x"),
        "read a file": lambda: Path(where).read_text(encoding="utf-8"),
        "delete a file": lambda: Path(where).unlink(),
        "list the environment": lambda: "|".join(f"{name}={value}" for name, value in os.environ.items()),
        "start a program": lambda: subprocess.run(["true"], check=True),
        "fork": os.fork,
    }
    try:
        return {"done": str(deeds[content.decode()]())}
    except OSError as error:
        return {"refused": type(error).__name__}
