"""Enhance a folder of photos as the worker would, and tell of each what was done."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image

from listings.photos import enhance, enhance_colours, normalise_confined
from listings.photos.cutout.backends import ALLOWED_MODELS, ClassicalBackend, CutoutBackend, ModelBackend
from listings.photos.errors import BackendUnusable, PhotoRefused
from listings.photos.intake import MAX_BYTES

JPEG_QUALITY = 92
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif"})


class Command(BaseCommand):
    help = (
        "Write NAME.jpg, NAME.mask.png where the background was replaced and NAME.candidate.png where it was not, "
        "and a line of JSON for each photo."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR", help="photos; subfolders are not looked into")
        parser.add_argument("--out", type=Path, required=True, metavar="DIR")
        parser.add_argument("--no-cutout", action="store_true", help="colour, light and focus alone")
        parser.add_argument("--backend", choices=["classical", "rembg"], default="classical")
        parser.add_argument("--model", default="u2net", help=f"for rembg: {', '.join(sorted(ALLOWED_MODELS))}")
        parser.add_argument(
            "--model-folder", type=Path, help="for rembg: the folder with the operator's own model file"
        )
        parser.add_argument("--model-sha256", default="", help="for rembg: the file's approved SHA-256")

    def handle(self, *args: Any, folder: Path, out: Path, no_cutout: bool, **options: Any) -> None:
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder")
        if out.resolve() == folder.resolve():
            raise CommandError("--out must be another folder than the photos': results would take their places")
        backend = _backend(options)
        out.mkdir(parents=True, exist_ok=True)
        for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
            self.stdout.write(json.dumps(_enhanced(path, out, backend, is_cut=not no_cutout), ensure_ascii=False))
            self.stdout.flush()


def _backend(options: dict[str, Any]) -> CutoutBackend:
    if options["backend"] == "classical":
        return ClassicalBackend()
    if options["model_folder"] is None or not options["model_sha256"]:
        raise CommandError("--backend rembg needs --model-folder and --model-sha256; nothing is downloaded")
    try:
        return ModelBackend(model=options["model"], folder=options["model_folder"], sha256=options["model_sha256"])
    except BackendUnusable as error:
        raise CommandError(str(error)) from error


def _enhanced(path: Path, out: Path, backend: CutoutBackend, *, is_cut: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as opened:
            image = normalise_confined(opened.read(MAX_BYTES + 1), path.name)
    except PhotoRefused as refusal:
        return {"file": path.name, "published": False, "refused": refusal.reason, "reason": str(refusal)}
    started = time.process_time()
    result, mask, report = enhance(image, backend=backend) if is_cut else enhance_colours(image)
    cpu_seconds = time.process_time() - started
    candidate = report.pop("candidate", None)
    for plane, kind in ((mask, "mask"), (candidate, "candidate")):
        target = out / f"{path.stem}.{kind}.png"
        target.unlink(missing_ok=True)  # of a run before
        if plane is not None:
            Image.fromarray(plane).save(target)
    result.save(out / f"{path.stem}.jpg", quality=JPEG_QUALITY)
    return {
        "file": path.name,
        "published": report["published"],
        "steps": report["steps"],
        "confidence": report.get("confidence"),
        "reason": report["reason"],
        "cpu_s": round(cpu_seconds, 3),
        "size": list(result.size),
        "candidate": report.get("candidate_name"),
        "backend": report.get("backend"),
        "place": report.get("place"),
    }
