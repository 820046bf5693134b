"""Artefacts: complete, checked and unchanged, or refused with the reason."""

from __future__ import annotations

import dataclasses
import json
import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGUFWriter
from safetensors.numpy import save_file

from core.config import Settings, read_settings
from core.engines import artefacts
from core.engines.artefacts import adapter_of, base_of, begin, folder_of, head_of, publish, sweep, verify
from core.engines.fake import fake_head
from core.engines.head import save_head
from core.errors import ArtefactUnfit
from core.loop import Artefact, ArtefactKind, ArtefactState
from core.types import Task


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"HEARBACK_PROFILE": "fake", "HEARBACK_DATA": str(tmp_path)})


def a_manifest(settings: Settings, artefact_id: str, kind: ArtefactKind, task: Task) -> dict[str, Any]:
    base = base_of(settings, task)
    return {
        "artefact_id": artefact_id,
        "kind": kind.value,
        "task": task.value,
        "segment": "",
        "base_id": base.weights_id,
        "base_sha256": base.sha256,
        "dataset_id": "d",
        "dataset_sha256": "0" * 64,
        "row_ids": ["correction-1"],
        "settings": {},
        "code_version": "1",
    }


def registered(manifest: dict[str, Any], sha256: str) -> Artefact:
    return Artefact(
        artefact_id=manifest["artefact_id"],
        name="Adapter 1",
        task=Task(manifest["task"]),
        kind=ArtefactKind(manifest["kind"]),
        state=ArtefactState.CANDIDATE,
        number=1,
        segment="",
        run_id="",
        dataset_id="d",
        base_id=manifest["base_id"],
        base_sha256=manifest["base_sha256"],
        sha256=sha256,
        folder=f"artefacts/{manifest['artefact_id']}",
        card={},
        flag="",
        created_at=datetime.now(UTC),
    )


def publish_a_head(settings: Settings) -> Artefact:
    artefact_id = uuid.uuid4().hex
    unfinished = begin(settings, artefact_id)
    save_head(fake_head(), unfinished / "head.safetensors")
    manifest = a_manifest(settings, artefact_id, ArtefactKind.HEAD, Task.SENTIMENT)
    return registered(manifest, publish(unfinished, manifest))


def write_adapter(folder: Path, value: float = 1.0, in_gguf: float = 1.0, rank_of_b: int = 2) -> None:
    tensors = {
        "base_model.model.q.lora_A.weight": np.full((2, 6), value, np.float32),
        "base_model.model.q.lora_B.weight": np.ones((6, rank_of_b), np.float32),
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text("{}")
    writer = GGUFWriter(folder / "adapter.gguf", "llama")
    writer.add_tensor("q.lora_a", np.full((2, 6), in_gguf, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def publish_an_adapter(settings: Settings, **numbers: Any) -> Artefact:
    artefact_id = uuid.uuid4().hex
    unfinished = begin(settings, artefact_id)
    write_adapter(unfinished, **numbers)
    manifest = a_manifest(settings, artefact_id, ArtefactKind.ADAPTER, Task.TRANSLATE)
    return registered(manifest, publish(unfinished, manifest))


def test_what_is_published_is_complete_and_can_be_loaded(settings: Settings) -> None:
    head = publish_a_head(settings)
    assert verify(settings, head) == folder_of(settings, head.artefact_id)
    assert head_of(settings, head).labels == ("negative", "neutral", "positive")
    adapter = adapter_of(settings, publish_an_adapter(settings))
    assert adapter.gguf.is_file()
    assert adapter.base_sha256 == base_of(settings, Task.TRANSLATE).sha256
    assert not list((settings.data_folder / "artefacts").glob("*.unfinished"))


def test_equal_files_have_equal_digests_and_others_do_not(settings: Settings) -> None:
    one, same, other = (publish_an_adapter(settings, value=value) for value in (1.0, 1.0, 2.0))
    assert one.sha256 == same.sha256 != other.sha256


def test_the_manifest_tells_where_it_comes_from(settings: Settings) -> None:
    found = artefacts.read_manifest(folder_of(settings, publish_a_head(settings).artefact_id))
    assert found["row_ids"] == ["correction-1"]
    assert set(found["files"]) == {"head.safetensors", "head.json"}
    assert set(artefacts.MANIFEST_KEYS) <= set(found)


@pytest.mark.promise("R11")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_not_published(settings: Settings, bad: float) -> None:
    with pytest.raises(ArtefactUnfit, match="not finite"):
        publish_an_adapter(settings, value=bad)
    with pytest.raises(ArtefactUnfit, match="not finite"):
        publish_an_adapter(settings, in_gguf=bad)
    artefact_id = uuid.uuid4().hex
    unfinished = begin(settings, artefact_id)
    broken = dataclasses.replace(fake_head(), bias=np.full(3, bad, np.float32))
    save_head(broken, unfinished / "head.safetensors")
    with pytest.raises(ArtefactUnfit, match="cannot be used"):
        publish(unfinished, a_manifest(settings, artefact_id, ArtefactKind.HEAD, Task.SENTIMENT))
    assert not folder_of(settings, artefact_id).exists()


def test_parts_that_do_not_fit_or_are_missing_are_not_published(settings: Settings) -> None:
    with pytest.raises(ArtefactUnfit, match="do not fit together"):
        publish_an_adapter(settings, rank_of_b=3)
    artefact_id = uuid.uuid4().hex
    unfinished = begin(settings, artefact_id)
    manifest = a_manifest(settings, artefact_id, ArtefactKind.ADAPTER, Task.TRANSLATE)
    with pytest.raises(ArtefactUnfit, match=r"adapter_model\.safetensors is missing"):
        publish(unfinished, manifest)
    write_adapter(unfinished)
    (unfinished / "adapter.gguf").write_bytes(b"not that")
    with pytest.raises(ArtefactUnfit, match=r"adapter\.gguf cannot be read"):
        publish(unfinished, manifest)
    with pytest.raises(ArtefactUnfit, match="lacks base_sha256"):
        publish(unfinished, {key: value for key, value in manifest.items() if key != "base_sha256"})


def test_a_head_of_other_weights_is_not_published(settings: Settings) -> None:
    artefact_id = uuid.uuid4().hex
    unfinished = begin(settings, artefact_id)
    save_head(fake_head(), unfinished / "head.safetensors")
    manifest = a_manifest(settings, artefact_id, ArtefactKind.HEAD, Task.SENTIMENT) | {"base_sha256": "f" * 64}
    with pytest.raises(ArtefactUnfit, match="other weights"):
        publish(unfinished, manifest)


@pytest.mark.parametrize("file", ["head.safetensors", "head.json"])
def test_a_file_that_was_changed_or_lost_is_refused(settings: Settings, file: str) -> None:
    head = publish_a_head(settings)
    path = folder_of(settings, head.artefact_id) / file
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtefactUnfit, match="was changed"):
        verify(settings, head)
    path.unlink()
    with pytest.raises(ArtefactUnfit, match="is missing"):
        verify(settings, head)
    shutil.rmtree(path.parent)
    with pytest.raises(ArtefactUnfit, match="files are missing"):
        head_of(settings, head)


@pytest.mark.promise("R11")
def test_a_file_and_a_manifest_that_were_changed_together_are_refused(settings: Settings) -> None:
    good, other = publish_an_adapter(settings), publish_an_adapter(settings, value=2.0)
    folder, from_folder = (folder_of(settings, one.artefact_id) for one in (good, other))
    for path in from_folder.iterdir():
        shutil.copyfile(path, folder / path.name)
    manifest = json.loads((folder / "manifest.json").read_text()) | {"artefact_id": good.artefact_id}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtefactUnfit, match="not those that were registered"):
        verify(settings, good)


@pytest.mark.promise("R11")
def test_an_artefact_of_other_weights_than_serve_is_refused(settings: Settings) -> None:
    adapter = publish_an_adapter(settings)
    with pytest.raises(ArtefactUnfit, match="other weights"):
        verify(dataclasses.replace(settings, profile="embedded"), adapter)
    with pytest.raises(ArtefactUnfit, match="that of another one"):
        verify(settings, dataclasses.replace(adapter, base_sha256="f" * 64))


@pytest.mark.parametrize("artefact_id", ["../../etc", "", "g" * 32, "A" * 32, "0" * 31, "0" * 32 + "\n"])
def test_what_is_no_id_never_becomes_a_path(settings: Settings, artefact_id: str) -> None:
    with pytest.raises(ArtefactUnfit):
        folder_of(settings, artefact_id)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files": {"../x": "00"}}', b'{"files": []}', b"\xff"])
def test_a_manifest_that_is_none_is_refused(settings: Settings, content: bytes) -> None:
    head = publish_a_head(settings)
    (folder_of(settings, head.artefact_id) / "manifest.json").write_bytes(content)
    with pytest.raises(ArtefactUnfit, match="manifest"):
        verify(settings, head)


def test_a_manifest_cannot_lead_out_of_its_folder(settings: Settings) -> None:
    head = publish_a_head(settings)
    path = folder_of(settings, head.artefact_id) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"] = {"../../../etc/passwd": "0" * 64}
    path.write_text(json.dumps(manifest))
    with pytest.raises(ArtefactUnfit, match="not whole"):
        verify(settings, head)


def test_what_dead_runs_left_is_swept_and_what_is_at_work_is_not(settings: Settings) -> None:
    known, unknown = publish_a_head(settings), publish_a_head(settings)
    dead, alive, published = (uuid.uuid4().hex for _ in range(3))
    for one in (dead, alive):
        (begin(settings, one) / "head.safetensors").write_bytes(b"half")
    folder_of(settings, unknown.artefact_id).rename(folder_of(settings, published))
    (settings.data_folder / "artefacts" / "notes").mkdir()
    assert sweep(settings, {known.artefact_id}, {alive}) == 2
    left = {path.name for path in (settings.data_folder / "artefacts").iterdir()}
    assert left == {known.artefact_id, f"{alive}.unfinished", "notes"}
