"""Amounts are exact, shares add up, and shoppers read them as they write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from mall.core.money import MinorAmountFormField, Money

amounts = st.integers(min_value=-(10**12), max_value=10**12)


def test_a_rate_rounds_half_to_even() -> None:
    assert Money(1999, "EUR").at_rate(Decimal("0.025")) == Money(50, "EUR")
    assert Money(100, "EUR").at_rate(Decimal("0.025")) == Money(2, "EUR")
    assert Money(300, "EUR").at_rate(Decimal("0.025")) == Money(8, "EUR")


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_shares_always_add_up_to_the_whole(minor: int, weights: list[int]) -> None:
    shares = Money(minor, "EUR").split(weights)

    assert sum(share.minor for share in shares) == minor
    assert len(shares) == len(weights)


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_no_share_is_further_than_a_cent_from_its_due(minor: int, weights: list[int]) -> None:
    shares = Money(minor, "EUR").split(weights)

    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.minor - minor * weight / sum(weights)) <= 1 + abs(minor) * 1e-12


def test_currencies_never_mix() -> None:
    with pytest.raises(ValueError, match="cannot mix EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_an_amount_is_never_a_float() -> None:
    with pytest.raises(TypeError):
        Money(19.99, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("weights", [[], [0, 0], [-1, 2]])
def test_weights_must_be_able_to_share(weights: list[int]) -> None:
    with pytest.raises(ValueError):
        Money(100, "EUR").split(weights)


@pytest.mark.parametrize(
    ("minor", "language", "drops", "shown"),
    [
        (123450, "fr", False, "1\u202f234,50\u00a0€"),
        (123450, "en", False, "€1,234.50"),
        (49900, "fr", True, "499\u00a0€"),
        (49900, "en", True, "€499"),
        (49990, "fr", True, "499,90\u00a0€"),
        (123456700, "fr", True, "1\u202f234\u202f567\u00a0€"),
    ],
)
def test_money_is_written_as_shoppers_write_it(minor: int, language: str, drops: bool, shown: str) -> None:
    assert Money(minor, "EUR").format(language, drops_zero_cents=drops) == shown


@pytest.mark.parametrize(("typed", "minor"), [("19.99", 1999), ("19,99", 1999), ("0.1", 10), ("200", 20000)])
def test_a_form_reads_amounts_with_point_or_comma(typed: str, minor: int) -> None:
    assert MinorAmountFormField().clean(typed) == minor


def test_a_form_shows_minor_units_as_an_amount() -> None:
    assert MinorAmountFormField().prepare_value(1999) == Decimal("19.99")


@pytest.mark.parametrize("typed", ["abc", "1.999", "1e9999", "--3"])
def test_a_form_refuses_what_is_no_amount(typed: str) -> None:
    with pytest.raises(ValidationError):
        MinorAmountFormField().clean(typed)
