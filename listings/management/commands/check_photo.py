"""Say of photo files whether they would be taken, and why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from listings.photos.confined import normalise_confined
from listings.photos.errors import PhotoRefused
from listings.photos.intake import MAX_BYTES, advice_for


class Command(BaseCommand):
    help = "One line of JSON for each file: accepted or refused, why, and the size after. Each in a child with limits."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE")

    def handle(self, *args: Any, files: list[Path], **_: Any) -> None:
        for path in files:
            self.stdout.write(json.dumps(_checked(path), ensure_ascii=False))


def _checked(path: Path) -> dict[str, Any]:
    line: dict[str, Any] = {"file": str(path), "accepted": False, "reason": None, "why": None, "size": None}
    try:
        with path.open("rb") as opened:
            image = normalise_confined(opened.read(MAX_BYTES + 1), path.name)
    except PhotoRefused as refusal:
        return line | {"reason": refusal.reason, "why": str(refusal)}
    except OSError as error:
        return line | {"reason": "unreadable", "why": f"The file cannot be read: {error.strerror}."}
    return line | {"accepted": True, "why": advice_for(image.size), "size": list(image.size), "mode": image.mode}
