"""A company's own login on loopback: the smallest OpenID provider that Streamlit's `st.login` accepts.

Whoever arrives is `account`, without being asked; a test changes that as it goes.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "hearback"


class Provider:
    """What the provider knows: who logs in next, and its key."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.account: dict[str, Any] = {}
        self.secret = secrets.token_urlsafe(24)
        self.codes: dict[str, str] = {}
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})

    def metadata(self) -> dict[str, Any]:
        """Return what discovery tells."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def token(self, code: str) -> dict[str, Any]:
        """Return the answer to a code, which works once."""
        moment = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "iat": moment, "exp": moment + 300, "nonce": self.codes.pop(code)}
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, {**claims, **self.account}, self.key)
        return {"access_token": "none", "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def provider() -> Iterator[Provider]:
    """Run the provider on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            if path == "/authorize":
                code = secrets.token_urlsafe(16)
                known.codes[code] = query.get("nonce", [""])[0]
                self.send_response(302)
                back = urlencode({"code": code, "state": query["state"][0]})
                self.send_header("Location", f"{query['redirect_uri'][0]}?{back}")
                self.end_headers()
            elif path == "/jwks":
                self._answer({"keys": [known.key.as_dict(private=False)]})
            else:
                self._answer(known.metadata())

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer(known.token(form["code"][0]))

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

        def _answer(self, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known = Provider(f"http://127.0.0.1:{listening.server_port}")
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield known
    finally:
        listening.shutdown()
        listening.server_close()
