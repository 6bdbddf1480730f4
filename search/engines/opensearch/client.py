"""The connection to the server: pooled, quick to give up, its errors in plain words.

Every call raises EngineUnavailable where the server does not answer as it should, IndexRebuilding where it has no
index.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import orjson
from opensearchpy import OpenSearch, Urllib3HttpConnection
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionTimeout,
    NotFoundError,
    OpenSearchException,
    SSLError,
    TransportError,
)
from opensearchpy.exceptions import (
    ConnectionError as NoConnection,
)
from opensearchpy.serializer import JSONSerializer

from search.errors import EngineUnavailable, IndexRebuilding, QuestionRefused

POOL_CONNECTIONS = 16
WRITE_SECONDS = 60.0

Body = dict[str, Any]


class _Serializer(JSONSerializer):
    """orjson: a tenth of json's time on vectors and long answers."""

    def loads(self, s: Any) -> Any:
        return orjson.loads(s)

    def dumps(self, data: Any) -> Any:
        return data if isinstance(data, str) else orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY).decode()


class Client:
    """One server or cluster. urls: one or several nodes; timeout_seconds: of one question."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        user: str = "",
        password: str = "",
        ca_file: str = "",
        timeout_seconds: float = 2.5,
    ) -> None:
        if not urls:
            raise EngineUnavailable("No address of OpenSearch is set: MALL_OPENSEARCH_URL=https://host:9200.")
        self.addresses = tuple(_without_password(url) for url in urls)
        self._api = OpenSearch(
            list(urls),
            connection_class=Urllib3HttpConnection,
            serializer=_Serializer(),
            http_auth=(user, password) if user else None,
            ca_certs=ca_file or None,
            verify_certs=True,
            timeout=timeout_seconds,
            pool_maxsize=POOL_CONNECTIONS,
            max_retries=1,
            retry_on_timeout=False,
            retry_on_status=(),
        )

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> Any:
        """The answer of one request as Python objects. seconds: instead of the usual time limit."""
        asked = dict(params or {})
        if seconds is not None:
            asked["request_timeout"] = seconds
        with self.errors():
            return self._api.transport.perform_request(method, path, params=asked, body=body)

    def ask_all(self, index: str, bodies: Sequence[Body], *, search_type: str = "query_then_fetch") -> list[Body]:
        """Several searches in one request, answered in their order. Raises where one of them failed."""
        lines: list[Body] = []
        for body in bodies:
            lines += [{"index": index}, body]
        text = b"\n".join(orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY) for line in lines) + b"\n"
        answer = self.call("POST", "/_msearch", text.decode(), params={"search_type": search_type})
        found: list[Body] = answer["responses"]
        for one in found:
            if "error" in one:
                raise _told(one["error"], one.get("status", 500))
            if one.get("timed_out") or one["_shards"]["failed"]:
                raise EngineUnavailable("OpenSearch answered with a part of the index only.")
        return found

    def bulk(self, lines: bytes) -> list[Body]:
        """Outcome of each action. Raises only where the whole request failed."""
        answer = self.call("POST", "/_bulk", lines.decode(), seconds=WRITE_SECONDS)
        items: list[Body] = [next(iter(item.values())) for item in answer["items"]]
        return items

    @contextmanager
    def errors(self) -> Iterator[None]:
        """What goes wrong with the server, in one plain line."""
        try:
            yield
        except (AuthenticationException, AuthorizationException) as error:
            raise EngineUnavailable(
                f"OpenSearch refuses MALL_OPENSEARCH_USER ({error.status_code}): mend its password or its rights."
            ) from error
        except SSLError as error:
            raise EngineUnavailable(f"OpenSearch's certificate is not trusted: {_certificate_fault(error)}.") from error
        except ConnectionTimeout as error:
            raise EngineUnavailable("OpenSearch does not answer in time.") from error
        except NoConnection as error:
            raise EngineUnavailable(f"OpenSearch cannot be reached at {', '.join(self.addresses)}.") from error
        except NotFoundError as error:
            if "index_not_found" in str(error.error) or "alias" in str(error.info):
                raise IndexRebuilding("OpenSearch has no index of the mall yet.") from error
            raise EngineUnavailable(f"OpenSearch does not know that ({error.error}).") from error
        except TransportError as error:
            raise _told(error.info, error.status_code) from error
        except (OpenSearchException, ValueError) as error:
            raise EngineUnavailable(
                f"OpenSearch gave an answer that cannot be read ({type(error).__name__})."
            ) from error


class RefusedRequest(QuestionRefused):
    """The server understood and said no: a fault of the request, not of the moment. status: HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def _told(error: Any, status: Any) -> EngineUnavailable:
    """An error of the server in words."""
    kind, reason = "", ""
    if isinstance(error, dict):
        cause = error.get("error", error)
        if isinstance(cause, dict):
            root = (cause.get("root_cause") or [cause])[0]
            kind, reason = str(root.get("type", "")), str(root.get("reason", ""))
    if kind == "index_not_found_exception":
        return IndexRebuilding("OpenSearch has no index of the mall yet.")
    message = f"OpenSearch answered {status}: {kind} {reason}".strip()[:500]
    if isinstance(status, int) and 400 <= status < 500 and status not in (408, 429):
        return RefusedRequest(message, status)
    return EngineUnavailable(message)


def _certificate_fault(error: OpenSearchException) -> str:
    """The certificate's own fault, out of the layers around it."""
    cause: BaseException | None = error
    seen = 0
    while cause is not None and seen < 10:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause.verify_message or str(cause)
        inner = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        cause, seen = inner or cause.__cause__ or cause.__context__, seen + 1
    return "see MALL_OPENSEARCH_CA_FILE"


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 9200}"
