"""The settings, read once from the environment; no other module looks there."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core import cores
from core.errors import SettingsError

PROJECT = Path(__file__).resolve().parent.parent
PROFILES = ("embedded", "gpu", "remote", "fake")
LOGINS = ("password", "oidc")
LOG_FORMATS = ("text", "json")
KEY_CHARACTERS = 32


@dataclass(frozen=True)
class Settings:
    """Everything that may differ between two machines running the same code.

    `profile`: embedded (llama.cpp on the CPU), gpu (transformers), remote (an engine that speaks as OpenAI's does) or
    fake (no weights: for tests).
    `database_url`: any SQLAlchemy address of SQLite or PostgreSQL. `data_folder` holds the embedded database,
    `cache_folder` converted weights, shared by all checkouts on a machine.
    `login`: password (set up by a link in the terminal) or oidc (the company's own login); for the latter `founders`
    and `reviewers` are the addresses that are let in, in lower case. Below `watch_folder` lie the folders that
    Sentiment watch may read.

    For profile remote: `engine_url` and `engine_key` of the engine, `engine_writer` and `engine_translator` the names
    of the weights there; `engine_style` says how weights that the catalog does not know are asked, by messages
    (instruct) or text (base). `engine_adapter` is what an adapter is called there, `{adapter}` being its id.
    `engine_first_seconds` is how long the engine may be silent. `is_worded` lets weights beyond the embedded ones word
    answers and summaries, behind the checks. `embeddings_url`, `embeddings_key` and `embeddings_model` serve search.
    `gpu_gb` chooses weights for profile gpu by size, 0 by what is found.

    For several servers on one PostgreSQL: `keys` (the present one first) or `key_file` take the place of the key in
    the data folder, and `database_direct_url` is where the database itself is, if `database_url` leads to a pooler.

    `hosts` are the names that this server answers to; empty: to any. `*.example.com` stands for all below it.

    `metrics_token` opens the server's numbers to machines elsewhere; `log_format` is text or json, a line each.
    `traces_url` is where a collector of OpenTelemetry's spans listens, without the path; empty: none are sent.
    `ended_by` are the signals that ended this server's forerunners, as whoever started it again says.

    `keep_text_days` and `keep_days` say how long texts and whole uses are kept; 0 keeps them.
    """

    profile: str
    database_url: str
    data_folder: Path
    cache_folder: Path
    threads: int
    slots: int
    deadline_seconds: float
    login: str = "password"
    founders: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()
    watch_folder: Path = PROJECT / ".hearback" / "watch"
    engine_url: str = ""
    engine_key: str = field(default="", repr=False)
    engine_writer: str = ""
    engine_translator: str = ""
    engine_style: str = "messages"
    engine_adapter: str = "{adapter}"
    engine_first_seconds: float = 60.0
    is_worded: bool = False
    embeddings_url: str = ""
    embeddings_key: str = field(default="", repr=False)
    embeddings_model: str = ""
    gpu_gb: int = 0
    keys: tuple[str, ...] = field(default=(), repr=False)
    key_file: Path | None = None
    database_direct_url: str = field(default="", repr=False)
    keep_text_days: int = 0
    keep_days: int = 0
    hosts: tuple[str, ...] = ()
    metrics_token: str = field(default="", repr=False)
    log_format: str = "text"
    traces_url: str = ""
    ended_by: tuple[str, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Whether several servers may work on the database."""
        return not self.database_url.startswith("sqlite")

    @property
    def assets(self) -> Path:
        """The folder of the handbook, heads and pictures that ship with the code."""
        return PROJECT / "assets"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in `environment` (default: the process's own), or raise `SettingsError`."""
    env = os.environ if environment is None else environment
    profile = env.get("HEARBACK_PROFILE", "embedded")
    if profile not in PROFILES:
        raise SettingsError(name="HEARBACK_PROFILE", value=profile, why=f"use one of {', '.join(PROFILES)}.")
    data = Path(env.get("HEARBACK_DATA", PROJECT / ".hearback")).expanduser().resolve()
    login = env.get("HEARBACK_LOGIN", "password")
    if login not in LOGINS:
        raise SettingsError(name="HEARBACK_LOGIN", value=login, why=f"use one of {', '.join(LOGINS)}.")
    founders, reviewers = _addresses(env, "HEARBACK_FOUNDERS"), _addresses(env, "HEARBACK_REVIEWERS")
    if login == "oidc" and not founders:
        raise SettingsError(
            name="HEARBACK_FOUNDERS",
            value="",
            why="name at least one address; with HEARBACK_LOGIN=oidc only they enter.",
        )
    cache = Path(env.get("HEARBACK_CACHE", Path("~/.cache/hearback"))).expanduser().resolve()
    return Settings(
        profile=profile,
        database_url=env.get("HEARBACK_DATABASE_URL", f"sqlite:///{data / 'hearback.db'}"),
        data_folder=data,
        cache_folder=cache,
        threads=_whole_number(env, "HEARBACK_THREADS", cores.usable()),
        slots=_whole_number(env, "HEARBACK_SLOTS", 8),
        deadline_seconds=float(_whole_number(env, "HEARBACK_DEADLINE_SECONDS", 120)),
        login=login,
        founders=founders,
        reviewers=reviewers - founders,
        watch_folder=Path(env.get("HEARBACK_WATCH", data / "watch")).expanduser().resolve(),
        **_engine(env, profile),
        keys=_keys(env),
        key_file=Path(env["HEARBACK_KEY_FILE"]).expanduser().resolve() if env.get("HEARBACK_KEY_FILE") else None,
        database_direct_url=env.get("HEARBACK_DATABASE_DIRECT_URL", ""),
        keep_text_days=_whole_number(env, "HEARBACK_KEEP_TEXT_DAYS", 0) if env.get("HEARBACK_KEEP_TEXT_DAYS") else 0,
        keep_days=_whole_number(env, "HEARBACK_KEEP_DAYS", 0) if env.get("HEARBACK_KEEP_DAYS") else 0,
        hosts=_hosts(env),
        metrics_token=_key(env, "HEARBACK_METRICS_TOKEN"),
        log_format=_log_format(env),
        traces_url=_address_of(env, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"),
        ended_by=tuple(name for name in env.get("HEARBACK_ENDED_BY", "").split() if name.isalnum()),
    )


def bare_environment() -> dict[str, str]:
    """Return the variables for a child that is to know no secret: none, but for what Windows cannot do without."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}


def _hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    hosts = _listed(env, "HEARBACK_HOSTS")
    for host in hosts:
        if not re.fullmatch(r"(\*\.)?[\w.-]+", host, re.ASCII):
            why = "give names without ports, with commas between them, such as demo.example.com,*.example.org."
            raise SettingsError(name="HEARBACK_HOSTS", value=host, why=why)
    return hosts


def _log_format(env: Mapping[str, str]) -> str:
    value = env.get("HEARBACK_LOG", "text")
    if value not in LOG_FORMATS:
        raise SettingsError(name="HEARBACK_LOG", value=value, why=f"use one of {', '.join(LOG_FORMATS)}.")
    return value


def _keys(env: Mapping[str, str]) -> tuple[str, ...]:
    """Return the installation's own keys, or raise SettingsError, which never repeats one."""
    keys = tuple(env.get("HEARBACK_KEY", "").split())
    if any(len(key) < KEY_CHARACTERS for key in keys):
        why = f"a key has at least {KEY_CHARACTERS} characters, such as those of: openssl rand -hex 32"
        raise SettingsError(name="HEARBACK_KEY", value="…", why=why)
    return keys


def _engine(env: Mapping[str, str], profile: str) -> dict[str, Any]:
    """Return the settings of engines beyond this process."""
    style, wording = env.get("HEARBACK_ENGINE_STYLE", "messages"), env.get("HEARBACK_WORDING", "quotes")
    for name, value, choices in (
        ("HEARBACK_ENGINE_STYLE", style, ("messages", "text")),
        ("HEARBACK_WORDING", wording, ("quotes", "words")),
    ):
        if value not in choices:
            raise SettingsError(name=name, value=value, why=f"use one of {', '.join(choices)}.")
    adapter = _model_name(env, "HEARBACK_ENGINE_ADAPTER", "{adapter}")
    if adapter.count("{adapter}") != 1:
        raise SettingsError(name="HEARBACK_ENGINE_ADAPTER", value=adapter, why="it holds {adapter} once.")
    model = _model_name(env, "HEARBACK_ENGINE_MODEL")
    found: dict[str, Any] = {
        "engine_url": _address_of(env, "HEARBACK_ENGINE_URL"),
        "engine_key": _key(env, "HEARBACK_ENGINE_KEY"),
        "engine_writer": _model_name(env, "HEARBACK_ENGINE_WRITER", model),
        "engine_translator": _model_name(env, "HEARBACK_ENGINE_TRANSLATOR", model),
        "engine_style": style,
        "engine_adapter": adapter,
        "engine_first_seconds": float(_whole_number(env, "HEARBACK_ENGINE_FIRST_SECONDS", 60)),
        "is_worded": wording == "words",
        "embeddings_url": _address_of(env, "HEARBACK_EMBEDDINGS_URL"),
        "embeddings_key": _key(env, "HEARBACK_EMBEDDINGS_KEY"),
        "embeddings_model": _model_name(env, "HEARBACK_EMBEDDINGS_MODEL"),
        "gpu_gb": _whole_number(env, "HEARBACK_GPU_GB", 1) if env.get("HEARBACK_GPU_GB") else 0,
    }
    if profile == "remote":
        for key, name, what in (
            ("engine_url", "HEARBACK_ENGINE_URL", "the address of the engine, such as http://127.0.0.1:8000"),
            ("engine_writer", "HEARBACK_ENGINE_MODEL", "what the engine calls its weights"),
            ("engine_translator", "HEARBACK_ENGINE_MODEL", "what the engine calls its weights"),
        ):
            if not found[key]:
                raise SettingsError(name=name, value="", why=f"profile remote needs {what}.")
    if not found["embeddings_key"] and urlsplit(found["embeddings_url"])[:2] == urlsplit(found["engine_url"])[:2]:
        found["embeddings_key"] = found["engine_key"]  # one server, one key; no other server is told it
    if found["embeddings_url"] and not found["embeddings_model"]:
        raise SettingsError(name="HEARBACK_EMBEDDINGS_MODEL", value="", why="name what the endpoint calls its weights.")
    return found


def _address_of(env: Mapping[str, str], name: str, for_key: str = "HEARBACK_ENGINE_KEY") -> str:
    """Return a server's address without the /v1 that all of them share; what may hold a password is not shown."""
    value = env.get(name, "").strip()
    if not value:
        return ""
    try:
        parts = urlsplit(value)
        is_sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_sound = False
    if not is_sound:
        raise SettingsError(name=name, value="…", why="give an address such as http://127.0.0.1:8000.")
    if parts.username is not None or parts.query or parts.fragment or not value.isascii() or not value.isprintable():
        why = f"give scheme, host, port and path alone; the key goes into {for_key}."
        raise SettingsError(name=name, value="…", why=why)
    return value.rstrip("/").removesuffix("/v1").rstrip("/")


def _key(env: Mapping[str, str], name: str) -> str:
    """Return a secret, which no error shows."""
    value = env.get(name, "").strip()
    if not value.isascii() or any(not character.isprintable() or character.isspace() for character in value):
        raise SettingsError(name=name, value="…", why="give printable ASCII characters without spaces.")
    return value


def _model_name(env: Mapping[str, str], name: str, default: str = "") -> str:
    value = env.get(name, "").strip() or default
    if len(value) > 200 or not value.isprintable():
        raise SettingsError(name=name, value=value[:40], why="give a name of at most 200 printable characters.")
    return value


def _listed(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return the parts of a list with commas, in lower case."""
    return tuple(part.strip().casefold() for part in env.get(name, "").split(",") if part.strip())


def _addresses(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the addresses in a list with commas, in lower case."""
    found = _listed(env, name)
    for address in found:
        local, _, domain = address.rpartition("@")
        if not local or not domain or any(character.isspace() for character in address):
            raise SettingsError(name=name, value=address, why="give e-mail addresses with commas between them.")
    return frozenset(found)


def _whole_number(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= 10_000:
        raise SettingsError(name=name, value=value, why="give a whole number from 1 to 10000.")
    return int(value)
