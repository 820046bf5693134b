"""The files of trained heads and adapters: complete, checked and unchanged, or not there at all.

Each artefact is a folder `artefacts/<id>` below the data folder. It is written as `<id>.unfinished`, checked, told of
in `manifest.json`, brought to the disk and only then renamed: whoever looks sees all of it or nothing. The database
keeps `digest`, so that a file and a manifest that were changed together do not agree with it either.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from core.config import Settings
from core.durable import to_disk
from core.engines.base import Fingerprint
from core.engines.catalog import GEMMA, SMOLLM2, hash_file
from core.engines.head import Head, load_head
from core.errors import ArtefactUnfit, EngineError
from core.loop import Adapter, Artefact, ArtefactKind
from core.types import Task

FOLDER = "artefacts"
MANIFEST = "manifest.json"
UNFINISHED = ".unfinished"
ARRIVING = "arriving-"
# What is sent from server to server by the database; more takes a folder that they share.
SENT_BYTES = 128 * 1024 * 1024
HEAD_FILE = "head.safetensors"
ADAPTER_FILE = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
GGUF_FILE = "adapter.gguf"
REQUIRED_FILES = {
    ArtefactKind.HEAD: (HEAD_FILE, "head.json"),
    ArtefactKind.ADAPTER: (ADAPTER_FILE, ADAPTER_CONFIG, GGUF_FILE),
}
# What every manifest says: of what it is, what it stands on, what it learned from, and how.
MANIFEST_KEYS = (
    "artefact_id", "kind", "task", "segment", "base_id", "base_sha256", "dataset_id", "dataset_sha256", "row_ids",
    "settings", "code_version",
)  # fmt: skip
_ID = re.compile(r"[0-9a-f]{32}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_LOW_RANK = re.compile(r"(.+)\.lora_(A|B)\.weight\Z")


def base_of(settings: Settings, task: Task) -> Fingerprint:
    """Return the weights that this profile trains for a task, and that an artefact for it has to stand on."""
    if settings.profile == "fake":
        from core.engines.fake import FakeClassifier, FakeGenerator

        found = FakeClassifier().fingerprint if task is Task.SENTIMENT else FakeGenerator().fingerprint
        return Fingerprint(found.weights_id, found.sha256)
    weights = GEMMA if task in (Task.TRANSLATE, Task.SENTIMENT) else SMOLLM2
    return Fingerprint(weights.weights_id, weights.sha256)


def folder_of(settings: Settings, artefact_id: str) -> Path:
    """Return where an artefact lies; raises ArtefactUnfit for what cannot be an id."""
    if not _ID.match(artefact_id):
        raise ArtefactUnfit(name="This artefact", why="its id is none")
    return settings.data_folder / FOLDER / artefact_id


def begin(settings: Settings, artefact_id: str) -> Path:
    """Return a new, empty folder to write an artefact in; what an earlier try left there is gone."""
    unfinished = folder_of(settings, artefact_id).with_suffix(UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    return unfinished


def publish(unfinished: Path, manifest: Mapping[str, Any]) -> str:
    """Check what was written, write the manifest, bring all of it to the disk, give it its name; return the digest.

    `manifest` has `MANIFEST_KEYS`; the files are added here. Raises ArtefactUnfit, and then nothing is published.
    """
    name = f"The {manifest.get('task', '')} {manifest.get('kind', 'artefact')}"
    missing = [key for key in MANIFEST_KEYS if key not in manifest]
    if missing or unfinished.name != f"{manifest['artefact_id']}{UNFINISHED}":
        raise ArtefactUnfit(name=name, why=f"its manifest lacks {', '.join(missing) or 'its own name'}")
    kind = ArtefactKind(manifest["kind"])
    _check_numbers(unfinished, kind, name, str(manifest["base_sha256"]))
    (unfinished / MANIFEST).unlink(missing_ok=True)
    files = {path.name: hash_file(path) for path in sorted(unfinished.iterdir()) if path.is_file()}
    content = json.dumps({**manifest, "files": files}, indent=1, ensure_ascii=False, default=str)
    (unfinished / MANIFEST).write_text(content + "\n", encoding="utf-8")
    for path in unfinished.iterdir():
        to_disk(path)
    to_disk(unfinished)
    finished = unfinished.with_suffix("")
    # Only a run that died between here and the database leaves such a folder: nobody knows it yet.
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.rename(finished)
    to_disk(finished.parent)
    return digest(files)


def digest(files: Mapping[str, str]) -> str:
    """Return one SHA-256 for the SHA-256 of all files, by name: equal for equal files alone."""
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_manifest(folder: Path, name: str = "This artefact") -> dict[str, Any]:
    """Return the manifest in a folder; raises ArtefactUnfit where there is none or it cannot be read."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = found["files"]
        is_sound = all(Path(one).name == one and _DIGEST.match(sha256) for one, sha256 in files.items())
    except FileNotFoundError as error:
        raise ArtefactUnfit(name=name, why="its files are missing") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactUnfit(name=name, why="its manifest cannot be read") from error
    if not is_sound or any(key not in found for key in MANIFEST_KEYS):
        raise ArtefactUnfit(name=name, why="its manifest is not whole")
    return dict(found)


def check_files(folder: Path, manifest: Mapping[str, Any], name: str) -> str:
    """Return the digest of the files that a manifest tells of; raises ArtefactUnfit where one is missing or changed."""
    for file, sha256 in manifest["files"].items():
        try:
            is_same = hash_file(folder / file) == sha256
        except OSError as error:
            raise ArtefactUnfit(name=name, why=f"{file} is missing") from error
        if not is_same:
            raise ArtefactUnfit(name=name, why=f"{file} was changed")
    return digest(manifest["files"])


def verify(settings: Settings, artefact: Artefact) -> Path:
    """Return the folder of an artefact that may be loaded.

    Raises ArtefactUnfit where a file is missing, changed or holds numbers that are not finite, where the manifest is
    not that of this artefact, and where it was trained on other weights than this profile serves.
    """
    folder, name = folder_of(settings, artefact.artefact_id), artefact.name
    manifest = read_manifest(folder, name)
    told = (manifest["artefact_id"], manifest["kind"], manifest["task"], manifest["base_sha256"])
    if told != (artefact.artefact_id, artefact.kind.value, artefact.task.value, artefact.base_sha256):
        raise ArtefactUnfit(name=name, why="its manifest is that of another one")
    if artefact.base_sha256 != base_of(settings, artefact.task).sha256:
        raise ArtefactUnfit(name=name, why="it was trained on other weights")
    if check_files(folder, manifest, name) != artefact.sha256:
        raise ArtefactUnfit(name=name, why="its files are not those that were registered")
    _check_numbers(folder, artefact.kind, name, artefact.base_sha256)
    return folder


def contents(settings: Settings, artefact: Artefact) -> dict[str, bytes]:
    """Return the files of an artefact by name, for another server's folder; none where they are not fit or too big."""
    try:
        folder = verify(settings, artefact)
    except ArtefactUnfit:
        return {}
    paths = [path for path in sorted(folder.iterdir()) if path.is_file()]
    if sum(path.stat().st_size for path in paths) > SENT_BYTES:
        return {}
    return {path.name: path.read_bytes() for path in paths}


def restore(settings: Settings, artefact: Artefact, files: Mapping[str, bytes]) -> None:
    """Write the files of an artefact that another server trained, as `contents` gave them: all of them or none.

    What was in its folder goes. Raises ArtefactUnfit where they are not those that were registered.
    """
    finished = folder_of(settings, artefact.artefact_id)
    if any(Path(name).name != name for name in files):
        raise ArtefactUnfit(name=artefact.name, why="the names of its files lead elsewhere")
    finished.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=finished.parent, prefix=ARRIVING) as arriving:
        folder = Path(arriving) / finished.name
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
            to_disk(folder / name)
        if check_files(folder, read_manifest(folder, artefact.name), artefact.name) != artefact.sha256:
            raise ArtefactUnfit(name=artefact.name, why="its files are not those that were registered")
        to_disk(folder)
        shutil.rmtree(finished, ignore_errors=True)
        with suppress(OSError):  # another server that shares the folder was faster
            folder.rename(finished)
    to_disk(finished.parent)


def adapter_of(settings: Settings, artefact: Artefact) -> Adapter:
    """Return an adapter's files, checked; raises ArtefactUnfit as `verify` does."""
    if artefact.kind is not ArtefactKind.ADAPTER:
        raise ArtefactUnfit(name=artefact.name, why="it is not an adapter")
    folder = verify(settings, artefact)
    return Adapter(artefact.artefact_id, artefact.base_sha256, folder / GGUF_FILE, folder)


def head_of(settings: Settings, artefact: Artefact) -> Head:
    """Return a head, checked; raises ArtefactUnfit as `verify` does."""
    if artefact.kind is not ArtefactKind.HEAD:
        raise ArtefactUnfit(name=artefact.name, why="it is not a head")
    return _head(verify(settings, artefact), artefact.name, artefact.base_sha256)


def sweep(settings: Settings, known: Collection[str], at_work: Collection[str]) -> int:
    """Remove what runs that died have left, and return how many folders.

    `known` are the ids in the database, `at_work` those that a waiting or running run may still write: unfinished ones
    of neither go, and finished ones that were never registered.
    """
    removed = 0
    root = settings.data_folder / FOLDER
    for path in root.iterdir() if root.is_dir() else ():
        artefact_id = path.name.removesuffix(UNFINISHED)
        is_left = artefact_id not in at_work and (path.name.endswith(UNFINISHED) or artefact_id not in known)
        if is_left and _ID.match(artefact_id) and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
            removed += 1
    return removed


def remove(settings: Settings, artefact_id: str) -> None:
    """Remove the files of an artefact, as far as there are any."""
    shutil.rmtree(folder_of(settings, artefact_id), ignore_errors=True)


def _check_numbers(folder: Path, kind: ArtefactKind, name: str, base_sha256: str) -> None:
    """Raise ArtefactUnfit unless all files of the kind are there and hold finite numbers that fit together."""
    missing = [file for file in REQUIRED_FILES[kind] if not (folder / file).is_file()]
    if missing:
        raise ArtefactUnfit(name=name, why=f"{missing[0]} is missing")
    if kind is ArtefactKind.HEAD:
        _head(folder, name, base_sha256)
        return
    _check_low_rank(folder, name)
    _check_gguf(folder / GGUF_FILE, name)


def _head(folder: Path, name: str, base_sha256: str) -> Head:
    try:
        return load_head(folder / HEAD_FILE, base_sha256)
    except EngineError as error:
        raise ArtefactUnfit(name=name, why=str(error.facts.get("why", "its files are missing"))) from error


def _check_low_rank(folder: Path, name: str) -> None:
    """Check that each matrix A of shape (rank, in) has its B of shape (out, rank), all of it finite."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(folder / ADAPTER_FILE)
        json.loads((folder / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise ArtefactUnfit(name=name, why="its files cannot be read") from error
    if not all(np.isfinite(tensor).all() for tensor in tensors.values()):
        raise ArtefactUnfit(name=name, why="it holds numbers that are not finite")
    pairs: dict[str, dict[str, tuple[int, ...]]] = {}
    for key, tensor in tensors.items():
        found = _LOW_RANK.match(key)
        if found is None or tensor.ndim != 2:
            raise ArtefactUnfit(name=name, why=f"{key[:80]} does not belong into an adapter")
        pairs.setdefault(found[1], {})[found[2]] = tensor.shape
    fits = [len(shapes) == 2 and shapes["A"][0] == shapes["B"][1] for shapes in pairs.values()]
    if not fits or not all(fits):
        raise ArtefactUnfit(name=name, why="its parts do not fit together")


def _check_gguf(path: Path, name: str) -> None:
    """Check that llama.cpp's copy of the adapter is one, and finite."""
    from gguf import GGUFReader

    try:
        tensors = GGUFReader(path).tensors
        is_finite = all(np.isfinite(tensor.data).all() for tensor in tensors)
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise ArtefactUnfit(name=name, why=f"{path.name} cannot be read") from error
    if not tensors or not is_finite:
        raise ArtefactUnfit(name=name, why=f"{path.name} holds no numbers, or such as are not finite")
