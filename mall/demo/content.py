"""The demo mall's words and prices, read from the TOML files of `content/`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from mall.catalogue.identifiers import gtin_check_digit

CONTENT_FOLDER = Path(__file__).with_name("content")
PHOTO_FOLDER = Path(__file__).with_name("photos")

Pair = tuple[str, str]  # French, English


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoVariant:
    """photo: name of its studio picture, "" without one. colour: filter colour. label: the maker's name of it."""

    photo: str
    colour: str
    label: Pair
    gtin: str
    isbn10: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoProduct:
    """price_minor: what its maker asks. sold_by, refurbished_by: slugs of sellers. facts: (label, value) pairs."""

    key: str
    brand: str
    category: str
    title: Pair
    summary: Pair
    description: Pair
    facts: tuple[tuple[Pair, Pair], ...]
    attributes: dict[str, str]
    variants: tuple[DemoVariant, ...]
    price_minor: int
    year: int
    mpn: str = ""
    sold_by: tuple[str, ...] = ()
    refurbished_by: tuple[str, ...] = ()
    used: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoListing:
    """title, text: own language first. product: key, "" for a thing that stands alone. match: "gtin", "seller" or
    "matcher": who finds the product. code: model number that its seller typed.
    """

    photo: str
    seller: str
    language: str
    title: Pair
    text: Pair
    defects: tuple[str, ...]
    grade: str
    price_minor: int
    product: str = ""
    match: str = ""
    code: str = ""
    brand: str = ""
    category: str = ""
    colour: str = ""
    size: str = ""
    year: int | None = None
    delivery_minor: int = 490
    can_be_collected: bool = False
    is_delivered: bool = True
    is_complete: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoSeller:
    """rating: tenths, votes, sales. The legal facts are empty for private people."""

    slug: str
    kind: str
    name: str
    city: str
    rating: tuple[int, int, int]
    about: Pair = ("", "")
    company: str = ""
    address: str = ""
    register: str = ""
    phone: str = ""
    return_days: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoContent:
    products: tuple[DemoProduct, ...]
    listings: tuple[DemoListing, ...]
    sellers: tuple[DemoSeller, ...]
    by_key: Mapping[str, DemoProduct] = field(default_factory=dict)

    @property
    def photos(self) -> list[str]:
        """Every picture that is used, as "studio/name" or "phone/name", each once."""
        studio = [f"studio/{v.photo}" for product in self.products for v in product.variants if v.photo]
        return studio + [f"phone/{listing.photo}" for listing in self.listings]


def photo_path(name: str) -> Path:
    """The file of "studio/name" or "phone/name"."""
    return PHOTO_FOLDER / f"{name}.webp"


@lru_cache(maxsize=1)
def demo_content() -> DemoContent:
    """All of it. Raises KeyError or TypeError when a file misses something: a mistake of ours, found by the tests."""
    labels = {key: _pair(text) for key, text in _load("labels.toml").items()}
    products = tuple(
        _product(row, labels)
        for path in sorted((CONTENT_FOLDER / "products").glob("*.toml"))
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["product"]
    )
    sellers = _load("sellers.toml")
    return DemoContent(
        products=products,
        listings=tuple(_listing(row) for row in _load("listings.toml")["listing"]),
        sellers=(*map(_business, sellers["seller"]), *(_person(*item) for item in sellers["people"].items())),
        by_key={product.key: product for product in products},
    )


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT_FOLDER / name).read_text(encoding="utf-8"))


def _pair(text: str) -> Pair:
    """ "1,3 kg" -> ("1,3 kg", "1.3 kg"), "oui | yes" -> ("oui", "yes")."""
    french, divided, english = text.partition(" | ")
    if not divided:
        english = re.sub(r"(\d),(\d)", r"\1.\2", french)
        english = re.sub(r"(\d) (\d{3})(?!\d)", r"\1,\2", english)
    return french, english


def _product(row: dict[str, Any], labels: Mapping[str, Pair]) -> DemoProduct:
    key: str = row["key"]
    isbns = [isbn10(body) for body in row.get("isbn_bodies", ())]
    facts = [(labels[name], _pair(value)) for name, value in row["facts"].items()]
    if row.get("mpn"):
        facts.append((labels["reference"], (row["mpn"], row["mpn"])))
    return DemoProduct(
        key=key,
        brand=row["brand"],
        category=row["category"],
        title=_two(row["title"]),
        summary=_two(row["summary"]),
        description=_two(row["description"]),
        facts=tuple(facts),
        attributes={name: _pair(value)[1] for name, value in row["facts"].items()},
        variants=tuple(
            DemoVariant(
                photo=photo,
                colour=colour,
                label=(french, english),
                gtin=book_gtin(isbns[place]) if isbns else demo_gtin(f"{key}:{place}"),
                isbn10=isbns[place] if isbns else "",
            )
            for place, (photo, colour, french, english) in enumerate(row["variants"])
        ),
        price_minor=row["price"],
        year=row["year"],
        mpn=row.get("mpn", ""),
        sold_by=tuple(row["sold_by"]),
        refurbished_by=tuple(row.get("refurbished_by", ())),
        used=row.get("used", False),
    )


def _two(texts: list[str]) -> Pair:
    french, english = texts
    return french, english


def _listing(row: dict[str, Any]) -> DemoListing:
    return DemoListing(
        photo=row["photo"],
        seller=row["seller"],
        language=row.get("language", "fr"),
        title=_two(row["title"]),
        text=_two(row["text"]),
        defects=tuple(row["defects"]),
        grade=row["grade"],
        price_minor=row["price"],
        product=row.get("product", ""),
        match=row.get("match", ""),
        code=row.get("code", ""),
        brand=row.get("brand", ""),
        category=row.get("category", ""),
        colour=row.get("colour", ""),
        size=row.get("size", ""),
        year=row.get("year"),
        delivery_minor=0 if row.get("collect_only") else row["delivery"],
        can_be_collected=row.get("collect", False),
        is_delivered=not row.get("collect_only", False),
        is_complete=not row.get("incomplete", False),
    )


def _business(row: dict[str, Any]) -> DemoSeller:
    tenths, votes, sales = row["rating"]
    return DemoSeller(
        slug=row["slug"],
        kind=row["kind"],
        name=row["name"],
        city=row["city"],
        rating=(tenths, votes, sales),
        about=_two(row["about"]),
        company=row["company"],
        address=row["address"],
        register=row["register"],
        phone=row["phone"],
        return_days=row["return_days"],
    )


def _person(slug: str, facts: list[Any]) -> DemoSeller:
    name, city, tenths, votes, sales = facts
    return DemoSeller(slug=slug, kind="private", name=name, city=city, rating=(tenths, votes, sales))


def demo_gtin(key: str) -> str:
    """A GTIN-14 whose GTIN-13 begins with 299: kept by GS1 for use inside one company, so nobody's product."""
    body = f"0299{crc32(key.encode()) % 10**9:09d}"
    return body + str(gtin_check_digit(body))


def isbn10(body: str) -> str:
    """Nine digits with their control character. Source: ISBN Users' Manual, section 4."""
    rest = -sum((10 - place) * int(digit) for place, digit in enumerate(body)) % 11
    return body + ("X" if rest == 10 else str(rest))


def book_gtin(isbn: str) -> str:
    body = "0978" + isbn[:9]
    return body + str(gtin_check_digit(body))
