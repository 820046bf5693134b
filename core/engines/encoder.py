"""Weights that read: MiniLM for search in English, Gemma's first nine layers for all languages and for labels.

A text half-way through Gemma (hidden state 9 of 18, mean over its tokens) is close to what the text says and feels,
in every language that the weights know, and costs half of the model. One object holds these layers; the encoder for
search and the classifier both stand on it. Each model has one thread that owns it (see `core.engines.batching`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.config import Settings
from core.engines.base import Fingerprint, Vectors
from core.engines.batching import Batcher
from core.engines.catalog import GEMMA, MINILM, locate
from core.engines.convert import convert
from core.engines.head import Head, load_head
from core.engines.imports import whole
from core.engines.layers import POSITIONS, open_layers
from core.engines.minilm import open_minilm
from core.engines.pooling import TextWorker, TokenStates, words_of
from core.engines.tidy import placed, tidied
from core.errors import WeightsDamaged
from core.progress import Progress
from core.types import Driver

MIDDLE_LAYER = 9
SENTIMENT_HEAD = "sentiment.safetensors"
BACKGROUND = "background.safetensors"
MINILM_WIDTH = 384
# Beyond this a text is cut, for MiniLM was trained on as many word pieces, as it is at the end of Gemma's window. Tasks
# that take longer texts send them in sentences or passages.
_MINILM_TOKENS = 256
_TABLE_TOKENS = 1_024


class SentenceEncoder:
    """An Encoder by all-MiniLM-L6-v2: English sentences and passages of up to 256 word pieces."""

    def __init__(self, settings: Settings) -> None:
        self.device, self.dtype = "cpu", "float32"
        self._settings = settings
        self._batcher: Batcher[tuple[str, bool], Vectors] = Batcher(
            MINILM.name, self._open_worker, 4 * _TABLE_TOKENS, settings.deadline_seconds
        )

    @property
    def fingerprint(self) -> Fingerprint:
        """MiniLM as the catalog knows it."""
        return Fingerprint(MINILM.weights_id, MINILM.sha256)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows of shape (texts, 384); raises as `Encoder.encode`."""
        return _unit(_stack(self._batcher.run([(text, False) for text in texts]), MINILM_WIDTH))

    def open(self, progress: Progress | None = None) -> None:
        """Load the weights now; raises WeightsMissing or WeightsDamaged."""
        (progress or Progress()).check()
        self._batcher.open()

    def close(self) -> None:
        """Free the weights."""
        self._batcher.close()

    def _open_worker(self) -> TextWorker:
        from tokenizers import Tokenizer

        folder = locate(MINILM, self._settings.cache_folder).parent
        torch = _torch(self._settings.threads)
        self.device = _device(torch)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        states = open_minilm(folder, MINILM.name, self.device)
        return TextWorker(MINILM.name, tokenizer, states, _MINILM_TOKENS, skipped=0, device=self.device)


class MiddleLayers:
    """Gemma's first nine layers, loaded once for all that stand on them; thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self.device, self.dtype = "cpu", "float32"
        self.width = 640
        self._settings = settings
        self._progress: Progress | None = None
        self._batcher: Batcher[tuple[str, bool], Any] = Batcher(
            GEMMA.name, self._open_worker, _TABLE_TOKENS, settings.deadline_seconds
        )

    def pooled(self, texts: Sequence[str]) -> Vectors:
        """Return mean hidden states of shape (texts, 640), without the token that begins every text."""
        return _stack(self._batcher.run([(text, False) for text in texts]), self.width)

    def tokens(self, text: str) -> TokenStates:
        """Return the states whose mean is `pooled`, with their places in the text."""
        found: TokenStates = self._batcher.run([(text, True)])[0]
        return found

    def open(self, progress: Progress | None = None) -> None:
        """Convert the weights if that was never done (half a minute), and load them."""
        self._progress = progress
        self._batcher.open()

    def close(self) -> None:
        """Free the weights."""
        self._batcher.close()

    def _open_worker(self) -> TextWorker:
        from tokenizers import Tokenizer

        torch = _torch(self._settings.threads)
        folder = convert(GEMMA, self._settings.cache_folder, MIDDLE_LAYER, self._progress)
        self.device = _device(torch)
        self.dtype = "bfloat16" if self.device == "cuda" or _has_bfloat16(torch) else "float32"
        layers = open_layers(folder, self.device, self.dtype)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return TextWorker(GEMMA.name, tokenizer, layers, POSITIONS, skipped=1, device=self.device)


class _OnMiddleLayers:
    """What stands on the middle layers runs where they run, and opens and closes them."""

    def __init__(self, layers: MiddleLayers) -> None:
        self._layers = layers

    @property
    def device(self) -> str:
        """Where the layers run."""
        return self._layers.device

    @property
    def dtype(self) -> str:
        """What the layers compute in."""
        return self._layers.dtype

    def open(self, progress: Progress | None = None) -> None:
        """Load the layers now."""
        self._layers.open(progress)

    def close(self) -> None:
        """Free the layers, for everyone who stands on them."""
        self._layers.close()


class MiddleLayerEncoder(_OnMiddleLayers):
    """An Encoder for all languages of Gemma 3: pooled states seen against a background of everyday sentences.

    Raw states share most of their length, whatever the text; centred on the background, scaled by its spread and
    freed of the directions that only tell languages apart, what is left is what the text is about.
    """

    def __init__(self, layers: MiddleLayers, background: Path) -> None:
        super().__init__(layers)
        self._mean, self._scale, self._languages = _read_background(background)

    @property
    def fingerprint(self) -> Fingerprint:
        """Gemma as the catalog knows it; the layer is part of the name."""
        return Fingerprint(f"{GEMMA.weights_id}/layer-{MIDDLE_LAYER}", GEMMA.sha256)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows of shape (texts, 640); raises as `Encoder.encode`."""
        return self.seen(self._layers.pooled(texts))

    def seen(self, pooled: Vectors) -> Vectors:
        """Return unit rows from pooled states of shape (texts, 640), as `encode` makes them."""
        vectors = (pooled - self._mean) / self._scale
        vectors -= vectors @ self._languages.T @ self._languages
        return _unit(vectors)


class HeadClassifier(_OnMiddleLayers):
    """A Classifier: the middle layers and a trained head of a few kilobytes."""

    def __init__(self, layers: MiddleLayers, head: Head | Path, head_id: str = "") -> None:
        super().__init__(layers)
        self.head = load_head(head, GEMMA.sha256) if isinstance(head, Path) else head
        self.labels: tuple[str, ...] = self.head.labels
        self._head_id = head_id or self.head.head_id

    @property
    def fingerprint(self) -> Fingerprint:
        """Gemma's weights, with the head as the adapter."""
        return Fingerprint(GEMMA.weights_id, GEMMA.sha256, self._head_id)

    def with_head(self, head: Head, head_id: str = "") -> HeadClassifier:
        """Return a classifier by another head on the same layers; `head_id` is what its answers call it."""
        return HeadClassifier(self._layers, head, head_id)

    def classify(self, texts: Sequence[str]) -> Vectors:
        """Return calibrated probabilities of shape (texts, labels); raises as `Encoder.encode`."""
        return self.head.probabilities(self.pooled(texts))

    def pooled(self, texts: Sequence[str]) -> Vectors:
        """Return what the head reads: states of shape (texts, 640)."""
        return self._layers.pooled([tidied(text)[0] for text in texts])

    def explain(self, text: str, label: str) -> tuple[Driver, ...]:
        """Return the words in reading order; their weights add up to what the text itself gives `label`."""
        plain, origins = tidied(text)
        tokens = self._layers.tokens(plain)
        return words_of(text, placed(tokens.spans, origins), self.head.shares(tokens.states, label))


def _read_background(path: Path) -> tuple[Vectors, Vectors, Vectors]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(path.read_bytes())
        return tensors["mean"], tensors["scale"], tensors["languages"]
    except (OSError, SafetensorError, KeyError) as error:
        raise WeightsDamaged(name=path.name, why="it cannot be read") from error


def _stack(rows: Sequence[Vectors], width: int) -> Vectors:
    return np.stack(rows).astype(np.float32) if rows else np.zeros((0, width), dtype=np.float32)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _torch(threads: int) -> Any:
    whole("torch")
    import torch

    torch.set_num_threads(threads)
    return torch


def _device(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _has_bfloat16(torch: Any) -> bool:
    """Whether this processor multiplies bfloat16 by itself: 1.9 times the speed of float32 then, else far slower."""
    supports = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supports and supports())
