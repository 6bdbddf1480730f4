"""One backup, made while the mall is open."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from mall.ops.backup import databases
from mall.ops.backup.errors import BackupError
from mall.ops.backup.files import copy_out
from mall.ops.backup.manifest import FILES, FORMAT, Manifest, sha256_of, write_files, write_manifest


def make_backup(folder: Path, *, now: datetime) -> Manifest:
    """The mall as it is now, into a folder that is empty or not there. Only its owner may read it.

    The database comes first: whatever its rows name is copied after them. Raises BackupError.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    rows = databases.dump(folder)
    files = copy_out(folder)
    write_files(folder, files)
    dump = databases.DUMPS[connection.vendor]
    manifest = Manifest(
        format=FORMAT,
        made_at=now.isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=last_migrations(),
        rows=rows,
        file_count=len(files),
        file_bytes=sum(file.size for file in files),
        sha256={name: sha256_of(folder / name) for name in (dump, FILES)},
    )
    write_manifest(folder, manifest)
    return manifest


def last_migrations() -> dict[str, str]:
    """The last applied migration of each app."""
    applied = MigrationRecorder(connection).applied_migrations()
    return dict(sorted(applied))
