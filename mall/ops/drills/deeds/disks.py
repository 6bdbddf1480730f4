"""A small disk for the database's tables, and whether they are sound."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection

from mall.core.models import MallImage

__all__ = ["check_tables", "count_images", "make_editor", "move_tables", "tables_bytes"]

SMALL = "drill_small"
LOCK_SECONDS = 20


def make_editor(email: str, password: str) -> int:
    """An account that may upload pictures in the admin."""
    member = get_user_model().objects.create_superuser(email, password)
    return int(member.pk)


def count_images() -> int:
    """Pictures that editors put on pages."""
    return int(MallImage.objects.count())


def tables_bytes() -> int:
    """What the database takes on its disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def move_tables(folder: str = "") -> None:
    """All tables and their indexes into this folder, which the server owns; without one, back. PostgreSQL only.

    One after the other: who locks all at once meets readers in a deadlock, and the server may end the move for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        if folder:
            cursor.execute(f"CREATE TABLESPACE {SMALL} LOCATION '{folder}'")
        source, target = ("pg_default", SMALL) if folder else (SMALL, "pg_default")
        for kind, name in _relations(cursor, source):
            cursor.execute(f"ALTER {kind} {name} SET TABLESPACE {target}")
        if not folder:
            cursor.execute(f"DROP TABLESPACE {SMALL}")


def _relations(cursor: Any, tablespace: str) -> list[tuple[str, str]]:
    """("TABLE" or "INDEX", name) of those of the mall that lie there; of the database's own tablespace it says 0."""
    cursor.execute(
        "SELECT CASE c.relkind WHEN 'r' THEN 'TABLE' ELSE 'INDEX' END, c.oid::regclass::text FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'i') AND COALESCE(t.spcname, 'pg_default') = %s"
        " ORDER BY c.relkind DESC, c.oid",
        [tablespace],
    )
    return list(cursor.fetchall())


def check_tables() -> dict[str, Any]:
    """Read every row of every table and walk through every index. faults: what the server says is wrong."""
    faults: list[str] = []
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for table in tables:
            _try(cursor, f"SELECT COUNT(t.*) FROM {connection.ops.quote_name(table)} t", faults)  # noqa: S608
        cursor.execute("SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'amcheck'")
        has_check = bool(cursor.fetchone()[0])
        if has_check:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
            cursor.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_am a ON a.oid = c.relam JOIN pg_namespace n"
                " ON n.oid = c.relnamespace WHERE a.amname = 'btree' AND c.relkind = 'i' AND n.nspname = 'public'"
            )
            for (index,) in cursor.fetchall():
                _try(cursor, f"SELECT bt_index_check('{index}'::regclass, true)", faults)
    return {"tables": len(tables), "walked_indexes": has_check, "faults": faults}


def _try(cursor: Any, statement: str, faults: list[str]) -> None:
    try:
        cursor.execute(statement)
        cursor.fetchall()
    except DatabaseError as error:
        faults.append(str(error).strip())
