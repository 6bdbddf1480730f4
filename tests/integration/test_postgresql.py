"""The shop's pages on PostgreSQL, the database of a real mall: the same cards and prices."""

from __future__ import annotations

import json

from tests.conftest import MallOfItsOwn, StartPython
from tests.services import line_of

VISIT = """
import json
from urllib.parse import urlsplit
from django.conf import settings
from django.test import Client, override_settings
plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, ALLOWED_HOSTS=["*"]).enable()
from tests.factories import ListingFactory, OfferFactory, ProductFactory, VariantFactory
from search.indexing.rebuild import rebuild_index_alone
variant = VariantFactory(product=ProductFactory(texts={"fr": "Bouilloire Rivage", "en": "Rivage kettle"}))
OfferFactory(variant=variant, price_minor=5900)
OfferFactory(variant=variant, price_minor=6100)
OfferFactory(variant=variant, refurbished=True, price_minor=3900)
OfferFactory(variant=variant, used=True, price_minor=2400)
listing = ListingFactory(title="Bouilloire ancienne", offer__price_minor=1250)
rebuild_index_alone()
client = Client()
answer = client.get("/api/search?q=bouilloire&language=fr").json()
product = next(one["url"] for one in answer["results"] if one["kind"] == "product")
pages = {path: client.get(path) for path in (
    "/fr/", "/fr/search/?q=bouilloire&condition=used&sort=price", f"/fr/c/{variant.product.category.path}/",
    urlsplit(product).path,
)}
print(json.dumps({
    "offers": {one["title"]: one["offers"] for one in answer["results"]},
    "status": [page.status_code for page in pages.values()],
    "prices": ["24" in page.content.decode() for page in pages.values()][1:],
}))
"""


def test_search_and_product_pages_show_the_same_prices(
    postgresql_mall: MallOfItsOwn, start_python: StartPython
) -> None:
    seen = json.loads(line_of(start_python(VISIT, mall=postgresql_mall)))

    assert seen["offers"] == {
        "Bouilloire Rivage": {
            "new": {"from_minor": 5900, "count": 2},
            "refurbished": {"from_minor": 3900, "count": 1},
            "used": {"from_minor": 2400, "count": 1},
        },
        "Bouilloire ancienne": {"used": {"from_minor": 1250, "count": 1}},
    }
    assert seen["status"] == [200, 200, 200, 200]
    assert seen["prices"] == [True, True, True]
