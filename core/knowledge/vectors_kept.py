"""The handbook's vectors on the disk, so that a restart need not compute them again.

Only what the company published lies here, by the digest of each text; a visitor's documents never do. A file that is
cut short, changed, or made by another encoder is as good as none: everything is then computed anew, and written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.engines.base import Encoder, Vectors

MOST_BYTES = 256 * 1024 * 1024
DIGEST_BYTES = 16
_MAGIC = b"hearback vectors 1\n"
_HEADER_BYTES = 4_096
_log = logging.getLogger(__name__)


class VectorFile:
    """Vectors by the digest of their text, in one file; neither reading nor writing it ever raises.

    The file: a line that names its kind, a line of JSON (encoder, count, width, SHA-256 of the rest), all digests, then
    all rows as little-endian float32, so that an answer is the very same as before it was written.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes

    def load(self, encoder: Encoder) -> dict[bytes, Vectors]:
        """Return what this very encoder computed, or nothing."""
        try:
            if self._path.stat().st_size > self._most_bytes:
                return {}
            return _read(self._path.read_bytes(), name_of(encoder))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the kept vectors in %s are not used: %s", self._path.name, error)
            return {}

    def save(self, encoder: Encoder, vectors: Mapping[bytes, Vectors]) -> None:
        """Put these in place of what was there: whoever reads meanwhile sees the old file or the new one."""
        content = _write(name_of(encoder), vectors)
        if len(content) > self._most_bytes:
            _log.warning("%d vectors are more than are kept; they are computed at each start", len(vectors))
            return
        unfinished = None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._path.parent, suffix=".unfinished", delete=False) as file:
                unfinished = Path(file.name)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._path)
        except OSError as error:
            _log.warning("the vectors could not be kept, the next start computes them again: %s", error)
            if unfinished is not None:
                with contextlib.suppress(OSError):
                    unfinished.unlink()


def name_of(encoder: Encoder) -> str:
    """Return what tells an encoder from every other: its weights, and in which numbers it computes."""
    weights = encoder.fingerprint
    return " ".join((weights.weights_id, weights.sha256, weights.adapter_id, str(getattr(encoder, "dtype", ""))))


def _write(name: str, vectors: Mapping[bytes, Vectors]) -> bytes:
    rows = np.stack(list(vectors.values())).astype("<f4") if vectors else np.zeros((0, 0), "<f4")
    body = b"".join(vectors) + rows.tobytes()
    header = {"encoder": name, "count": rows.shape[0], "width": rows.shape[1], "sha256": _sha256(body)}
    return _MAGIC + json.dumps(header).encode() + b"\n" + body


def _read(content: bytes, name: str) -> dict[bytes, Vectors]:
    if not content.startswith(_MAGIC):
        raise ValueError("it is of another kind")
    line, _, body = content[len(_MAGIC) :].partition(b"\n")
    if len(line) > _HEADER_BYTES:
        raise ValueError("it has no header")
    header = json.loads(line)
    if header["encoder"] != name:
        return {}
    count, width = int(header["count"]), int(header["width"])
    if len(body) != count * (DIGEST_BYTES + 4 * width) or header["sha256"] != _sha256(body):
        raise ValueError("it was cut short or changed")
    rows = np.frombuffer(body, "<f4", offset=count * DIGEST_BYTES).reshape(count, width).astype(np.float32)
    if not np.isfinite(rows).all():
        raise ValueError("it holds what is no number")
    return {body[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES]: rows[at] for at in range(count)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
