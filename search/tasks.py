"""Search's own work for the worker. It may run twice or beside its twin."""

from __future__ import annotations

import structlog
from celery import shared_task

from mall.core import outbox
from search.engines.failing_soft import PROBE
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable, IndexRebuilding
from search.indexing.changes import TOPIC
from search.indexing.drift import repair_drift
from search.indexing.rebuild import rebuild_index_alone
from search.indexing.state import measure_recall
from search.indexing.streams import live_streams
from search.service import get_primary_engine

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 5.0


@shared_task(name="search.heal")
def heal() -> str:
    """Build each index again that is missing or damaged; returns the new generations' names, "" when all is well.

    The mall's own engine comes first. While one run of this task builds the index of the one that stands in, the next
    run sees to the first: each has a lease of its own.
    """
    made = [_heal(topic) for topic, engine in live_streams() if _lacks_index(topic, engine)]
    return " ".join(name for name in made if name)


def _lacks_index(topic: str, engine: SearchEngine) -> bool:
    """Whether the engine itself says so: a server that is away has nothing to build on."""
    try:
        (get_primary_engine() if topic == TOPIC else engine).retrieve(PROBE, with_facets=False)
    except IndexRebuilding as error:
        log.warning("search.index_missing", topic=topic, message=str(error))
        return True
    except EngineUnavailable as error:
        log.info("search.heal_later", topic=topic, reason=str(error) or type(error).__name__)
    return False


def _heal(topic: str) -> str:
    try:
        return rebuild_index_alone(topic=topic, wait_seconds=PATIENCE_SECONDS)
    except (outbox.LeaseTaken, EngineUnavailable) as error:
        log.info("search.heal_later", topic=topic, reason=str(error) or type(error).__name__)
        return ""


@shared_task(name="search.repair_drift")
def repair_drift_of_all() -> dict[str, int]:
    """Compare every index with the database and ask for what differs; returns how many by stream. Measures recall."""
    found = {}
    for topic, engine in live_streams():
        try:
            drift = repair_drift(engine, topic)
        except EngineUnavailable as error:
            log.warning("search.drift_not_compared", topic=topic, reason=str(error) or type(error).__name__)
            continue
        if drift.differing:
            log.warning("search.drift", topic=topic, **{name: getattr(drift, name) for name in drift.__slots__})
        found[topic] = drift.differing
        measure_recall(topic, engine)
    return found
