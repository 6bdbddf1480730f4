"""`manage.py search_status`: engines, indexes, what waits, dead letters, recall; 1 when something needs a person."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from search.indexing.state import RECALL_SAMPLE, Recall, StreamState, read_state


class Command(BaseCommand):
    help = "Show the state of search. Ends with 1 when something needs a person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument(
            "--sample", type=int, default=RECALL_SAMPLE, help="vectors over which recall is measured; 0: do not measure"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            state = read_state(measure=max(0, options["sample"]))
        if options["json"]:
            self.stdout.write(json.dumps(state.as_json(), ensure_ascii=False, indent=2))
        else:
            for stream in state.streams:
                self._show(stream)
            for problem in state.problems:
                self.stdout.write(f"Needs a person: {problem.text}")
            if not state.problems:
                self.stdout.write("All is well.")
        if state.problems:
            self.stdout.flush()
            sys.exit(1)

    def _show(self, stream: StreamState) -> None:
        engine = stream.engine
        facts = {
            "engine": engine.engine,
            "index": engine.index,
            "generation": engine.generation or "none",
            "documents": f"{engine.documents} with {engine.offers} offers",
            "text model": engine.encoder or "none: words alone",
            "says": engine.message,
            "waiting": f"{stream.waiting}, the oldest for {stream.lag_seconds:.0f} s",
            "dead letters": str(stream.dead),
            "recall": recall_words(stream.recall),
            "breaker": engine.breaker,
        }
        self.stdout.write(f"{stream.topic}{' (stands in)' if stream.is_fallback else ''}")
        for name, value in facts.items():
            if value:
                self.stdout.write(f"  {name:<13}{value}")
        self.stdout.write("")


def recall_words(recall: Recall | None) -> str:
    """What is known of the vector index's recall, in English."""
    if recall is None:
        return "not measured"
    if recall.share is None:
        return "exact: every vector is compared"
    return f"{100 * recall.share:.1f} % of the ten nearest"
