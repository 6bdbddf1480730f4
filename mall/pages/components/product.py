"""The page of one product: what it is, its conditions and variants, its grades."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mall.catalogue.buy_box import saving_percent
from mall.catalogue.conditions import Family, grades_of
from mall.catalogue.models import Offer, Variant
from mall.core.components import MallComponent
from mall.pages.addresses import category_url, product_url
from mall.pages.components.layout import Link
from mall.pages.components.navigation import Breadcrumb, home_link
from mall.pages.components.wording import (
    CONDITION_CLASSES,
    CONDITION_MARKS,
    offers_text,
    percent_text,
    price_text,
)
from mall.pages.selectors.products import ProductFacts, ProductOffers

EYE_LENGTHS: dict[int | None, int] = {0: 10, 20: 18, 50: 40}
EYE_FAR = 66
DOORS = (Family.NEW, Family.REFURBISHED, Family.USED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One condition as a door. url is empty where there is no offer."""

    family: str
    label: str
    css: str
    mark: str
    url: str
    price: str
    is_from: bool
    saving: str
    note: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ConditionDoors(MallComponent):
    template_name = "components/condition_picker.html"

    doors: tuple[Door, ...]
    icons: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantLink:
    label: str
    url: str
    price: str
    is_current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeLine:
    """One step of the scale. eye_length, eye_door: how far away the eye of the drawing stands, in its own units."""

    label: str
    css: str
    mark: str
    sentence: str
    distance: str
    eye_length: int
    eye_door: int
    is_here: bool


@dataclass(frozen=True, kw_only=True)
class GradeLadder(MallComponent):
    template_name = "components/grade_ladder.html"

    grades: tuple[GradeLine, ...]
    icons: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ProductAddress:
    """The addresses of a product's page: state in parameters, fixed order."""

    product_id: int
    slug: str
    variant: int | None = None
    path: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", product_url(self.product_id, self.slug))

    def of(self, **state: Any) -> str:
        pairs = {"variant": self.variant, **state}
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"{self.path}?{text}" if text else self.path


def product_breadcrumb(facts: ProductFacts, language: str) -> Breadcrumb:
    links = [Link(text=node.name(language), url=category_url(node.path)) for node in facts.categories]
    return Breadcrumb(links=(home_link(), *links), here=facts.title)


def condition_doors(offers: ProductOffers, address: ProductAddress, *, chosen: str, language: str) -> ConditionDoors:
    """The three conditions with their lowest totals; things for parts only where there are some."""
    new = offers.cheapest_new()
    families = [*DOORS, *([Family.PARTS] if offers.group(Family.PARTS) else [])]
    return ConditionDoors(
        doors=tuple(_door(family, offers, new, address, chosen, language) for family in families),
        icons=static("img/icons.svg"),
    )


def _door(
    family: Family, offers: ProductOffers, new: Offer | None, address: ProductAddress, chosen: str, language: str
) -> Door:
    group = offers.group(family)
    currency = group.offers[0].currency if group else ""
    percent = saving_percent(group.from_minor, new.total_minor) if group and new and family != Family.NEW else 0
    return Door(
        family=str(family),
        label=str(family.label),
        css=CONDITION_CLASSES[family],
        mark=CONDITION_MARKS[family],
        url=f"{address.of(condition=str(family))}#offer" if group else "",
        price=price_text(group.from_minor, currency, language) if group else "",
        is_from=bool(group and group.count > 1),
        saving=f"−{percent_text(percent, language)}" if percent else "",
        note=offers_text(group.count) if group else _("no offer"),
        is_current=family == chosen,
    )


def variant_links(
    facts: ProductFacts, offers: ProductOffers, *, chosen: Variant | None, language: str
) -> tuple[VariantLink, ...]:
    """One link per variant with its lowest total, and one for all. Nothing for a single variant."""
    if len(facts.variants) < 2:
        return ()
    product = facts.product
    everywhere = ProductAddress(product_id=product.pk, slug=product.slug)
    links = [VariantLink(label=pgettext("variants", "All"), url=everywhere.of(), price="", is_current=chosen is None)]
    for variant in facts.variants:
        lowest = offers.from_by_variant.get(variant.pk)
        currency = offers.groups[0].offers[0].currency if offers.groups else ""
        links.append(
            VariantLink(
                label=variant_text(variant, language),
                url=everywhere.of(variant=variant.pk),
                price=price_text(lowest, currency, language) if lowest and currency else _("no offer"),
                is_current=chosen is not None and chosen.pk == variant.pk,
            )
        )
    return tuple(links)


def variant_text(variant: Variant, language: str) -> str:
    label = variant.label(language)
    return label or variant.size or variant.colour


def product_heading(facts: ProductFacts, variant: Variant | None, language: str) -> str:
    """The title, with the variant where one is chosen."""
    label = variant_text(variant, language) if variant else ""
    return _("%(title)s, %(variant)s") % {"title": facts.title, "variant": label} if label else facts.title


def grade_ladder(offers: ProductOffers, chosen: Offer | None) -> GradeLadder:
    """The grades of the conditions on offer, the chosen one marked."""
    families = [group.family for group in offers.groups] or list(DOORS)
    lines = []
    for family in families:
        for grade in grades_of(family):
            distance = grade.viewing_distance_cm
            length = EYE_LENGTHS.get(distance, EYE_FAR)
            lines.append(
                GradeLine(
                    label=str(grade.label),
                    css=CONDITION_CLASSES[family],
                    mark=CONDITION_MARKS[family],
                    sentence=str(grade.sentence),
                    distance=_distance_text(distance),
                    eye_length=length,
                    eye_door=22 + length + 4,
                    is_here=chosen is not None and chosen.grade == grade.code,
                )
            )
    return GradeLadder(grades=tuple(lines), icons=static("img/icons.svg"))


def _distance_text(distance_cm: int | None) -> str:
    if distance_cm is None:
        return pgettext("viewing distance", "visible")
    return _("no mark") if distance_cm == 0 else _("%(count)s cm") % {"count": distance_cm}


def price_summary(offers: ProductOffers, language: str) -> str:
    """ "New 499 €, refurbished from 379 €, second-hand from 280 €", for titles and descriptions."""
    parts: list[str] = []
    for group in offers.groups:
        values = {
            "condition": str(group.family.label),
            "price": price_text(group.from_minor, group.offers[0].currency, language),
        }
        pattern = (
            pgettext("price of a condition", "%(condition)s from %(price)s")
            if group.count > 1
            else pgettext("price of a condition", "%(condition)s %(price)s")
        )
        text = pattern % values
        parts.append(text if not parts else text[:1].lower() + text[1:])
    return ", ".join(parts)
