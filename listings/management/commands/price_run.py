"""Learn prices from one file of sales and advise for each line of another, as the mall would."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from listings.pricing import Advice, BrokenSale, PriceModel, Sale, advise, train_price_model
from listings.pricing.reading import Line, read_lines, sale_of, whole_of
from mall.catalogue.conditions import GRADES, Family

COLUMNS = ("id", "low", "median", "high", "n_sales", "reason")


class Command(BaseCommand):
    help = (
        "Write id, low, median, high, n_sales and reason, tab-separated, for each thing of TEST. Without a price and "
        "without a reason: no advice; how often and why is in the last line of the output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("train", type=Path, help=".jsonl or .jsonl.gz, a sale a line, with its price")
        parser.add_argument("test", type=Path, help=".jsonl or .jsonl.gz, a thing a line; a price in it is not read")
        parser.add_argument("--out", type=Path, required=True, help="tab-separated file with a header")

    def handle(self, *args: Any, train: Path, test: Path, out: Path, **options: Any) -> None:
        today = timezone.localdate()
        try:
            sales = self._sales(train, today)
            began = time.process_time()
            models = {currency: _model(sales[currency], today) for currency in sorted(sales)}
            trained = time.process_time() - began
            rows, silences, wall = self._advised(test, models, today)
            out.write_text("\n".join(rows) + "\n", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise CommandError(str(error)) from error
        summary = {
            "sales": sum(map(len, sales.values())),
            "things": len(rows) - 1,
            "silent": dict(sorted(silences.items())),
            "train_cpu_s": round(trained, 2),
            "answer_p95_ms": round(1000 * sorted(wall)[int(0.95 * (len(wall) - 1))], 2) if wall else None,
        }
        self.stdout.write(json.dumps(summary))

    def _sales(self, path: Path, today: date) -> dict[str, list[Sale]]:
        """Sales by currency; what is wrong is told line by line and left out, as are ids that were there before."""
        sales: dict[str, list[Sale]] = defaultdict(list)
        seen: set[str] = set()
        for line in self._lines(path):
            try:
                sale = sale_of(line, file=path.name, today=today)
            except BrokenSale as broken:
                self.stderr.write(str(broken))
                continue
            if sale.id in seen:
                self.stderr.write(f"{path.name}, line {line.number}: sale {sale.id} was there before")
                continue
            seen.add(sale.id)
            sales[line.currency].append(sale)
        return sales

    def _lines(self, path: Path) -> Iterable[Line]:
        for line in read_lines(path):
            if isinstance(line, BrokenSale):
                self.stderr.write(str(line))
            else:
                yield line

    def _advised(
        self, path: Path, models: dict[str, PriceModel], today: date
    ) -> tuple[list[str], Counter[str], list[float]]:
        """Rows with their header, silences by reason, seconds of each answer."""
        rows, silences, wall = ["\t".join(COLUMNS)], Counter[str](), []
        for line in self._lines(path):
            model = models.get(line.currency) or train_price_model([], today=today)
            began = time.perf_counter()
            advice = advise(line.thing, model=model)
            wall.append(time.perf_counter() - began)
            if advice.silence:
                silences[advice.silence] += 1
            rows.append(_row(line, advice))
        return rows, silences, wall


def _model(sales: list[Sale], today: date) -> PriceModel:
    """Of the day of the newest sale: a history of long ago is weighed as it was then."""
    newest = max((sale.sold_on for sale in sales if sale.sold_on), default=today)
    return train_price_model(sales, today=newest, grades_best_first=USED_GRADES)


def _row(line: Line, advice: Advice) -> str:
    ident = " ".join(line.id.split())
    if advice.marks is None:
        return "\t".join((ident, "", "", "", str(advice.sales.count), ""))
    marks = advice.marks
    prices = (marks.low_minor, marks.advised.price_minor, marks.high_minor)
    level = advice.sales.level or ""
    return "\t".join(
        (ident, *(whole_of(price, line.currency) for price in prices), str(advice.sales.count), f"sales of the {level}")
    )


USED_GRADES = tuple(code for code, grade in GRADES.items() if grade.family is Family.USED)
