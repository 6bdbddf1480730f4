"""Products and second-hand things as schema.org data, equal to what the page shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from listings.models import Listing
from mall.catalogue.conditions import GRADES
from mall.catalogue.models import Offer
from mall.pages.addresses import absolute, seller_url
from mall.pages.components.gallery import Gallery
from mall.pages.components.rights import rights_on
from mall.pages.selectors.products import ProductFacts, ProductOffers
from search.params import format_major

IN_STOCK = "https://schema.org/InStock"
SOLD_OUT = "https://schema.org/OutOfStock"


def product_data(facts: ProductFacts, offers: ProductOffers, gallery: Gallery, *, path: str) -> dict[str, Any]:
    """A Product with one Offer per offer shown. path: of the page, without parameters."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": facts.title,
        "url": absolute(path),
        "image": _images(gallery),
        "description": facts.summary or facts.description,
        "category": " > ".join(node.name_en for node in facts.categories),
        "offers": [
            offer_data(offer, url=absolute(f"{path}?offer={offer.pk}"))
            for group in offers.groups
            for offer in group.offers
        ],
    }
    gtins = [gtin for variant in facts.variants if (gtin := getattr(variant, "gtin", None))]
    if len(gtins) == 1:
        data["gtin"] = gtins[0]
    if facts.product.brand:
        data["brand"] = {"@type": "Brand", "name": facts.product.brand.name}
    return {name: value for name, value in data.items() if value not in ("", [])}


def listing_data(listing: Listing, gallery: Gallery, *, title: str, description: str, path: str) -> dict[str, Any]:
    """A Product of its own for one second-hand thing."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": title,
        "url": absolute(path),
        "image": _images(gallery),
        "description": description,
        "offers": [offer_data(listing.offer, url=absolute(path))],
    }
    if listing.brand:
        data["brand"] = {"@type": "Brand", "name": listing.brand.name}
    return {name: value for name, value in data.items() if value not in ("", [])}


def offer_data(offer: Offer, *, url: str) -> dict[str, Any]:
    """One offer: price, condition, availability, seller, delivery, returns."""
    is_live = offer.stock > 0 and offer.withdrawn_at is None and offer.seller.is_active
    return {
        "@type": "Offer",
        "url": url,
        "price": format_major(offer.price_minor),
        "priceCurrency": offer.currency,
        "itemCondition": GRADES[offer.grade].schema_org,
        "availability": IN_STOCK if is_live else SOLD_OUT,
        "seller": {
            "@type": "Organization" if offer.seller.is_professional else "Person",
            "name": offer.seller.name,
            "url": absolute(seller_url(offer.seller.slug)),
        },
        **_shipping(offer),
        "hasMerchantReturnPolicy": _returns(offer),
    }


def _shipping(offer: Offer) -> dict[str, Any]:
    if offer.delivery_days_max is None:
        return {"availableDeliveryMethod": "https://schema.org/OnSitePickup"}
    transit = {
        "@type": "QuantitativeValue",
        "minValue": offer.delivery_days_min or 0,
        "maxValue": offer.delivery_days_max,
        "unitCode": "DAY",
    }
    handling = {"@type": "QuantitativeValue", "minValue": 0, "maxValue": 0, "unitCode": "DAY"}
    return {
        "shippingDetails": {
            "@type": "OfferShippingDetails",
            "shippingRate": {
                "@type": "MonetaryAmount",
                "value": format_major(offer.delivery_minor),
                "currency": offer.currency,
            },
            "shippingDestination": {"@type": "DefinedRegion", "addressCountry": "FR"},
            "deliveryTime": {"@type": "ShippingDeliveryTime", "handlingTime": handling, "transitTime": transit},
        }
    }


def _returns(offer: Offer) -> dict[str, Any]:
    days = rights_on(offer).withdrawal_days
    policy: dict[str, Any] = {"@type": "MerchantReturnPolicy", "applicableCountry": "FR"}
    if not days:
        return {**policy, "returnPolicyCategory": "https://schema.org/MerchantReturnNotPermitted"}
    return {
        **policy,
        "returnPolicyCategory": "https://schema.org/MerchantReturnFiniteReturnWindow",
        "merchantReturnDays": days,
    }


def _images(gallery: Gallery) -> list[str]:
    return [_public(view.large_url) for view in gallery.views]


def _public(url: str) -> str:
    return url if url.startswith("http") else f"{settings.MALL_PUBLIC_URL}{url}"
