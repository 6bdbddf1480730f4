"""Many products like those of the catalogue, for load tests. The same seed and number give the same products."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.text import slugify

from mall.catalogue.identifiers import gtin_check_digit
from mall.catalogue.imports.rows import MAX_TITLE
from mall.catalogue.models import Identifier, Product, ProductText, Variant

FEED = "load.products"  # a dot: no feed of an import has one in its slug
PRODUCTS_A_BATCH = 400
MOST_PRODUCTS = 10_000_000
SYLLABLES = ("lo", "ra", "mi", "ve", "tan", "or", "bel", "cy", "du", "fen", "gal", "is", "jor", "ka", "nel", "pau")

# GS1 keeps 040 to 049 for numbers inside one company. Some feeds carry theirs, none seen begins with this.
_GTIN_PREFIX = "0400"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODES = 36**5
_CODE_STEP = 25_214_903  # shares no factor with _CODES, so that no two numbers have one code
_DROPPED_SHARE = 0.4

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Copy:
    """What is to be made. number: from 0, in all runs together; the code and the GTIN follow from it."""

    number: int
    original: Product

    @property
    def source_key(self) -> str:
        return f"{FEED}:{self.number:08d}"

    @property
    def code(self) -> str:
        return model_code(self.number)


def make_up_products(*, total: int, seed: int, now: datetime, progress: Progress | None = None) -> int:
    """Add made-up products until `total` are in the catalogue; returns how many. Raises LookupError for none to copy.

    Each is a copy of one of the catalogue's own products, all in turn, with another title and codes of its own. Batches
    are whole transactions, so an interrupted run goes on where it stopped. The search index is not told.
    """
    missing = total - Product.objects.filter(is_active=True).count()
    if missing <= 0:
        return 0
    originals = list(_own_products().order_by("pk").values_list("pk", flat=True))
    if not originals:
        raise LookupError("the catalogue is empty: run seed_mall or import_catalogue first")
    first = _next_number()
    for start in range(first, first + missing, PRODUCTS_A_BATCH):
        numbers = range(start, min(start + PRODUCTS_A_BATCH, first + missing))
        _write({number: originals[number % len(originals)] for number in numbers}, seed=seed, now=now)
        if progress:
            progress(numbers.stop - first, missing)
    return missing


def model_code(number: int) -> str:
    """Seven letters and digits, another for each number below MOST_PRODUCTS; neighbours look nothing alike."""
    left = number * _CODE_STEP % _CODES
    places = []
    for _place in range(5):
        left, digit = divmod(left, 36)
        places.append(_DIGITS[digit])
    return f"ZQ{''.join(reversed(places))}"


def internal_gtin(number: int) -> str:
    """14 digits with a sound control digit, from the numbers that no trade item in a shop has."""
    body = f"{_GTIN_PREFIX}{number:08d}"
    return f"0{body}{gtin_check_digit(body)}"


def other_title(title: str, code: str, draw: random.Random) -> str:
    """`title` without one of its words, or with another in its place, and `code` at its end; as long as it may be."""
    words = title.split()
    if words:
        place = draw.randrange(len(words))
        if len(words) > 1 and draw.random() < _DROPPED_SHARE:
            del words[place]
        else:
            words[place] = "".join(draw.sample(SYLLABLES, draw.choice((2, 3)))).capitalize()
    kept = " ".join(words)[: MAX_TITLE - len(code) - 1].rstrip()
    return f"{kept} {code}".lstrip()


def _own_products() -> QuerySet[Product]:
    return Product.objects.filter(is_active=True).exclude(source_key__startswith=f"{FEED}:")


def _next_number() -> int:
    """Keys have as many digits each, so that the last by letters is the last by number."""
    last = Product.objects.filter(source_key__startswith=f"{FEED}:").aggregate(last=Max("source_key"))["last"]
    return int(last.rpartition(":")[2]) + 1 if last else 0


@transaction.atomic(durable=True)
def _write(original_of: Mapping[int, int], *, seed: int, now: datetime) -> None:
    """One batch. original_of: id of the product to copy, by number."""
    originals = (
        Product.objects.select_related("brand").prefetch_related("texts", "variants").in_bulk(set(original_of.values()))
    )
    copies = [_Copy(number=number, original=originals[pk]) for number, pk in original_of.items() if pk in originals]
    texts = [_texts(copy, seed) for copy in copies]
    products = Product.objects.bulk_create(
        _product(copy, own[0].title if own else "", now) for copy, own in zip(copies, texts, strict=True)
    )
    for product, own in zip(products, texts, strict=True):
        for text in own:
            text.product = product
    ProductText.objects.bulk_create(text for own in texts for text in own)
    pairs = zip(products, copies, strict=True)
    variants = Variant.objects.bulk_create(_variant(product, copy.original) for product, copy in pairs)
    Identifier.objects.bulk_create(
        identifier for variant, copy in zip(variants, copies, strict=True) for identifier in _identifiers(variant, copy)
    )


def _texts(copy: _Copy, seed: int) -> list[ProductText]:
    """Every text of the original under another title, by language, not saved."""
    draw = random.Random(f"{seed}|{copy.number}")  # noqa: S311  (made-up products, no secret)
    return [
        ProductText(
            language=text.language,
            title=other_title(text.title, copy.code, draw),
            summary=text.summary,
            description=text.description,
            facts=_with_own_code(text.facts, copy),
        )
        for text in sorted(copy.original.texts.all(), key=lambda text: text.language)
    ]


def _with_own_code(facts: Sequence[Any], copy: _Copy) -> list[Any]:
    """The facts, the maker's part number of the original replaced."""
    code = copy.original.attributes.get("oem_code")
    return [[label, copy.code if value == code else value] for label, value in facts]


def _product(copy: _Copy, title: str, now: datetime) -> Product:
    original = copy.original
    own_code = {"oem_code": copy.code} if "oem_code" in original.attributes else {}
    return Product(
        brand=original.brand,
        category_id=original.category_id,
        slug=slugify(title)[:200].strip("-") or f"{original.slug[:190]}-{copy.code.lower()}",
        attributes={**original.attributes, **own_code},
        source_key=copy.source_key,
        released_on=original.released_on,
        created_at=now,
    )


def _variant(product: Product, original: Product) -> Variant:
    """Colour and size of the original's first variant."""
    first = min(original.variants.all(), key=lambda variant: variant.position, default=Variant())
    return Variant(
        product=product, colour=first.colour, label_fr=first.label_fr, label_en=first.label_en, size=first.size
    )


def _identifiers(variant: Variant, copy: _Copy) -> list[Identifier]:
    codes = [(Identifier.Scheme.GTIN, internal_gtin(copy.number))]
    if copy.original.brand:
        codes.append((Identifier.Scheme.MPN, f"{copy.original.brand.slug}:{copy.code}"))
    return [Identifier(variant=variant, scheme=scheme, value=value, source=FEED) for scheme, value in codes]
