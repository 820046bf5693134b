"""Known holes of pinned packages fail the audit unless waived with a reason; silence is said, never called clean."""

from __future__ import annotations

import json
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests import audit
from tests.audit import Answer, BadWaivers, Hole, NotAudited, read_waivers

pytestmark = pytest.mark.promise("R19")
TODAY = date(2026, 11, 22)
SOON = (date.today() + timedelta(days=30)).isoformat()
HOLE = {"id": "PYSEC-2026-7", "aliases": ["CVE-2026-1234"], "fix_versions": ["2.0"]}
CLEAN = {"name": "lamp", "version": "1.0", "vulns": []}
BROKEN = {"name": "lamp", "version": "1.0", "vulns": [HOLE]}
UNKNOWN = {"name": "lamp", "skip_reason": "Dependency not found on PyPI and could not be audited: lamp (1.0)"}
FAKE = """
import json, sys, time
folder = {folder!r}
words = sys.argv[1:]
service = words[words.index("-s") + 1]
with open(folder + "/asked.txt", "a") as file:
    file.write(service + "\\n")
plan = json.load(open(folder + "/plan.json"))[service]
if plan == "hang":
    time.sleep(60)
if plan == "away":
    sys.exit("the list cannot be reached")
with open(words[words.index("-o") + 1], "w") as file:
    file.write(plan if isinstance(plan, str) else json.dumps({{"dependencies": plan, "fixes": []}}))
sys.exit(1 if "PYSEC" in str(plan) else 0)
"""


def audited(
    folder: Path, pypi: object, osv: object = "away", waivers: str = "", bound: float = 60.0
) -> tuple[int, str, str]:
    """Run the audit with a pip-audit that answers as told; returns exit code, what is said and what was asked."""
    script = folder / "pip_audit.py"
    script.write_text(FAKE.format(folder=str(folder)), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({"pypi": pypi, "osv": osv}), encoding="utf-8")
    code, lines = audit.audit([folder / "requirements.txt"], waivers, [sys.executable, str(script)], bound)
    asked = folder / "asked.txt"
    return code, "\n".join(lines), asked.read_text(encoding="utf-8") if asked.exists() else ""


def test_a_known_hole_fails_loudly_and_says_what_mends_it(tmp_path: Path) -> None:
    code, said, asked = audited(tmp_path, [CLEAN | {"name": "desk"}, BROKEN])
    assert code == 1
    assert "KNOWN HOLE: lamp 1.0, PYSEC-2026-7, CVE-2026-1234; mended in 2.0." in said
    assert "2 packages audited, 1 known holes, 0 waived." in said
    assert asked == "pypi\n"


@pytest.mark.parametrize("name", ["PYSEC-2026-7", "CVE-2026-1234"])
def test_a_waiver_by_any_of_its_names_lets_a_hole_pass_and_is_said_with_its_reason(tmp_path: Path, name: str) -> None:
    waiver = f"# why\n{name} until {SOON}: the function with the hole is never called"
    code, said, _ = audited(tmp_path, [BROKEN], waivers=waiver)
    assert code == 0
    assert f"waived until {SOON}: lamp 1.0, {name}: the function with the hole is never called" in said


def test_a_waiver_of_another_hole_waives_nothing(tmp_path: Path) -> None:
    code, said, _ = audited(tmp_path, [BROKEN], waivers=f"PYSEC-2026-70 until {SOON}: not reached from any page")
    assert code == 1
    assert "No longer needed: the waiver of PYSEC-2026-70." in said


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("PYSEC-2026-7", "is not `ID until"),
        ("PYSEC-2026-7 because nobody calls it", "is not `ID until"),
        ("PYSEC-2026-7 until 2026-13-40: nobody calls that function", "is not `ID until"),
        ("PYSEC-2026-7 until 2027-01-01:", "without a reason"),
        ("PYSEC-2026-7 until 2027-01-01: fine", "without a reason"),
        ("PYSEC-2026-7 until 2026-11-21: nobody calls that function", "ended on 2026-11-21"),
        ("PYSEC-2026-7 until 2031-01-01: nobody calls that function", "A year is the longest"),
    ],
)
def test_a_waiver_without_a_reason_or_past_its_day_fails(line: str, why: str) -> None:
    good = "CVE-2026-1 until 2026-11-22: holds on its last day"
    with pytest.raises(BadWaivers, match="line 3") as refused:
        read_waivers(f"# head\n{good}\n{line}", TODAY)
    assert why in str(refused.value)
    assert [one.id for one in read_waivers(f"# head\n\n{good}", TODAY)] == ["CVE-2026-1"]


def test_bad_waivers_fail_before_anything_is_asked(tmp_path: Path) -> None:
    code, said, asked = audited(tmp_path, [CLEAN], waivers="PYSEC-2026-7 until 2020-01-01: nobody calls that function")
    assert (code, asked) == (1, "")
    assert "audit-waivers.txt, line 1: the waiver of PYSEC-2026-7 ended on 2020-01-01" in said


def test_packages_that_a_list_does_not_know_are_never_called_clean(tmp_path: Path) -> None:
    """pip-audit ends well and says that nothing was found where a list answers for none of them."""
    code, said, asked = audited(tmp_path, [UNKNOWN])
    assert (code, asked) == (0, "pypi\nosv\n")
    assert said.startswith("NOT AUDITED: no list of known holes can be reached from here")
    assert "it knows none of the 1 packages" in said
    code, said, _ = audited(tmp_path, [UNKNOWN, CLEAN | {"name": "desk"}])
    assert code == 0
    assert "NOT AUDITED: the list knows nothing of lamp." in said
    assert "1 packages audited, 0 known holes" in said


def test_the_second_list_is_asked_where_the_first_is_away(tmp_path: Path) -> None:
    code, said, asked = audited(tmp_path, "away", [BROKEN])
    assert (code, asked) == (1, "pypi\nosv\n")
    assert "KNOWN HOLE" in said


@pytest.mark.parametrize("answer", ["away", "no JSON", '{"dependencies": [{}, 3]}', "[]", '{"dependencies": null}'])
def test_no_answer_and_nonsense_are_said_and_fail_nothing(tmp_path: Path, answer: str) -> None:
    code, said, _ = audited(tmp_path, answer)
    assert code == 0
    assert said.startswith("NOT AUDITED")
    assert "hearback.py audit" in said


def test_an_audit_that_hangs_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    code, said, _ = audited(tmp_path, "hang", "hang", bound=3.0)
    assert code == 0
    assert "there was no answer within" in said
    assert time.monotonic() - began < 30, "two fakes that sleep for a minute each were waited for"


def test_a_pip_audit_that_is_not_installed_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotAudited):
        audit.ask([tmp_path / "requirements.txt"], "pypi", 30, [sys.executable, "-m", "no_such_module_here"])


def test_the_waivers_that_ship_hold_today() -> None:
    read_waivers(audit.WAIVERS.read_text(encoding="utf-8"), date.today())


def test_a_hole_is_known_by_every_name() -> None:
    hole = Hole("lamp", "1.0", "PYSEC-2026-7", ("CVE-2026-1234", "GHSA-x"))
    assert hole.names == {"PYSEC-2026-7", "CVE-2026-1234", "GHSA-x"}
    assert audit.verdict(Answer(3), [])[0] == 0
