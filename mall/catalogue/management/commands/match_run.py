"""Judge a file of pairs as the mall would, and say what a pair costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mall.catalogue.matching.evaluation.pairs import BrokenPairs, outcomes_of, read_pairs
from mall.catalogue.matching.model import ModelUnreadable, match_model
from mall.catalogue.matching.training import report_of
from mall.catalogue.matching_report import OWN_NAME
from search.embeddings import available_encoder
from search.evaluation.catalogue_files import BrokenCatalogue


class Command(BaseCommand):
    help = "Write row, probability and decision (linked, proposed, different) for each pair of a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pairs", type=Path, help='.jsonl or .jsonl.gz, {"left": {…}, "right": {…}} a line')
        parser.add_argument("--out", type=Path, required=True, help="tab-separated file with a header")
        parser.add_argument("--report", action="store_true", help="keep the figures for the admin's quality page")

    def handle(self, *args: Any, pairs: Path, out: Path, report: bool, **options: Any) -> None:
        try:
            model = match_model()
            encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
            found = read_pairs(pairs, encoder)
        except (BrokenPairs, BrokenCatalogue, ModelUnreadable, OSError) as error:
            raise CommandError(str(error)) from error
        if report and found.labels is None:
            raise CommandError(f"{pairs.name} has no labels: a report needs label 0 or 1 on every line")
        probabilities = model.probabilities(found.rows) if len(found.rows) else found.rows[:, 0]
        outcomes = outcomes_of(found, probabilities, model)
        lines = ["row\tprobability\tdecision"]
        lines += [
            f"{row}\t{p:.6f}\t{outcome}" for row, (p, outcome) in enumerate(zip(probabilities, outcomes, strict=True))
        ]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        line: dict[str, Any] = {
            "pairs": len(outcomes),
            "cpu_ms": round(found.cpu_ms + found.encoder_cpu_ms, 3),
            "cpu_ms_of_the_text_model": round(found.encoder_cpu_ms, 3),
            "model": model.version,
            "encoder": encoder.name if encoder else "",
            "linked": outcomes.count("linked"),
            "proposed": outcomes.count("proposed"),
        }
        if found.labels is not None:
            figures = report_of(pairs.name, found.labels, probabilities, outcomes, model, timezone.localdate())
            line |= {name: figures[name] for name in ("precision", "recall", "f1", "threshold")}
            line["linked_precision"], line["linked_recall"] = (
                figures["linked"]["precision"],
                figures["linked"]["recall"],
            )
            if report:
                (Path(settings.DATA_FOLDER) / OWN_NAME).write_text(json.dumps(figures, indent=1), encoding="utf-8")
        self.stdout.write(json.dumps(line))
