"""A backup put in place of what a mall holds, with what differs told and the index built again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader

from mall.ops.backup import databases
from mall.ops.backup.errors import BackupError, NotRestored
from mall.ops.backup.files import check_files, copy_back
from mall.ops.backup.manifest import Manifest, read_manifest

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """before, after: rows by table. files_brought: were missing or differed. files_surplus: not in the backup, kept."""

    manifest: Manifest
    before: Mapping[str, int]
    after: Mapping[str, int]
    files_brought: int
    files_surplus: int

    def differences(self) -> list[tuple[str, int, int]]:
        """(table, rows before, rows now) where they differ."""
        names = sorted({*self.before, *self.after})
        both = ((name, self.before.get(name, 0), self.after.get(name, 0)) for name in names)
        return [one for one in both if one[1] != one[2]]


def restore_backup(folder: Path, *, replaces: bool, say: Say) -> Restored:
    """Check all of the backup, then put it in place. The index must be built again afterwards.

    replaces: whether a mall that holds something may be replaced. Raises NotABackup and NotRestored before anything
    was changed, BackupError when PostgreSQL refused the dump, with the old tables back in place.
    """
    manifest = read_manifest(folder)
    _check_fits(manifest)
    before = databases.count_rows()
    if databases.content_of(before) and not replaces:
        raise NotRestored(f"this mall holds {databases.content_of(before)} rows: --yes replaces them by the backup's")
    say("Checking the files of the backup …")
    check_files(folder)
    say(f"Restoring the database of {manifest.made_at} …")
    databases.restore(folder)
    counted = databases.count_rows()
    wrong = {name: count for name, count in manifest.rows.items() if counted.get(name) != count}
    if wrong:
        raise BackupError(f"the restored tables have other rows than the manifest says: {', '.join(sorted(wrong))}")
    say("Copying the files back …")
    brought, surplus = copy_back(folder)
    call_command("migrate", interactive=False, verbosity=0)
    connections.close_all()
    cache.clear()
    return Restored(manifest=manifest, before=before, after=counted, files_brought=brought, files_surplus=surplus)


def _check_fits(manifest: Manifest) -> None:
    """Raises NotRestored for a backup of another kind of database, or of a newer mall."""
    if manifest.database != connection.vendor:
        raise NotRestored(f"the backup is of {manifest.database}, and this mall runs on {connection.vendor}")
    known = MigrationLoader(None).disk_migrations
    newer = [f"{app}.{name}" for app, name in manifest.migrations.items() if (app, name) not in known]
    if newer:
        raise NotRestored(f"the backup is of a newer mall, which knows {', '.join(newer[:5])}: install that version")
