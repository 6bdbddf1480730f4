"""The database into one file and back: PostgreSQL by its own programs, SQLite by its own copy."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from mall.ops.backup.errors import BackupError, NotRestored
from mall.ops.postgresql import NotInstalled, dump_programs

POSTGRESQL, SQLITE = "postgresql", "sqlite"
DUMPS = {POSTGRESQL: "database.dump", SQLITE: "database.sqlite3"}
# beside the old tables, until the new ones are whole
KEPT_SCHEMA = "before_restore"
# made by the tables themselves, in a mall that holds nothing yet too
NOT_CONTENT = frozenset({
    "accounts_member_groups", "auth_group", "auth_group_permissions", "auth_permission", "core_outboxlease",
    "django_content_type", "django_migrations", "django_session", "wagtailcore_collection",
    "wagtailcore_groupapprovaltask", "wagtailcore_groupapprovaltask_groups",
    "wagtailcore_groupcollectionpermission", "wagtailcore_grouppagepermission", "wagtailcore_locale",
    "wagtailcore_modellogentry", "wagtailcore_page", "wagtailcore_referenceindex", "wagtailcore_site",
    "wagtailcore_task", "wagtailcore_workflow", "wagtailcore_workflowpage", "wagtailcore_workflowtask",
})  # fmt: skip


def dump(folder: Path) -> Mapping[str, int]:
    """Write the database into `folder` and count the rows of each table as they are in that file."""
    path = folder / DUMPS[connection.vendor]
    return _dump_postgresql(path) if connection.vendor == POSTGRESQL else _dump_sqlite(path)


def count_rows() -> dict[str, int]:
    """Rows of every table of the mall, by name."""
    with connection.cursor() as cursor:
        return {table: _count(cursor, table) for table in _tables(connection.introspection.table_names(cursor))}


def content_of(rows: Mapping[str, int]) -> int:
    """How many rows somebody made: those that every new mall has are left out."""
    return sum(count for table, count in rows.items() if table not in NOT_CONTENT)


def _tables(present: list[str]) -> list[str]:
    """Tables of models and of their links that are there, in order."""
    known = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} | {"django_migrations"}
    return sorted(known & set(present))


def _count(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own table's name
    return int(cursor.fetchone()[0])


def _dump_postgresql(path: Path) -> Mapping[str, int]:
    """Dump and counts see the same moment, whatever is written meanwhile."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        words = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}"]
        _run("pg_dump", *words)
        return count_rows()


def _dump_sqlite(path: Path) -> Mapping[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        present = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {table: copy.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0] for table in _tables(present)}  # noqa: S608
    return counts


def restore(folder: Path) -> None:
    """Put the backup's tables in place of the mall's, whole or not at all. Raises NotRestored, BackupError."""
    path = folder / DUMPS[connection.vendor]
    if connection.vendor == SQLITE:
        _restore_sqlite(path)
    else:
        _restore_postgresql(path)


def _restore_sqlite(path: Path) -> None:
    """Page by page into the living file, in one transaction: who has it open sees the old content or the new."""
    connection.ensure_connection()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise NotRestored(f"{path} is damaged")
        assert connection.connection is not None
        copy.backup(connection.connection)
    connection.close()


def _restore_postgresql(path: Path) -> None:
    others = _others_connected()
    if others:
        raise NotRestored(f"{others} other connections use the database: stop web, workers and clock first")
    with _old_tables_aside():
        _run("pg_restore", "--no-owner", "--no-privileges", "--schema=public", "--exit-on-error", str(path))


def _others_connected() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def _old_tables_aside() -> Iterator[None]:
    """A new, empty schema in place of the old one, which comes back when something fails."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {KEPT_SCHEMA} CASCADE")
        cursor.execute(f"ALTER SCHEMA public RENAME TO {KEPT_SCHEMA}")
        cursor.execute("CREATE SCHEMA public")
    try:
        yield
    except BaseException:
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute(f"ALTER SCHEMA {KEPT_SCHEMA} RENAME TO public")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {KEPT_SCHEMA} CASCADE")
    connection.close()


def _run(name: str, *words: str) -> None:
    """One of PostgreSQL's programs on the mall's database. The password goes by the environment, not by the words."""
    try:
        program = dump_programs() / name
    except NotInstalled as error:
        raise BackupError(str(error)) from error
    said = connection.settings_dict
    address = {
        "PGHOST": said["HOST"],
        "PGPORT": str(said["PORT"]),
        "PGUSER": said["USER"],
        "PGPASSWORD": said["PASSWORD"],
    }
    environment = {**{key: value for key, value in address.items() if value}, "PATH": "/usr/bin:/bin"}
    target = ["--dbname", str(said["NAME"])]
    done = subprocess.run([str(program), *target, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{name} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
