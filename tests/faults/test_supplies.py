"""What Hearback is made of is known, pinned and allowed, and none of it needs a network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.bill import bill_of_materials, parts
from tests import audit
from tests.promises import Found

pytestmark = pytest.mark.promise("R19")
PROJECT = Path(__file__).resolve().parents[2]

# Licences that let a company use and ship this; LGPL and MPL hold for the library itself, which is used as it is.
ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|CNRI|LGPL|MPL|Mozilla|Gemma Terms", re.I
)
FORBIDDEN = re.compile(r"(?<!L)\bA?GPL|non-?commercial|CC-BY-NC|SSPL|BUSL|proprietary", re.I)


@pytest.mark.parametrize("file", audit.FILES)
def test_every_package_has_a_licence_that_allows_it(file: str, found: Found) -> None:
    listed = parts(file)
    unknown = [part for part in listed if not ALLOWED.search(part.licence)]
    assert not unknown, unknown
    assert not [part for part in listed if FORBIDDEN.search(part.licence)]
    found(f"licences in {file}", len(listed))


def test_the_bill_of_materials_names_every_pin_with_its_version() -> None:
    bill = json.loads(json.dumps(bill_of_materials()))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0].partition("[")[0] for line in lines if re.match(r"[A-Za-z0-9]", line)}
    assert {one["name"] for one in bill["components"]} == pinned
    assert all(re.fullmatch(r"pkg:pypi/[a-z0-9._-]+@[0-9][^@]*", one["purl"]) for one in bill["components"])
    assert len({one["bom-ref"] for one in bill["components"]}) == len(bill["components"])


def test_no_pin_has_a_known_hole_or_it_is_waived_with_a_reason(found: Found) -> None:
    files = [PROJECT / name for name in audit.FILES]
    code, said = audit.audit(files, audit.WAIVERS.read_text(encoding="utf-8"), bound_seconds=30.0)
    assert not code, said
    if not said[-1].endswith("waived."):
        pytest.skip(said[-1])
    found("known holes, waived or not audited", "; ".join(said))


OFFLINE = """
import socket, sys, tempfile, time

def refuse(event, arguments):
    if event == "socket.connect" or event == "socket.getaddrinfo":
        host = arguments[1][0] if event == "socket.connect" and isinstance(arguments[1], tuple) else arguments[0]
        if host not in ("127.0.0.1", "localhost", "::1"):
            print("ASKED", event, host); raise OSError("there is no network")

sys.addaudithook(refuse)
from dataclasses import replace
from pathlib import Path
from core.config import read_settings
from core.desk import Desk
from core.house import open_house
folder = sys.argv[1]
house = open_house(read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": folder, "HEARBACK_CACHE": folder}))
desk = Desk(house)
jobs = [desk.ask("ann", "How long is the warranty?"), desk.translate("ann", "Good morning.", "de", "en"),
        desk.summarize("ann", "Ann met Bob. They spoke of lamps. Bob bought two."), desk.read_sentiment("ann", "Fine.")]
end = time.monotonic() + 60
while any(not desk.look("ann", job).is_over for job in jobs) and time.monotonic() < end:
    time.sleep(0.05)
print([desk.look("ann", job).state for job in jobs])
desk.close(); house.close()
"""


def test_it_starts_and_answers_where_there_is_no_network(tmp_path: Path, found: Found) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(tmp_path)], capture_output=True, text=True, timeout=120, cwd=PROJECT
    )
    assert "['finished', 'finished', 'finished', 'finished']" in ended.stdout, ended.stdout + ended.stderr
    assert "ASKED" not in ended.stdout
    found("tasks that answered", 4)


def test_weights_that_ship_are_in_formats_that_run_nothing_and_known_by_hash() -> None:
    from core.engines import catalog

    kept = [one for one in vars(catalog).values() if isinstance(one, catalog.Weights)]
    listed = kept or [one for group in vars(catalog).values() if isinstance(group, tuple) for one in group]
    assert listed
    assert all(re.fullmatch(r"[0-9a-f]{64}", one.sha256) for one in listed if isinstance(one, catalog.Weights))


def test_every_test_that_is_named_as_showing_a_promise_is_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+\.py)`", (PROJECT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 10
    assert not [name for name in named if not (PROJECT / name).exists()]
