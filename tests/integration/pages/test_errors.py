"""Errors in the mall's own layout, with the right status."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import Client, RequestFactory

from mall.pages.views import errors
from tests.factories import CategoryFactory


@pytest.mark.django_db
def test_not_found_offers_search_and_departments(client: Client) -> None:
    CategoryFactory(slug="maison", name_fr="Maison")

    response = client.get("/fr/nulle-part/")

    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert response.status_code == 404
    assert "Cette porte ne mène nulle part" in main
    assert 'href="/fr/search/"' in main
    assert '<a class="chip" href="/fr/c/maison/">Maison</a>' in main
    assert '<meta name="robots" content="noindex">' in page


def test_a_failure_is_told_without_asking_the_database(rf: RequestFactory) -> None:
    response = errors.server_error(rf.get("/fr/"))

    page = response.content.decode()
    assert response.status_code == 500
    assert "Code 500." in page
    assert 'name="q"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("view", "error", "status"),
    [(errors.bad_request, SuspiciousOperation(), 400), (errors.permission_denied, PermissionDenied(), 403)],
)
def test_refusals_have_a_page_of_their_own(rf: RequestFactory, view: Any, error: Exception, status: int) -> None:
    response = view(rf.get("/fr/"), error)

    assert response.status_code == status
    assert f"Code {status}." in response.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_explained() -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/fr/accounts/login/", {"login": "a@example.org", "password": "x"})

    assert response.status_code == 403
    assert "Le formulaire a expiré" in response.content.decode()


@pytest.mark.django_db
def test_pictures_are_served_for_a_year_and_nothing_beside_them(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "pictures").mkdir(parents=True)
    (settings.MEDIA_ROOT / "pictures" / "a.jpg").write_bytes(b"jpeg" * 200)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")

    response = client.get("/media/pictures/a.jpg", headers={"accept-encoding": "gzip"})

    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Content-Encoding" not in response
    assert b"".join(response.streaming_content) == b"jpeg" * 200  # type: ignore[attr-defined]
    assert client.get("/media/../secret.txt").status_code in {400, 404}
