"""The demo mall, made once: sellers, products, offers, second-hand things. A second run adds nothing.

Pictures come first, each whole by itself; then all rows in one transaction, so a run that is killed leaves either no
shop or all of them. Dates are counted back from the `now` of the run that made the row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from mall.catalogue.category_tree import ensure_categories
from mall.catalogue.identifiers import normalise_mpn
from mall.catalogue.models import (
    Brand,
    CatalogueMatch,
    Category,
    Identifier,
    Offer,
    Product,
    ProductPhoto,
    ProductText,
    Variant,
)
from mall.catalogue.services import change_price, link_offer, publish_offer, touch_products
from mall.core import pictures
from mall.core.models import Picture
from mall.demo.content import DemoContent, DemoProduct, DemoSeller, photo_path
from mall.demo.offer_plan import PlannedOffer
from mall.sellers.models import Seller

FIRST_WIDTHS = (240, 480)
ALIASES = {"Éditions du Phare": ["Editions du Phare", "Le Phare"], "Foulee Nord": ["Foulée Nord"]}

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelves:
    """What the offers and listings of one run refer to."""

    sellers: dict[str, Seller]
    products: dict[str, Product]
    variants: dict[tuple[str, int], Variant]
    brands: dict[str, Brand]
    categories: dict[str, Category]
    photos: dict[str, Picture]


def take_in_photos(content: DemoContent, say: Say) -> dict[str, Picture]:
    """Keep every demo photo and make its two smaller widths; the worker makes the larger ones."""
    names = content.photos
    taken = {name: pictures.add_picture(photo_path(name)) for name in names}
    waiting = [picture for picture in taken.values() if not set(_first_widths(picture)) <= set(picture.ready_widths)]
    say(f"Photos: {len(taken)}, of which {len(waiting)} to prepare")
    # Pillow lets go of the interpreter while it decodes, scales and encodes: threads do use every core.
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for done, picture in enumerate(pool.map(_write_first, waiting), start=1):
            pictures.record_renditions(picture, _first_widths(picture))
            if done % 50 == 0:
                say(f"  {done} of {len(waiting)} prepared")
    return taken


def _first_widths(picture: Picture) -> list[int]:
    return pictures.planned_widths(picture.width_px, FIRST_WIDTHS)


def _write_first(picture: Picture) -> Picture:
    original = Path(settings.ORIGINALS_FOLDER) / picture.original
    pictures.write_renditions(original, pictures.rendition_folder(picture), _first_widths(picture))
    return picture


@transaction.atomic
def stock_shelves(content: DemoContent, photos: dict[str, Picture], *, now: datetime) -> Shelves:
    """Sellers, brands, categories and products of the content, made where they are missing."""
    leaves = {product.category for product in content.products} | {
        listing.category for listing in content.listings if listing.category
    }
    categories = ensure_categories(leaves)
    sellers = {seller.slug: _ensure_seller(seller, now) for seller in content.sellers}
    names = [product.brand for product in content.products] + [row.brand for row in content.listings if row.brand]
    brands = {name: _ensure_brand(name, sellers) for name in dict.fromkeys(names)}
    shelves = Shelves(sellers=sellers, products={}, variants={}, brands=brands, categories=categories, photos=photos)
    for place, product in enumerate(content.products):
        _ensure_product(product, shelves, created_at=now - timedelta(days=320 - 4 * place))
    return shelves


def _ensure_seller(seller: DemoSeller, now: datetime) -> Seller:
    tenths, votes, sales = seller.rating
    is_private = seller.kind == Seller.Kind.PRIVATE
    row, _is_new = Seller.objects.get_or_create(
        slug=seller.slug,
        defaults={
            "kind": seller.kind,
            "name": seller.name,
            "city": seller.city,
            "about_fr": seller.about[0],
            "about_en": seller.about[1],
            "company_name": seller.company,
            "company_address": seller.address,
            "register_number": seller.register,
            "contact_email": "" if is_private else f"bonjour@{seller.slug}.example",
            "contact_phone": seller.phone,
            "certified_at": None if is_private else now - timedelta(days=400),
            "return_days": seller.return_days,
            "rating_tenths": tenths or None,
            "rating_count": votes,
            "sale_count": sales,
            "joined_at": now - timedelta(days=90 + 23 * len(seller.name) + sales % 700),
        },
    )
    return row


def _ensure_brand(name: str, sellers: dict[str, Seller]) -> Brand:
    shop = sellers.get(slugify(name))
    is_shop = shop is not None and shop.kind == Seller.Kind.BRAND
    row, _is_new = Brand.objects.get_or_create(
        slug=slugify(name),
        defaults={"name": name, "aliases": ALIASES.get(name, []), "shop": shop if is_shop else None},
    )
    return row


def _ensure_product(demo: DemoProduct, shelves: Shelves, *, created_at: datetime) -> None:
    product, is_new = Product.objects.get_or_create(
        source_key=f"demo:{demo.key}",
        defaults={
            "brand": shelves.brands[demo.brand],
            "category": shelves.categories[demo.category],
            "slug": slugify(demo.title[0])[:200],
            "attributes": demo.attributes,
            "released_on": date(demo.year, 3, 1),
            "created_at": created_at,
        },
    )
    if is_new:
        _fill_product(product, demo, shelves)
        touch_products([product.pk])
    shelves.products[demo.key] = product
    for variant in product.variants.all():
        shelves.variants[demo.key, variant.position] = variant


def _fill_product(product: Product, demo: DemoProduct, shelves: Shelves) -> None:
    ProductText.objects.bulk_create(
        ProductText(
            product=product,
            language=language,
            title=demo.title[side],
            summary=demo.summary[side],
            description=demo.description[side],
            facts=[[label[side], value[side]] for label, value in demo.facts],
        )
        for side, language in enumerate(("fr", "en"))
    )
    for place, demo_variant in enumerate(demo.variants):
        label_fr, label_en = demo_variant.label
        variant = Variant.objects.create(
            product=product, position=place, colour=demo_variant.colour, label_fr=label_fr, label_en=label_en
        )
        codes = [(Identifier.Scheme.GTIN, demo_variant.gtin)]
        if demo_variant.isbn10:
            codes.append((Identifier.Scheme.ISBN10, demo_variant.isbn10))
        if demo.mpn:
            part = normalise_mpn(f"{demo.mpn}{'ABCD'[place]}")
            codes.append((Identifier.Scheme.MPN, f"{shelves.brands[demo.brand].slug}:{part}"))
        Identifier.objects.bulk_create(
            Identifier(variant=variant, scheme=scheme, value=value, source="demo") for scheme, value in codes
        )
        if demo_variant.photo:
            ProductPhoto.objects.create(
                product=product,
                variant=variant,
                picture=shelves.photos[f"studio/{demo_variant.photo}"],
                alt_fr=f"{demo.title[0]}, {label_fr}",
                alt_en=f"{demo.title[1]}, {label_en}",
                position=place,
            )


@transaction.atomic
def open_offers(offers: Iterable[PlannedOffer], shelves: Shelves, *, now: datetime) -> int:
    """Publish what is not there yet, with the prices it had before. Returns how many were new."""
    known = set(Offer.objects.filter(source_key__startswith="demo:").values_list("source_key", flat=True))
    fresh = [offer for offer in offers if offer.source_key not in known]
    for planned in fresh:
        _open(planned, shelves, now)
    return len(fresh)


def _open(planned: PlannedOffer, shelves: Shelves, now: datetime) -> None:
    first, *later = planned.past
    published = now - first.before_now
    variant = shelves.variants[planned.product, planned.variant_place]
    offer = publish_offer(
        seller=shelves.sellers[planned.seller],
        variant=variant,
        terms=replace(planned.terms, price_minor=first.price_minor),
        now=published,
        source_key=planned.source_key,
    )
    for past in later:
        change_price(
            offer_id=offer.pk,
            price_minor=past.price_minor,
            delivery_minor=offer.delivery_minor,
            now=now - past.before_now,
        )
    if planned.last_change is not None:
        change_price(
            offer_id=offer.pk,
            price_minor=planned.terms.price_minor,
            delivery_minor=offer.delivery_minor,
            now=now - planned.last_change,
        )
    if planned.is_stated:
        link_offer(
            offer=offer,
            variant=variant,
            method=CatalogueMatch.Method.SELLER,
            evidence=[{"kind": "seller", "detail": "chosen from the catalogue", "speaks": "for"}],
            score=None,
            now=published,
        )
