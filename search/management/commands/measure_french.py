"""`manage.py measure_french`: do "creme dessert" and "crèmes desserts" find the same?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from search.answering import answer
from search.evaluation.catalogue_files import read_documents
from search.evaluation.french import TOP, measure_agreement, queries_from
from search.evaluation.options import add_index_arguments, encoder_of, weights_of
from search.evaluation.runs import throwaway_index
from search.queries import SearchQuery


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Share of French queries whose variants (accents, number, elision, ligature) give the same first ten."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", type=Path, help="products as .jsonl or .tsv, plain or .gz")
        parser.add_argument("--count", type=int, default=500, help="queries made of the catalogue's names")
        add_index_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        encoder = encoder_of(options, default_model=settings.SEARCH_MODEL, folder=settings.SEARCH_MODEL_FOLDER)
        names = [document.text_in("fr").title for document in read_documents(options["catalogue"], "fr")]
        with throwaway_index(
            [options["catalogue"], *options["also"]],
            encoder,
            language="fr",
            weights=weights_of(options),
            vector_cache=options["vector_cache"],
        ) as built:

            def top(text: str) -> list[str]:
                query = SearchQuery(text=text, language="fr", page_size=TOP)
                return [hit.id for hit in answer(built.engine, query, with_facets=False).hits]

            for agreement in measure_agreement(queries_from(names, options["count"]), top):
                self.stdout.write(json.dumps(asdict(agreement)))
