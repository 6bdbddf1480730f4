"""`manage.py seed_offers --offers N`: offers for load tests over the products that are there."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from mall.demo.load_offers import fill_up


class Command(BaseCommand):
    help = "Add made-up offers until N are live: new, refurbished and second-hand, by many sellers. Not for real malls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--offers", type=int, required=True, metavar="N", help="live offers in all")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other prices and grades")

    def handle(self, *args: Any, **options: Any) -> None:
        total: int = options["offers"]
        if total < 1:
            raise CommandError("--offers must be 1 or more")
        started = time.monotonic()
        shown = 0

        def progress(done: int, wanted: int) -> None:
            nonlocal shown
            if done * 10 // wanted > shown:
                shown = done * 10 // wanted
                self.stdout.write(f"  {done} of {wanted} offers")

        try:
            added = fill_up(total=total, seed=options["seed"], now=timezone.now(), progress=progress)
        except LookupError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"the database refused a batch: {error}. Run the command again to go on.") from error
        self.stdout.write(f"{added} offers added, {time.monotonic() - started:.1f} s.")
