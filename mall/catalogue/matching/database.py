"""Products of the mall as things to compare: texts, codes, prices, and what sellers call them.

The one module of this package that reads the database and asks the search engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os.path import commonprefix
from typing import Any, cast

from babel.numbers import get_currency_precision
from django.conf import settings
from django.db.models import F, Max, Min, Window
from django.db.models.functions import RowNumber

from mall.catalogue.conditions import Family
from mall.catalogue.matching.reading import Reading, information, read
from mall.catalogue.matching.things import MAX_DESCRIPTION_CHARACTERS, MAX_TITLE_CHARACTERS, Thing
from mall.catalogue.models import Category, Identifier, Offer, Product, ProductText
from mall.catalogue.search_documents import category_names, path_names
from search.documents import Language
from search.engines.protocol import SearchEngine

MAX_ATTRIBUTE_CHARACTERS = 300
MOST_SELLERS_TITLES = 5
MOST_LABELS = 8
SHORTEST_MODEL_CODE = 4
MOST_PRODUCTS = 200
# In a small catalogue every word would tell little; the model learned what words tell among tens of thousands.
LEAST_DOCUMENTS = 50_000
_KEPT_READINGS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownVariant:
    """colour: filter colour or ""; size: as its owner writes it, or ""."""

    id: int
    colour: str
    size: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownProduct:
    """An active product, ready to be compared. variants: in their order.

    released_in: year, None where unknown. price_low, price_high: of live new offers, else of all live offers, in units
    of the mall's currency, None without any; is_sold_new says which. is_sensitive: nothing is linked here by itself.
    """

    id: int
    brand_id: int | None
    category_id: int
    reading: Reading
    variants: tuple[KnownVariant, ...]
    released_in: int | None
    price_low: float | None
    price_high: float | None
    is_sold_new: bool
    is_sensitive: bool

    @property
    def is_live(self) -> bool:
        """Can it be had in any condition?"""
        return self.price_low is not None


@dataclass(frozen=True, slots=True)
class _Prices:
    low: float | None = None
    high: float | None = None
    is_new: bool = False


def things_of_products(ids: Collection[int], language: Language) -> dict[int, KnownProduct]:
    """The active products among `ids` by id, in seven queries. ids: MOST_PRODUCTS at most, else ValueError.

    Texts are those in `language` where there are some, else those of the other one.
    """
    if len(ids) > MOST_PRODUCTS:
        raise ValueError(f"{len(ids)} products at once; {MOST_PRODUCTS} is the most")
    products = list(
        Product.objects.filter(pk__in=ids, is_active=True)
        .select_related("brand", "category")
        .prefetch_related("variants__identifiers")
    )
    texts = _texts(ids, language)
    titles = _sellers_titles(ids, language)
    prices = _prices(ids)
    names = category_names(product.category for product in products)
    return {
        product.pk: _known(
            product,
            _thing(
                product,
                texts.get(product.pk),
                titles.get(product.pk, ()),
                prices[product.pk],
                category_name(product.category, names, language),
                language,
            ),
            prices[product.pk],
        )
        for product in products
    }


def siblings_of(*, brand_id: int | None, category_id: int, limit: int) -> list[int]:
    """Ids of active products of one brand in one category, newest first: near whatever their words are. One query."""
    if brand_id is None:
        return []
    own = Product.objects.filter(brand=brand_id, category=category_id, is_active=True)
    return list(own.order_by("-pk").values_list("pk", flat=True)[:limit])


@lru_cache(maxsize=_KEPT_READINGS)
def reading_of(thing: Thing) -> Reading:
    """`read`, kept for the things seen last: the same products are candidates again and again."""
    return read(thing)


def category_name(category: Category, names: Mapping[str, tuple[str, str]], language: str) -> str:
    """Names of the category's path in `language`, department first, a blank between."""
    return " ".join(path_names(category, dict(names), language))


def units(minor: int) -> float:
    """An amount of the mall's currency as people say it: 1999 -> 19.99."""
    return float(minor / 10 ** get_currency_precision(settings.MALL_CURRENCY))


def attributes_text(attributes: Mapping[str, Any]) -> str:
    """Values that say something, a blank between, at most MAX_ATTRIBUTE_CHARACTERS."""
    values = (str(value) for value in attributes.values() if not isinstance(value, bool | None | list | dict))
    return " ".join(" ".join(values).split())[:MAX_ATTRIBUTE_CHARACTERS]


def _known(product: Product, thing: Thing, prices: _Prices) -> KnownProduct:
    return KnownProduct(
        id=product.pk,
        brand_id=product.brand_id,
        category_id=product.category_id,
        reading=reading_of(thing),
        variants=tuple(
            KnownVariant(id=variant.pk, colour=variant.colour, size=variant.size) for variant in product.variants.all()
        ),
        released_in=product.released_on.year if product.released_on else None,
        price_low=prices.low,
        price_high=prices.high,
        is_sold_new=prices.is_new,
        is_sensitive=product.category.is_sensitive,
    )


def _thing(
    product: Product,
    text: ProductText | None,
    sellers_titles: Iterable[str],
    prices: _Prices,
    category: str,
    language: Language,
) -> Thing:
    codes = [code for variant in product.variants.all() for code in variant.identifiers.all()]
    parts = [code.value.rpartition(":")[2] for code in codes if code.scheme == Identifier.Scheme.MPN]
    summary = f"{text.summary} {text.description}" if text else ""
    labels = [variant.label(language) for variant in product.variants.all()]
    # What sellers called it comes first: a long description must not push it out.
    description = " . ".join((*sellers_titles, summary))
    return Thing(
        title=(text.title if text else product.slug.replace("-", " "))[:MAX_TITLE_CHARACTERS],
        description=description[:MAX_DESCRIPTION_CHARACTERS],
        brand=product.brand.name if product.brand else "",
        model_code=_model_code(parts),
        identifiers=frozenset(code.value for code in codes if code.scheme == Identifier.Scheme.GTIN),
        category=category,
        category_slugs=product.category.path_slugs,
        attributes=" ".join((*parts[:3], *labels[:MOST_LABELS], attributes_text(product.attributes))),
        price_low=prices.low,
        price_high=prices.high,
        language=language,
    )


def _model_code(parts: Sequence[str]) -> str:
    """What the variants' part numbers begin with, when that looks like a number itself, else the first of them."""
    shared = commonprefix(list(parts))  # noqa: RUF071  (signs are meant, not folders)
    is_number = len(shared) >= SHORTEST_MODEL_CODE and any(map(str.isdigit, shared))
    return shared if is_number else next(iter(parts), "")


def _texts(ids: Collection[int], language: Language) -> dict[int, ProductText]:
    found: dict[int, ProductText] = {}
    for text in ProductText.objects.filter(product__in=ids):
        if text.product_id not in found or text.language == language:
            found[text.product_id] = text
    return found


def _sellers_titles(ids: Collection[int], language: Language) -> dict[int, list[str]]:
    """Titles of the newest linked listings, MOST_SELLERS_TITLES of a product at most."""
    # listings stand above the catalogue: their words are reached by the name of the relation
    rows = (
        Offer.objects.filter(variant__product__in=ids, listing__isnull=False)
        .annotate(place=Window(RowNumber(), partition_by=F("variant__product"), order_by=F("pk").desc()))
        .filter(place__lte=MOST_SELLERS_TITLES)
        .values_list("variant__product", "listing__language", "listing__title", "listing__title_other")
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for product_id, own, title, other in rows:
        found[product_id].append(title if own == language or not other else other)
    return {product_id: sorted(titles) for product_id, titles in found.items()}


def _prices(ids: Collection[int]) -> defaultdict[int, _Prices]:
    rows = (
        Offer.objects.live()
        .filter(variant__product__in=ids)
        .order_by()
        .values_list("variant__product", "family")
        .annotate(low=Min("price_minor"), high=Max("price_minor"))
    )
    by_product: defaultdict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for product_id, family, low, high in rows:
        by_product[cast(int, product_id)][family] = (low, high)
    found: defaultdict[int, _Prices] = defaultdict(_Prices)
    for product_id, ranges in by_product.items():
        is_new = Family.NEW in ranges
        shown = [ranges[Family.NEW]] if is_new else list(ranges.values())
        lows, highs = zip(*shown, strict=True)
        found[product_id] = _Prices(units(min(lows)), units(max(highs)), is_new)
    return found


class EngineWeights:
    """How much words tell, by how many of the mall's documents have them; counts are asked for once and kept.

    For one batch of work: a count does not follow what is written to the index meanwhile.
    """

    def __init__(self, engine: SearchEngine, language: Language) -> None:
        self._engine, self._language = engine, language
        self._weights: dict[str, float] = {}

    def learn(self, readings: Iterable[Reading]) -> None:
        """Ask for all words of these readings in one go. Raises EngineUnavailable."""
        self._ask({token for reading in readings for token in reading.everything | reading.title})

    def weight(self, token: str) -> float:
        if token not in self._weights:
            self._ask({token})
        return self._weights[token]

    def _ask(self, tokens: Collection[str]) -> None:
        missing = [token for token in tokens if token not in self._weights]
        found = self._engine.frequencies(missing, language=self._language)
        for token, count in zip(missing, found.counts, strict=True):
            self._weights[token] = information(max(found.documents, LEAST_DOCUMENTS), count)
