#!/usr/bin/env python3
"""Runs Hearback from a fresh copy of its folder: `python3 hearback.py run`; and it tests, measures and breaks it.

Needs Python 3.11 or newer with venv and nothing else: it makes .venv, installs what requirements.txt pins when that
has changed, and hands over. An old Python still parses this file, so that it can say that it is too old.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

PROJECT = Path(__file__).resolve().parent
VENV = PROJECT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
REQUIREMENTS = ("requirements.txt",)
ALL_REQUIREMENTS = ("requirements.txt", "requirements-traces.txt", "requirements-dev.txt")
WEIGHTS_ONLY = "# weights only"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

QUICK = "not weights and not e2e and not postgres"
# What times people's waits, or waits for ends that a busy machine puts off: never beside a neighbour.
TIMED = tuple(
    f"tests/faults/test_{name}.py"
    for name in (
        "bad_artefacts", "broken_engines", "confined", "fairness", "halted_server", "remote_kill", "soak",
        "spool_shared", "store_away", "store_disk", "store_silent", "store_spool", "store_unsure", "supervisor",
        "two_servers",
    )
)  # fmt: skip
# Every test belongs to exactly one part; the order is from quick to slow.
PARTS = (
    ("fast", ["-m", QUICK, *(f"--ignore=tests/{folder}" for folder in ("faults", "pages", "loop", "e2e"))]),
    ("loop", ["-m", QUICK, "tests/loop"]),
    ("pages", ["-m", QUICK, "tests/pages"]),
    ("faults", ["-m", QUICK, "tests/faults", *(f"--ignore={path}" for path in TIMED)]),
    ("timed", ["-m", QUICK, *TIMED]),
    ("postgres", ["-m", "postgres and not weights and not e2e"]),
    ("weights", ["-m", "weights and not e2e"]),
    # To read every other file of tests as well would take ten seconds and more. All of these share one browser.
    ("e2e", ["-m", "e2e", "tests/deploy", "tests/e2e", "tests/load"]),
)
WITH_WEIGHTS = ("weights", "e2e")
# A server that is killed is started again so often in ten minutes, and then it is for a person to look at.
RESTARTS = 5
# Two processes run a part. Of SCATTERED each takes whatever test or group is next; elsewhere each takes a whole file,
# since its tests share servers or weights, or tell one story. ALONE runs in one: what it times must not wait.
SCATTERED = ("fast", "loop", "pages")
ALONE = ("timed", "e2e")
MEMORY_BYTES = 4 * 2**30  # what there must be for tests to keep their files in memory; a part holds much less
NO_TESTS = 5  # pytest's exit code where a part holds none

EXAMPLES = """examples:
  python3 hearback.py run                     install if needed, then serve on http://localhost:8501
  python3 hearback.py run --server.port 80    further words go to `streamlit run`
  python3 hearback.py test                    every test: fast, loop, pages, faults, timed, postgres, weights, e2e
  python3 hearback.py test fast               those of the core on fakes, in a minute
  python3 hearback.py test tests/core -k file     further words go to pytest
  python3 hearback.py audit                   ask which pinned versions have known holes
  python3 hearback.py bench                   measure the bars in less than half an hour; --all takes hours
  python3 hearback.py bench P1 Q4             measure two of them
  python3 hearback.py faults                  inject every fault that is promised to be survived, and say what was found
  python3 hearback.py faults R5 --long        one promise, in the length that was promised
  python3 hearback.py soak --minutes 10       use the app for so long, with --sessions visitors; else 40 for an hour
"""


def say(text: str) -> None:
    """Print a line at once, also where the output is a file."""
    print(text, flush=True)


def check_python() -> None:
    """End with a sentence where this Python cannot make the environment."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(
            f"Hearback needs Python 3.11 or newer; this is {found}. Start it with a newer one, for example:\n"
            "    python3.11 hearback.py run"
        )
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing and not PYTHON.exists():
        sys.exit(
            f"This Python ({found}) has no {' and no '.join(missing)}, which makes the environment. "
            "On Debian and Ubuntu install it with:\n    apt-get install python3-venv"
        )


def install(names: tuple[str, ...]) -> None:
    """Make .venv and install the requirements files `names`, unless it was made of just these."""
    if is_installed(names):
        return
    VENV.mkdir(exist_ok=True)
    with only_one(VENV / "installing.lock"):
        if is_installed(names):  # by another command, while this one waited
            return
        if not PYTHON.exists():
            say(f"Making .venv with {sys.executable}")
            # An environment whose Python was removed is made anew.
            options = ["--clear"] if (VENV / "pyvenv.cfg").exists() else []
            made = subprocess.run([sys.executable, "-m", "venv", *options, str(VENV)], capture_output=True, text=True)
            if made.returncode:
                sys.exit(f"The environment .venv could not be made:\n{made.stdout}{made.stderr}")
        for name in names:
            if stamp(name).exists() and stamp(name).read_text() == fingerprint(name):
                continue
            say(f"Installing {name} (the first time takes some minutes)")
            everything, without_dependencies = split_requirements((PROJECT / name).read_text(encoding="utf-8"))
            pip_install(everything, [])
            pip_install(without_dependencies, ["--no-deps"])
            stamp(name).write_text(fingerprint(name))


def is_installed(names: tuple[str, ...]) -> bool:
    """Return whether .venv was made of these requirements files as they are now, without starting anything."""
    return PYTHON.exists() and all(
        stamp(name).exists() and stamp(name).read_text() == fingerprint(name) for name in names
    )


def stamp(name: str) -> Path:
    """Return the file that remembers what was installed from the requirements file `name`."""
    return VENV / f"installed-{Path(name).stem}.sha256"


def fingerprint(name: str) -> str:
    """Return the SHA-256 of a requirements file and of the Python under .venv."""
    python = VENV / "pyvenv.cfg"
    parts = [(PROJECT / name).read_bytes(), python.read_bytes() if python.exists() else b""]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def split_requirements(text: str) -> tuple[list[str], list[str]]:
    """Return the lines to install with what they need, and the weights, to install without."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [x for x in lines if WEIGHTS_ONLY not in x], [x for x in lines if WEIGHTS_ONLY in x]


def pip_install(lines: list[str], options: list[str]) -> None:
    """Install requirement lines, showing what pip is at; ends with pip's last words if it fails."""
    if not lines:
        return
    log = VENV / "install.log"
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off"]
        command += [*options, "-r", str(listed)]
        pip = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
        )
        said: list[str] = []
        seen = 0
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: ")):
                seen += 1
            show_pip(line.strip(), seen, len(lines))
        code = pip.wait()
    with log.open("a", encoding="utf-8") as file:
        file.writelines(said)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if code:
        last = "".join(said[-30:])
        sys.exit(f"{last}\nInstalling failed; the lines above are pip's, all of them are in {log}")


def show_pip(line: str, seen: int, total: int) -> None:
    """Show one line of pip's: rewritten in place on a terminal, else only what takes long."""
    action = re.match(r"(Collecting|Processing|Downloading|Building wheels?|Installing collected)", line)
    if not action:
        return
    short = "Installing into .venv" if line.startswith("Installing") else line
    if sys.stdout.isatty():
        width = max(20, shutil.get_terminal_size().columns - 14)
        print(f"\r\033[K  [{min(seen, total)}/{total}] {short[:width]}", end="", flush=True)
    elif line.startswith("Installing") or re.search(r"\(\d{2,}(\.\d+)? MB\)", line):
        say(f"  [{min(seen, total)}/{total}] {short}")


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Wait until no other process is inside; where the system has no such lock, go on without."""
    with path.open("a") as file:
        try:
            import fcntl
        except ImportError:
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("Waiting for another hearback.py that is installing")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def call(arguments: list[str], restarts: int = 0) -> int:
    """Run .venv's Python with `arguments` until it ends by itself, and return its exit code; see `core.supervisor`."""
    from core.supervisor import supervise  # standard library too, yet nothing that an old Python need parse

    return supervise([str(PYTHON), *arguments], PROJECT, restarts, say)


def run(words: list[str]) -> int:
    """Serve the app, again if it is killed or hangs; the weights get ready inside it, while the pages are there."""
    install(REQUIREMENTS)
    return call(["-m", "streamlit", "run", "app.py", *words], RESTARTS)


def prepare(words: list[str]) -> int:
    """Convert and check the weights once, so that nobody waits for it later."""
    if words:
        sys.exit("prepare takes no further words.")
    install(REQUIREMENTS)
    return call(["-m", "core.engines.shelf"])


def test(words: list[str]) -> int:
    """Run every test in parts, or what `words` say; the last line counts them all."""
    install(ALL_REQUIREMENTS)
    names = [name for name, _ in PARTS]
    chosen = names if words in ([], ["all"]) else words
    # Hundreds of processes are started, and to compile the same modules in each would take a minute.
    os.unsetenv("PYTHONDONTWRITEBYTECODE")
    if not set(chosen) <= set(names):
        return call(["-m", "pytest", *words])
    if "e2e" in chosen:
        find_browser()
    counts, failed, is_prepared = {"tests": 0, "bad": 0, "skipped": 0}, [], False
    with tempfile.TemporaryDirectory() as folder:
        for name, options in PARTS:
            if name not in chosen:
                continue
            if name in WITH_WEIGHTS and not is_prepared:
                say("== preparing the weights")
                is_prepared = True
                failed += ["prepare"] if prepare([]) else []
            if run_part(name, options, Path(folder, name + ".xml"), counts):
                failed.append(name)
    if failed:
        say(f"Failed: {', '.join(failed)}. One part alone: python3 hearback.py test NAME")
    passed = counts["tests"] - counts["bad"] - counts["skipped"]
    # A part that broke outside its tests must not close on a line that reads as a success.
    bad = max(counts["bad"], len(failed))
    say(f"{passed} passed, {bad} failed, {counts['skipped']} skipped")
    return 1 if failed or passed == 0 else 0


def memory() -> Path | None:
    """Return the folder whose files lie in memory, where there is one with room for those of tests."""
    place = Path("/dev/shm")
    is_roomy = place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > MEMORY_BYTES
    return place if is_roomy else None


@contextlib.contextmanager
def in_memory() -> Iterator[str]:
    """Give a folder in memory for the databases and files of tests, or nothing where there is no room for one.

    A test's database need not survive a power cut: waiting for the disk at every commit took most of the time.
    """
    place = memory()
    if place is None:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="hearback-tests-", dir=place) as folder:
        yield folder


def run_part(name: str, options: list[str], report: Path, counts: dict[str, int]) -> bool:
    """Run one part, add what it counted to `counts`, and return whether it failed."""
    say(f"== {name}")
    started = time.monotonic()
    # In the order of tests/conftest.py, which begins with the longest, and not by the number of a file's tests.
    share = ["--dist=loadgroup" if name in SCATTERED else "--dist=loadfile", "--no-loadscope-reorder"]
    workers = ["-n", "0" if name in ALONE else "2", *share]
    with in_memory() as folder:
        places = [f"--basetemp={folder}/{name}"] if folder else []
        code = call(["-m", "pytest", *options, *workers, *places, f"--junitxml={report}"])
    say(f"== {name}: {time.monotonic() - started:.0f} s{'' if code in (0, NO_TESTS) else ', FAILED'}")
    if report.exists():
        for suite in ElementTree.parse(str(report)).iter("testsuite"):
            counts["tests"] += int(suite.get("tests", 0))
            counts["bad"] += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            counts["skipped"] += int(suite.get("skipped", 0))
    return code not in (0, NO_TESTS)


def find_browser() -> None:
    """Make sure of Chromium for the tests in a real browser, or end with a sentence."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Installing chromium for the tests in a real browser")
        subprocess.run(["apt-get", "update", "-qq"])
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])
    if not any(shutil.which(name) for name in BROWSERS):
        sys.exit("The tests in a real browser need Chromium on the PATH. Those that do not: test fast pages")


def lint(words: list[str]) -> int:
    """Check style, format and types."""
    install(ALL_REQUIREMENTS)
    codes = [call(["-m", "ruff", "check", *words]), call(["-m", "ruff", "format", "--check", *words])]
    codes.append(call(["-m", "mypy", *words]))
    return 1 if any(codes) else 0


def audit(words: list[str]) -> int:
    """Hold the pinned versions against the lists of known holes, for two minutes at most."""
    install(ALL_REQUIREMENTS)
    return call(["-m", "tests.audit", *words])


def bench(words: list[str]) -> int:
    """Measure the figures of the bars and write tests/benchmarks/results.md."""
    install(ALL_REQUIREMENTS)
    return call(["-m", "tests.benchmarks", *words])


def soak(words: list[str]) -> int:
    """Use the real app for an hour as many visitors do, and say whether it stays up, right and lean."""
    install(ALL_REQUIREMENTS)
    return call(["-m", "tests.soak", *words])


def faults(words: list[str]) -> int:
    """Inject the faults of the promises R1 to R19 and say of each whether it held; --long as promised, in hours."""
    install(ALL_REQUIREMENTS)
    return call(["-m", "tests.faults", *words])


COMMANDS = {one.__name__: one for one in (run, test, lint, audit, bench, faults, soak, prepare)}


def main(words: list[str]) -> int:
    """Do what the first word says with the words after it; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="hearback.py",
        description=(__doc__ or "").split("\n\n", maxsplit=1)[0],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=(command.__doc__ or "").splitlines()[0], add_help=False)
    if not words:
        parser.print_help()
        return 2
    options, rest = parser.parse_known_args(words[:1])
    if rest or not options.command:
        parser.error(f"the first word must be one of: {', '.join(COMMANDS)}")
    if words[1:] in (["-h"], ["--help"]):
        say(f"hearback.py {options.command}: {COMMANDS[options.command].__doc__}\n\n{EXAMPLES}")
        return 0
    check_python()
    try:
        return COMMANDS[options.command](words[1:])
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
