"""`manage.py import_catalogue FILE.jsonl[.gz] --brand NAME`: a catalogue of any length into the mall."""

from __future__ import annotations

import csv
import os
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from mall.catalogue.imports.owner import feed_owner
from mall.catalogue.imports.rows import CatalogueRow, Refusal, UnreadableFile, read_catalogue
from mall.catalogue.imports.write import FeedWriter, Tally

BATCH_ROWS = 500
SHOWN_REFUSALS = 10


class Report(Protocol):
    def writerow(self, row: Any, /) -> Any: ...


class Command(BaseCommand):
    help = (
        "Import a catalogue: one JSON object a line (id, title, name, brand, description, ean, price_cents, released, "
        "attrs). Safe to repeat: rows that did not change are left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="FILE.jsonl or FILE.jsonl.gz")
        parser.add_argument("--brand", required=True, help="who owns the feed and sells its new offers")
        parser.add_argument("--report", type=Path, help="a TSV of what was refused: line, field, found, why")
        parser.add_argument("--stock", type=int, default=10, help="units of each offer; the format states none")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"there is no file {path}")
        if options["stock"] < 1:
            raise CommandError("--stock must be 1 or more")
        now = timezone.now()
        owner = feed_owner(options["brand"], now=now)
        if owner.is_new:
            self.stdout.write(
                f"{owner.seller.name} is new here: give its company, register number, address and contact in the admin."
            )
        writer = FeedWriter(feed=owner.feed, seller=owner.seller, stock=options["stock"], now=now)
        started = time.monotonic()
        try:
            try:
                with report_file(options["report"]) as report:
                    is_whole = self._import(path, writer, report)
            finally:
                writer.announce()
        except UnreadableFile as error:
            raise CommandError(f"{error}. {_landed(writer.tally)}") from error
        except DatabaseError as error:
            raise CommandError(f"the database refused a batch: {error}. {_landed(writer.tally)}") from error
        except OSError as error:
            raise CommandError(f"the report cannot be written: {error}. {_landed(writer.tally)}") from error
        self.stdout.write(f"{_landed(writer.tally)} {time.monotonic() - started:.1f} s.")
        if not is_whole:
            raise CommandError("the file breaks off; what came before it has landed")

    def _import(self, path: Path, writer: FeedWriter, report: Report | None) -> bool:
        """False when the file broke off."""
        is_whole = True
        batch: list[CatalogueRow] = []
        for row, refusals in read_catalogue(path):
            writer.tally.lines += 1
            for refusal in refusals:
                self._refuse(refusal, writer.tally, report)
                is_whole = is_whole and refusal.field != "file"
            if row is None:
                continue
            batch.append(row)
            if len(batch) == BATCH_ROWS:
                self._write(batch, writer)
                batch = []
        if batch:
            self._write(batch, writer)
        return is_whole

    def _write(self, batch: list[CatalogueRow], writer: FeedWriter) -> None:
        writer.write(batch)
        if writer.tally.lines % (10 * BATCH_ROWS) < BATCH_ROWS:
            self.stdout.write(f"  {writer.tally.lines} lines read, {writer.tally.written} products written")

    def _refuse(self, refusal: Refusal, tally: Tally, report: Report | None) -> None:
        tally.refused += 1
        if report is not None:
            report.writerow(astuple(refusal))
        elif tally.refused <= SHOWN_REFUSALS:
            self.stderr.write(f"  line {refusal.line}, {refusal.field} {refusal.found!r}: {refusal.why}")


def _landed(tally: Tally) -> str:
    return (
        f"{tally.lines} lines: {tally.created} products new, {tally.updated} changed, {tally.unchanged} as before; "
        f"{tally.offers} new offers; {tally.refused} refusals."
    )


@contextmanager
def report_file(path: Path | None) -> Iterator[Report | None]:
    """A writer of the report's rows. The file takes its name when all is written, also after an error."""
    if path is None:
        yield None
        return
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, dialect="excel-tab", lineterminator="\n")
            writer.writerow(["line", "field", "found", "why"])
            try:
                yield writer
            finally:
                file.flush()
                os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
