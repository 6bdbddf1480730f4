"""`manage.py rebuild_search`: a new generation of the index, built beside the old one."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from mall.core import outbox
from search.indexing.rebuild import rebuild_index_alone

PATIENCE_SECONDS = 120


class Command(BaseCommand):
    help = "Build the search index again from the database; searches go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="show no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        progress = None if options["quiet"] else self._progress
        while True:
            try:
                name = rebuild_index_alone(progress)
                break
            except outbox.LeaseTaken:
                if time.monotonic() - started > PATIENCE_SECONDS:
                    raise
                time.sleep(1)
        self.stdout.write(f"\nSearch index {name} is live after {time.monotonic() - started:.1f} s.")

    def _progress(self, read: int, total: int) -> None:
        self.stdout.write(f"\r  indexing {read} of {total}", ending="")
        self.stdout.flush()
