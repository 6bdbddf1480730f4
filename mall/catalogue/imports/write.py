"""Sound rows into the catalogue, a batch per transaction. What a feed says again changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from django.utils.text import slugify

from mall.catalogue.category_tree import ensure_categories
from mall.catalogue.colours import base_colour
from mall.catalogue.imports.classify import category_of
from mall.catalogue.imports.facts import colour_in, facts_of
from mall.catalogue.imports.rows import CatalogueRow
from mall.catalogue.models import Brand, Category, Identifier, Offer, PriceHistory, Product, ProductText, Variant
from mall.catalogue.newness import sells_new
from mall.catalogue.services import announce_products, follow_newness, touch_products
from mall.sellers.models import Seller
from search.query.colours import colour_named

GRADE = "new.sealed"
_FRENCH = frozenset("le la les des du une pour avec dans sur et est au aux vos votre sans plus".split())
_ENGLISH = frozenset("the of and for with in on your is to from by this that it can".split())


@dataclass(kw_only=True, slots=True)
class Tally:
    """What one import did. written: products new or changed."""

    lines: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    offers: int = 0

    @property
    def written(self) -> int:
        return self.created + self.updated


@dataclass(kw_only=True, slots=True)
class FeedWriter:
    """Writes the rows of one feed. feed: slug of its owner, the first part of every source key.

    seller: who sells the new offers. stock: units of each, as the format states none.
    """

    feed: str
    seller: Seller
    stock: int
    now: datetime
    tally: Tally = field(default_factory=Tally)
    _brands: dict[str, Brand] = field(default_factory=dict)
    _categories: dict[str, Category] = field(default_factory=dict)
    _turned: list[tuple[Offer, bool]] = field(default_factory=list)

    @transaction.atomic(durable=True)
    def write(self, rows: Sequence[CatalogueRow]) -> None:
        """All of the batch or nothing. Rows whose words, codes and price are as before are left alone."""
        self._turned.clear()
        leaves = [self._leaf(row) for row in rows]
        self._categories |= ensure_categories(set(leaves) - self._categories.keys())
        self._ensure_brands({row.brand for row in rows if row.brand})
        known = self._known(rows)
        fresh = [(row, leaf) for row, leaf in zip(rows, leaves, strict=True) if self._key(row) not in known]
        changed = self._create(fresh)
        for row, leaf in zip(rows, leaves, strict=True):
            product = known.get(self._key(row))
            if product is not None and self._update(product, row, leaf):
                changed.append(product.pk)
                self.tally.updated += 1
        self.tally.created += len(fresh)
        self.tally.unchanged += len(rows) - len(changed)
        touch_products(changed)
        for offer, was_new in self._turned:
            follow_newness(offer, was_new=was_new)

    def announce(self) -> None:
        """Once the feed is read, or broke off: second-hand things may be of the products that came, or near to them."""
        if self.tally.created:
            announce_products()

    def _key(self, row: CatalogueRow) -> str:
        return f"{self.feed}:{row.id}"

    def _leaf(self, row: CatalogueRow) -> str:
        return category_of(title=row.title, description=row.description, attributes=row.attributes)

    def _known(self, rows: Iterable[CatalogueRow]) -> dict[str, Product]:
        keys = [self._key(row) for row in rows]
        own_offers = Offer.objects.filter(source_key__in=keys)
        prepared = (
            Product.objects.filter(source_key__in=keys)
            .select_related("brand", "category")
            .prefetch_related("texts", "variants__identifiers", Prefetch("variants__offers", queryset=own_offers))
        )
        return {str(product.source_key): product for product in prepared}

    def _ensure_brands(self, names: set[str]) -> None:
        missing = {brand_slug(name): name for name in sorted(names, reverse=True)}
        missing = {slug: name for slug, name in missing.items() if slug not in self._brands}
        self._brands |= {brand.slug: brand for brand in Brand.objects.filter(slug__in=missing)}
        for slug, name in missing.items():
            if slug not in self._brands:
                self._brands[slug] = Brand.objects.create(slug=slug, name=name)

    def _brand(self, row: CatalogueRow) -> Brand | None:
        return self._brands[brand_slug(row.brand)] if row.brand else None

    def _product_fields(self, row: CatalogueRow, leaf: str) -> dict[str, Any]:
        return {
            "brand": self._brand(row),
            "category": self._categories[leaf],
            "slug": slugify(row.title)[:200].strip("-") or "product",
            "attributes": row.attributes,
            "released_on": row.released_on,
        }

    def _create(self, fresh: Sequence[tuple[CatalogueRow, str]]) -> list[int]:
        products = Product.objects.bulk_create(
            Product(source_key=self._key(row), created_at=self.now, **self._product_fields(row, leaf))
            for row, leaf in fresh
        )
        rows = [row for row, _leaf in fresh]
        variants = Variant.objects.bulk_create(
            Variant(product=product, **variant_fields(row)) for product, row in zip(products, rows, strict=True)
        )
        ProductText.objects.bulk_create(
            ProductText(product=product, **text_fields(row)) for product, row in zip(products, rows, strict=True)
        )
        pairs = list(zip(variants, rows, strict=True))
        self._claim(pairs)
        self._offer(pairs)
        return [product.pk for product in products]

    def _claim(self, pairs: Sequence[tuple[Variant, CatalogueRow]]) -> None:
        Identifier.objects.bulk_create(
            Identifier(variant=variant, scheme=scheme, value=value, source=self.feed)
            for variant, row in pairs
            for scheme, value in self._codes(row)
        )

    def _codes(self, row: CatalogueRow) -> list[tuple[str, str]]:
        codes: list[tuple[str, str]] = [(Identifier.Scheme.GTIN, row.gtin)] if row.gtin else []
        if row.mpn and row.brand:
            codes.append((Identifier.Scheme.MPN, f"{brand_slug(row.brand)}:{row.mpn}"))
        return codes

    def _offer(self, pairs: Sequence[tuple[Variant, CatalogueRow]]) -> list[Offer]:
        offers = Offer.objects.bulk_create(
            Offer(
                variant=variant,
                seller=self.seller,
                family="new",
                grade=GRADE,
                price_minor=row.price_minor,
                stock=self.stock,
                source_key=self._key(row),
                published_at=self.now,
            )
            for variant, row in pairs
            if row.price_minor is not None
        )
        PriceHistory.objects.bulk_create(
            PriceHistory(offer=offer, price_minor=offer.price_minor, starts_at=self.now) for offer in offers
        )
        self.tally.offers += len(offers)
        return offers

    def _update(self, product: Product, row: CatalogueRow, leaf: str) -> bool:
        """Bring one known product up to date; False when nothing of it had changed."""
        variant = min(product.variants.all(), key=lambda variant: variant.position)
        text = next((text for text in product.texts.all() if text.language == language_of(row)), None)
        if text is None:
            text = ProductText(product=product, language=language_of(row), title="")
        changes = [
            _assign(product, self._product_fields(row, leaf)),
            _assign(variant, variant_fields(row)),
            _assign(text, text_fields(row)),
            self._update_codes(variant, row),
            self._update_offer(variant, row),
        ]
        return any(changes)

    def _update_codes(self, variant: Variant, row: CatalogueRow) -> bool:
        """Claims of this feed follow the feed; those of others stay."""
        own = {(code.scheme, code.value): code for code in variant.identifiers.all() if code.source == self.feed}
        wanted = set(self._codes(row))
        if own.keys() == wanted:
            return False
        others = {(code.scheme, code.value) for code in variant.identifiers.all()} - own.keys()
        Identifier.objects.filter(pk__in=[code.pk for pair, code in own.items() if pair not in wanted]).delete()
        missing = wanted - own.keys() - others
        Identifier.objects.bulk_create(
            Identifier(variant=variant, scheme=scheme, value=value, source=self.feed)
            for scheme, value in sorted(missing)
        )
        return bool(missing) or bool(own.keys() - wanted)

    def _update_offer(self, variant: Variant, row: CatalogueRow) -> bool:
        """A new price is added to the history; a row that lost its price takes the offer off sale."""
        offer = next((offer for offer in variant.offers.all() if offer.source_key == self._key(row)), None)
        if offer is None:
            if row.price_minor is None:
                return False
            self._turned += [(opened, False) for opened in self._offer([(variant, row)])]
            return True
        was_new = sells_new(offer)
        if row.price_minor is None:
            if offer.withdrawn_at is not None:
                return False
            offer.withdrawn_at = self.now
            offer.save(update_fields=["withdrawn_at"])
            self._turned.append((offer, was_new))
            return True
        if (offer.price_minor, offer.withdrawn_at) == (row.price_minor, None):
            return False
        Offer.objects.filter(pk=offer.pk).update(price_minor=row.price_minor, withdrawn_at=None)
        if offer.withdrawn_at is not None:
            offer.withdrawn_at = None
            self._turned.append((offer, was_new))
        if offer.price_minor != row.price_minor:
            PriceHistory.objects.update_or_create(
                offer=offer,
                starts_at=self.now,
                defaults={"price_minor": row.price_minor, "delivery_minor": offer.delivery_minor},
            )
        return True


def _assign(row: Product | Variant | ProductText, fields: dict[str, Any]) -> bool:
    """Save the fields that differ. False when none does."""
    differing = [name for name, value in fields.items() if getattr(row, name) != value]
    for name in differing:
        setattr(row, name, fields[name])
    if differing:
        row.save(update_fields=None if row.pk is None else differing)
    return bool(differing)


def brand_slug(name: str) -> str:
    """One slug for all spellings that differ in case and signs only."""
    return slugify(name)[:130] or "brand"


def variant_fields(row: CatalogueRow) -> dict[str, Any]:
    code, label = colour_in(row.attributes)
    named = colour_named(code) if code and base_colour(label) == code else None
    return {"colour": code, "label_fr": named.french if named else label, "label_en": label}


def text_fields(row: CatalogueRow) -> dict[str, Any]:
    short = row.description if len(row.description) <= 160 else ""
    return {
        "language": language_of(row),
        "title": row.title,
        "summary": short,
        "description": "" if short else row.description,
        "facts": facts_of(row.attributes),
    }


def language_of(row: CatalogueRow) -> str:
    """ "fr" when the row's own words are French more than English; "en" otherwise."""
    words = re.findall(r"[a-zà-ÿ]+", f"{row.title} {row.description}".lower())
    french, english = (sum(word in stop for word in words) for stop in (_FRENCH, _ENGLISH))
    return "fr" if french > english + 1 else "en"
