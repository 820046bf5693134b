"""The settings, read once from the environment; no other module looks there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingsError

PROJECT = Path(__file__).resolve().parent.parent
PROFILES = ("embedded", "gpu", "fake")
LOGINS = ("password", "oidc")


@dataclass(frozen=True)
class Settings:
    """Everything that may differ between two machines running the same code.

    `profile`: embedded (llama.cpp on the CPU), gpu (transformers) or fake (no weights: for tests).
    `database_url`: any SQLAlchemy address of SQLite or PostgreSQL. `data_folder` holds the embedded database,
    `cache_folder` converted weights, shared by all checkouts on a machine.
    `login`: password (set up by a link in the terminal) or oidc (the company's own login); for the latter `founders`
    and `reviewers` are the addresses that are let in, in lower case. Below `watch_folder` lie the folders that
    Sentiment watch may read.
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
        threads=_whole_number(env, "HEARBACK_THREADS", min(os.cpu_count() or 2, 8)),
        slots=_whole_number(env, "HEARBACK_SLOTS", 8),
        deadline_seconds=float(_whole_number(env, "HEARBACK_DEADLINE_SECONDS", 120)),
        login=login,
        founders=founders,
        reviewers=reviewers - founders,
        watch_folder=Path(env.get("HEARBACK_WATCH", data / "watch")).expanduser().resolve(),
    )


def _addresses(env: Mapping[str, str], name: str) -> frozenset[str]:
    """Return the addresses in a list with commas, in lower case."""
    found = [part.strip().casefold() for part in env.get(name, "").split(",") if part.strip()]
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
