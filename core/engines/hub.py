"""Larger weights for a GPU, by name and revision on the hub that transformers reads: none of them comes with pip.

NOT RUN HERE: the project has no GPU. What was tried is the way to them (the local cache, the revision, safetensors
alone, how they are missed) with small weights in their place; names, licences and sizes are from their public cards,
and the revisions are those that many public projects pin.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.config import Settings
from core.engines.catalog import Traits
from core.errors import WeightsDamaged, WeightsMissing

ONLINE_SECONDS = 1.0
_WANTED = ("*.safetensors", "*.json", "*.txt", "*.jinja", "LICENSE*")
_NEEDED = ("config.json", "tokenizer.json", "*.safetensors")


@dataclass(frozen=True)
class HubWeights:
    """Weights in a repository of the hub at one revision; `gpu_gb` is the memory of a card that holds them at work."""

    weights_id: str
    name: str
    repository: str
    revision: str
    licence: str
    terms: str
    gpu_gb: int
    download_gb: int
    traits: Traits
    stored_as: str = "bfloat16"

    @property
    def sha256(self) -> str:
        """What tells one state of these weights from another: the revision, which is a hash of all files."""
        return self.revision

    @property
    def how_to_get(self) -> str:
        """The sentence for a machine that lacks them."""
        return (
            f"Get them ({self.download_gb} GB) where there is a network, with: "
            f"hf download {self.repository} --revision {self.revision} "
            "or leave HEARBACK_GPU_GB unset to go on with the embedded weights."
        )


# One family in two sizes, since prompts and checks need to be measured once then: instruct, more than a hundred
# languages, no thinking aloud before an answer, and the most liberal licence of what fits.
HUB = (
    HubWeights(
        weights_id="qwen3-4b-instruct-2507",
        name="Qwen3 4B Instruct 2507",
        repository="Qwen/Qwen3-4B-Instruct-2507",
        revision="cdbee75f17c01a7cc42f958dc650907174af0554",
        licence="Apache-2.0",
        terms="https://www.apache.org/licenses/LICENSE-2.0",
        gpu_gb=16,
        download_gb=8,
        traits=Traits(is_instruct=True, context_tokens=262_144),
    ),
    HubWeights(
        weights_id="qwen3-30b-a3b-instruct-2507",
        name="Qwen3 30B A3B Instruct 2507",
        repository="Qwen/Qwen3-30B-A3B-Instruct-2507",
        revision="0d7cf23991f47feeb3a57ecb4c9cee8ea4a17bfe",
        licence="Apache-2.0",
        terms="https://www.apache.org/licenses/LICENSE-2.0",
        gpu_gb=80,
        download_gb=61,
        traits=Traits(is_instruct=True, context_tokens=262_144),
    ),
)


def chosen(settings: Settings) -> HubWeights | None:
    """Return what a card of this size is to run, or None for the embedded weights.

    A size that is set is a wish, and what it lacks is told; one that is only found takes what lies here already.
    """
    if settings.profile != "gpu":
        return None
    found = settings.gpu_gb or _memory_gb()
    # A card sold with 16 GB tells of a little less, one of 80 of 79.
    fitting = [weights for weights in HUB if weights.gpu_gb <= found * 1.03 + 0.5]
    if settings.gpu_gb:
        return fitting[-1] if fitting else None
    return next((weights for weights in reversed(fitting) if local_folder(weights) is not None), None)


def local_folder(weights: HubWeights) -> Path | None:
    """Return where the weights lie whole in the local cache, without asking anybody, or None."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(
                weights.repository,
                revision=weights.revision,
                cache_dir=constants.HF_HUB_CACHE,
                allow_patterns=list(_WANTED),
                local_files_only=True,
            )
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return folder if all(any(folder.glob(pattern)) for pattern in _NEEDED) else None


def fetch(weights: HubWeights) -> Path:
    """Return the folder of the weights, downloaded now where they are not here and the hub can be reached.

    Raises WeightsMissing within about a second where it cannot be, and WeightsDamaged for other formats than
    safetensors.
    """
    if (folder := local_folder(weights)) is None:
        if not _is_online():
            raise WeightsMissing(name=weights.name, how=weights.how_to_get)
        folder = _download(weights)
    if not any(folder.glob("*.safetensors")):
        raise WeightsDamaged(name=weights.name, why="there are no safetensors in its folder")
    return folder


def _download(weights: HubWeights) -> Path:
    from huggingface_hub import constants, snapshot_download

    try:
        return Path(
            snapshot_download(
                weights.repository,
                revision=weights.revision,
                cache_dir=constants.HF_HUB_CACHE,
                allow_patterns=list(_WANTED),
            )
        )
    except Exception as error:  # the edge: whatever the library raises becomes one sentence
        raise WeightsMissing(name=weights.name, how=weights.how_to_get) from error


def _is_online() -> bool:
    """Return within about a second whether the hub's own address takes a connection."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    parts = urlsplit(constants.ENDPOINT)
    found = threading.Event()

    def knock() -> None:
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            socket.create_connection((parts.hostname or "", port), timeout=ONLINE_SECONDS).close()
            found.set()
        except OSError:
            pass

    # In a thread, because looking up a name has no deadline of its own.
    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(ONLINE_SECONDS)
    return found.is_set()


def _memory_gb() -> float:
    """Return the memory of the first card in GB, 0 without one."""
    import torch

    if not torch.cuda.is_available():
        return 0.0
    properties: Any = torch.cuda.get_device_properties(0)
    return float(properties.total_memory) / 1e9
