"""Sellers: a professional unless a trait says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from factory.django import DjangoModelFactory

from mall.sellers.models import Seller


class SellerFactory(DjangoModelFactory):
    """A professional with every fact the law asks for. Traits: private, professional, brand, rated."""

    class Meta:
        model = Seller

    class Params:
        professional = factory.Trait(kind=Seller.Kind.PROFESSIONAL)
        brand = factory.Trait(kind=Seller.Kind.BRAND, name=factory.Sequence(lambda n: f"Boutique {n}"))
        private = factory.Trait(
            kind=Seller.Kind.PRIVATE,
            name=factory.Sequence(lambda n: f"Nadia {n}"),
            company_name="",
            company_address="",
            register_number="",
            contact_email="",
            certified_at=None,
            return_days=0,
        )
        rated = factory.Trait(rating_tenths=47, rating_count=120, sale_count=340)

    kind = Seller.Kind.PROFESSIONAL
    name = factory.Sequence(lambda n: f"Atelier {n}")
    slug = factory.Sequence(lambda n: f"seller-{n}")
    city = "Lyon"
    company_name = factory.LazyAttribute(lambda seller: f"{seller.name} SAS")
    company_address = "12 rue de l’Exemple, 69000 Lyon"
    register_number = "000 000 000 RCS Exemple"
    contact_email = factory.LazyAttribute(lambda seller: f"bonjour@{seller.slug}.example")
    certified_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    return_days = 14
