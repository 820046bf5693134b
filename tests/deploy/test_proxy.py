"""The proxy of deploy/nginx, run for real: in front of servers that only tell what reached them, and of the app."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from core.limits import FILE_BYTES
from pages.parts import cookie
from tests.deploy.proxy import NAME, Proxy, is_installed, proxied, trusting

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not is_installed(), reason="NO NGINX HERE: the proxy was not run. apt-get install nginx-light"),
]


class Telling(BaseHTTPRequestHandler):
    """Answers with what it was asked, as JSON; an upgrade is granted, and what is said then is said back once."""

    def do_GET(self) -> None:
        """Tell, or become an echo."""
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(b"echo " + self.rfile.read(4))
            self.close_connection = True
            return
        body = json.dumps({"port": self.server.server_port, "headers": dict(self.headers)}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "_streamlit_xsrf=x; Path=/; SameSite=Lax")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        """Take it all, then tell."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy in front of two servers that tell what reached them."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Telling) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with proxied(tmp_path_factory.mktemp("nginx"), [f"127.0.0.1:{each.server_port}" for each in servers]) as proxy:
        yield proxy
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(proxy: Proxy, path: str = "/", method: str = "GET", body: bytes = b"", **headers: str) -> Any:
    """Return the proxy's answer, its body read."""
    connection = http.client.HTTPSConnection(NAME, proxy.port, timeout=20, context=trusting(proxy.folder))
    try:
        connection.request(method, path, body or None, {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer
    finally:
        connection.close()


def told(proxy: Proxy, **headers: str) -> Any:
    return json.loads(ask(proxy, **headers).body)


def visitor() -> str:
    return f"{cookie.NAME}={secrets.token_urlsafe(24)}"


def test_the_app_hears_who_came_how_and_to_which_name(telling: Proxy) -> None:
    heard = told(telling)["headers"]
    assert heard["Host"] == f"{NAME}:{telling.port}"
    assert heard["X-Forwarded-Proto"] == "https"
    assert heard["X-Forwarded-For"] == "127.0.0.1"


def test_what_a_visitor_claims_about_the_way_here_is_not_handed_on(telling: Proxy) -> None:
    heard = told(
        telling,
        X_Forwarded_For="203.0.113.7",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="evil.example",
        Forwarded="for=203.0.113.7",
    )["headers"]
    assert heard["X-Forwarded-For"] == "127.0.0.1"
    assert heard["X-Forwarded-Proto"] == "https"
    assert not {"X-Forwarded-Host", "Forwarded"} & set(heard)


def test_one_visitor_stays_with_one_server_and_many_use_both(telling: Proxy) -> None:
    many = [visitor() for _ in range(24)]
    first = {each: told(telling, Cookie=each)["port"] for each in many}
    again = {each: told(telling, Cookie=f"other=1; {each}")["port"] for each in reversed(many)}
    assert first == again
    assert len(set(first.values())) == 2


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/readyz",
        "/healthz",
        "/healthz/",
        "//healthz",
        "/HEALTHZ",
        "/%68ealthz",
        "/a/../healthz",
        "/healthz?x=1",
        "/_stcore/metrics",
        "/_stcore/agent/interact",
    ],
)
def test_what_is_for_machines_inside_is_closed_to_the_public(telling: Proxy, path: str) -> None:
    assert ask(telling, path).status == 404  # the servers behind it answer everything with 200


def test_the_browser_still_finds_the_app_s_own_way_to_see_that_it_is_there(telling: Proxy) -> None:
    assert ask(telling, "/_stcore/health").status == 200
    assert ask(telling, "/_stcore/host-config").status == 200


def test_the_largest_file_passes_and_a_larger_one_is_refused(telling: Proxy) -> None:
    frame = 2_000  # what a form adds around a file
    path = "/_stcore/upload_file/session/file"
    assert ask(telling, path, "PUT", bytes(FILE_BYTES + frame)).status == 200
    # Refused by what it says of itself, before it is sent.
    connection = http.client.HTTPSConnection(NAME, telling.port, timeout=20, context=trusting(telling.folder))
    connection.putrequest("PUT", path)
    connection.putheader("Content-Length", str(11 * 1024 * 1024))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_websocket_passes_through(telling: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", telling.port), timeout=10) as plain:
        talk = trusting(telling.folder).wrap_socket(plain, server_hostname=NAME)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        talk.sendall(
            f"GET /_stcore/stream HTTP/1.1\r\nHost: {NAME}:{telling.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b" 101 " in talk.recv(4_096)
        talk.sendall(b"ping")
        assert talk.recv(4_096) == b"echo ping"


def test_plain_http_leads_to_https_and_another_name_gets_nothing(telling: Proxy) -> None:
    port = int(telling.plain_url.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/support?x=1", headers={"Host": "evil.example"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{NAME}/support?x=1")
    connection.close()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        ask(telling, Host="evil.example")


def test_streamlit_s_own_cookies_become_secure_and_the_browser_is_told_to_stay_with_https(telling: Proxy) -> None:
    answer = ask(telling)
    assert "secure" in answer.headers["Set-Cookie"].lower()
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def test_a_server_that_is_away_costs_no_visitor_the_page(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as away:
        away.bind(("127.0.0.1", 0))  # nobody listens there
        addresses = [f"127.0.0.1:{server.server_port}", f"127.0.0.1:{away.getsockname()[1]}"]
        with proxied(tmp_path / "nginx", addresses) as proxy:
            assert {ask(proxy, Cookie=visitor()).status for _ in range(12)} == {200}
    server.shutdown()
    server.server_close()
