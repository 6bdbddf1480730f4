"""What a drill found: figures, and the sentences that did not hold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


class DrillFailed(Exception):
    """Something that a drill waits for did not happen; the message says what."""


class CannotDrill(Exception):
    """This machine lacks what a drill needs; the message names it and the remedy."""


@dataclass(kw_only=True, slots=True)
class Report:
    """figures: by name, ready for JSON. broken: what should have held and did not; none of it is well."""

    drill: str
    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def expect(self, is_so: object, sentence: str) -> None:
        """The sentence is kept as broken unless it is so."""
        if not is_so:
            self.broken.append(sentence)

    @property
    def has_passed(self) -> bool:
        return not self.broken

    def as_json(self) -> str:
        """One line."""
        facts = {"drill": self.drill, "passed": self.has_passed, **self.figures, "broken": self.broken}
        return json.dumps(facts, ensure_ascii=False)
