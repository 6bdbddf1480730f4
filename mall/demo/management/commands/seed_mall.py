"""`manage.py seed_mall`: the demo mall, in both languages. Safe to repeat."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone

from mall.core.pictures import PictureRefused
from mall.demo.content import demo_content
from mall.demo.offer_plan import planned_offers
from mall.demo.seed import open_offers, stock_shelves, take_in_photos
from mall.demo.seed_listings import publish_listings
from mall.demo.seller_login import make_seller_login


class Command(BaseCommand):
    help = "Fill the mall with invented brands, sellers, products, offers and second-hand things. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")

    def handle(self, *args: Any, **options: Any) -> None:
        def say(line: str) -> None:
            if not options["quiet"]:
                self.stdout.write(line)

        started = time.monotonic()
        now = timezone.now()
        content = demo_content()
        try:
            photos = take_in_photos(content, say)
            with transaction.atomic(durable=True):
                shelves = stock_shelves(content, photos, now=now)
                say(f"Shops: {len(shelves.sellers)} sellers, {len(shelves.products)} products")
                offers = open_offers(planned_offers(content), shelves, now=now)
                things = publish_listings(content, shelves, now=now)
                login = make_seller_login()
        except (OSError, PictureRefused, DatabaseError) as error:
            raise CommandError(f"the demo mall was not made: {error}. Nothing is half done; run it again.") from error
        say(f"Offers: {offers} new; second-hand things: {things} new. {time.monotonic() - started:.1f} s.")
        if login is not None:
            say(f"To sell as Nadia: {login.email}, password {login.password} (shown this once)")
        if not get_user_model().objects.filter(is_staff=True).exists():
            say("For the admin, make yourself an account: manage.py createsuperuser")
