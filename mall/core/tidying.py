"""Drafts of files that nobody finishes any more: their writer was killed between the first byte and the last."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

# a draft is written in seconds
OLD_SECONDS = 3600.0
# as `pictures` names them: `.480.avif.1f2e3d4c`
_DRAFT = re.compile(r"\..+\.[0-9a-f]{8}", re.ASCII)


def drafts() -> Iterator[Path]:
    """Files being written now, or left by who was killed while it wrote."""
    for folder in (Path(settings.ORIGINALS_FOLDER), Path(settings.MEDIA_ROOT)):
        yield from (path for path in folder.rglob(".*") if _DRAFT.fullmatch(path.name))


def remove_old_drafts(*, now: float) -> int:
    """Remove drafts that are older than OLD_SECONDS; returns how many. now: seconds since 1970."""
    removed = 0
    for path in drafts():
        with contextlib.suppress(FileNotFoundError):
            if now - path.stat().st_mtime > OLD_SECONDS:
                path.unlink()
                removed += 1
    if removed:
        log.info("files.drafts_removed", files=removed)
    return removed
