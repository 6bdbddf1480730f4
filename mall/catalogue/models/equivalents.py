"""Which products come nearest to a second-hand thing that is none of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from mall.catalogue.models.offers import Offer
from mall.catalogue.models.products import Product

MOST_PER_OFFER = 5


class Equivalent(models.Model):
    """One product near to an unlinked offer; worked out again at each look, so rows come and go.

    rank: from 1, the nearest. score: 0 to 1, how near (not a probability of being the same). evidence: see
    `mall.catalogue.evidence`. model_version: of the matcher that wrote it.
    """

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="equivalents")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="equivalents")
    rank = models.PositiveSmallIntegerField()
    score = models.FloatField()
    evidence = models.JSONField(default=list)
    model_version = models.CharField(max_length=60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["offer_id", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "product"], name="a_product_is_near_an_offer_once"),
            models.UniqueConstraint(fields=["offer", "rank"], name="equivalents_of_an_offer_have_an_order"),
            models.CheckConstraint(name="nearness_is_between_0_and_1", condition=Q(score__gte=0.0, score__lte=1.0)),
        ]

    def __str__(self) -> str:
        return f"offer {self.offer_id} is near product {self.product_id}"
