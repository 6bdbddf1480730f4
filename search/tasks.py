"""Search's own work for the worker. It may run twice or beside its twin."""

from __future__ import annotations

import structlog
from celery import shared_task

from mall.core import outbox
from search.errors import EngineUnavailable
from search.indexing.rebuild import rebuild_index_alone
from search.service import engine_status

log = structlog.get_logger(__name__)


@shared_task(name="search.heal")
def heal() -> str:
    """Build the index again where it is missing or damaged; returns the new generation's name, "" when all is well."""
    status = engine_status()
    if status.generation:
        return ""
    log.warning("search.index_missing", message=status.message)
    try:
        return rebuild_index_alone()
    except (outbox.LeaseTaken, EngineUnavailable) as error:
        log.info("search.heal_later", reason=str(error) or type(error).__name__)
        return ""
