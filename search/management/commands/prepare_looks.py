"""`manage.py prepare_looks`: the vectors of all pictures that lack one; for another image model, or after repairs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from mall.core.picture_vectors import forget_superseded, without_vector
from search.errors import EncoderUnavailable
from search.indexing.looks import make_looks, worker_encoder


class Command(BaseCommand):
    help = "Make the vectors of how pictures look where they are missing. Safe to repeat and to stop."

    def handle(self, *args: Any, **options: Any) -> None:
        encoder = worker_encoder()
        try:
            made = sum(make_looks(without_vector(encoder.name), encoder))
        except EncoderUnavailable as error:
            raise CommandError(str(error)) from error
        dropped = forget_superseded(encoder.name)
        left = without_vector(encoder.name).count()
        self.stdout.write(
            f"{made} pictures described by {encoder.name}; {dropped} vectors of other encoders dropped; "
            f"{left} pictures cannot be read."
        )
