"""A small mall on a live server, and pages of a real Chromium that fail on any console error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from mall.catalogue.models import Product
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import BrandFactory, CategoryFactory, OfferFactory, ProductFactory, SellerFactory, VariantFactory

LAMPS = 30
PATIENCE_MS = 15_000

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all journeys.

    Playwright's loop runs in this thread as long as it is open; the tests touch the database between its calls, never
    within one.
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def collected_static() -> None:
    """The storefront's files where the live server looks for them."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def mall(search_index: SearchEngine, collected_static: None, live_server: LiveServer) -> str:
    """Thirty lamps, every third also second-hand; the address of the mall."""
    category = CategoryFactory(slug="lampes", path="lampes", name_fr="Lampes", name_en="Lamps")
    brands = [BrandFactory(name="Auralune", slug="auralune"), BrandFactory(name="Fjall", slug="fjall")]
    shop, nadia = SellerFactory(brand=True), SellerFactory(private=True)
    for number in range(LAMPS):
        titles = {"fr": f"Lampe Lune {number}", "en": f"Moon lamp {number}"}
        product: Product = ProductFactory(category=category, brand=brands[number % 2], texts=titles)
        variant = VariantFactory(product=product)
        OfferFactory(variant=variant, seller=shop, price_minor=5000 + 100 * number)
        if number % 3 == 0:
            OfferFactory(variant=variant, seller=nadia, used=True, price_minor=2000 + 10 * number)
    rebuild_index()
    return str(live_server.url)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Any]:
    """`open_page(width=1440, height=900, **context options)`; what the console complains of fails the test."""
    contexts = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # a status such as 404 for an empty list is written by the browser, not by the page
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def new(width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", listen)
        # the browser's own word for a page left before its transition ended
        page.on("pageerror", lambda error: None if "Transition was" in str(error) else complaints.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []
