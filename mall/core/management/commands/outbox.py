"""`manage.py outbox`: what waits, what was set aside and why; `--replay` gives those a fresh start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.core import outbox
from mall.core.models import OutboxRow


class Command(BaseCommand):
    help = "Show the outbox, drain it here, or try again what was set aside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dead", action="store_true", help="list what was set aside, with its error")
        parser.add_argument("--replay", action="store_true", help="try again what was set aside")
        parser.add_argument("--drain", action="store_true", help="do the waiting rows here and now")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"]:
            self.stdout.write(f"{outbox.replay_dead()} rows will be tried again.")
        if options["drain"]:
            try:
                self.stdout.write(f"{outbox.drain()} rows done.")
            except outbox.LeaseTaken as error:
                raise CommandError("another process drains the outbox now; it does the rows") from error
        if options["dead"]:
            for row in OutboxRow.objects.filter(is_dead=True).order_by("id")[:200]:
                self.stdout.write(f"{row.pk}  {row.topic}  {row.key}  after {row.attempts} attempts: {row.error}")
        status = outbox.status()
        self.stdout.write(
            f"{status.waiting} waiting, the oldest for {status.lag_seconds:.0f} s, {status.dead} set aside."
        )
