"""What there is to walk through, what waits, and whether search and database agree."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.text import slugify

from listings.models import Listing
from mall.catalogue.models import Category, Product
from mall.core import outbox
from mall.core.models import OutboxRow
from mall.pages.addresses import category_url, listing_url, product_url
from search.documents import SearchDocument
from search.engines.protocol import SearchEngine
from search.indexing.registry import all_sources, source_of
from search.indexing.streams import live_streams
from search.queries import SearchQuery
from search.service import get_fallback_engine, get_primary_engine

__all__ = ["compare", "forget_waiting", "outbox_now", "temporary_files", "walk"]

WORDS = ("lampe", "casque", "vélo", "chaise", "sac", "livre", "montre", "casque sans fil", "table chene", "jouet")
EACH = 40
PAGE_SIZE = 96
MOST_PAGES = 12
FOUND_SECONDS = 5.0
OLD_DRAFT_SECONDS = 3600.0


def walk() -> dict[str, list[str]]:
    """Paths for buyers, by kind of page."""
    products = Product.objects.filter(is_active=True).order_by("pk").values_list("pk", "slug")[:EACH]
    listings = Listing.objects.filter(offer__withdrawn_at__isnull=True).order_by("pk")[:EACH]
    with translation.override("fr"):
        search, suggest = reverse("search"), reverse("suggest")
        pages = {
            "search": [f"{search}?q={word}".replace(" ", "+") for word in WORDS]
            + [f"{search}?q={word}&condition=used&price_max=300".replace(" ", "+") for word in WORDS[:4]],
            "suggest": [f"{suggest}?q={word[:4]}" for word in WORDS],
            "product": [product_url(pk, slug) for pk, slug in products]
            + [listing_url(listing.pk, slugify(listing.title)) for listing in listings],
            "browse": [reverse("home"), reverse("shops")]
            + [category_url(one.path) for one in Category.objects.order_by("pk")[:20]],
        }
    pages["api"] = [f"/api/search?q={word}&language=fr".replace(" ", "+") for word in WORDS]
    return {kind: [_ascii(path) for path in paths] for kind, paths in pages.items()}


def _ascii(path: str) -> str:
    return quote(path, safe="/?=&+%-_.~")


def outbox_now() -> dict[str, Any]:
    """Rows that wait and letters that are dead, by topic; why the first of each topic waits."""
    status = outbox.status()
    reasons = OutboxRow.objects.exclude(error="").order_by("-pk").values_list("topic", "error")
    return {
        "waiting": status.waiting,
        "dead": status.dead,
        "topics": {topic: {"waiting": one.waiting, "dead": one.dead} for topic, one in status.topics.items()},
        "reasons": dict(reasons),
    }


def forget_waiting(topics: list[str]) -> int:
    """Take the rows of these topics out: work of the seeding that no drill is about. Returns how many."""
    ids = [pk for topic in topics for pk in outbox.waiting_rows(topic)]
    with outbox.alone(*topics, wait_seconds=60):
        outbox.forget_rows(ids)
    return len(ids)


def compare(offers: list[int] | None = None) -> dict[str, Any]:
    """Each engine's documents beside the database's, asked again for FOUND_SECONDS while they differ.

    offers: those whose prices were changed. For each engine: documents, missing, older, surplus, prices (shown
    otherwise than they are), compared_prices.
    """
    wanted = _wanted_versions()
    changed = _documents_of(offers or [])
    return {
        topic: _compared(engine, wanted, changed)
        for topic, engine in zip([topic for topic, _ in live_streams()], _engines(), strict=True)
    }


def _engines() -> list[SearchEngine]:
    fallback = get_fallback_engine()
    return [get_primary_engine(), *([fallback] if fallback else [])]


def _wanted_versions() -> dict[str, int]:
    found: dict[str, int] = {}
    for source in all_sources():
        if source.versions is not None:
            found |= {f"{source.kind}:{pk}": version for pk, version in source.versions()}
        else:
            documents = source.build(list(source.iterate_ids()))
            found |= {document.id: document.version for document in documents}
    return found


def _documents_of(offers: list[int]) -> dict[str, SearchDocument]:
    """Documents, as the database would have them, in which the offers are shown."""
    products = Product.objects.filter(variants__offers__in=offers).distinct().values_list("pk", flat=True)
    listings = Listing.objects.filter(offer__in=offers).values_list("pk", flat=True)
    built = [*source_of("product").build(list(products)), *source_of("listing").build(list(listings))]
    return {document.id: document for document in built}


def _compared(engine: SearchEngine, wanted: dict[str, int], changed: dict[str, SearchDocument]) -> dict[str, Any]:
    ends_at = time.monotonic() + FOUND_SECONDS
    while True:
        stored = dict(engine.stored_versions())
        shown = _shown_prices(engine, changed)
        counts = {
            "missing": len(wanted.keys() - stored.keys()),
            "older": sum(version < wanted[name] for name, version in stored.items() if name in wanted),
            "ahead": sum(version > wanted[name] for name, version in stored.items() if name in wanted),
            "surplus": len(stored.keys() - wanted.keys()),
            "prices": sum(shown[name] != prices_of(changed[name]) for name in shown),
        }
        if not any(counts.values()) or time.monotonic() > ends_at:
            return {"documents": len(stored), "compared_prices": len(shown), **counts}
        time.sleep(0.2)


def _shown_prices(engine: SearchEngine, changed: dict[str, SearchDocument]) -> dict[str, dict[str, int]]:
    """By document, the lowest price of each condition as the engine shows it: of those on the first pages."""
    found: dict[str, dict[str, int]] = {}
    for page in range(1, MOST_PAGES + 1):
        query = SearchQuery(text="", language="fr", sort="newest", page=page, page_size=PAGE_SIZE)
        hits = engine.retrieve(query, with_facets=False).hits
        for hit in hits:
            if hit.id in changed:
                found[hit.id] = {str(family): one.from_minor for family, one in hit.offers.items()}
        if len(hits) < PAGE_SIZE:
            break
    return found


def prices_of(document: SearchDocument) -> dict[str, int]:
    """The lowest total of each condition."""
    prices: dict[str, int] = {}
    for offer in document.offers:
        prices[offer.family] = min(offer.total_minor, prices.get(offer.family, offer.total_minor))
    return prices


def temporary_files() -> dict[str, int]:
    """Drafts among the mall's files: all, and those that nobody can be writing any more."""
    drafts = list(_drafts([Path(settings.ORIGINALS_FOLDER), Path(settings.MEDIA_ROOT)]))
    now = time.time()
    ages = Counter(now - path.stat().st_mtime > OLD_DRAFT_SECONDS for path in drafts if path.exists())
    return {"all": len(drafts), "old": ages[True]}


def _drafts(folders: Iterable[Path]) -> Iterable[Path]:
    return (path for folder in folders for path in folder.rglob(".*") if path.is_file())
