"""The catalogue: a product with one variant and words in both languages, sold new by a professional."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from mall.catalogue.conditions import GRADES
from mall.catalogue.models import Brand, Category, Equivalent, Offer, PriceHistory, Product, ProductText, Variant
from tests.factories.sellers import SellerFactory

PUBLISHED = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


class BrandFactory(DjangoModelFactory):
    class Meta:
        model = Brand

    name = factory.Sequence(lambda n: f"Marque {n}")
    slug = factory.Sequence(lambda n: f"marque-{n}")


class CategoryFactory(DjangoModelFactory):
    """A department, or a node below `parent`."""

    class Meta:
        model = Category

    parent = None
    slug = factory.Sequence(lambda n: f"rayon-{n}")
    path = factory.LazyAttribute(lambda node: f"{node.parent.path}/{node.slug}" if node.parent else node.slug)
    name_fr = factory.Sequence(lambda n: f"Rayon {n}")
    name_en = factory.Sequence(lambda n: f"Department {n}")


class ProductFactory(DjangoModelFactory):
    """With a text in French and in English; `texts={"fr": "Lampe"}` chooses languages and titles, `texts={}` none."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    brand = factory.SubFactory(BrandFactory)
    category = factory.SubFactory(CategoryFactory)
    slug = factory.Sequence(lambda n: f"produit-{n}")
    created_at = PUBLISHED

    @factory.post_generation
    def texts(self, create: bool, extracted: dict[str, str] | None, **kwargs: Any) -> None:
        if not create:
            return
        number = self.slug.rpartition("-")[2]
        titles = {"fr": f"Bouilloire Rivage {number}", "en": f"Rivage kettle {number}"}
        for language, title in (titles if extracted is None else extracted).items():
            ProductTextFactory(product=self, language=language, title=title, **kwargs)


class ProductTextFactory(DjangoModelFactory):
    class Meta:
        model = ProductText

    product = factory.SubFactory(ProductFactory, texts={})
    language = "fr"
    title = "Bouilloire Rivage 1,7 L"
    summary = "1,7 L, 2 200 W, arrêt automatique"
    description = "Elle chauffe un litre en moins de trois minutes."
    facts = factory.LazyFunction(lambda: [["Puissance", "2 200 W"], ["Contenance", "1,7 L"]])


class VariantFactory(DjangoModelFactory):
    class Meta:
        model = Variant

    product = factory.SubFactory(ProductFactory)
    position = factory.LazyAttribute(lambda variant: Variant.objects.filter(product=variant.product).count())
    colour = "green"
    label_fr = "vert sauge"
    label_en = "sage"


class OfferFactory(DjangoModelFactory):
    """New, in stock, 59 euros, free delivery, with its first price. Traits: refurbished, used, unique, sold_out,
    withdrawn."""

    class Meta:
        model = Offer
        skip_postgeneration_save = True

    class Params:
        refurbished = factory.Trait(
            grade="refurb.good", is_fully_tested=True, is_data_erased=True, price_minor=3900, warranty_months=12
        )
        unique = factory.Trait(kind=Offer.Kind.UNIQUE, stock=1)
        used = factory.Trait(
            grade="used.good",
            kind=Offer.Kind.UNIQUE,
            stock=1,
            price_minor=2400,
            seller=factory.SubFactory(SellerFactory, private=True),
        )
        sold_out = factory.Trait(stock=0)
        withdrawn = factory.Trait(withdrawn_at=datetime(2026, 4, 1, 10, 0, tzinfo=UTC))

    variant = factory.SubFactory(VariantFactory)
    seller = factory.SubFactory(SellerFactory)
    kind = Offer.Kind.STOCK
    grade = "new.sealed"
    family = factory.LazyAttribute(lambda offer: str(GRADES[offer.grade].family))
    price_minor = 5900
    stock = 8
    published_at = PUBLISHED

    @factory.post_generation
    def first_price(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            PriceHistory.objects.create(
                offer=self, price_minor=self.price_minor, delivery_minor=self.delivery_minor, starts_at=PUBLISHED
            )


class EquivalentFactory(DjangoModelFactory):
    """A product of the same brand and type, near to an unlinked offer; `offer=` says which."""

    class Meta:
        model = Equivalent

    offer = factory.SubFactory(OfferFactory, used=True, variant=None)
    product = factory.SubFactory(ProductFactory)
    rank = factory.LazyAttribute(lambda near: Equivalent.objects.filter(offer=near.offer).count() + 1)
    score = 0.8
    evidence = factory.LazyFunction(
        lambda: [
            {"kind": "brand", "speaks": "for", "detail": ""},
            {"kind": "category", "speaks": "for", "detail": ""},
            {"kind": "year", "speaks": "against", "detail": "2019", "other": "2021"},
        ]
    )
    model_version = "tests"
