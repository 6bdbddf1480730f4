"""Second-hand wording for a catalogue's products: listings that name their right product, for `equivalents_run`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.catalogue.matching.evaluation.wording import second_hand_listings
from search.evaluation.catalogue_files import BrokenCatalogue, read_rows


class Command(BaseCommand):
    help = "Write listings of products drawn from a catalogue file, in the words of private sellers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", type=Path, help="products, .jsonl or .tsv, plain or .gz")
        parser.add_argument("--count", type=int, default=1000)
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--out", type=Path, required=True, help=".jsonl")

    def handle(self, *args: Any, catalogue: Path, count: int, seed: int, out: Path, **options: Any) -> None:
        try:
            listings = list(second_hand_listings(read_rows(catalogue), count=count, seed=seed))
        except (BrokenCatalogue, OSError) as error:
            raise CommandError(str(error)) from error
        out.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in listings), encoding="utf-8")
        self.stdout.write(f"{len(listings)} listings")
