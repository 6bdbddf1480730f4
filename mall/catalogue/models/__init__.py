"""The catalogue's tables, by idea: categories, products, offers, matches."""

from mall.catalogue.models.categories import Category
from mall.catalogue.models.equivalents import Equivalent
from mall.catalogue.models.matches import CatalogueMatch
from mall.catalogue.models.offers import Offer, PriceHistory
from mall.catalogue.models.products import Brand, Identifier, Product, ProductPhoto, ProductText, Variant

__all__ = [
    "Brand",
    "CatalogueMatch",
    "Category",
    "Equivalent",
    "Identifier",
    "Offer",
    "PriceHistory",
    "Product",
    "ProductPhoto",
    "ProductText",
    "Variant",
]
