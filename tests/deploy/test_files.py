"""The files of deploy/ agree with the code: names, ports and limits; and no secret stands in them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from streamlit import config as streamlit_config

import app
import hearback
from core.config import read_settings
from core.limits import FILE_BYTES
from core.supervisor import address_in
from tests.test_hearback import pins
from tests.test_house import PROJECT

DEPLOY = PROJECT / "deploy"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(DEPLOY.rglob("*")) if path.is_file()}
CONTAINER = TEXTS["Containerfile"]
COMPOSE = yaml.safe_load(TEXTS["compose.yaml"])
SERVICES = COMPOSE["services"]
CLUSTER = list(yaml.safe_load_all(TEXTS["kubernetes.yaml"]))
NGINX = TEXTS["hearback.conf.template"]
PORT = "8501"


def of_kind(kind: str, name: str = "hearback") -> Any:
    (found,) = [each for each in CLUSTER if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def environment() -> dict[str, str]:
    """Return every variable that some file gives the app, with its value."""
    given: dict[str, str] = {}
    given |= dict(re.findall(r"^(?:ENV|\s{4}) ?([A-Z_]+)=(\S+)", CONTAINER, re.MULTILINE))
    for name in ("app-1", "app-2"):
        given |= SERVICES[name]["environment"]
    return (
        given
        | of_kind("ConfigMap")["data"]
        | dict.fromkeys(re.findall(r"--from-literal=([A-Z_]+)=", TEXTS["kubernetes.yaml"]), "")
    )


def test_every_variable_of_ours_is_one_that_the_settings_read() -> None:
    read = set(re.findall(r'"(HEARBACK_[A-Z_]+)"', (PROJECT / "core" / "config.py").read_text(encoding="utf-8")))
    for name, text in TEXTS.items():
        named = set(re.findall(r"\b(HEARBACK_[A-Z_]+)\b", text))
        assert named <= read, f"{name}: {named - read}"


def test_every_option_of_the_server_is_one_that_it_knows() -> None:
    known = {"STREAMLIT_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key.replace(".", "_")).upper() for key in options()}
    for name, text in TEXTS.items():
        named = set(re.findall(r"\b(STREAMLIT_[A-Z_]+)\b", text))
        assert named <= known, f"{name}: {named - known}"


def options() -> list[str]:
    return list(streamlit_config._config_options_template)


def test_the_app_listens_where_everybody_looks_for_it() -> None:
    given = environment()
    assert given["STREAMLIT_SERVER_PORT"] == PORT
    assert given["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert re.findall(r"^EXPOSE (\d+)", CONTAINER, re.MULTILINE) == [PORT]
    assert f"127.0.0.1:{PORT}/healthz" in CONTAINER
    assert set(re.findall(r"server (app-\d):(\d+)", SERVICES["proxy"]["environment"]["APP_SERVERS"])) == {
        ("app-1", PORT),
        ("app-2", PORT),
    }
    (container,) = of_kind("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": int(PORT)}]


def test_a_proxy_lets_the_largest_file_through_and_little_more() -> None:
    options = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert options["server"]["maxUploadSize"] * 1024 * 1024 == FILE_BYTES
    ingress = of_kind("Ingress")["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    (nginx,) = re.findall(r"client_max_body_size (\w+);", NGINX)
    for limit in (nginx, ingress):
        assert limit.endswith("k")
        assert FILE_BYTES < int(limit[:-1]) * 1024 < 1.01 * FILE_BYTES


def test_whoever_is_shut_out_by_one_proxy_is_shut_out_by_the_other() -> None:
    paths = of_kind("Ingress")["spec"]["rules"][0]["http"]["paths"]
    closed = {path["path"].lstrip("/") for path in paths if path["backend"]["service"]["name"] == "nobody"}
    (pattern,) = re.findall(r"location ~\* \^/\((.*)\)\(/\|\$\)", NGINX)
    assert closed <= set(pattern.split("|"))
    assert {"healthz", "readyz", "metrics"} <= closed
    assert "selector" not in of_kind("Service", "nobody")["spec"]


def test_all_replicas_are_the_same_and_share_what_they_must() -> None:
    assert SERVICES["app-1"] == SERVICES["app-2"]
    app = SERVICES["app-1"]
    assert "data:/data" in app["volumes"]
    assert "STREAMLIT_SERVER_COOKIE_SECRET" in app["environment"]
    assert of_kind("PersistentVolumeClaim", "hearback-data")["spec"]["accessModes"] == ["ReadWriteMany"]
    assert app["environment"]["HEARBACK_DATABASE_URL"].startswith("postgresql://")


def test_the_app_is_nobody_and_writes_to_its_data_alone() -> None:
    assert re.findall(r"^USER (\d+)", CONTAINER, re.MULTILINE) == ["10001"]
    assert re.findall(r"^VOLUME (\S+)", CONTAINER, re.MULTILINE) == ["/data"]
    assert environment()["HEARBACK_DATA"] == "/data"
    app = SERVICES["app-1"]
    assert app["read_only"]
    assert app["cap_drop"] == ["ALL"]
    spec = of_kind("Deployment")["spec"]["template"]["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    (container,) = spec["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}


def test_the_weights_may_be_read_by_whoever_runs_the_app() -> None:
    # They were not, when a start without rights and without a writable disk was tried by hand.
    assert re.search(r"hearback\.py prepare && chmod -R a\+rX /srv\b", CONTAINER)


def test_nothing_but_the_proxy_is_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert COMPOSE["networks"]["back"]["internal"]
    assert COMPOSE["networks"]["front"]["internal"]
    assert "edge" not in SERVICES["app-1"]["networks"] + SERVICES["postgres"]["networks"]
    (subnet,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert environment_of("app-1")["FORWARDED_ALLOW_IPS"] == subnet["subnet"]


def environment_of(name: str) -> dict[str, str]:
    found: dict[str, str] = SERVICES[name]["environment"]
    return found


def test_an_engine_on_a_graphics_card_is_there_only_for_who_asks() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" in service] == ["engine"]
    assert SERVICES["engine"]["profiles"] == ["gpu"]


def test_every_variable_that_compose_asks_for_is_in_the_example_and_none_has_a_value_that_is_secret() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)(?::[-?][^}]*)?\}", TEXTS["compose.yaml"]))
    lines = [line.partition("=") for line in TEXTS["env.example"].splitlines() if line and not line.startswith("#")]
    assert {name for name, _, _ in lines} == asked
    for name, _, value in lines:
        assert not (value and re.search(r"SECRET|PASSWORD|KEY", name)), name
    # Without them it does not start, rather than start with none.
    for name in ("POSTGRES_PASSWORD", "COOKIE_SECRET", "SERVER_NAME"):
        assert f"${{{name}:?" in TEXTS["compose.yaml"]
        assert f"${{{name}}}" not in TEXTS["compose.yaml"]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_no_file_holds_a_secret_or_the_address_of_a_registry(name: str) -> None:
    text = TEXTS[name]
    assert not re.search(r"(?i)(password|secret|token|api_key)\s*[:=]\s*['\"]?[A-Za-z0-9+/]{12,}", text)
    assert not re.search(r"BEGIN [A-Z ]*PRIVATE KEY", text)
    hosts = set(re.findall(r"https?://([A-Za-z0-9.-]+)", text)) - {
        "hearback",
        "engine",
        "127.0.0.1",
        "HOST",
        "localhost",
    }
    assert not hosts, hosts
    assert not re.search(r"(docker\.io|ghcr\.io|quay\.io|gcr\.io|pypi\.org|pytorch\.org)", text)
    assert not any(kind["kind"] == "Secret" for kind in CLUSTER)


def test_what_is_written_down_for_one_machine_is_not_committed() -> None:
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"deploy/.env", "deploy/certs/"} <= set(ignored)
    left_out = TEXTS["Containerfile.dockerignore"].splitlines()
    assert left_out[1] == "*"
    assert ".streamlit/secrets.toml" in left_out


def test_what_the_container_copies_exists_and_is_let_in() -> None:
    copied = [word for line in re.findall(r"^COPY (?!--)(.+)", CONTAINER, re.MULTILINE) for word in line.split()[:-1]]
    let_in = {line[1:] for line in TEXTS["Containerfile.dockerignore"].splitlines() if line.startswith("!")}
    for word in copied:
        assert Path(PROJECT, word).exists(), word
        assert word in let_in or word.partition("/")[0] in let_in, word
    assert {"app.py", "core", "pages", "assets", "hearback.py", "requirements.txt", ".streamlit/config.toml"} <= set(
        copied
    )


def test_the_container_takes_torch_in_the_version_that_is_pinned() -> None:
    (command,) = re.findall(r"\$\((grep -o '[^']+' requirements.txt)\)", CONTAINER)
    pattern = command.split("'")[1]
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [match[0] for line in lines if (match := re.match(pattern.lstrip("^"), line))]
    assert found == [str(pins("requirements.txt")["torch"])]
    assert 'ARG TORCH_INDEX=""' in CONTAINER


def test_memory_and_processors_suffice_for_what_was_measured() -> None:
    (container,) = of_kind("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "4Gi"
    assert container["resources"]["limits"]["cpu"] == of_kind("ConfigMap")["data"]["HEARBACK_THREADS"]
    assert SERVICES["app-1"]["deploy"]["resources"]["limits"]["memory"] == "4g"


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ({"browser.serverAddress": "hearback.example.com", "browser.serverPort": 443}, "https://hearback.example.com"),
        ({"browser.serverAddress": "box.example.com", "browser.serverPort": 8600}, "http://box.example.com:8600"),
        ({}, "http://localhost:8501"),
    ],
)
def test_the_setup_link_leads_to_where_the_proxy_is(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], address: str
) -> None:
    options = {"server.address": "0.0.0.0", "server.port": 8501, "server.sslCertFile": None} | told
    monkeypatch.setattr(app.st, "get_option", options.get)
    monkeypatch.setattr(app.config, "is_manually_set", told.__contains__)
    assert app.own_address() == address


@pytest.mark.parametrize("profile", ["embedded", "remote"])
def test_the_settings_accept_what_compose_and_kubernetes_give(profile: str) -> None:
    values = {
        "POSTGRES_PASSWORD": "x",
        "COOKIE_SECRET": "y",
        "SERVER_NAME": "hearback.example.com",
        "HEARBACK_PROFILE": profile,
    }
    if profile == "remote":
        values |= {"HEARBACK_ENGINE_URL": "http://engine:8000", "HEARBACK_ENGINE_MODEL": "some/weights"}

    def filled(text: str) -> str:
        default = r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}"
        return re.sub(default, lambda found: values.get(found[1]) or (found[3] if found[2] == "-" else ""), text)

    given = {name: filled(value) for name, value in environment_of("app-1").items()}
    settings = read_settings(given)
    assert settings.profile == profile
    assert settings.threads == 2
    assert settings.database_url == "postgresql://hearback:x@postgres/hearback"
    assert settings.engine_url == values.get("HEARBACK_ENGINE_URL", "")
    assert read_settings(of_kind("ConfigMap")["data"]).profile == "embedded"


def test_the_container_starts_below_the_supervisor_which_is_told_where_the_server_is(tmp_path: Path) -> None:
    (command,) = re.findall(r"^CMD (exec .+)$", CONTAINER, re.MULTILINE)
    said = tmp_path / "said"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n', encoding="utf-8")
    python.chmod(0o755)
    server = dict(re.findall(r"(STREAMLIT_SERVER_(?:ADDRESS|PORT))=(\S+)", CONTAINER))
    for port in (PORT, "7860"):  # the second as some hosted spaces want it
        given = {"PATH": f"{tmp_path}:/usr/bin:/bin", **server, "STREAMLIT_SERVER_PORT": port}
        subprocess.run(["/bin/sh", "-c", command], env=given, check=True, timeout=20)
        words = said.read_text(encoding="utf-8").splitlines()
        assert words[:2] == ["hearback.py", "run"]
        assert "run" in hearback.COMMANDS
        assert address_in(words[2:]) == ("127.0.0.1", int(port))


def test_the_container_installs_nothing_at_its_start_and_is_started_anew_where_the_supervisor_gives_up() -> None:
    # What `run` would install is what the image was built with, by the same function, which leaves its stamp.
    assert "hearback.install(hearback.REQUIREMENTS)" in CONTAINER
    assert SERVICES["app-1"]["init"] is True
    assert SERVICES["app-1"]["restart"] == "unless-stopped"
