"""Everything the page of a product shows, put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.catalogue.conditions import Family
from mall.catalogue.models import Brand, Offer, Variant
from mall.pages.addresses import sell_url, seller_url
from mall.pages.components.cards import OfferCard, cards_for, cards_of_facts, equivalents_url
from mall.pages.components.gallery import Gallery, gallery_of
from mall.pages.components.navigation import Breadcrumb
from mall.pages.components.offers import ChosenOffer, OfferGroup, chosen_offer, offer_group
from mall.pages.components.picture import RAIL_SIZES, THUMB_SIZES, PhotoView, photo_view
from mall.pages.components.product import (
    ConditionDoors,
    GradeLadder,
    ProductAddress,
    VariantLink,
    condition_doors,
    grade_ladder,
    price_summary,
    product_breadcrumb,
    product_heading,
    variant_links,
)
from mall.pages.components.ties import MoreLink, more_text
from mall.pages.components.wording import CONDITION_CLASSES, offers_text, price_text
from mall.pages.selectors.equivalents import NearThings, things_near
from mall.pages.selectors.products import (
    Choice,
    ProductFacts,
    ProductOffers,
    choose_offer,
    live_offers,
    read_reduction,
)
from mall.pages.selectors.similar import SHOWN, similar_hits
from mall.pages.structured_data import product_data
from search.documents import Language


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherDoor:
    """One quiet line: the same product in another condition. key: what hiding it for the visit is remembered under."""

    key: str
    title: str
    detail: str
    url: str
    css: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductPage:
    """What pages/product.html writes. chosen: None where nothing is on sale (in the condition asked for).

    equivalents: lone second-hand things near to it, which are no offers of it; more_equivalents: where there are more.
    """

    breadcrumb: Breadcrumb
    brand: str
    brand_url: str
    heading: str
    summary: str
    title: str
    meta_description: str
    gallery: Gallery
    doors: ConditionDoors
    variants: tuple[VariantLink, ...]
    chosen: ChosenOffer | None
    is_sold_out: bool
    nothing_text: str
    other_door: OtherDoor | None
    offers_title: str
    groups: tuple[OfferGroup, ...]
    grades: GradeLadder
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    equivalents: tuple[OfferCard, ...]
    more_equivalents: MoreLink | None
    sell_url: str
    similar: tuple[OfferCard, ...]
    data: dict[str, Any]


def product_page_of(
    facts: ProductFacts,
    *,
    variant: Variant | None,
    condition: str,
    offer_id: int | None,
    language: str,
    now: datetime,
) -> ProductPage:
    """condition: the one asked for or "". offer_id: of the offer asked for; one that is not live is passed over."""
    product = facts.product
    offers = live_offers(product, variant)
    choice = choose_offer(offers, condition=condition, offer_id=offer_id, now=now)
    address = ProductAddress(product_id=product.pk, slug=product.slug, variant=variant.pk if variant else None)
    chosen_family = choice.offer.family if choice else condition
    heading = product_heading(facts, variant, language)
    breadcrumb = product_breadcrumb(facts, language)
    gallery = _gallery(facts, offers, choice, variant, heading, language)
    summary = price_summary(offers, language)
    near = things_near(product.pk, title=facts.title, new_minor=offers.new_minor, language=language)
    return ProductPage(
        breadcrumb=breadcrumb,
        brand=product.brand.name if product.brand else "",
        brand_url=_brand_url(product.brand),
        heading=heading,
        summary=facts.summary,
        title=_("%(title)s: %(prices)s") % {"title": heading, "prices": summary} if summary else heading,
        meta_description=facts.summary or facts.description[:150] or heading,
        gallery=gallery,
        doors=condition_doors(offers, address, chosen=chosen_family, language=language),
        variants=variant_links(facts, offers, chosen=variant, language=language),
        chosen=_chosen(choice, offers, address, language, now),
        is_sold_out=not offers.groups,
        nothing_text=_nothing(offers, condition),
        other_door=_other_door(choice, offers, address, language),
        offers_title=_offers_title(offers.count),
        groups=_groups(facts, offers, choice, address, language, shows_variants=variant is None),
        grades=grade_ladder(offers, choice.offer if choice else None),
        facts=facts.facts,
        paragraphs=tuple(line.strip() for line in facts.description.splitlines() if line.strip()),
        equivalents=tuple(cards_of_facts(near.cards, language, eager=0, sizes=RAIL_SIZES)),
        more_equivalents=_more_equivalents(facts, near, language),
        sell_url=sell_url(product.pk),
        similar=_similar(facts, near, language),
        data=product_data(facts, offers, gallery, path=address.path),
    )


def _brand_url(brand: Brand | None) -> str:
    """The brand's own shop, else all its goods."""
    if brand is None:
        return ""
    return seller_url(brand.shop.slug) if brand.shop else f"{reverse('search')}?{urlencode({'brand': brand.slug})}"


def _gallery(
    facts: ProductFacts,
    offers: ProductOffers,
    choice: Choice | None,
    variant: Variant | None,
    heading: str,
    language: str,
) -> Gallery:
    """Of a second-hand offer its own photos and nothing else; else the maker's, those of the variant first."""
    tint = facts.product.category.tint
    if choice is not None:
        own = offers.own_photos.get(choice.offer.pk, ())
        if own or choice.offer.family in {Family.USED, Family.PARTS}:
            return gallery_of(own, language=language, title=heading, tint=tint, is_own=True)
    wanted = variant.pk if variant else choice.offer.variant_id if choice else None
    photos = sorted(facts.photos, key=lambda photo: (photo.variant_id not in {wanted, None}, photo.position))
    return gallery_of(photos, language=language, title=heading, tint=tint, is_own=False)


def _chosen(
    choice: Choice | None, offers: ProductOffers, address: ProductAddress, language: str, now: datetime
) -> ChosenOffer | None:
    if choice is None:
        return None
    reduction = read_reduction(choice.offer, now)
    return chosen_offer(choice, offers, language=language, reduction=reduction, offers_url="#offers")


def _groups(
    facts: ProductFacts,
    offers: ProductOffers,
    choice: Choice | None,
    address: ProductAddress,
    language: str,
    *,
    shows_variants: bool,
) -> tuple[OfferGroup, ...]:
    state = address.of(offer="0").removesuffix("0")
    thumbs = _catalogue_thumbs(facts)
    return tuple(
        offer_group(
            group,
            dict(offers.own_photos),
            language=language,
            catalogue_photos=thumbs,
            tint=facts.product.category.tint,
            address=state,
            chosen_id=choice.offer.pk if choice else None,
            shows_variants=shows_variants and len(facts.variants) > 1,
        )
        for group in offers.groups
    )


def _catalogue_thumbs(facts: ProductFacts) -> dict[int | None, PhotoView]:
    """The maker's first picture of each variant; under None that of the product."""
    thumbs: dict[int | None, PhotoView] = {}
    for photo in facts.photos:
        view = photo_view(photo.picture, alt=_("Photo by the maker"), sizes=THUMB_SIZES)
        if view is not None:
            thumbs.setdefault(photo.variant_id, view)
            thumbs.setdefault(None, view)
    return thumbs


def _nothing(offers: ProductOffers, condition: str) -> str:
    if offers.groups and condition:
        return _("No offer in this condition today. The other conditions stand above.")
    return _("Nobody sells this product at the moment. Below are things to compare it with.")


def _offers_title(count: int) -> str:
    if not count:
        return _("No offer today")
    return ngettext("The only offer, in all", "The %(count)s offers, in all", count) % {"count": count}


def _other_door(
    choice: Choice | None, offers: ProductOffers, address: ProductAddress, language: str
) -> OtherDoor | None:
    """New goods name the cheapest second-hand or refurbished price; second-hand and refurbished name the new one."""
    if choice is None:
        return None
    is_new = choice.offer.family == Family.NEW
    others = [Family.USED, Family.REFURBISHED] if is_new else [Family.NEW]
    group = min(
        (found for family in others if (found := offers.group(family))), key=lambda one: one.from_minor, default=None
    )
    if group is None:
        return None
    values = {"price": _from(group.offers[0], language)}
    titles = {
        Family.NEW: _("Also new from %(price)s"),
        Family.USED: _("Also second-hand from %(price)s"),
        Family.REFURBISHED: _("Also refurbished from %(price)s"),
    }
    return OtherDoor(
        key="also-second-hand" if is_new else "also-new",
        title=titles[group.family] % values,
        detail=offers_text(group.count),
        url=f"{address.of(condition=str(group.family))}#offer",
        css=CONDITION_CLASSES[group.family],
    )


def _from(offer: Offer, language: str) -> str:
    return price_text(offer.total_minor, offer.currency, language)


def _more_equivalents(facts: ProductFacts, near: NearThings, language: str) -> MoreLink | None:
    if near.count <= len(near.cards):
        return None
    url = equivalents_url(facts.product.pk, language)
    return MoreLink(text=more_text(near.count, language), url=url, about=facts.title)


def _similar(facts: ProductFacts, near: NearThings, language: str) -> tuple[OfferCard, ...]:
    """What to compare it with, beside the equivalents that are shown already."""
    product, shown = facts.product, {card.hit.id for card in near.cards}
    hits = similar_hits(
        f"product:{product.pk}",
        path=product.category.path_slugs,
        language=cast(Language, language),
        limit=SHOWN + len(shown),
    )
    others = [hit for hit in hits if hit.id not in shown][:SHOWN]
    return tuple(cards_for(others, language, eager=0, sizes=RAIL_SIZES))
