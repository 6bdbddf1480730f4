"""What wraps every request: an id for the log, the admin's own content policy, an answer without database or disk."""

from __future__ import annotations

import errno
import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

log = structlog.get_logger(__name__)

DISK_IS_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_SOUND_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIdMiddleware:
    """Bind a request id to the log and answer it as X-Request-ID, so that a shopper can quote it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin_policy = "; ".join(
            f"{name} {' '.join(sources)}" for name, sources in settings.ADMIN_CONTENT_SECURITY_POLICY.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _SOUND_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = self.admin_policy
        return response


class DatabaseAwayMiddleware:
    """A database that is locked, full or gone is "come again" (503), not a failure of the mall (500)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError):
            return None
        log.error("database.away", error=str(exception), path=request.path)
        view: Callable[[HttpRequest], HttpResponse] = import_string(settings.DATABASE_AWAY_VIEW)
        return view(request)


class DiskFullMiddleware:
    """A file that finds no room is told as that (507, with what to do), not as a failure of the mall (500)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not (isinstance(exception, OSError) and exception.errno in DISK_IS_FULL):
            return None
        log.error("disk.full", error=str(exception), path=request.path)
        view: Callable[[HttpRequest], HttpResponse] = import_string(settings.DISK_FULL_VIEW)
        return view(request)
