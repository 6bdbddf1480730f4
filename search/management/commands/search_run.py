"""`manage.py search_run`: answer a file of queries over a throw-away index of a catalogue file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.errors import EngineUnavailable
from search.evaluation.catalogue_files import BrokenCatalogue, read_queries
from search.evaluation.options import add_index_arguments, encoder_of, engine_of, weights_of
from search.evaluation.runs import answer_all, throwaway_index, write_run
from search.evaluation.typos import with_typo


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Build a throw-away index of a catalogue file, answer every query of a TSV, write the run, print what it cost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", type=Path, help="products as .jsonl or .tsv, plain or .gz")
        parser.add_argument("queries", type=Path, help="a TSV with query_id and query, plain or .gz")
        parser.add_argument("--out", type=Path, required=True, help="where the run is written (TSV)")
        parser.add_argument("--typos", action="store_true", help="type the longest word of each query wrongly")
        add_index_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            queries = read_queries(options["queries"])
            if options["typos"]:
                queries = [(query_id, with_typo(query_id, text)) for query_id, text in queries]
            encoder = encoder_of(options, default_model=settings.SEARCH_MODEL, folder=settings.SEARCH_MODEL_FOLDER)
            with throwaway_index(
                [options["catalogue"], *options["also"]],
                encoder,
                language=None if options["language"] == "auto" else options["language"],
                weights=weights_of(options),
                vector_cache=options["vector_cache"],
                make=engine_of(options, settings.OPENSEARCH_URLS),
            ) as built:
                run, report = answer_all(
                    built, queries, limit=options["limit"], encoder_name=encoder.name if encoder else ""
                )
        except (BrokenCatalogue, EngineUnavailable, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        write_run(options["out"], run)
        self.stdout.write(json.dumps(report.as_json()))
