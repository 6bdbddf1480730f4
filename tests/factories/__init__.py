"""What a normal brand, seller, product, offer and listing is. A trait names each way to differ from it."""

from tests.factories.catalogue import (
    BrandFactory,
    CategoryFactory,
    EquivalentFactory,
    OfferFactory,
    ProductFactory,
    ProductTextFactory,
    VariantFactory,
)
from tests.factories.listings import ListingFactory
from tests.factories.pictures import PictureFactory, photo_bytes
from tests.factories.sellers import SellerFactory

__all__ = [
    "BrandFactory",
    "CategoryFactory",
    "EquivalentFactory",
    "ListingFactory",
    "OfferFactory",
    "PictureFactory",
    "ProductFactory",
    "ProductTextFactory",
    "SellerFactory",
    "VariantFactory",
    "photo_bytes",
]
