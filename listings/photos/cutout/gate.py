"""The gate that a candidate must pass before its background is taken away unasked."""

from __future__ import annotations

from dataclasses import dataclass

from listings.photos.cutout.confidence import Features

LEAST_AREA, MOST_AREA = 0.02, 0.92


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """Least trust, most that may stand out outside, most that may be a shadow. Chosen with `measure_photos`."""

    trust: float = 0.49
    out_sal: float = 0.05
    shade: float = 0.10
    alike_below: float = 0.45

    def refusal(self, features: Features) -> str | None:
        """Why the candidate is not trusted, None where it is. Stable: pages choose their words by it."""
        if not LEAST_AREA <= features.area <= MOST_AREA:
            return "no_item_found"
        if features.out_sal >= self.out_sal:
            return "something_left_outside"
        if features.shade >= self.shade:
            return "shadow_in_the_way"
        if features.trust < self.trust:
            is_alike = features.sep * features.ring_sep < self.alike_below
            return "ground_too_alike" if is_alike else "outlines_disagree"
        return None


STRICT = Gate()
