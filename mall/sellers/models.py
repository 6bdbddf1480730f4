"""Who sells: a brand's shop, another professional, or a private person; and what the law wants shown of each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Seller(models.Model):
    """One seller. Shown facts: Code de la consommation L111-7, regulation (EU) 2022/2065 articles 30 and 31."""

    class Kind(models.TextChoices):
        BRAND = "brand", _("Brand's own shop")
        PROFESSIONAL = "professional", _("Professional")
        PRIVATE = "private", _("Private person")

    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=80, help_text=_("as shoppers see it; a private person's first name"))
    slug = models.SlugField(max_length=90, unique=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="sellers"
    )
    city = models.CharField(max_length=80, blank=True)
    about_fr = models.TextField(blank=True)
    about_en = models.TextField(blank=True)
    company_name = models.CharField(max_length=120, blank=True)
    company_address = models.CharField(max_length=200, blank=True)
    register_number = models.CharField(max_length=40, blank=True, help_text=_("SIREN or register of the country"))
    vat_number = models.CharField(max_length=20, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    certified_at = models.DateTimeField(
        null=True, blank=True, help_text=_("when the seller certified to offer only what European law allows")
    )
    return_days = models.PositiveSmallIntegerField(default=0, help_text=_("0: no withdrawal (private persons)"))
    rating_tenths = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("10 to 50; empty: no rating"))
    rating_count = models.PositiveIntegerField(default=0)
    sale_count = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="a_professional_seller_shows_company_register_address_and_contact",
                condition=Q(kind="private")
                | (~Q(company_name="") & ~Q(register_number="") & ~Q(company_address="") & ~Q(contact_email="")),
            ),
            models.CheckConstraint(
                name="a_professional_seller_has_certified",
                condition=Q(kind="private") | Q(certified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_professional_seller_takes_returns_for_14_days",
                condition=Q(kind="private") | Q(return_days__gte=14),
            ),
            models.CheckConstraint(
                name="a_seller_rating_lies_between_1_and_5_and_has_votes",
                condition=Q(rating_tenths__isnull=True, rating_count=0)
                | Q(rating_tenths__isnull=False, rating_tenths__gte=10, rating_tenths__lte=50, rating_count__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_professional(self) -> bool:
        """A trader in the sense of the law: a brand's shop is one too."""
        return self.kind != self.Kind.PRIVATE

    def about(self, language: str) -> str:
        texts = {"fr": self.about_fr, "en": self.about_en}
        return texts.get(language) or self.about_fr or self.about_en
