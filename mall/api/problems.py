"""Errors as problem documents, RFC 9457: what went wrong, where, and the remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

CONTENT_TYPE = "application/problem+json"
API_PREFIX = "/api/"

DETAILS = {
    400: "The request cannot be read; `parameter` names the value to change where one is at fault.",
    404: "Nothing is there; it may have been removed from the catalogue.",
    405: "This interface is read-only: use GET.",
    429: "Too many requests from this address; wait for the seconds that Retry-After says.",
    500: "The mall failed here. Quote the X-Request-ID of this answer to its operator.",
    503: "The mall cannot answer right now; ask again in a moment.",
}


def problem(
    request: HttpRequest, status: int, detail: str = "", *, parameter: str = "", retry_seconds: int = 0
) -> HttpResponse:
    """A problem document. parameter: the query or path parameter at fault. retry_seconds: when to ask again."""
    response = HttpResponse(_body(request, status, detail, parameter), status=status, content_type=CONTENT_TYPE)
    _finish(response, retry_seconds)
    return response


def too_many_requests(request: HttpRequest, retry_seconds: int) -> HttpResponse:
    """Answer of the rate limit, see `mall.core.rate_limit`."""
    return problem(request, 429, retry_seconds=retry_seconds)


def _finish(response: HttpResponse, retry_seconds: int) -> None:
    response["Cache-Control"] = "no-store"
    response["Access-Control-Allow-Origin"] = "*"
    if retry_seconds:
        response["Retry-After"] = str(retry_seconds)


def _body(request: HttpRequest, status: int, detail: str, parameter: str) -> bytes:
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or DETAILS.get(status, ""),
        "instance": request.get_full_path()[:2000],
    }
    if parameter:
        document["type"] = f"{settings.MALL_PUBLIC_URL}/api/docs#invalid-parameter"
        document["parameter"] = parameter
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


class ProblemDocumentsMiddleware:
    """Below /api/ every error is a problem document, also those that Django answers by itself (404, 405, 500)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path_info.startswith(API_PREFIX) or response.status_code < 400:
            return response
        if response.get("Content-Type") == CONTENT_TYPE or not isinstance(response, HttpResponse):
            return response
        response.content = _body(request, response.status_code, "", "")
        response["Content-Type"] = CONTENT_TYPE
        response.headers.pop("Content-Language", None)
        _finish(response, 0)
        return response
