"""Find the products of a catalogue file that the listings of another file are, or come near to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.catalogue.matching.evaluation.listings import run_listings
from mall.catalogue.matching.judging import Judgement
from mall.catalogue.matching.model import ModelUnreadable, match_model
from search.embeddings import available_encoder
from search.evaluation.catalogue_files import BrokenCatalogue, read_rows


class Command(BaseCommand):
    help = "Write listing_id, rank, product_id, probability and decision for each listing's likeliest products."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("catalogue", type=Path, help="products, .jsonl or .tsv, plain or .gz")
        parser.add_argument(
            "listings",
            type=Path,
            help="id, title, description, brand, attrs, price, language; product_id where the right one is known",
        )
        parser.add_argument("--limit", type=int, default=10, help="products per listing, 1 to 50")
        parser.add_argument("--out", type=Path, required=True, help="tab-separated file with a header")
        parser.add_argument("--vector-cache", type=Path, help="folder that keeps the catalogue's vectors between runs")

    def handle(
        self, *args: Any, catalogue: Path, listings: Path, limit: int, out: Path, vector_cache: Path | None, **_: Any
    ) -> None:
        if not 1 <= limit <= 50:
            raise CommandError(f"--limit is from 1 to 50, not {limit}")
        try:
            rows = [row for row in read_rows(listings) if row.get("id") not in (None, "")]
            encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
            run = run_listings(catalogue, rows, encoder, match_model(), vector_cache=vector_cache)
        except (BrokenCatalogue, ModelUnreadable, OSError) as error:
            raise CommandError(str(error)) from error
        lines = ["listing_id\trank\tproduct_id\tprobability\tdecision"]
        for key, judged in run.judgements.items():
            lines += [
                f"{key}\t{rank}\t{one.product_id}\t{one.probability:.6f}\t{one.outcome}"
                for rank, one in enumerate(judged[:limit], 1)
            ]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
        p50, p95 = (float(value) for value in np.percentile(run.cpu_ms, [50, 95])) if run.cpu_ms else (0.0, 0.0)
        line = {
            "listings": len(run.judgements),
            "products": run.products,
            "listings_a_second": round(run.listings_a_second, 1),
            "cpu_ms": {"p50": round(p50, 1), "p95": round(p95, 1)},
            "learned": run.learned,
            "encoder": encoder.name if encoder else "",
        }
        right = {str(row["id"]): str(row["product_id"]) for row in rows if row.get("product_id")}
        if right:
            line |= _shares(run.judgements, right)
        self.stdout.write(json.dumps(line))


def _shares(judgements: Mapping[str, Sequence[Judgement]], right: Mapping[str, str]) -> dict[str, float]:
    """Where the listings name their product: how often it comes first, and among five; what was linked, and rightly."""
    first = in_five = linked = linked_right = 0
    for key, product_id in right.items():
        found = judgements.get(key, ())
        first += bool(found) and found[0].product_id == product_id
        in_five += product_id in [one.product_id for one in found[:5]]
        if found and found[0].outcome == "linked":
            linked += 1
            linked_right += found[0].product_id == product_id
    return {
        "first": round(first / len(right), 4),
        "in_five": round(in_five / len(right), 4),
        "linked": round(linked / len(right), 4),
        "linked_right": round(linked_right / linked, 4) if linked else 1.0,
    }
