"""Pieces of the home page that stand nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mall.catalogue.conditions import Family
from mall.core.components import MallComponent
from mall.pages.addresses import product_url
from mall.pages.components.picture import PhotoView
from mall.pages.components.tiles import sized
from mall.pages.components.wording import CONDITION_CLASSES, CONDITION_MARKS, number_text, price_text
from mall.pages.selectors.home import Door, HeroProduct
from mall.sellers.models import Seller

DOOR_SIZES = "(min-width: 60rem) 14rem, 30vw"
TINTS_OF_DOORS = ("clay", "sky", "sand")


@dataclass(frozen=True, kw_only=True, slots=True)
class HeroDoor:
    """One of the three doors as written."""

    family: str
    css: str
    mark: str
    label: str
    url: str
    tint: str
    price: str
    is_from: bool
    who: str
    photo: PhotoView | None
    is_own_photo: bool


@dataclass(frozen=True, kw_only=True)
class HeroDoors(MallComponent):
    """One product, three doors: new, refurbished, second-hand, each with its price of today."""

    template_name = "components/hero_doors.html"

    title: str
    doors: tuple[HeroDoor, ...]

    @classmethod
    def of(cls, product: HeroProduct, language: str) -> HeroDoors:
        return cls(
            title=product.title,
            doors=tuple(_hero_door(product, door, place, language) for place, door in enumerate(product.doors)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One of the figures below the hero. url: where it is explained, or ""."""

    icon: str
    text: str
    detail: str
    url_name: str = ""


def facts(*, shop_count: int, offer_count: int, private_count: int, language: str) -> tuple[Fact, ...]:
    """What can be said in figures today; a figure of nothing is left out."""
    shops = ngettext("%(count)s brand shop", "%(count)s brand shops", shop_count)
    offers = ngettext("%(count)s offer compared", "%(count)s offers compared", offer_count)
    things = ngettext("%(count)s one-off thing", "%(count)s one-off things", private_count)
    counted = (
        (shop_count, Fact(icon="arch", text=shops, detail=_("run by the brands themselves"))),
        (offer_count, Fact(icon="list", text=offers, detail=_("new, refurbished and second-hand on the same card"))),
        (private_count, Fact(icon="tag", text=things, detail=_("photographed and described by their owners"))),
    )
    unpaid = Fact(icon="shield", text=_("No place is for sale"), detail=_("how results are ranked"), url_name="ranking")
    return (
        *(
            Fact(icon=fact.icon, text=fact.text % {"count": number_text(count, language)}, detail=fact.detail)
            for count, fact in counted
            if count
        ),
        unpaid,
    )


def _hero_door(product: HeroProduct, door: Door, place: int, language: str) -> HeroDoor:
    return HeroDoor(
        family=door.family,
        css=CONDITION_CLASSES[door.family],
        mark=CONDITION_MARKS[door.family],
        label=str(Family(door.family).label),
        url=f"{product_url(product.product_id, product.slug)}#{door.family}",
        tint=TINTS_OF_DOORS[place],
        price=price_text(door.price.minor, door.price.currency, language),
        is_from=door.count > 1,
        who=_who(door),
        photo=sized(door.picture, alt=_alt(product, door), sizes=DOOR_SIZES, is_eager=True, is_first=place == 0),
        is_own_photo=door.own_photo,
    )


def _who(door: Door) -> str:
    names = {"name": door.seller_name}
    if door.seller_kind == Seller.Kind.BRAND:
        return door.seller_name
    if door.seller_kind == Seller.Kind.PROFESSIONAL:
        return _("%(name)s, professional") % names
    return _("%(name)s, private person") % names


def _alt(product: HeroProduct, door: Door) -> str:
    if door.own_photo:
        return _("%(title)s, photographed by the seller") % {"title": product.title}
    return product.title if door.family == Family.NEW else ""
