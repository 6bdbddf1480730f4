"""`manage.py evaluate_looks FOLDER`: drawn phone photos asked of packshots, by look alone and with sellers’ words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.demo.content import DemoListing, DemoProduct, demo_content
from search.embeddings import available_encoder, document_text
from search.embeddings.images.classical import ClassicalEncoder
from search.embeddings.images.protocol import ImageEncoder
from search.embeddings.prepare import prepare_images
from search.embeddings.protocol import TextEncoder, Vectors
from search.evaluation.looks import best_of, describe, found, read_photo

WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5)


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Measure the image encoders over the demo photos; one line of JSON. Ground truth: the folder's manifest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="with manifest.json, studio/ and phone/")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            images = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["images"]
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"{folder} has no manifest of demo photos ({error}); see its README") from error
        studio, phone = ([row for row in images if row["kind"] == kind] for kind in ("studio", "phone"))
        choice = prepare_images(settings.SEARCH_MODEL_FOLDER)
        encoders: list[ImageEncoder] = [ClassicalEncoder()]
        if not choice.is_fallback:
            encoders.insert(0, choice.encoder)
        text_encoder = available_encoder(settings.SEARCH_MODEL, cache_folder=settings.SEARCH_MODEL_FOLDER)
        report = {encoder.name: _measure(encoder, folder, studio, phone, text_encoder) for encoder in encoders}
        self.stdout.write(json.dumps({"status": choice.status, "encoders": report}, ensure_ascii=False))


Row = Mapping[str, Any]


def _measure(
    encoder: ImageEncoder, folder: Path, studio: Sequence[Row], phone: Sequence[Row], text_encoder: TextEncoder | None
) -> dict[str, Any]:
    asked = describe(encoder, [read_photo(folder / row["file"]) for row in phone])
    shown = describe(encoder, [read_photo(folder / row["file"]) for row in studio])
    cosines = asked.vectors @ shown.vectors.T
    measured: dict[str, Any] = {"cpu_ms_per_photo": asked.cpu_ms, "peak_memory_grew_mb": asked.grew_mb}
    for name, keys in (("model", ("model",)), ("model_and_colour", ("model", "colour"))):
        owners, wanted = (["/".join(row[key] for key in keys) for row in rows] for rows in (studio, phone))
        measured[name] = asdict(found(cosines, owners, wanted))
    if text_encoder is not None:
        measured["with_words"] = _with_words(text_encoder, cosines, studio, phone)
    return measured


def _with_words(encoder: TextEncoder, cosines: Vectors, studio: Sequence[Row], phone: Sequence[Row]) -> dict[str, Any]:
    """First and in five by weight of the look, for sellers' titles as they are and less all names."""
    content = demo_content()
    sold = {Path(row["file"]).stem: place for place, row in enumerate(phone)}
    things = [row for row in content.listings if row.product and row.photo in sold]
    looks, models = best_of(cosines[[sold[row.photo] for row in things]], [row["model"] for row in studio])
    products = [content.by_key[str(model)] for model in models]
    titles = encoder.encode_documents([_text(row.title, row.brand, row.category) for row in products])
    wanted = [row.product for row in things]
    kinds = {
        "titles": [_text(row.title, content.by_key[row.product].brand, "") for row in things],
        "titles_without_names": [_text(_without_names(row, content.by_key[row.product]), "", "") for row in things],
    }
    found_by: dict[str, Any] = {}
    for kind, texts in kinds.items():
        words = encoder.encode_documents(texts) @ titles.T
        found_by[kind] = {
            str(weight): asdict(found((words + np.float32(weight) * looks), models, wanted)) for weight in WEIGHTS
        }
    return found_by


def _text(titles: Sequence[str], brand: str, category: str) -> str:
    return document_text(" / ".join(dict.fromkeys(titles)), brand=brand, leaf_category=category.replace("-", " "))


def _without_names(thing: DemoListing, product: DemoProduct) -> tuple[str, ...]:
    """The titles less brand, name and numbers of the product: of "Lampe Lumivo Orbe bleue" stays "Lampe bleue"."""
    words = re.findall(r"\w+", " ".join((*product.title, product.brand)))
    names = {word.lower() for word in words if word[0].isupper() or word[0].isdigit()}
    kinds = {re.findall(r"\w+", title)[0].lower() for title in product.title} - set(product.brand.lower().split())
    return tuple(
        " ".join(word for word in title.split() if re.sub(r"\W", "", word).lower() not in names - kinds)
        for title in thing.title
    )
