"""Headers, hosts and the rate limit (attack cases F52, H63-H65)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from mall.core.rate_limit import RateLimitMiddleware, client_address, seconds_to_wait
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import OfferFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(search_index: SearchEngine) -> None:
    OfferFactory(variant__product=ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"}))
    rebuild_index()


STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest.mark.parametrize(
    "path", ["/fr/search/?q=lampe", "/en/", "/fr/nothing/", "/fr/search/?sort=x", "/api/search", "/health"]
)
def test_every_answer_carries_the_strict_policy(path: str, client: Client, lamp: None) -> None:
    response = client.get(path)

    policy = {part.strip() for part in response["Content-Security-Policy"].split(";")}
    assert policy >= STRICT
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(response["X-Request-ID"]) == 32
    assert "Server" not in response
    assert "X-Powered-By" not in response


def test_the_documentation_may_style_its_elements_and_nothing_more(client: Client) -> None:
    policy = client.get("/api/docs")["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src 'self';" in f"{policy};"


def test_the_editors_pages_have_a_policy_of_their_own(client: Client) -> None:
    policy = client.get("/admin/login/")["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy


def test_a_sound_request_id_is_kept_and_a_hostile_one_replaced(client: Client, lamp: None) -> None:
    kept = client.get("/api/search", headers={"X-Request-ID": "abcdef-12345678"})
    replaced = client.get("/api/search", headers={"X-Request-ID": "<script>"})

    assert kept["X-Request-ID"] == "abcdef-12345678"
    assert replaced["X-Request-ID"] != "<script>"


def test_a_foreign_host_is_refused(client: Client, lamp: None) -> None:
    assert client.get("/fr/", headers={"Host": "evil.example"}).status_code == 400
    spoofed = client.get("/sitemap.xml", headers={"X-Forwarded-Host": "evil.example"})
    assert b"evil" not in spoofed.content


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(client: Client, lamp: None) -> None:
    client.get("/fr/accounts/login/")

    cookie = client.cookies["csrftoken"]
    assert cookie["samesite"] == "Lax"
    assert "sessionid" not in client.cookies


@pytest.fixture
def limited(settings: Any) -> Callable[[str], HttpResponse]:
    """A mall that takes three searches a minute of one address."""
    settings.RATE_LIMITS = [
        {
            "path": r"/api/search",
            "scope": "search",
            "per_minute": 3,
            "refusal": "mall.api.problems.too_many_requests",
        },
    ]
    middleware = RateLimitMiddleware(lambda request: HttpResponse("found"))

    def ask(address: str, path: str = "/api/search") -> HttpResponse:
        response = middleware(RequestFactory().get(path, REMOTE_ADDR=address))
        assert isinstance(response, HttpResponse)
        return response

    return ask


def test_too_many_searches_of_one_address_are_told_when_to_come_again(limited: Callable[..., HttpResponse]) -> None:
    statuses = [limited("203.0.113.5").status_code for _ in range(5)]

    assert statuses in ([200, 200, 200, 429, 429], [200, 200, 200, 200, 200])
    assert limited("203.0.113.6").status_code == 200
    assert limited("203.0.113.5", "/api/products/1").status_code == 200


def test_a_refusal_is_a_problem_document_with_the_seconds(
    limited: Callable[..., HttpResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mall.core.rate_limit.time.time", lambda: 6000.0 * 60 + 45)
    responses = [limited("203.0.113.5") for _ in range(4)]

    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert (responses[3]["Content-Type"], responses[3]["Retry-After"]) == ("application/problem+json", "15")


def test_the_page_of_a_refusal_is_kind(settings: Any, client: Client, lamp: None) -> None:
    from mall.pages.views.errors import too_many_requests

    request = client.get("/fr/search/").wsgi_request
    response = too_many_requests(request, 20)

    assert (response.status_code, response["Retry-After"]) == (429, "20")
    assert "<h1>" in response.content.decode()


def test_a_window_ends_after_a_minute() -> None:
    cache.clear()
    assert [seconds_to_wait("x", "a", 2, now=600.0) for _ in range(3)] == [0, 0, 60]
    assert seconds_to_wait("x", "a", 2, now=660.0) == 0


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "198.51.100.9", "10.0.0.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "6.6.6.6, 198.51.100.9", "198.51.100.9"),
        (2, "6.6.6.6, 198.51.100.9, 10.0.0.7", "198.51.100.9"),
        (2, "10.0.0.7", "10.0.0.1"),
        (1, "nonsense", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_the_address_is_what_our_own_proxies_say(proxies: int, forwarded: str, address: str, settings: Any) -> None:
    settings.PROXY_COUNT = proxies
    request: HttpRequest = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})

    assert client_address(request) == address
