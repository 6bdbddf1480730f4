"""`manage.py run_mall`: prepare what is missing, then run web and worker until Ctrl-C. `make run` calls it."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import NoReverseMatch, reverse
from django.utils import translation

from mall.ops.preparation import prepare
from mall.settings.env import Env

OPS = Path(__file__).resolve().parents[2]
PORTS_TRIED = 20


class Command(BaseCommand):
    help = "Prepare the mall where needed, then run its web server and its worker in the foreground."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to let other machines in")
        parser.add_argument("--port", type=int, default=8000, help="the next free one is taken when it is in use")
        parser.add_argument("--without-demo", action="store_true", help="do not furnish the demo mall")
        parser.add_argument("--prepare-only", action="store_true", help="prepare, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        prepare(self._say, with_demo=not options["without_demo"])
        self._say(f"Prepared in {time.monotonic() - started:.1f} s.")
        if options["prepare_only"]:
            return
        port = free_port(options["host"], options["port"])
        if port != options["port"]:
            self._say(f"Port {options['port']} is in use by another program; taking {port}.")
        self._say("Opening the mall …")
        address = f"http://{_shown_host(options['host'])}:{port}"
        if Env.model_fields["public_url"].default == settings.MALL_PUBLIC_URL:
            os.environ["MALL_PUBLIC_URL"] = address
        self.stdout.flush()
        command = [sys.executable, "-P", str(OPS / "supervisor.py")]
        for child in (web(options["host"], port), worker()):
            command += ["--child", json.dumps(child)]
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [*command, "--address", f"{address}/", "--welcome", welcome(address)])

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def web(host: str, port: int) -> dict[str, Any]:
    """The web server as a child of the supervisor."""
    config = str(OPS / "gunicorn_config.py")
    command = [sys.executable, "-m", "gunicorn", "mall.wsgi:application", "--config", config]
    return {"name": "web", "command": [*command, "--bind", f"{host}:{port}"]}


def worker() -> dict[str, Any]:
    """The background worker with its clock in it, as a child of the supervisor. Threads keep it small."""
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    command = [sys.executable, *quiet, "-m", "celery", "-A", "mall", "--quiet", "worker", "--beat"]
    clock = ["--schedule", str(settings.CELERY_FOLDER / "beat-schedule")]
    light = [
        "--loglevel",
        "WARNING",
        "--pool",
        "threads",
        "--concurrency",
        "2",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ]
    return {"name": "worker", "command": [*command, *clock, *light]}


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or the next port that nobody listens on. Raises CommandError when twenty in a row are taken."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except PermissionError as error:
                raise CommandError(f"Port {port} may not be used by this account: make run PORT=8000") from error
            except OSError:
                continue
            return port
    raise CommandError(f"Ports {wanted} to {wanted + PORTS_TRIED - 1} are all in use: make run PORT=9000")


def welcome(address: str) -> str:
    """The address and three things to try."""
    things = [
        ("one search, three conditions", "search", "en", "?q=wireless+headphones"),
        ("a filter in your own words", "search", "fr", "?q=v%C3%A9lo+d%27occasion+moins+de+300+%E2%82%AC"),
        ("the JSON interface", None, "en", "/api/docs"),
    ]
    lines = [f"\n  {settings.MALL_NAME} is open:  {address}/   (Ctrl-C closes it)\n", "  Three things to try:"]
    for number, (what, name, language, rest) in enumerate(things, 1):
        lines.append(f"    {number}. {what:<30} {address}{_path(name, language)}{rest}")
    return "\n".join([*lines, ""])


def _path(name: str | None, language: str) -> str:
    if name is None:
        return ""
    with translation.override(language):
        try:
            return reverse(name)
        except NoReverseMatch:
            return "/"


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound
