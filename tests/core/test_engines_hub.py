"""Larger weights for a GPU: chosen by size, taken from the local cache, and missed with a sentence at once."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest
from huggingface_hub import constants

from core.config import Settings, read_settings
from core.engines import hub, profiles
from core.engines.base import Prompt
from core.engines.catalog import GEMMA, SMOLLM2
from core.engines.hub import HUB, chosen, fetch, local_folder
from core.errors import WeightsMissing
from core.types import Turn
from tests.remote.servers import converted, into_hub

SMALL, LARGE = HUB


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    profiles._larger.cache_clear()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def settings(**more: str) -> Settings:
    return read_settings({"HEARBACK_PROFILE": "gpu", **more})


def lay_down(cache: Path, weights: hub.HubWeights) -> None:
    """Put empty files where the weights would be."""
    snapshot = cache / f"models--{weights.repository.replace('/', '--')}" / "snapshots" / weights.revision
    snapshot.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        (snapshot / name).touch()


def test_every_entry_says_what_it_is_and_under_which_terms() -> None:
    for weights in HUB:
        assert re.fullmatch(r"[0-9a-f]{40}", weights.revision)
        assert weights.licence == "Apache-2.0"
        assert weights.terms.startswith("https://")
        assert weights.download_gb < weights.gpu_gb
    assert [weights.gpu_gb for weights in HUB] == [16, 80]


@pytest.mark.parametrize(
    ("size", "wanted"), [("8", None), ("15", None), ("16", SMALL), ("24", SMALL), ("80", LARGE), ("141", LARGE)]
)
def test_a_size_that_is_set_chooses_the_largest_that_fits(size: str, wanted: hub.HubWeights | None) -> None:
    assert chosen(settings(HEARBACK_GPU_GB=size)) == wanted


def test_a_card_that_is_only_found_takes_what_lies_here_and_asks_nobody(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_memory_gb", lambda: 79.2)
    assert chosen(settings()) is None
    lay_down(cache, SMALL)
    assert chosen(settings()) == SMALL
    lay_down(cache, LARGE)
    assert chosen(settings()) == LARGE


def test_without_larger_weights_the_profile_goes_on_with_the_embedded_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_memory_gb", lambda: 0.0)
    writer, translator = (opener() for opener in profiles.generators(settings()))
    assert (writer.fingerprint.weights_id, translator.fingerprint.weights_id) == (SMOLLM2.weights_id, GEMMA.weights_id)
    assert profiles.traits_of(settings(), is_writer=False) == GEMMA.traits


def test_both_tasks_share_one_model_and_are_asked_by_messages() -> None:
    wished = settings(HEARBACK_GPU_GB="16", HEARBACK_WORDING="words")
    writer, translator = (opener() for opener in profiles.generators(wished))
    assert writer is translator
    assert writer.fingerprint.sha256 == SMALL.revision
    traits = profiles.traits_of(wished, is_writer=True)
    assert (traits.is_instruct, traits.can_word) == (True, True)
    assert not profiles.traits_of(settings(HEARBACK_GPU_GB="16"), is_writer=True).can_word


@pytest.mark.parametrize("is_told", [True, False])
def test_offline_they_are_missed_at_once_with_the_way_to_get_them(
    is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", is_told)
    monkeypatch.setattr(constants, "ENDPOINT", "https://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(WeightsMissing, match=f"hf download {SMALL.repository} --revision {SMALL.revision}"):
        fetch(SMALL)
    assert time.monotonic() - began < 2


def test_half_a_download_is_none(cache: Path) -> None:
    lay_down(cache, SMALL)
    assert local_folder(SMALL) is not None
    next(cache.rglob("model.safetensors")).unlink()
    assert local_folder(SMALL) is None


@pytest.mark.weights
def test_weights_from_the_hub_s_cache_answer_a_chat(cache: Path) -> None:
    """Small weights in the place of large ones: the way to them is the same."""
    from core.engines.hf import Transformers

    stand_in = dataclasses.replace(SMALL, repository="hearback/stand-in", revision="0" * 40)
    into_hub(cache, stand_in.repository, converted(SMOLLM2))
    engine = Transformers(stand_in, cache, slots=2, threads=2, context_tokens=256)
    (done,) = engine.complete([Prompt(messages=(Turn("user", "Say hello in one sentence."),), max_tokens=12)])
    engine.close()
    assert done.tokens > 3
    assert engine.fingerprint.weights_id == SMALL.weights_id
