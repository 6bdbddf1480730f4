"""Own words and photos of one second-hand thing, one-to-one with its offer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from listings.selling.models import DraftPhoto, EarlierWords, ListingDraft
from mall.catalogue.models import Brand, Category, Offer
from mall.core.models import Picture

__all__ = ["DraftPhoto", "EarlierWords", "Listing", "ListingDraft", "ListingPhoto"]


class Listing(models.Model):
    """What the seller says of the thing.

    title, description: in `language`, as the seller wrote them; title_other, description_other: in the mall's other
    language, empty when nobody translated them. defects: list of plain sentences in `language`.
    colour: English code such as "blue", or "". search_version: see Product.
    gtin, model_code: as the seller typed them, not checked. attributes: as of a Product.
    matched_at: when the matcher last looked at it, null when never. paused_at: since when its seller keeps it off sale
    for a while (its offer is withdrawn then), null else.
    """

    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, related_name="listing")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="listings")
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.SET_NULL, related_name="listings")
    language = models.CharField(max_length=2, choices=[("fr", "fr"), ("en", "en")], default="fr")
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True, max_length=4000)
    title_other = models.CharField(max_length=120, blank=True)
    description_other = models.TextField(blank=True, max_length=4000)
    defects = models.JSONField(default=list, blank=True)
    is_complete = models.BooleanField(default=True, help_text="with all its parts and accessories")
    colour = models.CharField(max_length=20, blank=True)
    size = models.CharField(max_length=40, blank=True)
    bought_in = models.PositiveSmallIntegerField(null=True, blank=True, help_text="year of purchase")
    gtin = models.CharField(max_length=20, blank=True)
    model_code = models.CharField(max_length=60, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    matched_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    search_version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_listing_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="a_listing_was_bought_in_a_real_year",
                condition=Q(bought_in__isnull=True) | Q(bought_in__gte=1900, bought_in__lte=2100),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def title_in(self, language: str) -> str:
        return self.title if language == self.language else (self.title_other or self.title)

    def description_in(self, language: str) -> str:
        return self.description if language == self.language else (self.description_other or self.description)


class ListingPhoto(models.Model):
    """One photo of the very thing. alt: what it shows ("dos, rayure de 2 cm"). is_defect: never to be retouched."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="photos")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    alt_fr = models.CharField(max_length=200, blank=True)
    alt_en = models.CharField(max_length=200, blank=True)
    is_defect = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["listing", "position"], name="photos_of_a_listing_have_an_order"),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id}/{self.position}"

    def alt(self, language: str) -> str:
        return (self.alt_en if language == "en" else self.alt_fr) or self.alt_fr or self.alt_en
