"""`manage.py repair_drift`: compare the indexes with the database and ask for what differs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.errors import EngineUnavailable
from search.indexing.drift import repair_drift
from search.indexing.streams import live_streams


class Command(BaseCommand):
    help = "Compare every document's version in the indexes with the database; the worker builds again what differs."

    def handle(self, *args: Any, **options: Any) -> None:
        for topic, engine in live_streams():
            try:
                drift = repair_drift(engine, topic)
            except EngineUnavailable as error:
                raise CommandError(f"{topic}: the engine does not answer: {error}") from error
            self.stdout.write(
                f"{topic}: {drift.compared} compared, {drift.missing} missing, {drift.older} older, "
                f"{drift.ahead} ahead, {drift.surplus} too many, {drift.stray} strays."
            )
            if drift.ahead:
                self.stdout.write("The index is ahead of the database, as after a restore: `manage.py rebuild_search`.")
