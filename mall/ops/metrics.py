"""`/metrics`: counts and times of all web processes, and what waits in the outbox, in the format of Prometheus."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from mall.core import outbox
from mall.core.observability import REGISTRY
from mall.core.rate_limit import exact_address


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The text for a monitor at an address of MALL_METRICS_ALLOWED; for all others there is no such page."""
    if not is_allowed(request):
        raise Http404
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(OutboxCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def is_allowed(request: HttpRequest) -> bool:
    """Whether the address that asks is one of the allowed.

    Behind a proxy that the settings do not know everybody seems to ask from its address: nobody is allowed then.
    """
    if not settings.PROXY_COUNT and ("X-Forwarded-For" in request.headers or "Forwarded" in request.headers):
        return False
    address = exact_address(request)
    return address is not None and any(
        address in ipaddress.ip_network(network, strict=False) for network in settings.METRICS_ALLOWED
    )


class OutboxCollector(Collector):
    """Read from the database when asked; left out while it is away."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        try:
            status = outbox.status(now=now)
        except DatabaseError:
            yield GaugeMetricFamily("mall_database_up", "Whether the database answers", value=0)
            return
        yield GaugeMetricFamily("mall_database_up", "Whether the database answers", value=1)
        waiting = GaugeMetricFamily("mall_outbox_waiting", "Changes that wait for a worker", labels=["topic"])
        lag = GaugeMetricFamily("mall_outbox_lag_seconds", "Age of the oldest of them", labels=["topic"])
        dead = GaugeMetricFamily("mall_outbox_dead", "Changes set aside after too many failures", labels=["topic"])
        for topic, one in sorted(status.topics.items()):
            waiting.add_metric([topic], one.waiting)
            lag.add_metric([topic], one.lag_seconds)
            dead.add_metric([topic], one.dead)
        yield from (waiting, lag, dead)
        if status.relay_seen_at is not None:
            age = max(0.0, (now - status.relay_seen_at).total_seconds())
            yield GaugeMetricFamily("mall_worker_seen_seconds", "Since a worker gave a sign of life", value=age)
