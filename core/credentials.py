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

from core.config import Settings
from core.errors import BadCredential, LoginDelayed, SettingsError
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
    """The installation's own secret: given by the settings, or else a file of the data folder, made at first use.

    It is never kept in the database, whose copies would then tell what it hides and let whoever has one sign. Of
    several keys the first signs and each is recognized, so that it can be changed while links signed by the last one
    hold. Raises SettingsError where the file named in the settings cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._keys: tuple[bytes, ...] = ()

    def sign(self, purpose: str, text: str) -> str:
        """Return the keyed digest (HMAC-SHA-256, 64 hexadecimal digits) of a text for one purpose."""
        return _sign(self._read()[0], purpose, text)

    def is_signed(self, purpose: str, text: str, signature: str) -> bool:
        """Return whether `sign` gave this signature with any of the keys, in a time that tells nothing."""
        given = signature.encode("utf-8", "replace")
        return any(hmac.compare_digest(_sign(key, purpose, text).encode(), given) for key in self._read())

    def digests(self) -> tuple[str, ...]:
        """Return for each key what tells it from others and leads back to none, the present one's first."""
        return tuple(_sign(key, "digest", "")[:32] for key in self._read())

    def _read(self) -> tuple[bytes, ...]:
        with self._lock:
            if not self._keys:
                given = tuple(key.encode("utf-8", "surrogateescape") for key in self._settings.keys)
                if not given and self._settings.key_file is not None:
                    given = _keys_of(self._settings.key_file)
                self._keys = given or (_key_in(self._settings.data_folder / "door.key"),)
            return self._keys


def _sign(key: bytes, purpose: str, text: str) -> str:
    return hmac.new(key, f"{purpose}\0{text}".encode("utf-8", "replace"), sha256).hexdigest()


def _keys_of(file: Path) -> tuple[bytes, ...]:
    """Return the keys in a file: one of just so many bytes, as in the data folder, or lines of text."""

    def refuse(why: str) -> SettingsError:
        return SettingsError(name="HEARBACK_KEY_FILE", value=str(file), why=why)

    try:
        content = file.read_bytes()
    except OSError as error:
        raise refuse(f"it cannot be read ({error.strerror}).") from error
    keys = (content,) if len(content) == KEY_BYTES else tuple(content.split())
    if not keys or any(len(key) < KEY_BYTES for key in keys):
        raise refuse(f"it holds no key of {KEY_BYTES} bytes. Make one with: openssl rand -hex 32")
    return keys


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
