"""The cheapest live offer of each variant and condition, found along an index.

A product may have thousands of offers, and a page shows two dozen products: grouping them all costs a hundred times
what these few steps into the index `offers_of_a_variant` cost. The cheapest total lies among the offers whose price is
not above the total of the one with the lowest price. Written out because the ORM spends longer on writing this query
than the database on answering it; the same text runs on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

_LIVE = (
    "{o}.variant_id = v.id AND {o}.family = f.column1 AND {o}.withdrawn_at IS NULL AND {o}.stock > 0 AND {s}.is_active"
)
_FROM = "FROM catalogue_offer {o} JOIN sellers_seller {s} ON {s}.id = {o}.seller_id WHERE " + _LIVE

_BOUND = f"SELECT b.price_minor + b.delivery_minor {_FROM.format(o='b', s='bs')} ORDER BY b.price_minor LIMIT 1"
_BEST = (
    f"SELECT c.id {_FROM.format(o='c', s='cs')} AND c.price_minor <= ({_BOUND}) "
    "ORDER BY c.price_minor + c.delivery_minor, c.id LIMIT 1"
)
_NEXT = f"SELECT n.seller_id {_FROM.format(o='n', s='ns')} ORDER BY n.price_minor, n.id LIMIT 1 OFFSET 1"
_QUERY = f"""
SELECT x.product_id, o.family, o.price_minor + o.delivery_minor, o.currency, o.delivery_days_max,
       s.name, s.kind, s.city, s.rating_tenths, s.rating_count, t.kind
FROM (
    SELECT v.product_id AS product_id, ({_BEST}) AS best, ({_NEXT}) AS next_seller
    FROM catalogue_variant v, (VALUES ('new'), ('refurbished'), ('used'), ('parts')) AS f
    WHERE v.product_id IN (%s)
) AS x
JOIN catalogue_offer o ON o.id = x.best
JOIN sellers_seller s ON s.id = o.seller_id
LEFT JOIN sellers_seller t ON t.id = x.next_seller
ORDER BY x.product_id, o.id
"""  # noqa: S608 (no value is written into it)


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadSeller:
    """Who sells the cheapest fitting offer. rating_tenths: 10 to 50, None without votes."""

    name: str
    kind: str
    city: str
    rating_tenths: int | None
    rating_count: int


@dataclass(frozen=True, slots=True)
class CheapestOffer:
    """Of one variant and condition. days: longest promised, None to be collected. next_kind: the kind of another
    seller's or the same seller's next offer, None when there is no other."""

    family: str
    total_minor: int
    currency: str
    days: int | None
    name: str
    kind: str
    city: str
    rating_tenths: int | None
    rating_count: int
    next_kind: str | None

    def seller(self) -> LeadSeller:
        return LeadSeller(
            name=self.name,
            kind=self.kind,
            city=self.city,
            rating_tenths=self.rating_tenths,
            rating_count=self.rating_count,
        )


def cheapest_offers(product_ids: Iterable[int]) -> Iterator[tuple[int, CheapestOffer]]:
    """One pair (product id, offer) for each variant and condition that has a live offer. One query."""
    ids = list(product_ids)
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_QUERY % ", ".join(["%s"] * len(ids)), ids)
        for product_id, *offer in cursor.fetchall():
            yield product_id, CheapestOffer(*offer)
