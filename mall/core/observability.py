"""What the mall counts and times, for Prometheus: `/metrics` shows it. No personal data: routes, never addresses.

With several web processes each writes its own file in PROMETHEUS_MULTIPROC_DIR (set by the web server's
configuration, before anything imports this module), and whichever is asked adds them up.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Histogram

log = structlog.get_logger(__name__)

REGISTRY = CollectorRegistry()
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# asked every few seconds by machines: they would hide the shoppers
UNLOGGED = frozenset({"static", "media", "health", "ready", "metrics"})

requests = Counter("mall_requests", "Requests answered", ["route", "method", "status"], registry=REGISTRY)
request_seconds = Histogram(
    "mall_request_seconds", "Time to answer a request", ["route"], buckets=SECONDS, registry=REGISTRY
)
search_seconds = Histogram(
    "mall_search_seconds", "Time of a search by who answered", ["engine"], buckets=SECONDS, registry=REGISTRY
)
search_fallbacks = Counter("mall_search_fallbacks", "Searches that the fallback engine answered", registry=REGISTRY)
search_failures = Counter("mall_search_failures", "Searches that no engine answered", registry=REGISTRY)
rate_limited = Counter("mall_rate_limited", "Requests refused as too many", ["scope"], registry=REGISTRY)
cache_failures = Counter("mall_cache_failures", "Times that Redis did not answer", registry=REGISTRY)


class ObservedMiddleware:
    """Count, time and, with MALL_LOG_FORMAT=json, log each request by the name of its route."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - started
        route = route_of(request)
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
        requests.labels(route, method, str(response.status_code)).inc()
        request_seconds.labels(route).observe(seconds)
        if settings.LOG_FORMAT == "json" and route not in UNLOGGED:
            log.info("request", route=route, method=method, status=response.status_code, ms=round(seconds * 1000, 1))
        return response


def route_of(request: HttpRequest) -> str:
    """The route's name; "static" and "media" for files, "none" where no route matches: a bounded set of words."""
    match = request.resolver_match
    if match is not None and match.view_name:
        return str(match.view_name)
    if match is not None:
        return str(match.route) or "none"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "none"
