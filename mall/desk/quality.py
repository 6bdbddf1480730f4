"""People's decisions of the last weeks beside what the model had said before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from mall.catalogue.models import CatalogueMatch

WEEKS = 8
BINS = 10
State, Role = CatalogueMatch.State, CatalogueMatch.Role


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedPrediction:
    """One decision of a person on a pair that the model had scored. score: 0 to 1. week: its Monday."""

    score: float
    is_same: bool
    week: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Decisions that fall together: of a score from `lower` to `upper`, or of the week from `monday` on.

    agreed: those where the model had said the same, that is, a score at or above the threshold for "same".
    """

    same: int
    not_same: int
    agreed: int
    lower: float = 0.0
    upper: float = 1.0
    monday: date = date.min

    @property
    def count(self) -> int:
        return self.same + self.not_same

    @property
    def agreement_percent(self) -> int | None:
        """None where nobody decided."""
        return round(100 * self.agreed / self.count) if self.count else None


def judged_predictions(now: datetime) -> list[JudgedPrediction]:
    """Decisions of the last WEEKS weeks that were not undone and that answer a score of the model. Two queries."""
    first = monday_of(now) - timedelta(weeks=WEEKS - 1)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    decisions = list(
        CatalogueMatch.objects.filter(
            created_at__gte=since,
            created_at__lte=now,
            state__in=[State.CONFIRMED, State.SPLIT],
            undoes__isnull=True,
            undone_by__isnull=True,
        )
        .exclude(role=Role.MATCHER)
        .order_by("pk")
        .values_list("pk", "offer_id", "variant__product_id", "state", "created_at")
    )
    scores: dict[tuple[int, int], list[tuple[int, float]]] = {}
    scored = CatalogueMatch.objects.filter(
        offer_id__in={row[1] for row in decisions}, role=Role.MATCHER, score__isnull=False
    ).exclude(method=CatalogueMatch.Method.IDENTIFIER)
    for pk, offer_id, product_id, score in scored.order_by("pk").values_list(
        "pk", "offer_id", "variant__product_id", "score"
    ):
        if score is None:
            continue
        scores.setdefault((offer_id, product_id), []).append((pk, score))
    found = []
    for pk, offer_id, product_id, state, created_at in decisions:
        before = [score for other, score in scores.get((offer_id, product_id), []) if other < pk]
        if before:
            week = monday_of(created_at)
            found.append(JudgedPrediction(score=before[-1], is_same=state == State.CONFIRMED, week=week))
    return found


def monday_of(moment: datetime) -> date:
    day = timezone.localtime(moment).date()
    return day - timedelta(days=day.weekday())


def by_score(judged: Iterable[JudgedPrediction], *, threshold: float) -> list[Tally]:
    """BINS tallies of equal width, lowest scores first; those without a decision too."""
    groups: list[list[JudgedPrediction]] = [[] for _ in range(BINS)]
    for one in judged:
        groups[min(BINS - 1, int(one.score * BINS))].append(one)
    return [
        _tally(group, threshold, lower=place / BINS, upper=(place + 1) / BINS) for place, group in enumerate(groups)
    ]


def by_week(judged: Iterable[JudgedPrediction], *, threshold: float, now: datetime) -> list[Tally]:
    """WEEKS tallies, newest first; those without a decision too."""
    kept = list(judged)
    mondays = [monday_of(now) - timedelta(weeks=back) for back in range(WEEKS)]
    return [_tally([one for one in kept if one.week == monday], threshold, monday=monday) for monday in mondays]


def _tally(
    judged: Iterable[JudgedPrediction],
    threshold: float,
    *,
    lower: float = 0.0,
    upper: float = 1.0,
    monday: date = date.min,
) -> Tally:
    kept = list(judged)
    same = sum(one.is_same for one in kept)
    return Tally(
        same=same,
        not_same=len(kept) - same,
        agreed=sum(one.is_same == (one.score >= threshold) for one in kept),
        lower=lower,
        upper=upper,
        monday=monday,
    )


def in_all(judged: Iterable[JudgedPrediction], *, threshold: float) -> Tally:
    return _tally(judged, threshold)
