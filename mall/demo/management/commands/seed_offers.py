"""`manage.py seed_offers [--products N] [--offers N]`: made-up products and offers for load tests."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from mall.demo.load_offers import fill_up
from mall.demo.load_products import MOST_PRODUCTS, Progress, make_up_products


class Command(BaseCommand):
    help = (
        "Add made-up products until N are there, and made-up offers until N are live: new, refurbished and "
        "second-hand, by many sellers. Not for real malls."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--products", type=int, metavar="N", help="products in all, copies of the catalogue's own")
        parser.add_argument("--offers", type=int, metavar="N", help="live offers in all")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other titles, prices and grades")

    def handle(self, *args: Any, **options: Any) -> None:
        products, offers = options["products"], options["offers"]
        if products is None and offers is None:
            raise CommandError("say how many there should be: --products N, --offers N or both")
        if offers is not None and offers < 1:
            raise CommandError("--offers must be 1 or more")
        if products is not None and not 1 <= products <= MOST_PRODUCTS:
            raise CommandError(f"--products must be between 1 and {MOST_PRODUCTS}")
        self._fill(products, offers, options["seed"])

    def _fill(self, products: int | None, offers: int | None, seed: int) -> None:
        started, now, added = time.monotonic(), timezone.now(), []
        try:
            if products is not None:
                count = make_up_products(total=products, seed=seed, now=now, progress=self._progress("products"))
                added.append(f"{count} products added")
            if offers is not None:
                count = fill_up(
                    total=offers,
                    seed=seed,
                    now=now,
                    progress=self._progress("offers"),
                    tells_search=products is None,
                )
                added.append(f"{count} offers added")
        except LookupError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"the database refused a batch: {error}. Run the command again to go on.") from error
        self.stdout.write(f"{', '.join(added)}, {time.monotonic() - started:.1f} s.")
        if products is not None:
            self.stdout.write("Search does not know them yet: run manage.py rebuild_search.")

    def _progress(self, things: str) -> Progress:
        """Ten lines however many there are."""
        shown = 0

        def tell(done: int, wanted: int) -> None:
            nonlocal shown
            if done * 10 // wanted > shown:
                shown = done * 10 // wanted
                self.stdout.write(f"  {done} of {wanted} {things}")

        return tell
