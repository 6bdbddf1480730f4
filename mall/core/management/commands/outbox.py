"""`manage.py outbox`: what waits, what was set aside and why; `--replay` gives those a fresh start."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.core import outbox

LISTED = 200


class Command(BaseCommand):
    help = "Show the outbox, drain it here, or try again or discard what was set aside."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dead", action="store_true", help="list what was set aside, with its error")
        parser.add_argument("--replay", action="store_true", help="try again what was set aside")
        parser.add_argument("--discard", action="store_true", help="throw away what was set aside; needs --topic")
        parser.add_argument("--drain", action="store_true", help="do the waiting rows here and now")
        parser.add_argument("--topic", default="", help="of this topic only, for --dead, --replay and --discard")

    def handle(self, *args: Any, **options: Any) -> None:
        topic = options["topic"]
        if options["discard"]:
            if not topic:
                raise CommandError("say which topic: --discard --topic search.changed")
            self.stdout.write(f"{outbox.discard_dead(topic=topic)} rows were thrown away.")
        if options["replay"]:
            self.stdout.write(f"{outbox.replay_dead(topic=topic)} rows will be tried again.")
        if options["drain"]:
            try:
                self.stdout.write(f"{outbox.drain()} rows done.")
            except outbox.LeaseTaken as error:
                raise CommandError("another process drains the outbox now; it does the rows") from error
        if options["dead"]:
            for row in outbox.dead_rows(topic=topic)[:LISTED]:
                self.stdout.write(f"{row.pk}  {row.topic}  {row.key}  after {row.attempts} attempts: {row.error}")
        self._show(outbox.status())

    def _show(self, status: outbox.OutboxStatus) -> None:
        for topic, one in sorted(status.topics.items()):
            self.stdout.write(f"  {topic}: {self._line(one.waiting, one.lag_seconds, one.dead)}")
        self.stdout.write(self._line(status.waiting, status.lag_seconds, status.dead))

    def _line(self, waiting: int, lag_seconds: float, dead: int) -> str:
        return f"{waiting} waiting, the oldest for {lag_seconds:.0f} s, {dead} set aside."
