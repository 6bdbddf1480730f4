"""`manage.py restore FOLDER`: a backup in place of what this mall holds; then the index is built again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.ops.backup.errors import BackupError
from mall.ops.backup.restoring import Restored, restore_backup


class Command(BaseCommand):
    help = "Put a backup in place of what this mall holds, list what differs, and build the search index again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="what `manage.py backup` wrote")
        parser.add_argument("--yes", action="store_true", help="replace a mall that holds something")
        parser.add_argument("--without-index", action="store_true", help="leave the search index to rebuild_search")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            restored = restore_backup(folder, replaces=options["yes"], say=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self._tell(restored)
        if options["without_index"]:
            self.stdout.write("The search index still shows the old mall: run `manage.py rebuild_search`.")
            return
        self.stdout.write("Building the search index again …")
        call_command("rebuild_search", quiet=True)
        self.stdout.write(f"The mall is as it was at {restored.manifest.made_at}.")

    def _tell(self, restored: Restored) -> None:
        differences = restored.differences()
        self.stdout.write("Rows before, and now:" if differences else "Every table has as many rows as before.")
        for table, before, now in differences:
            self.stdout.write(f"  {table:<40}{before:>9}{now:>9}  {now - before:+d}")
        self.stdout.write(
            f"Files: {restored.files_brought} brought back; {restored.files_surplus} that the backup lacks are kept."
        )
