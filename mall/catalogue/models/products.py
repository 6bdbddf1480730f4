"""What can be sold: brands, products, their variants, texts, identifiers and pictures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from mall.catalogue.models.categories import Category
from mall.core.models import Picture
from mall.sellers.models import Seller


class Brand(models.Model):
    """The maker's name on the goods. aliases: other spellings shoppers use."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=130, unique=True)
    aliases = models.JSONField(default=list, blank=True)
    shop = models.ForeignKey(Seller, null=True, blank=True, on_delete=models.SET_NULL, related_name="brands")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """The model as the public knows it.

    attributes: language-free facts (source key -> text, number or true/false), for filters and matching.
    search_version: rises with every change of the product or of its offers; engines never go back behind it.
    source_key: "<brand feed>:<id there>", what an import finds it by again.
    """

    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    slug = models.SlugField(max_length=200, help_text="shown in the address; the id decides")
    attributes = models.JSONField(default=dict, blank=True)
    source_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    released_on = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    search_version = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["category", "is_active"], name="product_by_category")]

    def __str__(self) -> str:
        return self.slug


class ProductText(models.Model):
    """A product's words in one language. facts: list of [label, value] pairs for the table of specifications."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=2, choices=[("fr", "fr"), ("en", "en")])
    title = models.CharField(max_length=300)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    facts = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "language"], name="one_text_per_product_and_language"),
            models.CheckConstraint(name="product_text_has_a_title", condition=~Q(title="")),
        ]

    def __str__(self) -> str:
        return f"{self.language}: {self.title}"


class Variant(models.Model):
    """The trade item: one colour, one size. Identifiers belong to it. colour: English code such as "blue", or ""."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    position = models.PositiveSmallIntegerField(default=0)
    colour = models.CharField(max_length=20, blank=True)
    label_fr = models.CharField(max_length=80, blank=True)
    label_en = models.CharField(max_length=80, blank=True)
    size = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["product_id", "position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="variants_of_a_product_have_an_order"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}/{self.position} {self.label_fr}".strip()

    def label(self, language: str) -> str:
        return (self.label_en if language == "en" else self.label_fr) or self.label_fr or self.label_en


class Identifier(models.Model):
    """A code that somebody claims for a variant. One code may be claimed for several; conflicts go to a person.

    value: normalised (see identifiers.py); for "mpn" it is "<brand slug>:<part number>".
    authority: a brand's claim outranks the mall's, and that a seller's.
    """

    class Scheme(models.TextChoices):
        GTIN = "gtin", "GTIN"
        ISBN10 = "isbn10", "ISBN-10"
        MPN = "mpn", "MPN"

    class Authority(models.TextChoices):
        BRAND = "brand", "brand"
        MALL = "mall", "mall"
        SELLER = "seller", "seller"

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=8, choices=Scheme)
    value = models.CharField(max_length=200)
    source = models.CharField(max_length=120, help_text="who claims it: a feed, a seller, the mall")
    authority = models.CharField(max_length=6, choices=Authority, default=Authority.MALL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "scheme", "value"], name="one_claim_per_variant_and_code"),
            models.CheckConstraint(
                name="a_gtin_is_stored_as_14_digits",
                condition=~Q(scheme="gtin") | Q(value__regex=r"^[0-9]{14}$"),
            ),
            models.CheckConstraint(
                name="an_isbn10_has_ten_characters",
                condition=~Q(scheme="isbn10") | Q(value__regex=r"^[0-9]{9}[0-9X]$"),
            ),
        ]
        indexes = [models.Index(fields=["scheme", "value"], name="identifier_lookup")]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class ProductPhoto(models.Model):
    """A catalogue picture of a product or of one of its variants."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="photos")
    variant = models.ForeignKey(Variant, null=True, blank=True, on_delete=models.CASCADE, related_name="photos")
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="+")
    alt_fr = models.CharField(max_length=200, blank=True)
    alt_en = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="photos_of_a_product_have_an_order"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id}/{self.position}"

    def alt(self, language: str) -> str:
        return (self.alt_en if language == "en" else self.alt_fr) or self.alt_fr or self.alt_en
