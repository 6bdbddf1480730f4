"""Which product an offer belongs to, why, who said so: rows are only ever added."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mall.catalogue.models.offers import Offer
from mall.catalogue.models.products import Variant


class CatalogueMatch(models.Model):
    """One statement about an offer and a variant. The current link is the last confirmed row; none after a split.

    evidence: list of entries as `mall.catalogue.evidence` describes them. score: 0 to 1, null for a person.
    role: whose word it is. ground, reason: what a person chose and wrote. undoes: the row that this one takes back.
    """

    class Method(models.TextChoices):
        IDENTIFIER = "identifier", "identifier"
        SELLER = "seller", "seller"
        MODEL = "model", "model"
        OPERATOR = "operator", "operator"
        MEMBER = "member", "member"

    class State(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        CONFIRMED = "confirmed", "confirmed"
        CONTESTED = "contested", "contested"
        SPLIT = "split", "split"

    class Role(models.TextChoices):
        MATCHER = "matcher", "matcher"
        SELLER = "seller", "seller"
        BUYER = "buyer", "buyer"
        BRAND = "brand", "brand"
        OPERATOR = "operator", "operator"

    class Ground(models.TextChoices):
        MODEL = "model", _("It is another model")
        SIZE = "size", _("It has another capacity or size")
        ACCESSORY = "accessory", _("It is an accessory or a part of it")
        LOT = "lot", _("It is a set of several things")
        OTHER = "other", _("Another reason")

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="matches")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="matches")
    method = models.CharField(max_length=12, choices=Method)
    state = models.CharField(max_length=10, choices=State)
    evidence = models.JSONField(default=list)
    score = models.FloatField(null=True, blank=True)
    model_version = models.CharField(max_length=60, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.MATCHER)
    ground = models.CharField(max_length=10, choices=Ground, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name_plural = "catalogue matches"
        constraints = [
            models.CheckConstraint(
                name="a_match_score_is_a_probability",
                condition=Q(score__isnull=True) | Q(score__gte=0.0, score__lte=1.0),
            ),
            models.UniqueConstraint(
                name="a_model_proposes_a_pair_once",
                fields=["offer", "variant", "model_version"],
                condition=Q(state="proposed", role="matcher"),
            ),
        ]
        indexes = [
            models.Index(fields=["offer", "created_at"], name="match_history_of_an_offer"),
            models.Index(
                fields=["state", "offer"],
                name="matches_that_may_wait",
                condition=Q(state__in=["proposed", "contested"]),
            ),
        ]

    def __str__(self) -> str:
        return f"offer {self.offer_id} = variant {self.variant_id}: {self.state} by {self.method}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Rows are only added: saving one again is an error of the program."""
        if self.pk is not None and not kwargs.get("force_insert"):
            raise TypeError("a CatalogueMatch is never changed; add a row")
        super().save(*args, **kwargs)
