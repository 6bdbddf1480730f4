"""What a private person has answered so far of the thing they want to sell."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from mall.catalogue.conditions import GRADE_CHOICES
from mall.catalogue.models import Category, Product
from mall.core.models import Picture
from mall.core.money import MinorAmountField


class ListingDraft(models.Model):
    """A listing on its way, one column an answer; an empty column is a question not answered yet.

    member: its owner; before the log-in it belongs to whoever holds `owner_token` in the session. product: where
    "sell mine" was chosen, None else. title to size: as a Listing's, in `language`. flaws: codes of `answers.FLAWS`;
    flaw_words: the seller's own, one flaw a line. delivery_days_max: a key of `answers.DELIVERY_SPANS`.
    version: counts the saves, so that a page opened earlier is known as such.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        PUBLISHED = "published", "published"

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="listing_drafts"
    )
    owner_token = models.CharField(max_length=43, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    listing = models.OneToOneField(
        "listings.Listing", null=True, blank=True, on_delete=models.SET_NULL, related_name="draft"
    )
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=2, choices=[("fr", "fr"), ("en", "en")], default="fr")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(max_length=120, blank=True)
    description = models.TextField(blank=True, max_length=4000)
    brand_name = models.CharField(max_length=80, blank=True)
    model_code = models.CharField(max_length=60, blank=True)
    gtin = models.CharField(max_length=20, blank=True)
    size = models.CharField(max_length=40, blank=True)
    bought_in = models.PositiveSmallIntegerField(null=True, blank=True)
    grade = models.CharField(max_length=20, choices=GRADE_CHOICES, blank=True)
    flaws = models.JSONField(default=list, blank=True)
    flaw_words = models.TextField(blank=True, max_length=1000)
    is_complete = models.BooleanField(default=True)
    price_minor = MinorAmountField(null=True, blank=True)
    can_be_sent = models.BooleanField(default=False)
    delivery_minor = MinorAmountField(null=True, blank=True)
    delivery_days_max = models.PositiveSmallIntegerField(null=True, blank=True)
    can_be_collected = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        app_label = "listings"
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="a_draft_has_an_owner", condition=Q(member__isnull=False) | ~Q(owner_token="")),
            models.CheckConstraint(
                name="a_draft_price_is_positive", condition=Q(price_minor__isnull=True) | Q(price_minor__gt=0)
            ),
            models.CheckConstraint(
                name="a_draft_delivery_is_not_negative",
                condition=Q(delivery_minor__isnull=True) | Q(delivery_minor__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or 'draft'} {self.pk}"


class DraftPhoto(models.Model):
    """One photo of a draft.

    original: as it was sent, private, known by its hash. picture: what is shown, the original itself or the original
    turned clockwise by `quarter_turns` (0 to 3). alt: what it shows, in the draft's language.
    """

    draft = models.ForeignKey(ListingDraft, on_delete=models.CASCADE, related_name="photos")
    original = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=120, blank=True)
    quarter_turns = models.PositiveSmallIntegerField(default=0)
    alt = models.CharField(max_length=200, blank=True)
    is_defect = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        app_label = "listings"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "original"], name="a_draft_has_a_photo_once"),
            models.CheckConstraint(name="a_draft_photo_turns_by_quarters", condition=Q(quarter_turns__lte=3)),
        ]

    def __str__(self) -> str:
        return f"{self.draft_id}/{self.position}"


class EarlierWords(models.Model):
    """Words that a later save, from a page opened before them, took the place of. field: a text column of the draft."""

    draft = models.ForeignKey(ListingDraft, on_delete=models.CASCADE, related_name="earlier_words")
    field = models.CharField(max_length=20)
    text = models.TextField()
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "listings"
        ordering = ["-replaced_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.field}"
