"""What is true of every page, checked on those that need nothing from the shelves."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

PATHS = ("", "shops/", "help/", "how-results-are-ranked/", "accessibility/", "legal/", "privacy/", "accounts/login/")
PAGES = [f"/{language}/{path}" for language in ("fr", "en") for path in PATHS]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_landmarks_and_a_skip_link_first(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    body = page[page.index("<body>") :]
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert re.findall(r"<(header|main|footer)[ >]", body) == ["header", "main", "footer"]
    assert body.index('class="skip"') < body.index("<header")
    assert f'<html lang="{path[1:3]}">' in page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_its_twin_in_the_other_language(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    rest = path[4:]
    links = dict(re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="http://127\.0\.0\.1:8000([^"]+)">', page))
    assert links == {"fr": f"/fr/{rest}", "en": f"/en/{rest}", "x-default": f"/fr/{rest}"}
    assert f'<link rel="canonical" href="http://127.0.0.1:8000{path}">' in page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_carries_no_inline_script_or_style(client: Client, path: str) -> None:
    response = client.get(path)

    page = response.content.decode()
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or 'type="application/ld+json"' in script for script in scripts)
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)
    assert "script-src 'self'" in response["Content-Security-Policy"]


def test_titles_and_descriptions_of_pages_differ(client: Client) -> None:
    titles = [re.findall(r"<title>([^<]+)</title>", client.get(path).content.decode())[0] for path in PAGES]

    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("path", PAGES)
def test_every_link_inside_the_mall_leads_somewhere(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    targets = {target.replace("&amp;", "&").partition("#")[0] for target in re.findall(r'href="(/[^"]*)"', page)} - {""}
    pages = {target for target in targets if not target.startswith(("/static/", "/fr/search/", "/en/search/"))}
    assert {target: client.get(target).status_code for target in pages if client.get(target).status_code >= 400} == {}


def test_help_explains_every_grade_of_condition(client: Client) -> None:
    page = client.get("/fr/help/").content.decode()

    assert page.count('class="grade"') == 12
    assert "comme neuf" not in page[page.index("Reconditionné, premium") : page.index("Occasion, comme neuf")]
