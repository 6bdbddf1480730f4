"""What every step takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from listings.photos.light import Photo


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a step did. photo: a new array, or the very one that came where nothing was done.

    strength: the step's own measure of how much (stops, factor, share), 0 where nothing was done. seen: what the gate
    measured. offer: what the seller could do instead ("tap_white"), or "".
    """

    photo: Photo
    strength: float = 0.0
    seen: Mapping[str, float] = field(default_factory=dict)
    offer: str = ""

    @property
    def is_applied(self) -> bool:
        return self.strength != 0.0


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step with its name and version, both of which are stored with the result."""

    name: str
    version: int
    apply: Callable[[Photo], Change]

    def line(self, change: Change) -> dict[str, Any]:
        """The step's part of the report."""
        line: dict[str, Any] = {
            "step": self.name,
            "version": self.version,
            "applied": change.is_applied,
            "strength": round(change.strength, 4),
            **{name: round(value, 4) for name, value in change.seen.items()},
        }
        return line | {"offer": change.offer} if change.offer else line
