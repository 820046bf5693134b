"""The settings: read once, typed, and refused with a sentence that says what to set."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from core.config import PROFILES, read_settings
from core.errors import SettingsError


def test_an_empty_environment_is_enough() -> None:
    settings = read_settings({})
    assert settings.profile == "embedded"
    assert settings.database_url.startswith("sqlite:///")
    assert settings.threads >= 1
    assert settings.slots >= 1
    assert settings.assets.is_dir()


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_can_be_chosen(profile: str) -> None:
    engine = {"HEARBACK_ENGINE_URL": "http://127.0.0.1:8000", "HEARBACK_ENGINE_MODEL": "some-weights"}
    assert read_settings({"HEARBACK_PROFILE": profile} | engine).profile == profile


ENGINE = {"HEARBACK_PROFILE": "remote", "HEARBACK_ENGINE_URL": "http://127.0.0.1:8000", "HEARBACK_ENGINE_MODEL": "m"}


@pytest.mark.parametrize("missing", ["HEARBACK_ENGINE_URL", "HEARBACK_ENGINE_MODEL"])
def test_the_remote_profile_says_what_it_lacks(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing}=.*profile remote needs"):
        read_settings({**ENGINE, missing: ""})


def test_one_model_serves_both_tasks_unless_each_has_its_own() -> None:
    both = read_settings(ENGINE)
    assert (both.engine_writer, both.engine_translator) == ("m", "m")
    each = read_settings({**ENGINE, "HEARBACK_ENGINE_WRITER": "w", "HEARBACK_ENGINE_TRANSLATOR": "t"})
    assert (each.engine_writer, each.engine_translator) == ("w", "t")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://engine:8000", "http://engine:8000"),
        ("http://engine:8000/", "http://engine:8000"),
        ("https://engine/openai/v1/", "https://engine/openai"),
        (" http://[::1]:8080/v1 ", "http://[::1]:8080"),
    ],
)
def test_an_engine_s_address_is_kept_without_what_all_engines_share(given: str, kept: str) -> None:
    assert read_settings({**ENGINE, "HEARBACK_ENGINE_URL": given}).engine_url == kept


@pytest.mark.parametrize(
    "address",
    ["engine:8000", "ftp://engine", "file:///etc/passwd", "http://", "http://e:0", "http://e:99999", "http://e?x=1",
     "http://user:hunter2@engine", "http://e/#a", "http://[::1", "http://engin\u00e9", "http://e\x00"],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_is_refused_and_never_shown(address: str) -> None:
    with pytest.raises(SettingsError, match="HEARBACK_ENGINE_URL=") as refused:
        read_settings({**ENGINE, "HEARBACK_ENGINE_URL": address})
    assert "hunter2" not in str(refused.value)


def test_the_engine_s_key_is_never_shown() -> None:
    settings = read_settings({**ENGINE, "HEARBACK_ENGINE_KEY": "sk-hunter2"})
    assert settings.engine_key == "sk-hunter2"
    assert "hunter2" not in repr(settings)
    with pytest.raises(SettingsError, match="HEARBACK_ENGINE_KEY=") as refused:
        read_settings({**ENGINE, "HEARBACK_ENGINE_KEY": "sk hunter2"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEARBACK_ENGINE_STYLE", "chat"),
        ("HEARBACK_WORDING", "yes"),
        ("HEARBACK_ENGINE_ADAPTER", "adapter"),
        ("HEARBACK_ENGINE_ADAPTER", "{adapter}{adapter}"),
        ("HEARBACK_ENGINE_MODEL", "m" * 201),
        ("HEARBACK_ENGINE_MODEL", "a\nb"),
        ("HEARBACK_ENGINE_FIRST_SECONDS", "0"),
        ("HEARBACK_GPU_GB", "much"),
        ("HEARBACK_EMBEDDINGS_URL", "nowhere"),
    ],
)
def test_a_setting_of_an_engine_that_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}="):
        read_settings({**ENGINE, name: value})


@pytest.mark.parametrize(
    ("address", "own", "kept"),
    [
        ("http://127.0.0.1:8000/v1", "", "sk-hunter2"),
        ("http://127.0.0.1:8001", "", ""),
        ("https://127.0.0.1:8000", "", ""),
        ("http://elsewhere", "sk-own", "sk-own"),
    ],
)
def test_the_engine_s_key_is_told_to_no_other_server(address: str, own: str, kept: str) -> None:
    settings = read_settings(
        {
            **ENGINE,
            "HEARBACK_ENGINE_KEY": "sk-hunter2",
            "HEARBACK_EMBEDDINGS_URL": address,
            "HEARBACK_EMBEDDINGS_MODEL": "e",
            "HEARBACK_EMBEDDINGS_KEY": own,
        }
    )
    assert settings.embeddings_key == kept
    assert "sk-" not in repr(settings)


def test_an_embeddings_endpoint_needs_the_name_of_its_weights() -> None:
    with pytest.raises(SettingsError, match="HEARBACK_EMBEDDINGS_MODEL="):
        read_settings({"HEARBACK_EMBEDDINGS_URL": "http://127.0.0.1:1"})


@pytest.mark.parametrize("profile", ["", "Embedded", "cpu", "gpu ", "embedded,gpu"])
def test_an_unknown_profile_is_refused_with_those_that_exist(profile: str) -> None:
    with pytest.raises(SettingsError, match=r"HEARBACK_PROFILE=.*use one of embedded, gpu"):
        read_settings({"HEARBACK_PROFILE": profile})


@pytest.mark.parametrize("name", ["HEARBACK_THREADS", "HEARBACK_SLOTS", "HEARBACK_DEADLINE_SECONDS"])
@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "many", "10001", "²", " 4", "0x10", "1e3", "९" * 5])
def test_a_number_that_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}=.*whole number"):
        read_settings({name: value})


def test_numbers_are_taken_as_they_are() -> None:
    settings = read_settings({"HEARBACK_THREADS": "3", "HEARBACK_SLOTS": "16", "HEARBACK_DEADLINE_SECONDS": "30"})
    assert (settings.threads, settings.slots, settings.deadline_seconds) == (3, 16, 30.0)


def test_the_embedded_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = read_settings({"HEARBACK_DATA": str(tmp_path)})
    assert settings.data_folder == tmp_path.resolve()
    assert settings.database_url == f"sqlite:///{tmp_path.resolve() / 'hearback.db'}"


def test_another_database_can_be_named() -> None:
    address = "postgresql+psycopg://someone@localhost/hearback"
    assert read_settings({"HEARBACK_DATABASE_URL": address}).database_url == address


def test_a_home_folder_is_understood() -> None:
    settings = read_settings({"HEARBACK_CACHE": "~/weights"})
    assert settings.cache_folder == Path("~/weights").expanduser().resolve()


def test_settings_do_not_change_once_read() -> None:
    settings = read_settings({})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.profile = "gpu"  # type: ignore[misc]


def test_the_process_s_own_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARBACK_SLOTS", "5")
    assert read_settings().slots == 5


def test_the_watched_folder_is_chosen_or_lies_with_the_data(tmp_path: Path) -> None:
    assert read_settings({"HEARBACK_DATA": str(tmp_path)}).watch_folder == tmp_path.resolve() / "watch"
    assert read_settings({"HEARBACK_WATCH": str(tmp_path)}).watch_folder == tmp_path.resolve()


def test_hosts_are_names_with_commas_between_them() -> None:
    assert read_settings({"HEARBACK_HOSTS": " Demo.example.com, *.example.org "}).hosts == (
        "demo.example.com",
        "*.example.org",
    )
    assert read_settings({}).hosts == ()


@pytest.mark.parametrize("wrong", ["demo.example.com:8501", "https://demo.example.com", "*", "a*.example", "a b"])
def test_a_host_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match=r"HEARBACK_HOSTS=.*names without ports"):
        read_settings({"HEARBACK_HOSTS": wrong})
