"""TLS and a password before a real OpenSearch, as its security plugin puts them there, for tests of the client.

The plugin itself is in the server's image only. What is behind the front is the real server.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mall.ops.opensearch.certificates import VALID_DAYS, make_certificates

PASSED_ON = ("content-type", "accept", "content-encoding")
BEHIND_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Secured:
    """How to reach the front. ca_file: PEM of who signed its certificate."""

    url: str
    user: str
    password: str
    ca_file: Path


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    behind: str
    allowed: str

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate hangs up: that is what such a test is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not hmac.compare_digest(self.headers.get("Authorization") or "", self.server.allowed):
            self._answer(401, "text/plain", b"Unauthorized", {"WWW-Authenticate": 'Basic realm="OpenSearch Security"'})
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() in PASSED_ON}
        with closing(http.client.HTTPConnection(self.server.behind, timeout=BEHIND_SECONDS)) as connection:
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type") or "application/json"
            self._answer(answer.status, kind, answer.read(), {})

    def _answer(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def secured_front(opensearch_url: str, folder: Path, *, days: int = VALID_DAYS) -> Iterator[Secured]:
    """A front before the server. folder: for its certificates. days: negative ones make a certificate that expired."""
    make_certificates(folder, hosts=["localhost", "127.0.0.1"], days=days)
    user, password = "passage", "only-for-tests"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "node.pem", folder / "node-key.pem")
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.behind = urlsplit(opensearch_url).netloc
        server.allowed = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
        # the handshake is left to the thread of each client, so that a slow one holds up nobody
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            url = f"https://localhost:{server.server_address[1]}"
            yield Secured(url=url, user=user, password=password, ca_file=folder / "ca.pem")
        finally:
            server.shutdown()
            thread.join()
