"""`manage.py rebuild_search`: a new generation of each index, built beside the old one."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.core import outbox
from search.errors import EngineUnavailable
from search.indexing.changes import FALLBACK_TOPIC, OPENSEARCH, TOPIC, topics
from search.indexing.rebuild import Progress, rebuild_index_alone
from search.service import open_opensearch

PATIENCE_SECONDS = 120
CHOICES = {"all": (TOPIC, FALLBACK_TOPIC), "main": (TOPIC,), "fallback": (FALLBACK_TOPIC,)}


class Command(BaseCommand):
    help = "Build the search index again from the database; searches go on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="show no progress")
        parser.add_argument(
            "--engine",
            choices=sorted(CHOICES),
            default="all",
            help="with OpenSearch: the server's, the embedded, or both",
        )

        parser.add_argument(
            "--roll-back",
            action="store_true",
            help="with OpenSearch: search the index before this one again, which has had every change since",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["roll_back"]:
            self._roll_back()
            return
        wanted = [topic for topic in topics() if topic in CHOICES[options["engine"]]]
        if not wanted:
            raise CommandError("No other engine stands in for this one: MALL_SEARCH_ENGINE is not opensearch.")
        progress = None if options["quiet"] else self._progress
        failures = [self._build(topic, progress) for topic in wanted]
        if any(failures):
            raise CommandError(" ".join(failures).strip())

    def _roll_back(self) -> None:
        if settings.SEARCH_ENGINE != OPENSEARCH:
            raise CommandError("Only OpenSearch keeps the index before this one: MALL_SEARCH_ENGINE is not opensearch.")
        try:
            index = open_opensearch().roll_back()
        except EngineUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Search index {index} is live again; the same command takes this step back.")

    def _build(self, topic: str, progress: Progress | None) -> str:
        """What went wrong, in words: a server that is away does not keep the other index from being built."""
        started = time.monotonic()
        try:
            name = rebuild_index_alone(progress, topic=topic, wait_seconds=PATIENCE_SECONDS)
        except outbox.LeaseTaken:
            return f"Another process is busy with {topic}: it builds the index, or writes the last changes to it."
        except EngineUnavailable as error:
            return str(error) or type(error).__name__
        self.stdout.write(f"\nSearch index {name} is live after {time.monotonic() - started:.1f} s.")
        return ""

    def _progress(self, read: int, total: int) -> None:
        self.stdout.write(f"\r  indexing {read} of {total}", ending="")
        self.stdout.flush()
