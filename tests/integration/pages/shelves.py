"""Shelves for pages to show: what the page tests have in common."""

from __future__ import annotations

from listings.models import Listing, ListingPhoto
from mall.catalogue.models import Category, Product, ProductPhoto
from mall.sellers.models import Seller
from tests.factories import ListingFactory, OfferFactory, PictureFactory, ProductFactory, SellerFactory, VariantFactory


def stock_product(category: Category, *, shop: Seller | None = None, title: str = "Lampe Lune") -> Product:
    """A product with a picture that can be had new, refurbished, and second-hand with its own photo."""
    product = ProductFactory(category=category, texts={"fr": title, "en": f"{title} (en)"})
    variant = VariantFactory(product=product)
    ProductPhoto.objects.create(product=product, picture=PictureFactory(), alt_fr="Vue de face", alt_en="Front view")
    OfferFactory(variant=variant, seller=shop or SellerFactory(brand=True))
    OfferFactory(variant=variant, refurbished=True)
    used = OfferFactory(variant=variant, used=True)
    put_photo(ListingFactory(offer=used, category=category))
    return product


def put_photo(listing: Listing) -> Listing:
    ListingPhoto.objects.create(listing=listing, picture=PictureFactory(), alt_fr="Sur la table", alt_en="On the table")
    return listing
