"""A listing as a thing to compare, and the codes that its seller gave."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from listings.models import Listing
from mall.catalogue.identifiers import InvalidIdentifier, isbn10_to_gtin, normalise_gtin, normalise_mpn
from mall.catalogue.matching.database import KnownProduct, attributes_text, category_name, reading_of, units
from mall.catalogue.matching.reading import Reading, read
from mall.catalogue.matching.things import MAX_DESCRIPTION_CHARACTERS, MAX_TITLE_CHARACTERS, Thing
from mall.catalogue.models import Identifier
from mall.catalogue.search_documents import category_names
from search.analysis import fold
from search.documents import Language
from search.query.codes import find_codes

Scheme = Identifier.Scheme
# a shorter number that happens to have the right control digit is a date or a phone number more often than a code
_SHORTEST_GTIN_IN_TEXT = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenCodes:
    """claimed: (scheme, value) as `Identifier` stores them, the surest first. wrong: what was typed as a GTIN and has
    a wrong length or control digit, or "".
    """

    claimed: tuple[tuple[str, str], ...]
    wrong: str


def given_codes(listing: Listing) -> GivenCodes:
    """The codes a seller typed into their fields, and those found in the words with a right control digit."""
    claimed: dict[tuple[str, str], None] = {}
    wrong = ""
    if listing.gtin:
        try:
            claimed[Scheme.GTIN, normalise_gtin(listing.gtin)] = None
        except InvalidIdentifier:
            wrong = listing.gtin
    text = f"{listing.title}\n{listing.description}"
    for code in find_codes(text):
        if code.kind == "gtin" and sum(map(str.isdigit, code.words)) >= _SHORTEST_GTIN_IN_TEXT:
            claimed[Scheme.GTIN, code.value] = None
        elif code.kind == "isbn10" and "isbn" in fold(text):
            claimed[Scheme.ISBN10, code.value] = None
            claimed[Scheme.GTIN, isbn10_to_gtin(code.value)] = None
    if listing.model_code and listing.brand:
        # one letter, or a sentence, is no part number: its words are read with the others
        with suppress(InvalidIdentifier):
            claimed[Scheme.MPN, f"{listing.brand.slug}:{normalise_mpn(listing.model_code)}"] = None
    return GivenCodes(claimed=tuple(claimed), wrong=wrong)


def thing_of_listing(listing: Listing) -> Thing:
    """What the matcher reads of a listing, in its own language. One query, for the names of its category."""
    language: Language = "en" if listing.language == "en" else "fr"
    price = units(listing.offer.price_minor)
    return Thing(
        title=listing.title[:MAX_TITLE_CHARACTERS],
        description=listing.description[:MAX_DESCRIPTION_CHARACTERS],
        brand=listing.brand.name if listing.brand else "",
        model_code=listing.model_code,
        identifiers=frozenset(value for scheme, value in given_codes(listing).claimed if scheme == Scheme.GTIN),
        category=category_name(listing.category, category_names([listing.category]), language),
        category_slugs=listing.category.path_slugs,
        attributes=" ".join(
            part for part in (listing.colour, listing.size, attributes_text(listing.attributes)) if part
        ),
        price_low=price,
        price_high=price,
        language=language,
    )


def read_listing(listing: Listing) -> Reading:
    """As read, with the year of purchase where the title names no year."""
    reading = read(thing_of_listing(listing))
    if reading.years or listing.bought_in is None:
        return reading
    return replace(reading, years=frozenset({str(listing.bought_in)}))


def year_of(listing: Listing, reading: Reading) -> int | None:
    """The year of the model that the title names, the earliest, else the year of purchase."""
    return min(map(int, reading.years), default=listing.bought_in)


def as_taught(listing: Listing, reading: Reading, product: KnownProduct) -> Reading:
    """The product as the model is to see it beside this listing: like the pairs that it learned from.

    Those were new goods on both sides, so a price would speak against every used thing, and a part number that the
    seller does not name against every private one. A thing made or bought before the product came out is another
    one: the product then bears its own year. One bought later says nothing, and the product bears the listing's.
    """
    thing = replace(product.reading.thing, price_low=None, price_high=None)
    if not reading.all_codes:
        thing = replace(thing, model_code="")
    found = reading_of(thing)
    year = year_of(listing, reading)
    if year is None or found.years:
        return found
    if product.released_in is not None and year < product.released_in:
        return replace(found, years=frozenset({str(product.released_in)}))
    is_of_purchase = not any(mark in reading.years for mark in reading.numbers)
    return replace(found, years=reading.years) if is_of_purchase else found


def without_price(reading: Reading) -> Reading:
    """The listing as the model is to see it."""
    return replace(reading, thing=replace(reading.thing, price_low=None, price_high=None))
