"""`manage.py fault_drill NAME …`: faults done on purpose to a throw-away mall on real servers; one JSON line each."""

from __future__ import annotations

import itertools
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mall.ops.drills.catalogue import DRILLS, run_drill
from mall.ops.drills.ground import Ground
from mall.ops.drills.report import CannotDrill
from mall.ops.opensearch.errors import OpenSearchError
from mall.ops.postgresql import NotInstalled
from mall.ops.stack import StackFailed


class Command(BaseCommand):
    help = (
        "Do one fault after the other to a throw-away mall, with buyers and sellers in it, and check what must hold. "
        "Prints a JSON line for each; ends with 1 when something did not hold."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="see --list; `all`: every one")
        parser.add_argument("--list", action="store_true", help="the faults by name")
        parser.add_argument("--times", type=int, default=1, help="how often, one round after the other")
        parser.add_argument("--products", type=int, default=0, help="so many in all, beside the demo's made-up ones")
        parser.add_argument("--heap", default="512m", help="of each OpenSearch node")
        parser.add_argument("--quiet", action="store_true", help="nothing but the JSON lines")

    def handle(self, *args: Any, names: Sequence[str], **options: Any) -> None:
        if options["list"]:
            for name, drill in DRILLS.items():
                self.stdout.write(f"{name:<9} {drill.sentence}")
            return
        wanted = list(DRILLS) if list(names) == ["all"] else list(names)
        unknown = [name for name in wanted if name not in DRILLS]
        if unknown or not wanted:
            raise CommandError(f"there is no drill {', '.join(unknown) or 'without a name'}: see fault_drill --list")
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(2))
        try:
            has_passed = [self._drill(group, options) for group in _grounds(wanted)]
        except (NotInstalled, OpenSearchError, StackFailed, CannotDrill) as error:
            raise CommandError(str(error)) from error
        if not all(has_passed):
            sys.exit(1)

    def _drill(self, names: Sequence[str], options: dict[str, Any]) -> bool:
        """Drills that fit on one ground. Whether all passed."""
        drill = DRILLS[names[0]]
        say = (lambda _line: None) if options["quiet"] else self.stderr.write
        with Ground(
            say,
            nodes=drill.nodes,
            heap=options["heap"],
            products=options["products"],
            settings=drill.settings,
        ) as ground:
            reports = []
            for name in [*names] * options["times"]:
                reports.append(run_drill(name, ground))
                self.stdout.write(reports[-1].as_json())
                self.stdout.flush()
        return all(report.has_passed for report in reports)


def _grounds(names: Sequence[str]) -> Iterator[list[str]]:
    """Neighbours that one ground serves, together."""
    for _key, group in itertools.groupby(names, key=lambda name: (DRILLS[name].nodes, dict(DRILLS[name].settings))):
        yield list(group)
