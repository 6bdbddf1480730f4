"""The first offer is computed and says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mall.catalogue import buy_box
from mall.catalogue.models import Offer
from tests.factories import OfferFactory, SellerFactory, VariantFactory

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def offers(*totals_days_ratings: tuple[int, int, int | None]) -> list[Offer]:
    variant = VariantFactory()
    return [
        OfferFactory(
            variant=variant,
            price_minor=total,
            delivery_days_min=1,
            delivery_days_max=days,
            seller=SellerFactory(rating_tenths=rating, rating_count=500 if rating else 0),
        )
        for total, days, rating in totals_days_ratings
    ]


def test_the_worked_example_of_the_decision_holds() -> None:
    candidates = offers((37900, 4, 48), (38190, 2, 45), (38900, 1, 50))

    box = buy_box.choose(candidates, now=NOW)

    assert box is not None
    assert box.winner.total_minor == 38190
    assert (box.reasons.decided_by, box.reasons.offer_count, box.reasons.gap_minor) == ("date", 3, 0)
    assert [offer.total_minor for offer in box.runners_up] == [37900, 38900]


@pytest.mark.parametrize(
    ("candidates", "decided_by", "winner"),
    [
        ([(100, 4, None)], "only", 0),
        ([(10000, 4, None), (20000, 1, 50)], "price", 0),
        ([(10000, 3, 40), (10000, 3, 49)], "rating", 1),
    ],
)
def test_the_reason_is_what_decided(
    candidates: list[tuple[int, int, int | None]], decided_by: str, winner: int
) -> None:
    made = offers(*candidates)

    box = buy_box.choose(made, now=NOW)

    assert box is not None
    assert (box.winner.pk, box.reasons.decided_by) == (made[winner].pk, decided_by)


def test_equals_take_turns_by_the_day() -> None:
    made = offers(*[(10000, 3, 45)] * 4)

    winners = {
        box.winner.pk for day in range(40) if (box := buy_box.choose(made, now=NOW + timedelta(days=day))) is not None
    }

    assert winners == {offer.pk for offer in made}


def test_neither_sold_out_nor_withdrawn_nor_closed_offers_win() -> None:
    variant = VariantFactory()
    candidates = [
        OfferFactory(variant=variant, sold_out=True),
        OfferFactory(variant=variant, withdrawn=True),
        OfferFactory(variant=variant, seller=SellerFactory(is_active=False)),
    ]

    assert buy_box.choose(candidates, now=NOW) is None


def test_few_votes_count_for_less() -> None:
    assert buy_box.rating_lower_bound(50, 2) < buy_box.rating_lower_bound(46, 900)
    assert buy_box.rating_lower_bound(None, 0) == 3.5


@pytest.mark.parametrize(
    ("total", "new", "percent"), [(28000, 49900, 43), (49900, 49900, 0), (100, None, 0), (60000, 49900, 0)]
)
def test_a_saving_is_against_todays_new_price_and_never_rounded_up(total: int, new: int | None, percent: int) -> None:
    assert buy_box.saving_percent(total, new) == percent
