"""One question to a server on this machine, with the standard library: for starting it and for tests."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

# the server is on this machine: a proxy that the environment names is not asked
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(address: str, body: object = None, *, method: str | None = None, seconds: float = 10) -> Any:
    """What the server answers, read as JSON. body: sent as JSON, or as it is when bytes (lines of `_bulk`).

    Raises urllib.error.HTTPError, with the server's reason as a note, and OSError when it cannot be reached in time.
    """
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/x-ndjson" if isinstance(body, bytes) else "application/json"}
    request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310 - our own address
    try:
        with _opener.open(request, timeout=seconds) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        with error:
            error.add_note(error.read(2000).decode("utf-8", "replace"))
        raise
