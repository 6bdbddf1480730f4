"""Amounts of money as whole minor units (cents), exact in every store they pass through.

Decision: mall/decisions/0002-money-in-minor-units.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_currency, get_currency_precision
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

LARGEST_MINOR = 10**13


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`minor` units (cents) of `currency` (ISO 4217). Amounts of two currencies never mix: ValueError."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int) or isinstance(self.minor, bool):
            raise TypeError(f"an amount is a whole number of minor units, not {self.minor!r}")
        if len(self.currency) != 3 or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is no ISO 4217 currency code")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def at_rate(self, rate: Decimal) -> Money:
        """This amount times `rate` (0.025 is 2.5 %), rounded half to even: the only place where money is rounded."""
        exact = Decimal(self.minor) * rate
        return Money(int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)), self.currency)

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Shares by largest remainder, so they add up to the whole. Raises ValueError without a positive weight."""
        total = sum(weights)
        if total <= 0 or min(weights) < 0:
            raise ValueError("weights must be zero or more, and one must be above zero")
        sign = -1 if self.minor < 0 else 1
        amount = abs(self.minor)
        shares = [amount * weight // total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % total), i))
        for i in by_remainder[: amount - sum(shares)]:
            shares[i] += 1
        return [Money(sign * share, self.currency) for share in shares]

    def format(self, language: str, *, drops_zero_cents: bool = False) -> str:
        """As shoppers write it: "1 234,50 €" in French (U+202F, U+00A0), "€1,234.50" in English."""
        digits = get_currency_precision(self.currency)
        amount = Decimal(self.minor).scaleb(-digits)
        locale = "fr_FR" if language.startswith("fr") else "en_IE"
        if drops_zero_cents and amount == amount.to_integral_value():
            pattern = "#,##0\u00a0¤" if locale == "fr_FR" else "¤#,##0"
            return str(format_currency(amount, self.currency, pattern, locale=locale, currency_digits=False))
        return str(format_currency(amount, self.currency, locale=locale))


class MinorAmountFormField(forms.DecimalField):
    """Shows and reads 19.99, hands over 1999."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 13)
        super().__init__(decimal_places=2, **{k: v for k, v in kwargs.items() if k not in {"min_value", "max_value"}})

    def prepare_value(self, value: Any) -> Any:
        return Decimal(value).scaleb(-2) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        try:
            amount = super().clean(str(value).replace(",", ".") if value not in self.empty_values else value)
        except InvalidOperation as error:
            raise ValidationError(_("Enter an amount such as 19.99."), code="invalid") from error
        return None if amount is None else int(amount.scaleb(2))


class MinorAmountField(models.BigIntegerField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A whole number of minor units; forms show 19.99."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": MinorAmountFormField, **kwargs})
