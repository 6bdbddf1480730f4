"""One seller, one condition, one price, one stock; and every price it ever had."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from mall.catalogue.conditions import GRADE_CHOICES, Family
from mall.catalogue.models.products import Variant
from mall.core.money import MinorAmountField, Money
from mall.sellers.models import Seller


def mall_currency() -> str:
    return str(settings.MALL_CURRENCY)


class OfferQuerySet(models.QuerySet["Offer"]):
    def live(self) -> OfferQuerySet:
        """Offers a shopper can have now: published, not withdrawn, in stock, seller open."""
        return self.filter(withdrawn_at__isnull=True, stock__gt=0, seller__is_active=True)

    def by_total(self) -> OfferQuerySet:
        """Cheapest first, delivery included, ties by id."""
        return self.order_by(F("price_minor") + F("delivery_minor"), "pk")


class Offer(models.Model):
    """variant is empty for a second-hand thing that matches no product of the catalogue, or is contested there.

    The link to a variant is made by `services.link_offer`, which also writes the CatalogueMatch behind it.
    price_minor, delivery_minor: minor units of `currency`. stock: 1 for a unique thing.
    delivery_days_max: longest promised; empty when the thing can only be collected.
    """

    class Kind(models.TextChoices):
        STOCK = "stock", "stock"
        UNIQUE = "unique", "unique"

    variant = models.ForeignKey(Variant, null=True, blank=True, on_delete=models.PROTECT, related_name="offers")
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="offers")
    kind = models.CharField(max_length=6, choices=Kind, default=Kind.STOCK)
    family = models.CharField(max_length=12, choices=Family)
    grade = models.CharField(max_length=20, choices=GRADE_CHOICES)
    price_minor = MinorAmountField()
    delivery_minor = MinorAmountField(default=0)
    currency = models.CharField(max_length=3, default=mall_currency)
    stock = models.PositiveIntegerField(default=1)
    delivery_days_min = models.PositiveSmallIntegerField(null=True, blank=True, default=2)
    delivery_days_max = models.PositiveSmallIntegerField(null=True, blank=True, default=4)
    can_be_collected = models.BooleanField(default=False)
    warranty_months = models.PositiveSmallIntegerField(default=0, help_text="the seller's own, beside the legal one")
    note_fr = models.CharField(max_length=300, blank=True, help_text="what the seller says of this offer")
    note_en = models.CharField(max_length=300, blank=True)
    is_fully_tested = models.BooleanField(default=False, help_text="every function was tested (décret 2022-190)")
    is_data_erased = models.BooleanField(default=False, help_text="the last owner's data were erased, or it holds none")
    refurbished_in = models.CharField(max_length=80, blank=True, help_text="country where every operation was done")
    source_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    published_at = models.DateTimeField(default=timezone.now, db_index=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="offer_price_is_positive", condition=Q(price_minor__gt=0)),
            models.CheckConstraint(name="offer_delivery_is_not_negative", condition=Q(delivery_minor__gte=0)),
            models.CheckConstraint(
                name="offer_grade_belongs_to_its_family",
                condition=Q(family="new", grade__startswith="new.")
                | Q(family="refurbished", grade__startswith="refurb.")
                | Q(family="used", grade__startswith="used.")
                | Q(family="parts", grade__startswith="parts."),
            ),
            models.CheckConstraint(
                name="refurbished_means_tested_and_erased",
                condition=~Q(family="refurbished") | Q(is_fully_tested=True, is_data_erased=True),
            ),
            models.CheckConstraint(name="a_unique_thing_is_sold_once", condition=Q(kind="stock") | Q(stock__lte=1)),
            models.CheckConstraint(
                name="new_stock_has_a_variant", condition=Q(variant__isnull=False) | Q(kind="unique") | ~Q(family="new")
            ),
            models.CheckConstraint(
                name="offer_can_be_delivered_or_collected",
                condition=Q(can_be_collected=True) | Q(delivery_days_max__isnull=False),
            ),
            models.CheckConstraint(
                name="offer_earliest_delivery_is_not_after_latest",
                condition=Q(delivery_days_min__isnull=True, delivery_days_max__isnull=True)
                | Q(delivery_days_min__isnull=False, delivery_days_min__lte=F("delivery_days_max")),
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "family", "price_minor"], name="offers_of_a_variant"),
            models.Index(fields=["seller", "withdrawn_at"], name="offers_of_a_seller"),
        ]

    def __str__(self) -> str:
        return f"{self.grade} {self.price_minor} {self.currency}"

    @property
    def total_minor(self) -> int:
        """What the buyer pays: price and delivery."""
        return int(self.price_minor + self.delivery_minor)

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    def note(self, language: str) -> str:
        return (self.note_en if language == "en" else self.note_fr) or self.note_fr or self.note_en

    def is_live(self, now: datetime) -> bool:
        return (self.withdrawn_at is None or self.withdrawn_at > now) and self.stock > 0 and self.seller.is_active


class PriceHistory(models.Model):
    """One price of one offer from a moment on; rows are only added. Source: C. conso. L112-1-1, CJEU C-330/23."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="prices")
    price_minor = MinorAmountField()
    delivery_minor = MinorAmountField(default=0)
    starts_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "starts_at"], name="an_offer_has_one_price_at_a_time"),
            models.CheckConstraint(name="a_past_price_is_positive", condition=Q(price_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.price_minor} from {self.starts_at:%Y-%m-%d}"
