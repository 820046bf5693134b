"""Personal data is taken out before anything is stored for training, and ordinary words are left alone (R17)."""

from __future__ import annotations

import json
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from core.errors import WeightsDamaged
from core.learning.forms import marks_of
from core.privacy import KINDS, masked, names, tagger
from tests.promises import Found, at
from tests.redaction.measure import (
    CHECKSUMMED,
    ORDINARY_LATER,
    cases,
    false_masks,
    fresh_cases,
    is_found,
    later_cases,
    without_the_asked,
)


@pytest.mark.promise("R17")
def test_of_seeded_personal_data_in_nine_languages_hardly_any_is_left(found: Found) -> None:
    hits: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for case in cases(at(500, 2_016)):
        of = ("all", case.kind, f"{case.kind} {case.language}", *(["checksummed"] if case.kind in CHECKSUMMED else []))
        for one in of:
            counts[one] += 1
            hits[one] += is_found(case)
    found("entities", counts["all"])
    found("recall", round(hits["all"] / counts["all"], 4))
    found("recall of checksummed kinds", f"{hits['checksummed']} of {counts['checksummed']}")
    kinds = {case for case in counts if not case.endswith(("en", "de", "fr", "es", "it", "pt", "nl", "zh", "ja"))}
    for kind in sorted(kinds - {"all", "checksummed"}):
        found(f"recall of {kind}", f"{hits[kind]} of {counts[kind]}")
    assert hits["all"] >= 0.95 * counts["all"]
    assert hits["checksummed"] >= 0.99 * counts["checksummed"]
    assert all(hits[kind] >= 0.95 * counts[kind] for kind in kinds), (hits, counts)


@pytest.mark.promise("R17")
def test_names_and_addresses_in_sentences_that_no_rule_was_written_for(found: Found) -> None:
    """The harder question; PRIVACY.md says which of the sentences were seen while rules were made."""
    hits: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for case in [*later_cases(at(8, 60)), *fresh_cases(at(8, 60))]:
        counts[case.kind] += 1
        hits[case.kind] += is_found(case)
    for kind in counts:
        found(f"recall of {kind} without a word that announces it", f"{hits[kind]} of {counts[kind]}")
    assert hits["address"] >= 0.95 * counts["address"]
    assert hits["name"] >= 0.95 * counts["name"]


@pytest.mark.promise("R17")
def test_names_that_no_list_has_are_mostly_known_by_what_is_around_them(found: Found) -> None:
    """No promise of 95 %: PRIVACY.md says what is found of such names."""
    asked = list(fresh_cases(at(16, 60)))
    with without_the_asked():
        hits = sum(map(is_found, asked))
    found("recall of names that no list has", f"{hits} of {len(asked)}")
    assert hits >= 0.8 * len(asked)


@pytest.mark.promise("R17")
def test_ordinary_text_keeps_its_products_numbers_and_days(found: Found) -> None:
    wrong, words = false_masks()
    found("words of ordinary text", round(words))
    found("taken out wrongly", len(wrong))
    assert 1_000 * len(wrong) / words <= 6, wrong
    hard, more = false_masks(ORDINARY_LATER)
    found("words of ordinary text full of capitals and words that are names, too", round(more))
    found("taken out wrongly there", len(hard))
    assert 1_000 * len(hard) / more <= 15, hard
    wrong += hard
    assert not [one for one in wrong if any(character.isdigit() for character in one)], "no number and no day went"


@pytest.mark.parametrize(
    "text",
    ["Mr " * 8_000, "A " * 10_000, "Calle A " * 3_000, "1 A, " * 6_000, "born " * 6_000, "tel " * 8_000, "王" * 15_000,
     "東京都" * 6_000, "佐藤様" * 5_000, "Aa-" * 8_000, "der den " * 4_000, "12 rue " * 5_000, "passport A1 " * 3_000,
     "Anna Keller " * 1_500, "anna keller, " * 1_000, "给王小明说" * 1_500],
)  # fmt: skip
def test_hostile_text_takes_time_in_proportion_to_its_length(text: str) -> None:
    def seconds(asked: str) -> float:
        """Return the best of three: what else the machine does makes one slower, never quicker."""
        found = []
        for _ in range(3):
            began = time.process_time()
            masked(asked)
            found.append(time.process_time() - began)
        return min(found)

    masked("warm A")
    quarter, whole = seconds(text[: len(text) // 4]), seconds(text)
    # Four times the text takes four times as long, not sixteen times; what is over in a moment is no question.
    assert whole < 0.5 or whole < 10 * quarter


def test_every_kind_is_known_where_pairs_are_compared() -> None:
    assert marks_of(" ".join(f"[{kind}]" for kind in KINDS)).total() == len(KINDS)


def test_masking_what_is_masked_changes_nothing() -> None:
    once = masked("My name is Ada Lovelace, 12 St James Street, London SW1A 1JT, born 10 December 1815.")
    assert "Ada" not in once
    assert "James" not in once
    assert "1815" not in once
    assert masked(once) == once


def test_an_artefact_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    copy = tmp_path / "tagger.npz"
    copy.write_bytes(tagger.ARTEFACT.read_bytes()[:-1] + b"x")
    copy.with_suffix(".json").write_bytes(tagger.ARTEFACT.with_suffix(".json").read_bytes())
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        tagger.read(copy)
    copy.with_suffix(".json").write_text(json.dumps({}))
    with pytest.raises(WeightsDamaged):
        tagger.read(copy)


def test_lists_that_were_changed_are_not_believed(tmp_path: Path) -> None:
    copy = tmp_path / "names.tsv.gz"
    copy.write_bytes(names.ARTEFACT.read_bytes()[:-1] + b"x")
    (tmp_path / "names.json").write_bytes(names.ARTEFACT.with_name("names.json").read_bytes())
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        names.read(copy)
    copy.write_bytes(b"no lines")
    (tmp_path / "names.json").write_text(json.dumps({"sha256": sha256(b"no lines").hexdigest()}))
    with pytest.raises(WeightsDamaged, match="cannot be read"):
        names.read(copy)
