"""Holds the pinned packages against the lists of known holes: `python3 hearback.py audit`.

pip-audit asks PyPI's list, and where that does not know the packages, OSV's; together for two minutes at most. A hole
that is not waived in audit-waivers.txt fails. A waiver is a line `ID until YYYY-MM-DD: reason`; one without a reason,
or past its day, fails as well. Where neither list can be reached that is said, and fails nothing; pip-audit itself
calls packages that a list does not know free of holes, so they are counted here.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-traces.txt", "requirements-dev.txt")
WAIVERS = PROJECT / "audit-waivers.txt"
LISTS = ("pypi", "osv")
BOUND_SECONDS = 120.0
REQUEST_SECONDS = 10
LONGEST_WAIVER_DAYS = 366
LEAST_REASON_WORDS = 3
_WAIVER = re.compile(r"(?P<id>[A-Za-z]+-[\w-]+) until (?P<day>\d{4}-\d{2}-\d{2}): *(?P<reason>.*)")


class BadWaivers(Exception):
    """Waivers that do not hold, with a sentence for each line."""


class NotAudited(Exception):
    """A list that gave no answer, with why."""


@dataclass(frozen=True)
class Waiver:
    """A known hole that does not reach Hearback, why, and until when somebody stands by that."""

    id: str
    until: date
    reason: str


@dataclass(frozen=True)
class Hole:
    """A known hole of a pinned version: its id, other names of the same, and the versions that mend it."""

    package: str
    version: str
    id: str
    aliases: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Every id under which it is known."""
        return frozenset((self.id, *self.aliases))


@dataclass(frozen=True)
class Answer:
    """What a list knows: of how many packages, their holes, and the packages that it knows nothing of."""

    known: int
    holes: tuple[Hole, ...] = ()
    unknown: tuple[str, ...] = ()


def read_waivers(text: str, today: date) -> list[Waiver]:
    """Return the waivers of a file; raises BadWaivers naming every line that does not hold."""
    waivers, bad = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _WAIVER.fullmatch(line.strip())
        try:
            until = date.fromisoformat(found["day"]) if found else None
        except ValueError:
            until = None
        if found is None or until is None:
            bad.append(f"line {number} is not `ID until YYYY-MM-DD: reason`: {line.strip()[:80]}")
        elif len(found["reason"].split()) < LEAST_REASON_WORDS:
            bad.append(f"line {number}: {found['id']} is waived without a reason.")
        elif until < today:
            bad.append(f"line {number}: the waiver of {found['id']} ended on {until}. Look again, then renew or mend.")
        elif (until - today).days > LONGEST_WAIVER_DAYS:
            bad.append(f"line {number}: {found['id']} is waived until {until}. A year is the longest.")
        else:
            waivers.append(Waiver(found["id"], until, found["reason"].strip()))
    if bad:
        raise BadWaivers("\n".join(bad))
    return waivers


def parse(text: str) -> Answer:
    """Return pip-audit's JSON as an answer; raises NotAudited where it is none."""
    try:
        packages = json.loads(text)["dependencies"]
        holes = tuple(
            Hole(one["name"], one["version"], hole["id"], tuple(hole["aliases"]), tuple(hole["fix_versions"]))
            for one in packages
            for hole in one.get("vulns", ())
        )
        unknown = tuple(one["name"] for one in packages if "skip_reason" in one)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAudited("pip-audit's answer could not be read") from error
    return Answer(len(packages) - len(unknown), holes, unknown)


def ask(files: Sequence[Path], service: str, seconds: float, command: Sequence[str] = ()) -> Answer:
    """Return what one list knows of the pins in `files`; raises NotAudited where it cannot be had in time."""
    if seconds < 1:
        raise NotAudited("there was no time left")
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder, "answer.json")
        words = [*(command or (sys.executable, "-m", "pip_audit")), "--no-deps", "--disable-pip"]
        words += ["--progress-spinner", "off", "--aliases", "on", "--desc", "off", "-f", "json", "-o", str(to)]
        words += ["-s", service, "--timeout", str(REQUEST_SECONDS)]
        for file in files:
            words += ["-r", str(file)]
        complaints = Path(folder, "stderr.txt")
        with complaints.open("wb") as stderr:
            child = subprocess.Popen(
                words, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=os.name == "posix"
            )
            try:
                code = child.wait(seconds)
            except subprocess.TimeoutExpired as error:
                raise NotAudited(f"there was no answer within {seconds:.0f} s") from error
            finally:
                _end(child)
        if code not in (0, 1) or not to.exists():
            said = complaints.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise NotAudited(said[-1][-160:] if said else f"pip-audit ended with exit code {code}")
        return parse(to.read_text(encoding="utf-8"))


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def verdict(answer: Answer, waivers: Sequence[Waiver]) -> tuple[int, list[str]]:
    """Return the exit code, 1 for a hole that is not waived, and what to say."""
    lines, is_bad = [], False
    used: set[str] = set()
    for hole in answer.holes:
        waiver = next((one for one in waivers if one.id in hole.names), None)
        if waiver is not None:
            used.add(waiver.id)
            lines.append(f"waived until {waiver.until}: {hole.package} {hole.version}, {waiver.id}: {waiver.reason}")
            continue
        is_bad = True
        mended = f"mended in {', '.join(hole.mended)}" if hole.mended else "no version mends it yet"
        names = ", ".join((hole.id, *hole.aliases))
        lines.append(f"KNOWN HOLE: {hole.package} {hole.version}, {names}; {mended}.")
    if answer.unknown:
        lines.append(f"NOT AUDITED: the list knows nothing of {', '.join(answer.unknown)}.")
    else:
        idle = [one.id for one in waivers if one.id not in used]
        lines += [f"No longer needed: the waiver of {one}." for one in idle]
    open_holes = sum(line.startswith("KNOWN HOLE") for line in lines)
    lines.append(f"{answer.known} packages audited, {open_holes} known holes, {len(used)} waived.")
    return int(is_bad), lines


def audit(
    files: Sequence[Path], waivers_text: str, command: Sequence[str] = (), bound_seconds: float = BOUND_SECONDS
) -> tuple[int, list[str]]:
    """Ask the lists in turn until one knows the packages, and return the exit code with what to say."""
    try:
        waivers = read_waivers(waivers_text, datetime.now(UTC).date())
    except BadWaivers as error:
        return 1, [f"audit-waivers.txt, {line}" for line in str(error).splitlines()]
    end = time.monotonic() + bound_seconds
    reasons = []
    for number, service in enumerate(LISTS):
        share = (end - time.monotonic()) / (len(LISTS) - number)
        try:
            answer = ask(files, service, share, command)
        except NotAudited as error:
            reasons.append(f"{service}: {error}")
            continue
        if answer.known:
            return verdict(answer, waivers)
        reasons.append(f"{service}: it knows none of the {len(answer.unknown)} packages")
    return 0, [
        f"NOT AUDITED: no list of known holes can be reached from here ({'; '.join(reasons)}). "
        "Run `python3 hearback.py audit` again where there is a network."
    ]


def main() -> int:
    """Audit what is pinned, and say what was found."""
    code, lines = audit([PROJECT / name for name in FILES], WAIVERS.read_text(encoding="utf-8"))
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
