"""A real nginx on loopback that runs the configuration of deploy/nginx, in front of whatever servers it is given."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.test_house import PROJECT

TEMPLATE = PROJECT / "deploy" / "nginx" / "hearback.conf.template"
NAME = "localhost"
START_SECONDS = 10.0
# What the official image has around it; the log tells which server got what of whom.
AROUND = """daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    types {{ text/html html; }}
    log_format visits '$upstream_addr|$cookie_hearback_visitor|$request_uri|$status';
    access_log {folder}/access.log visits;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hearback.conf;
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A proxy that answers: its address, the one that only leads there, and its folder."""

    url: str
    plain_url: str
    folder: Path

    @property
    def port(self) -> int:
        """The port for https."""
        return int(self.url.rpartition(":")[2])

    def visits(self) -> list[tuple[str, ...]]:
        """Return of each request that is over: the server that got it, the visitor's cookie, the path and the status.

        nginx writes a line when a request has ended; of an open WebSocket there is none yet.
        """
        lines = (self.folder / "access.log").read_text(encoding="utf-8").splitlines()
        return [tuple(line.split("|")) for line in lines]


def is_installed() -> bool:
    """Return whether there is an nginx here, and an openssl to make its certificate."""
    return bool(shutil.which("nginx") and shutil.which("openssl"))


def rendered(**values: str) -> str:
    """Return the configuration with its ${...} filled in, as the official image does with the environment."""
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return text


@contextmanager
def proxied(folder: Path, servers: Sequence[str]) -> Iterator[Proxy]:
    """Run nginx on free loopback ports in front of `servers` ("127.0.0.1:8501"); it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    plain, port = _free_port(), _free_port()
    make_certificate(folder)
    conf = rendered(
        APP_SERVERS=" ".join(f"server {server} max_fails=3 fail_timeout=10s;" for server in servers),
        SERVER_NAME=NAME,
        HTTP_PORT=f"127.0.0.1:{plain}",
        HTTPS_PORT=f"127.0.0.1:{port}",
        CERTIFICATES=str(folder),
    )
    # As root, its workers would be somebody else, who may not write below a test's folder.
    user = "user root root;" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    (folder / "hearback.conf").write_text(conf, encoding="utf-8")
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user), encoding="utf-8")
    command = [str(shutil.which("nginx")), "-p", str(folder), "-e", str(folder / "error.log"), "-c"]
    process = subprocess.Popen([*command, str(folder / "nginx.conf")])
    try:
        _wait_for(port, process, folder)
        yield Proxy(f"https://{NAME}:{port}", f"http://{NAME}:{plain}", folder)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def make_certificate(folder: Path) -> None:
    """Write a certificate for localhost that nobody but a test trusts."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"), "-days", "1"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def trusting(folder: Path) -> ssl.SSLContext:
    """Return what trusts that certificate and no other."""
    return ssl.create_default_context(cafile=str(folder / "fullchain.pem"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError((folder / "error.log").read_text(encoding="utf-8"))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("nginx did not answer")
