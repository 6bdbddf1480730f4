"""From one address to the settings of a server: the database, the cache, the broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from redis.backoff import NoBackoff
from redis.retry import Retry

from mall.settings.addresses import read_database_address

# IMMEDIATE: a transaction that reads first and writes later would otherwise die with "database is locked".
# synchronous=NORMAL with WAL keeps the file sound at a crash; the last commits may be lost at power loss only.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
        "PRAGMA busy_timeout=20000;PRAGMA cache_size=-4000;"
    ),
}

CONNECT_SECONDS = 3
POOL_WAIT_SECONDS = 3.0
# A pool tries again after 1, 2, 4 … seconds up to this; then the next page that asks makes it try at once.
POOL_RETRY_SECONDS = 4.0

CACHE_SECONDS = 0.25
BROKER_SECONDS = 5.0


def database_from_url(
    url: str, data_folder: Path, *, pool_connections: int = 0, statement_seconds: int = 0
) -> dict[str, Any]:
    """Settings for a `postgresql://user:password@host:port/name` address; SQLite in `data_folder` when empty.

    pool_connections: the most of one process, each tried before a request gets it; 0: one for each thread, no pool.
    statement_seconds: after which PostgreSQL ends a statement; 0: never. Raises ValueError for any other address.
    """
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": data_folder / "mall.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
            "CONN_MAX_AGE": None,
        }
    parts = read_database_address(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": 0 if pool_connections else 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _postgresql_options(pool_connections, statement_seconds),
    }


def _postgresql_options(pool_connections: int, statement_seconds: int) -> dict[str, Any]:
    options: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        # a server that was unplugged is noticed within half a minute, not after the system's two hours
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    if statement_seconds:
        options["options"] = f"-c statement_timeout={statement_seconds * 1000}"
    if pool_connections:
        options["pool"] = {
            "min_size": 1,
            "max_size": pool_connections,
            "timeout": POOL_WAIT_SECONDS,
            "reconnect_timeout": POOL_RETRY_SECONDS,
            "num_workers": 2,
        }
    return options


def cache_from_url(url: str) -> dict[str, Any]:
    """Redis, shared by all processes; without an address each process remembers for itself."""
    if not url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "mall",
            "OPTIONS": {"MAX_ENTRIES": 5000},
        }
    return {
        "BACKEND": "mall.core.soft_cache.SoftRedisCache",
        # a list: Django would cut one text at every comma, and a password may hold one
        "LOCATION": [url],
        "KEY_PREFIX": "mall",
        "OPTIONS": {
            "socket_timeout": CACHE_SECONDS,
            "socket_connect_timeout": CACHE_SECONDS,
            # once more at once, for a connection that Redis closed when it was started again
            "retry": Retry(NoBackoff(), 1),
        },
    }


def broker_options(url: str, folder: Path, *, visibility_seconds: int) -> dict[str, Any]:
    """Of Celery's transport: Redis, or files in `folder`, which is made.

    visibility_seconds: after which Redis gives a message that nobody acknowledged to another worker.
    """
    if not url:
        for name in ("messages", "control"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
        }
    return {
        "visibility_timeout": visibility_seconds,
        "socket_connect_timeout": BROKER_SECONDS,
        "socket_timeout": BROKER_SECONDS * 4,
        "socket_keepalive": True,
        "health_check_interval": 15,
    }
