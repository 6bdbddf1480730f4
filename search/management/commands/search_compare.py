"""`manage.py search_compare`: both engines over one catalogue and the same questions, how far they agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.embeddings.protocol import TextEncoder
from search.errors import EngineUnavailable
from search.evaluation.catalogue_files import BrokenCatalogue, read_judgements, read_queries
from search.evaluation.engines import EngineMaker, embedded, on_opensearch
from search.evaluation.metrics import evaluate, mean_overlap, paired_test, parse_gains
from search.evaluation.options import add_index_arguments, encoder_of, run_with_a_server, weights_of
from search.evaluation.runs import Run, answer_all, ranked_ids, throwaway_index, write_run

FIRST = 10


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Answer the same queries with the embedded engine and with OpenSearch; print how much of the first ten they "
        "share, and with judgements the difference in nDCG@10 with a paired test."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", type=Path, help="products as .jsonl or .tsv, plain or .gz")
        parser.add_argument("queries", type=Path, help="a TSV with query_id and query, plain or .gz")
        parser.add_argument("judgements", type=Path, nargs="?", help="a TSV with query_id, doc_id and grade")
        parser.add_argument("--gains", help='gain of each grade, "0=0,1=.01,2=.1,3=1"; needed with judgements')
        parser.add_argument("--out", type=Path, help="folder for the two runs: embedded.tsv and opensearch.tsv")
        add_index_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["judgements"] and not options["gains"]:
            raise CommandError('with judgements say what each grade is worth: --gains "0=0,1=.01,2=.1,3=1"')
        if not settings.OPENSEARCH_URLS:
            run_with_a_server()
        try:
            queries = read_queries(options["queries"])
            encoder = encoder_of(options, default_model=settings.SEARCH_MODEL, folder=settings.SEARCH_MODEL_FOLDER)
            engines = {"embedded": embedded, "opensearch": on_opensearch(settings.OPENSEARCH_URLS)}
            runs = {name: _run(make, encoder, queries, options) for name, make in engines.items()}
            found = self._compared(runs, options)
        except (BrokenCatalogue, EngineUnavailable, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["out"]:
            options["out"].mkdir(parents=True, exist_ok=True)
            for name, run in runs.items():
                write_run(options["out"] / f"{name}.tsv", run)
        self.stdout.write(json.dumps(found))

    def _compared(self, runs: dict[str, Run], options: dict[str, Any]) -> dict[str, Any]:
        ranked = {name: ranked_ids(run) for name, run in runs.items()}
        one, two = ranked["embedded"], ranked["opensearch"]
        found: dict[str, Any] = {
            "queries": len(one),
            "overlap@10": round(mean_overlap(one, two, FIRST), 4),
            "same_first": round(sum(one[q][:1] == two[q][:1] for q in one) / max(len(one), 1), 4),
        }
        if options["judgements"]:
            gains, judgements = parse_gains(options["gains"]), read_judgements(options["judgements"])
            measured = {name: evaluate(run, judgements, gains) for name, run in ranked.items()}
            difference, p = paired_test(measured["opensearch"].per_query, measured["embedded"].per_query)
            found |= {f"ndcg@10 {name}": round(one.ndcg, 4) for name, one in measured.items()}
            found |= {"difference": round(difference, 4), "p": round(p, 4)}
        return found


def _run(
    make: EngineMaker, encoder: TextEncoder | None, queries: list[tuple[str, str]], options: dict[str, Any]
) -> Run:
    with throwaway_index(
        [options["catalogue"], *options["also"]],
        encoder,
        language=None if options["language"] == "auto" else options["language"],
        weights=weights_of(options),
        vector_cache=options["vector_cache"],
        make=make,
    ) as built:
        return answer_all(built, queries, limit=options["limit"])[0]
