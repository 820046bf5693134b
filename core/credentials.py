"""Passwords, tokens and the installation's own key: made, checked, and turned into what may be stored."""

from __future__ import annotations

import hmac
import os
import secrets
import threading
import unicodedata
from hashlib import sha256
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from core.errors import BadCredential, LoginDelayed
from core.limits import clean_text

PASSWORD_CHARACTERS_AT_LEAST = 12
PASSWORD_CHARACTERS = 200
DIFFERENT_CHARACTERS_AT_LEAST = 5
NAME_CHARACTERS = 80
KEY_BYTES = 32
# A hash takes 64 MiB and four passes of work (RFC 9106, second choice); a crowd at the door must not take it all.
HASHES_AT_ONCE = 2
PATIENCE_SECONDS = 5.0

_hasher = PasswordHasher()
_places = threading.BoundedSemaphore(HASHES_AT_ONCE)


def check_name(name: str) -> str:
    """Return a member's name cleaned and on one line, or raise BadCredential."""
    if len(name) > 10 * NAME_CHARACTERS:
        raise BadCredential(why=f"a name has at most {NAME_CHARACTERS} characters.")
    cleaned = " ".join(clean_text(name).split())
    if not any(character.isalnum() for character in cleaned):
        raise BadCredential(why="the name is empty.")
    if len(cleaned) > NAME_CHARACTERS:
        raise BadCredential(why=f"a name has at most {NAME_CHARACTERS} characters.")
    return cleaned


def check_password(password: str, again: str, name: str) -> None:
    """Return if this may be a new password for `name`, or raise BadCredential, which never repeats it."""
    if len(password) > PASSWORD_CHARACTERS:
        raise BadCredential(why=f"a password has at most {PASSWORD_CHARACTERS} characters.")
    if len(password) < PASSWORD_CHARACTERS_AT_LEAST:
        raise BadCredential(why=f"a password needs at least {PASSWORD_CHARACTERS_AT_LEAST} characters.")
    if not secrets.compare_digest(_bytes(password), _bytes(again)):
        raise BadCredential(why="the two passwords differ.")
    if len(set(password)) < DIFFERENT_CHARACTERS_AT_LEAST or password.casefold() == name.casefold():
        raise BadCredential(why="a password like this is guessed at once. Three or four unrelated words are good.")


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, with its salt and parameters; raises LoginDelayed where all is busy."""
    with _Place():
        return _hasher.hash(_bytes(password))


def is_password(password: str, password_hash: str) -> bool:
    """Return whether the password is the hashed one; without a hash it takes as long and is False.

    Raises LoginDelayed where too many are checked at once.
    """
    with _Place():
        try:
            _hasher.verify(password_hash or _nobodys_hash(), _bytes(password[:PASSWORD_CHARACTERS]))
        except (Argon2Error, InvalidHashError):
            return False
    return bool(password_hash) and len(password) <= PASSWORD_CHARACTERS


def new_token() -> str:
    """Return 43 characters that nobody can guess."""
    return secrets.token_urlsafe(32)


class Key:
    """The installation's own secret, kept in a file of the data folder that its owner alone can read."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "door.key"
        self._lock = threading.Lock()
        self._key = b""

    def sign(self, purpose: str, text: str) -> str:
        """Return the keyed digest (HMAC-SHA-256, 64 hexadecimal digits) of a text for one purpose."""
        return hmac.new(self._read(), f"{purpose}\0{text}".encode("utf-8", "replace"), sha256).hexdigest()

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Return whether `sign` gave this signature, in a time that tells nothing."""
        return hmac.compare_digest(self.sign(purpose, text).encode(), signature.encode("utf-8", "replace"))

    def _read(self) -> bytes:
        with self._lock:
            if not self._key:
                self._key = _key_in(self._file)
            return self._key


def _key_in(file: Path) -> bytes:
    """Return the key in the file, made first if need be; of two processes that make it, one wins."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
                out.write(secrets.token_bytes(KEY_BYTES))
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
    return file.read_bytes()


class _Place:
    """One of the few places for hashing; whoever waits too long is asked to come again."""

    def __enter__(self) -> None:
        if not _places.acquire(timeout=PATIENCE_SECONDS):
            raise LoginDelayed(why="", seconds=int(PATIENCE_SECONDS))

    def __exit__(self, *_error: object) -> None:
        _places.release()


_NOBODY: list[str] = []


def _nobodys_hash() -> str:
    """Return a hash that no password has, so that an unknown name costs as long as a known one."""
    if not _NOBODY:
        _NOBODY.append(_hasher.hash(secrets.token_bytes(32)))
    return _NOBODY[0]


def _bytes(password: str) -> bytes:
    # The same word can reach us composed or not, by the keyboard that typed it.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
