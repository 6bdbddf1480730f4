"""Where a stack keeps its files, ports and passwords, and the commands of its parts."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mall.ops.opensearch.cluster import free_ports
from mall.ops.postgresql import DATABASE, OWNER, NotInstalled

OPS = Path(__file__).resolve().parent
HOST = "127.0.0.1"
NAMES = ("database", "redis", "search", "web")
PORTS_TRIED = 50


class StackFiles:
    """Ports and passwords are drawn once and kept; a port that somebody else took is drawn anew."""

    def __init__(self, folder: Path, *, web_port: int | None) -> None:
        """web_port: the next free one from there is taken; None: any free one."""
        self.folder = folder
        for name in ("logs", "heartbeats"):
            (folder / name).mkdir(exist_ok=True)
        self._path = folder / "stack.json"
        kept = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else {}
        self._passwords: dict[str, str] = kept.get("passwords") or {
            name: secrets.token_urlsafe(24) for name in ("database", "redis")
        }
        self._ports = _ports(kept.get("ports", {}), web_port)
        text = json.dumps({"ports": self._ports, "passwords": self._passwords}, indent=1)
        self._path.touch(mode=0o600)
        self._path.write_text(text, encoding="utf-8")

    def port(self, name: str) -> int:
        return self._ports[name]

    def password(self, name: str) -> str:
        return self._passwords[name]

    def log(self, name: str) -> str:
        return str(self.folder / "logs" / f"{name}.log")

    def heartbeat(self, name: str) -> str:
        return str(self.folder / "heartbeats" / name)

    def environment(self, *, engine: str, opensearch: Sequence[str], settings: Mapping[str, str]) -> dict[str, str]:
        """Of every process of the mall; what the caller's own environment says about the model, say, holds too."""
        own = {
            "DJANGO_SETTINGS_MODULE": "mall.settings.dev",
            "PYTHONUNBUFFERED": "1",
            "MALL_DATA_FOLDER": str(self.folder / "mall"),
            "MALL_PUBLIC_URL": f"http://{HOST}:{self.port('web')}",
            "MALL_DATABASE_URL": f"postgresql://{OWNER}:{self.password('database')}@{HOST}:{self.port('database')}/{DATABASE}",
            "MALL_REDIS_URL": f"redis://:{self.password('redis')}@{HOST}:{self.port('redis')}/0",
            "MALL_SEARCH_ENGINE": engine,
            "MALL_OPENSEARCH_URL": ",".join(opensearch),
        }
        return {**os.environ, **own, **settings}

    def redis_answers(self) -> bool:
        """Whether Redis answers with its password; while it reads its data it does not."""
        import redis

        client = redis.Redis(host=HOST, port=self.port("redis"), password=self.password("redis"), socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def _ports(kept: Mapping[str, int], web_port: int | None) -> dict[str, int]:
    drawn = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    ports = {name: kept[name] if name in kept and _is_free(kept[name]) else drawn[name] for name in NAMES}
    if web_port is not None:
        free = (port for port in range(web_port, web_port + PORTS_TRIED) if _is_free(port))
        ports["web"] = next(free, drawn["web"])
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def redis_command(folder: Path, port: int, password: str) -> list[str]:
    """Redis for broker and cache. Nothing is kept on disk: what must not be lost lies in the database's outbox.

    When memory is short only what has an end goes (the cache), never a queue. Raises NotInstalled.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise NotInstalled("redis-server is not installed (Debian: apt-get install redis-server)")
    lines = {
        "bind": HOST,
        "port": port,
        "requirepass": password,
        "dir": folder,
        "save": '""',
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "volatile-lru",
    }
    path = folder / "redis.conf"
    if port:
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in lines.items()), encoding="utf-8")
    return [program, str(path)]


def web_command(port: int) -> list[str]:
    """The web server, as in production."""
    config = str(OPS / "gunicorn_config.py")
    return [sys.executable, "-m", "gunicorn", "mall.wsgi:application", "--config", config, "--bind", f"{HOST}:{port}"]


def celery_command(part: str, name: str, folder: Path) -> list[str]:
    """A worker with two processes at work, or the clock, which is one process for the whole mall."""
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    command = [sys.executable, *quiet, "-m", "celery", "-A", "mall", "--quiet", part, "--loglevel", "WARNING"]
    if part == "beat":
        return [*command, "--pidfile", "", "--schedule", str(folder / "beat-schedule")]
    return [*command, "--hostname", f"{name}@%h", "--concurrency", "2", "--without-gossip", "--without-mingle"]
