"""An editor who uploads a picture in the admin, over HTTP."""

from __future__ import annotations

import http.cookiejar
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from mall.ops.drills.ground import Ground
from mall.ops.drills.report import DrillFailed

EMAIL = "editor@drill.example"
LOGIN, UPLOAD = "/admin/login/", "/admin/images/add/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """url: of the page that was come to, past what it sent on to."""

    status: int
    text: str
    request_id: str
    url: str


class Editor:
    """Signed in from the start. Raises DrillFailed where that does not work."""

    def __init__(self, ground: Ground) -> None:
        self._url = ground.stack.url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        password = secrets.token_urlsafe(20)
        ground.do("make_editor", email=EMAIL, password=password)
        form = {"username": EMAIL, "password": password, "next": "/admin/", "csrfmiddlewaretoken": self._token(LOGIN)}
        answer = self._ask(LOGIN, urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})
        if answer.status != 200 or answer.url.endswith(LOGIN):
            raise DrillFailed(f"the editor could not sign in: {answer.status} at {answer.url}")

    def read(self, path: str) -> Answer:
        return self._ask(path, None, {})

    def upload(self, name: str, content: bytes) -> Answer:
        """The answer to a new picture; it goes to the list of pictures where all was well."""
        boundary = secrets.token_hex(16)
        fields = {"csrfmiddlewaretoken": self._token(UPLOAD), "title": name, "collection": "1"}
        parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
                 for key, value in fields.items()]  # fmt: skip
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}.png"\r\n'
        parts += [head.encode(), b"Content-Type: image/png\r\n\r\n", content, f"\r\n--{boundary}--\r\n".encode()]
        kind = f"multipart/form-data; boundary={boundary}"
        return self._ask(UPLOAD, b"".join(parts), {"Content-Type": kind})

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.read(path).text)
        if found is None:
            raise DrillFailed(f"{path} has no form")
        return found[1]

    def _ask(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        request = urllib.request.Request(self._url + path, body, {**headers, "Referer": self._url + path})  # noqa: S310
        try:
            with self._opener.open(request, timeout=60) as answer:
                text, identity = answer.read().decode("utf-8", "replace"), answer.headers.get("X-Request-ID", "")
                return Answer(status=answer.status, text=text, request_id=identity, url=answer.url)
        except urllib.error.HTTPError as error:
            with error:
                text, identity = error.read().decode("utf-8", "replace"), error.headers.get("X-Request-ID", "")
                return Answer(status=error.code, text=text, request_id=identity, url=str(error.url))
