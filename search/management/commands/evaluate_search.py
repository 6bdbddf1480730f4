"""`manage.py evaluate_search`: nDCG@10, MRR and recall@100 against judgements, and against a stored run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.errors import EngineUnavailable
from search.evaluation.catalogue_files import BrokenCatalogue, read_judgements, read_queries
from search.evaluation.metrics import Evaluation, evaluate, paired_test, parse_gains
from search.evaluation.options import add_index_arguments, encoder_of, engine_of, weights_of
from search.evaluation.runs import answer_all, ranked_ids, read_run, throwaway_index, write_run
from search.evaluation.typos import with_typo


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Measure search on a judged set of queries; --against compares with a stored run, --typos adds typing errors."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", type=Path, help="products as .jsonl or .tsv, plain or .gz")
        parser.add_argument("queries", type=Path, help="a TSV with query_id and query, plain or .gz")
        parser.add_argument("judgements", type=Path, help="a TSV with query_id, doc_id and grade, plain or .gz")
        parser.add_argument("--gains", required=True, help='gain of each grade, "0=0,1=.01,2=.1,3=1"')
        parser.add_argument("--relevant-from", type=int, help="lowest grade that counts for MRR and recall")
        parser.add_argument("--against", type=Path, help="a stored run to compare with, query by query")
        parser.add_argument("--out", type=Path, help="store this run")
        parser.add_argument("--typos", action="store_true", help="ask each query again with a typing error")
        add_index_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            gains = parse_gains(options["gains"])
            queries, judgements = read_queries(options["queries"]), read_judgements(options["judgements"])
            encoder = encoder_of(options, default_model=settings.SEARCH_MODEL, folder=settings.SEARCH_MODEL_FOLDER)
            with throwaway_index(
                [options["catalogue"], *options["also"]],
                encoder,
                language=None if options["language"] == "auto" else options["language"],
                weights=weights_of(options),
                vector_cache=options["vector_cache"],
                make=engine_of(options, settings.OPENSEARCH_URLS),
            ) as built:
                name = encoder.name if encoder else ""
                run, report = answer_all(built, queries, limit=options["limit"], encoder_name=name)
                measured = evaluate(ranked_ids(run), judgements, gains, relevant_from=options["relevant_from"])
                found: dict[str, Any] = {**report.as_json(), **summary(measured)}
                if options["typos"]:
                    mistyped = [(query_id, with_typo(query_id, text)) for query_id, text in queries]
                    typo_run, typo_report = answer_all(built, mistyped, limit=options["limit"])
                    kept = evaluate(ranked_ids(typo_run), judgements, gains, relevant_from=options["relevant_from"])
                    found["typos"] = summary(kept) | {
                        "kept_share": round(kept.ndcg / measured.ndcg, 4) if measured.ndcg else 0.0,
                        "zero_results": typo_report.zero_results,
                    }
            if options["against"]:
                other = evaluate(read_run(options["against"]), judgements, gains)
                difference, p = paired_test(measured.per_query, other.per_query)
                found["against"] = {"ndcg": round(other.ndcg, 4), "difference": round(difference, 4), "p": round(p, 4)}
            if options["out"]:
                write_run(options["out"], run)
        except (BrokenCatalogue, EngineUnavailable, ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(found))


def summary(measured: Evaluation) -> dict[str, Any]:
    return {
        "judged_queries": measured.queries,
        "ndcg@10": round(measured.ndcg, 4),
        "ndcg@10_interval": [round(measured.ndcg_low, 4), round(measured.ndcg_high, 4)],
        "mrr": round(measured.mrr, 4),
        "recall@100": round(measured.recall, 4),
        "judged@10": round(measured.judged_share, 4),
    }
