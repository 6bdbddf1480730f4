"""`manage.py backup FOLDER`: database, photos and media, while the mall is open."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from mall.ops.backup.errors import BackupError
from mall.ops.backup.making import make_backup


class Command(BaseCommand):
    help = "Write the whole mall into a new folder, which `manage.py restore` reads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="new or empty; it holds personal data, so keep it closed")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        started = time.monotonic()
        try:
            manifest = make_backup(folder, now=timezone.now())
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{sum(manifest.rows.values())} rows of {len(manifest.rows)} tables and {manifest.file_count} files "
            f"({manifest.file_bytes / 1e6:.1f} MB) are in {folder} after {time.monotonic() - started:.1f} s."
        )
