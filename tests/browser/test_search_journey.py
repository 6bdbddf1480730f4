"""Searching with a mouse, a keyboard, a phone and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.django_db(transaction=True)

OpenPage = Callable[..., Page]


def test_a_box_applies_at_once_keeps_the_focus_and_the_count_is_announced(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/fr/search/?q=lampe")

    page.focus("#f-condition-used")
    page.keyboard.press("Space")

    expect(page.locator("#count")).to_have_text("10 résultats, 10 offres")
    expect(page.locator("#f-condition-used")).to_be_focused()
    expect(page.locator("#announcements")).to_contain_text("10 résultats, 10 offres")
    expect(page).to_have_url(f"{mall}/fr/search/?q=lampe&condition=used")


def test_back_and_forward_restore_the_list_and_its_boxes(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/en/search/?q=lamp")
    page.check("#f-condition-used")
    expect(page.locator("#count")).to_have_text("10 results, 10 offers")
    page.check("#f-brand-fjall")
    expect(page.locator("#count")).to_have_text("5 results, 5 offers")

    page.go_back()
    expect(page.locator("#count")).to_have_text("10 results, 10 offers")
    expect(page.locator("#f-brand-fjall")).not_to_be_checked()
    expect(page.locator("#f-condition-used")).to_be_checked()
    page.go_back()
    expect(page.locator("#count")).to_have_text("30 results, 40 offers")
    page.go_forward()

    expect(page.locator("#count")).to_have_text("10 results, 10 offers")
    expect(page.locator("header.site-header")).to_be_visible()


def test_show_more_appends_and_back_finds_the_same_card(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/en/search/?q=lamp")

    page.click("#show-more")

    expect(page.locator("#cards > article")).to_have_count(30)
    expect(page.locator("#cards > article").nth(24).locator("h3 a")).to_be_focused()
    expect(page.locator("#announcements")).to_contain_text("Results 1 to 30 of 30 are shown.")
    expect(page).to_have_url(f"{mall}/en/search/?q=lamp&to=2")

    card = page.locator("#cards > article").nth(27)
    card.scroll_into_view_if_needed()
    name, top = card.locator("h3").inner_text(), page.evaluate("scrollY")
    card.locator("h3 a").click()
    expect(page.locator("h1")).to_have_text(name)
    page.go_back()

    expect(page.locator("#cards > article")).to_have_count(30)
    page.wait_for_function(f"Math.abs(scrollY - {top}) <= 50")


def test_sorting_goes_into_the_address(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/en/search/?q=lamp")

    page.focus("#sort")
    page.select_option("#sort", "price")

    expect(page).to_have_url(f"{mall}/en/search/?q=lamp&sort=price")
    expect(page.locator("#cards h3").first).to_have_text("Moon lamp 0")
    expect(page.locator("#sort")).to_be_focused()


def test_suggestions_by_keyboard(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/en/search/")
    field = page.locator("#q")
    field.click()
    field.press_sequentially("moon")
    options = page.locator("[role=option]")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    expect(page.locator("#announcements")).to_contain_text("suggestion")

    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", "suggestion-0")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_value("moon")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#q-suggestions")).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("moon")

    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{mall}/en/search/?q=moon")


def test_a_chosen_suggestion_leads_to_its_page(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/en/search/")
    page.locator("#q").press_sequentially("Moon lamp 17")
    expect(page.locator("[role=option]").first).to_be_visible()
    last = page.locator("[role=option]").last
    expect(last).to_contain_text("Moon lamp 17")

    last.click()

    expect(page.locator("h1")).to_have_text("Moon lamp 17")


def test_the_form_works_while_suggestions_fail(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.route("**/suggest/**", lambda route: route.abort())
    page.goto(f"{mall}/en/search/")
    page.locator("#q").press_sequentially("moon")

    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{mall}/en/search/?q=moon")
    expect(page.locator("#count")).to_have_text("30 results, 40 offers")


def test_without_javascript_words_filters_order_and_pages_work(mall: str, open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    page.goto(f"{mall}/en/search/")
    page.fill("#q", "lamp")
    page.click("header [type=submit]")
    page.check("#f-condition-new")
    page.fill("#f-price_max", "60")
    page.click("#facets [type=submit]")
    expect(page.locator("#count")).to_have_text("11 results, 11 offers")
    page.select_option("#sort", "newest")
    page.click("#sort-form [type=submit]")
    assert "sort=newest" in page.url
    assert "condition=new" in page.url
    page.click("text=Clear all >> nth=0")
    page.click("#show-more")

    assert "page=2" in page.url
    expect(page.locator("#cards > article")).to_have_count(6)


@pytest.mark.parametrize(
    ("language", "other", "words"), [("fr", "en", "10 résultats, 10 offres"), ("en", "fr", "10 results, 10 offers")]
)
def test_the_language_switch_keeps_words_and_filters(
    mall: str, open_page: OpenPage, language: str, other: str, words: str
) -> None:
    page = open_page()
    page.goto(f"{mall}/{other}/search/?q=lune&condition=used")

    page.click(f"header a[hreflang={language}]")

    expect(page).to_have_url(f"{mall}/{language}/search/?q=lune&condition=used")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#q")).to_have_value("lune")


def test_filters_on_a_phone_stand_in_a_dialog_of_their_own(mall: str, open_page: OpenPage) -> None:
    page = open_page(width=375, height=800)
    page.goto(f"{mall}/fr/search/?q=lampe")
    opener, dialog = page.locator(".results-open"), page.locator("dialog#filters")

    opener.click()
    expect(dialog).to_be_visible()
    dialog.locator("#f-condition-used").check()
    expect(dialog.locator("[data-show]")).to_have_text("Voir 10 résultats")
    expect(dialog.locator("#f-condition-used")).to_be_focused()
    dialog.locator("[data-show]").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#count")).to_have_text("10 résultats, 10 offres")
    expect(opener).to_be_focused()

    opener.click()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(dialog).to_be_visible()
    page.go_back()

    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    expect(page).to_have_url(f"{mall}/fr/search/?q=lampe&condition=used")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [320, 375, 1440])
def test_no_page_scrolls_sideways(mall: str, open_page: OpenPage, language: str, width: int) -> None:
    page = open_page(width=width)
    page.goto(f"{mall}/{language}/search/?q=lune")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.locator("#cards h3 a").first.click()
    expect(page.locator("h1")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_door_of_a_product_is_a_link(mall: str, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{mall}/en/search/?q=lamp&condition=used")
    page.locator("#cards h3 a").first.click()

    page.click("a.door.is-used")

    assert "condition=used" in page.url
    expect(page.locator("a.door.is-used")).to_have_attribute("aria-current", "true")
    expect(page.locator(".pdp__offer .kind")).to_have_text("Private person")
