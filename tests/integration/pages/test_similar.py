"""What stands under "things like it": meaning and look together, second-hand first beside a second-hand thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from listings.models import Listing, ListingPhoto
from mall.catalogue.models import Category, Offer, Product, ProductPhoto
from mall.core.picture_vectors import keep_vectors
from mall.pages.selectors import looks, similar
from mall.pages.selectors.similar import similar_hits
from search import service
from search.engines.embedded.engine import EmbeddedEngine
from search.engines.protocol import SearchEngine
from search.errors import EngineUnavailable
from search.indexing.rebuild import rebuild_index
from tests.factories import (
    CategoryFactory,
    ListingFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    VariantFactory,
)
from tests.tiny_encoder import TinyEncoder

pytestmark = pytest.mark.django_db

LITE0 = "efficientnet-lite0/0.1.0/1"
CLASSICAL = "classical-hog-hsv/1"
ASKED, ALIKE, BETWEEN, UNLIKE = (1.0, 0.0), (0.99, 0.14), (0.7, 0.71), (0.0, 1.0)


@pytest.fixture
def meaning(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SearchEngine:
    """The mall's engine with a tiny text model."""
    engine = EmbeddedEngine(tmp_path / "index", TinyEncoder())
    monkeypatch.setattr(service, "_engine", lambda: engine)
    return engine


@pytest.fixture
def shelf() -> Category:
    return CategoryFactory(parent=CategoryFactory(slug="maison", path="maison"), slug="lampes", path="maison/lampes")


def _look(picture_id: int, numbers: tuple[float, float], encoder: str = LITE0) -> None:
    keep_vectors(encoder, {picture_id: np.array(numbers, dtype=np.float32)})


def _thing(shelf: Category, title: str, numbers: tuple[float, float] | None = None, **facts: Any) -> Listing:
    listing = ListingFactory(category=shelf, title=title, title_other="", brand=None, **facts)
    photo = ListingPhoto.objects.create(listing=listing, picture=PictureFactory())
    if numbers:
        _look(photo.picture_id, numbers)
    return listing


def _product(shelf: Category, title: str, numbers: tuple[float, float] | None = None, *, used: bool = False) -> Product:
    product = ProductFactory(category=shelf, brand=None, texts={"fr": title})
    photo = ProductPhoto.objects.create(product=product, picture=PictureFactory())
    if numbers:
        _look(photo.picture_id, numbers)
    variant = VariantFactory(product=product)
    OfferFactory(variant=variant)
    if used:
        OfferFactory(variant=variant, used=True)
    return product


def _near(document: Listing | Product, limit: int = 4) -> list[str]:
    kind = "listing" if isinstance(document, Listing) else "product"
    path = document.category.path_slugs
    return [hit.id for hit in similar_hits(f"{kind}:{document.pk}", path=path, language="fr", limit=limit)]


def _ids(*documents: Listing | Product) -> list[str]:
    return [f"{'listing' if isinstance(one, Listing) else 'product'}:{one.pk}" for one in documents]


def test_of_things_with_the_same_words_the_one_that_looks_alike_comes_first(
    meaning: SearchEngine, shelf: Category
) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)
    unlike, between, alike = (_thing(shelf, "lampe", numbers) for numbers in (UNLIKE, BETWEEN, ALIKE))
    rebuild_index()

    assert _near(asked) == _ids(alike, between, unlike)


def test_words_decide_where_looks_differ_little(meaning: SearchEngine, shelf: Category) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)
    other_words = _thing(shelf, "tapis rond en laine", (0.98, 0.2))
    same_words = _thing(shelf, "lampe bleue", (0.95, 0.31))
    rebuild_index()

    assert _near(asked) == _ids(same_words, other_words)


def test_a_thing_without_a_vector_is_neither_raised_nor_lowered(meaning: SearchEngine, shelf: Category) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)
    unlike, unknown, alike = (_thing(shelf, "lampe", numbers) for numbers in (UNLIKE, None, ALIKE))
    rebuild_index()

    assert _near(asked) == _ids(alike, unknown, unlike)


def test_vectors_of_another_encoder_say_nothing(meaning: SearchEngine, shelf: Category) -> None:
    asked, first, second = (_thing(shelf, "lampe") for _ in range(3))
    for thing, numbers, encoder in ((asked, ASKED, LITE0), (second, ALIKE, CLASSICAL), (first, UNLIKE, CLASSICAL)):
        _look(thing.photos.get().picture_id, numbers, encoder)
    rebuild_index()

    assert _near(asked) == _ids(first, second)


def test_a_photo_of_a_flaw_is_not_what_a_thing_looks_like(meaning: SearchEngine, shelf: Category) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)
    first, second = _thing(shelf, "lampe", BETWEEN), _thing(shelf, "lampe", UNLIKE)
    flaw = ListingPhoto.objects.create(listing=second, picture=PictureFactory(), is_defect=True, position=1)
    _look(flaw.picture_id, ALIKE)
    rebuild_index()

    assert _near(asked) == _ids(first, second)


def test_beside_a_second_hand_thing_second_hand_comes_first(meaning: SearchEngine, shelf: Category) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)
    new = _product(shelf, "lampe bleue", ALIKE)
    also_used = _product(shelf, "lampe rouge", UNLIKE, used=True)
    lone = _thing(shelf, "lampe bleue", UNLIKE)
    rebuild_index()

    assert _near(asked) == _ids(lone, also_used, new)


def test_beside_a_product_meaning_and_look_alone_decide(meaning: SearchEngine, shelf: Category) -> None:
    asked = _product(shelf, "lampe bleue", ASKED)
    used, new = _product(shelf, "lampe rouge", UNLIKE, used=True), _product(shelf, "lampe bleue", ALIKE)
    rebuild_index()

    assert _near(asked) == _ids(new, used)


def test_a_thing_on_a_products_page_is_compared_in_its_products_words(meaning: SearchEngine, shelf: Category) -> None:
    own = _product(shelf, "lampe bleue", ASKED)
    asked = _thing(shelf, "à vendre", ASKED, offer=OfferFactory(variant=own.variants.get(), used=True))
    far, near = _thing(shelf, "tapis rond", UNLIKE), _thing(shelf, "lampe bleue", ALIKE)
    rebuild_index()

    assert _near(asked) == _ids(near, far)


def test_where_meaning_was_cut_the_look_finds_more_of_the_category(
    meaning: SearchEngine, shelf: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(similar, "CANDIDATES", 2)
    asked = _thing(shelf, "lampe bleue", ASKED)
    first, second = (_thing(shelf, "lampe bleue", UNLIKE) for _ in range(2))
    by_look = _thing(shelf, "luminaire", ALIKE)
    sold = _thing(shelf, "luminaire", ALIKE)
    elsewhere = _thing(CategoryFactory(parent=shelf.parent, slug="tapis", path="maison/tapis"), "tapis", ALIKE)
    rebuild_index()
    Offer.objects.filter(listing=sold).update(stock=0)

    found = _near(asked, limit=3)

    assert set(found) == set(_ids(first, second, by_look))
    assert not set(found) & set(_ids(sold, elsewhere))


def test_only_the_newest_pictures_of_a_category_are_looked_at(shelf: Category, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "CATEGORY_PICTURES", 2)
    products = [_product(shelf, "lampe", ALIKE) for _ in range(3)]

    found = looks.read_looks([], category_path="maison/lampes", kinds=["product"])

    assert sorted(look.owner for look in found) == sorted(_ids(*products[1:]))


def test_without_a_text_model_the_look_alone_decides(search_index: SearchEngine, shelf: Category) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)
    unlike, alike = (_thing(shelf, "lampe", numbers) for numbers in (UNLIKE, ALIKE))
    rebuild_index()

    assert _near(asked) == _ids(alike, unlike)


def test_without_vectors_of_pictures_meaning_alone_decides(meaning: SearchEngine, shelf: Category) -> None:
    asked = _thing(shelf, "lampe bleue")
    far, near = _thing(shelf, "tapis rond"), _thing(shelf, "lampe bleue")
    rebuild_index()

    assert _near(asked) == _ids(near, far)


def test_without_anything_to_compare_by_the_category_stands_in(search_index: SearchEngine, shelf: Category) -> None:
    asked, other = _thing(shelf, "lampe bleue"), _thing(shelf, "tapis rond")
    rebuild_index()

    assert _near(asked) == _ids(other)


def test_without_search_there_is_nothing_and_the_page_stays(
    client: Client, search_index: SearchEngine, shelf: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _thing(shelf, "lampe bleue", ASKED)

    def refuse(*_args: object, **_options: object) -> None:
        raise EngineUnavailable("away")

    monkeypatch.setattr(similar, "similar", refuse)

    assert _near(asked) == []
    assert client.get(f"/fr/item/lampe-bleue-{asked.pk}/").status_code == 200


@pytest.mark.parametrize("is_linked", [False, True])
def test_looks_cost_one_query(
    is_linked: bool, meaning: SearchEngine, shelf: Category, django_assert_num_queries: Any
) -> None:
    offer = OfferFactory(variant=_product(shelf, "lampe", ASKED).variants.get(), used=True) if is_linked else None
    asked = _thing(shelf, "lampe bleue", ASKED, **({"offer": offer} if offer else {}))
    for number in range(6):
        _thing(shelf, f"lampe {number}", ALIKE)
    rebuild_index()
    path = asked.category.path_slugs

    with django_assert_num_queries(2 if is_linked else 1):  # and one for the product whose words are taken
        similar_hits(f"listing:{asked.pk}", path=path, language="fr")
