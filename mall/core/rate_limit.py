"""So many requests a minute from one address, counted in Django's cache; more are told when to come again.

In Redis all processes count together; without it each web process counts for itself, so the limit is then that of one
process. A Redis that does not answer lets everybody pass.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from mall.core import observability
from mall.core.soft_cache import CacheAway

log = structlog.get_logger(__name__)

WINDOW_SECONDS = 60
IPV6_HOME_BITS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    """path: pattern of the whole path. scope: what is counted together. refusal: view(request, retry_seconds)."""

    path: re.Pattern[str]
    scope: str
    per_minute: int
    refusal: str


class RateLimitMiddleware:
    """Refuses what is above the limits of settings.RATE_LIMITS; a limit of 0 is none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.limits = [
            RateLimit(**{**limit, "path": re.compile(limit["path"])})
            for limit in settings.RATE_LIMITS
            if limit["per_minute"]
        ]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        for limit in self.limits:
            if limit.path.fullmatch(request.path_info):
                seconds = seconds_to_wait(limit.scope, client_address(request), limit.per_minute, now=time.time())
                if seconds:
                    observability.rate_limited.labels(limit.scope).inc()
                    refusal: Callable[[HttpRequest, int], HttpResponseBase] = import_string(limit.refusal)
                    return refusal(request, seconds)
                break
        return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """Whom to count: `exact_address`, of an IPv6 home its first half, "unknown" without any."""
    parsed = exact_address(request)
    if parsed is None:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/{IPV6_HOME_BITS}", strict=False).network_address)
    return str(parsed)


def exact_address(request: HttpRequest) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Who asks: the connection's address, or what the nearest PROXY_COUNT proxies of ours say it is.

    What a stranger writes into X-Forwarded-For stands further left and is not believed. None for what is no address,
    such as the name of a socket.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        address = hops[-settings.PROXY_COUNT] if len(hops) >= settings.PROXY_COUNT else address
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def seconds_to_wait(scope: str, address: str, per_minute: int, *, now: float) -> int:
    """Count this request; 0 when it may pass, else the seconds until the next window begins."""
    window = int(now // WINDOW_SECONDS)
    key = f"rate:{scope}:{address}:{window}"
    try:
        cache.add(key, 0, WINDOW_SECONDS * 2)
        count = cache.incr(key)
    except CacheAway:
        return 0  # told once by the cache
    except Exception as error:
        # A cache that is away must not close the mall; each backend raises errors of its own.
        log.warning("rate_limit.not_counted", scope=scope, error=type(error).__name__)
        return 0
    return 0 if count <= per_minute else max(1, int((window + 1) * WINDOW_SECONDS - now))
