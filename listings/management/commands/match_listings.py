"""`manage.py match_listings`: look at second-hand things that are linked to no product."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from listings.cases import Matcher
from listings.matching import match_listing
from listings.search_documents import alone
from listings.services import ask_for_match
from mall.catalogue.matching.model import ModelUnreadable
from search.errors import EngineUnavailable
from search.indexing.registry import ids_of

LINE_EVERY = 200


class Command(BaseCommand):
    help = (
        "Match the live second-hand things that no product is known for: by default those that were never looked at, "
        "by the worker."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="also those that were looked at before")
        parser.add_argument("--now", action="store_true", help="here and at once, not by the worker")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = alone() if options["all"] else alone().filter(matched_at__isnull=True)
        ids = list(ids_of(wanted))
        if not options["now"]:
            ask_for_match(ids)
            self.stdout.write(f"Left to the worker: {len(ids)}.")
            return
        try:
            self._match(ids)
        except (EngineUnavailable, ModelUnreadable) as error:
            raise CommandError(f"{error}. What was matched before stays matched; run it again.") from error

    def _match(self, ids: list[int]) -> None:
        matcher = Matcher()
        started, cpu = time.monotonic(), time.process_time()
        states: Counter[str] = Counter()
        for done, listing_id in enumerate(ids, 1):
            states[match_listing(listing_id, now=timezone.now(), matcher=matcher).state] += 1
            if done % LINE_EVERY == 0 or done == len(ids):
                cpu_ms = 1000 * (time.process_time() - cpu) / done
                counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
                seconds = time.monotonic() - started
                self.stdout.write(f"{done} of {len(ids)}: {counts}. {seconds:.1f} s, {cpu_ms:.0f} ms of CPU each.")
