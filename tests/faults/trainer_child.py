"""A trainer's process with something wrong in it: `python -m tests.faults.trainer_child FAULT RUN_ID ATTEMPT`.

The settings come by the input, as the app gives them. `nursery` imports everything once and forks a trainer for each
number of seconds in its arguments, which is killed after so long.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from core.config import Settings
from core.learning import adapters, evaluate, foreman, heads, pipeline, trainer  # noqa: F401 - loaded before forking
from core.store import runs
from core.store.db import Database
from core.store.replica import Replica
from core.types import from_plain


def main() -> int:
    """Do as told."""
    fault, *rest = sys.argv[1:]
    settings = from_plain(json.loads(sys.stdin.readline()), Settings)
    if fault == "nursery":
        return nursery(settings, [float(seconds) for seconds in rest])
    if fault == "publishing":
        return publishing(settings, [float(seconds) for seconds in rest])
    if fault == "app":
        return app(settings)
    return faulty(fault, settings, rest[0], int(rest[1]))


def faulty(fault: str, settings: Settings, run_id: str, attempt: int) -> int:
    """Carry a run out with a step that never hears, a head that is no number, a full disk or no memory."""

    def deaf(*_: Any, **__: Any) -> Any:
        Path(settings.data_folder / "deaf").touch()
        time.sleep(600)

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    def no_memory(*_: Any, **__: Any) -> Any:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4294967296 bytes")

    def bug(*_: Any, **__: Any) -> Any:
        raise KeyError("a bug")

    if fault == "not a number":
        real = heads.refit

        def broken(*arguments: Any, **named: Any) -> Any:
            head = real(*arguments, **named)
            head.weight[:] = float("nan")
            return head

        heads.refit = broken
    else:
        heads.refit = {"deaf": deaf, "full": full, "no memory": no_memory, "bug": bug}[fault]
    return trainer._Trainer(settings, Database(settings.database_url), run_id, attempt).work(is_led=False)


def nursery(settings: Settings, lives: list[float]) -> int:
    """Let the waiting run be carried out again and again, and kill each trainer after so many seconds."""
    for seconds in lives:
        child = os.fork()
        if child == 0:
            database = Database(settings.database_url)
            run = runs.claim(database)
            assert run is not None
            trainer._Trainer(settings, database, run.run_id, run.attempt).work(is_led=False)
            os._exit(0)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        database = Database(settings.database_url)
        now = runs.runs(database)[0]
        runs.put_back(database, now.run_id, now.attempt, is_counted=False)
        database.close()
        sys.stdout.write(f"{now.state}: {now.progress.doing}\n")
        if now.state == "finished":
            break
    return 0


def publishing(settings: Settings, lives: list[float]) -> int:
    """Publish fresh artefacts without end, and be killed in the middle of it."""
    from tests.loop.test_artefacts import publish_a_head

    for seconds in lives:
        child = os.fork()
        if child == 0:
            while True:
                publish_a_head(settings)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return 0


def app(settings: Settings) -> int:
    """Be an app with a foreman, until killed."""

    class House:
        def __init__(self) -> None:
            self.settings = settings
            self.database = Database(settings.database_url)
            self.replica = Replica(self.database)

    foreman.Foreman(House()).start()
    Path(settings.data_folder / "app is up").touch()
    time.sleep(600)
    return 0


if __name__ == "__main__":
    sys.exit(main())
