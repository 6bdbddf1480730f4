"""The operators' page of search: what it tells, and what is done about dead letters."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from wagtail.users.models import UserProfile

from mall.accounts.models import Member
from mall.core import outbox
from mall.core.models import OutboxRow
from mall.pages.addresses import product_url
from search.engines.protocol import SearchEngine
from search.indexing.rebuild import rebuild_index
from tests.factories import ListingFactory, OfferFactory, PictureFactory, ProductFactory
from tests.integration.desk.conftest import member, sign_in

pytestmark = pytest.mark.django_db

PAGE, LETTERS = "/admin/search-state/", "/admin/search-state/letters/"


@pytest.fixture
def operator() -> Member:
    return member("olga@example.org", "access_admin", "change_outboxrow")


def letter(topic: str, key: str, error: str = "bad document", **facts: Any) -> OutboxRow:
    values = {"payload": {}, "is_dead": True, "attempts": 8, "error": error, "set_aside_at": timezone.now(), **facts}
    row: OutboxRow = OutboxRow.objects.create(topic=topic, key=key, **values)
    return row


def words_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split("<main", 1)[-1]).split())


def dead_keys() -> list[str]:
    return list(outbox.dead_rows().values_list("key", flat=True))


def mend(client: Client, action: str, *ids: int, **words: Any) -> Any:
    return client.post(LETTERS, {"action": action, "letter": ids, **words}, follow=True)


def test_a_healthy_search_says_so(desk: Client, search_index: SearchEngine) -> None:
    OfferFactory()
    rebuild_index()
    outbox.drain()

    text = words_of(desk.get(PAGE))

    assert "All is well with search." in text
    assert "Documents 1 Offers 1" in text
    assert "Nothing waits." in text
    assert "A worker was seen a moment ago." in text
    assert "There are no dead letters: nothing was set aside." in text


def test_a_lost_index_and_late_changes_are_told_with_their_remedy(desk: Client, search_index: SearchEngine) -> None:
    outbox.publish("search.changed", "product:1", {"kind": "product", "id": 1})
    OutboxRow.objects.update(created_at=timezone.now() - timedelta(minutes=20))

    text = words_of(desk.get(PAGE))

    assert "“manage.py rebuild_search” does it at once." in text
    assert "Search index: 20 minutes late. Is a worker running, and does the server answer?" in text
    assert "Search index 1 20 min 0" in text


def test_each_letter_says_what_it_is_about_with_a_link(desk: Client, search_index: SearchEngine) -> None:
    product = ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    listing, picture = ListingFactory(title="Bouilloire", title_other="Kettle"), PictureFactory()
    letter("search.changed", f"product:{product.pk}", "mapper_parsing_exception: <b>twelve</b>", attempts=1)
    letter("listings.match", f"listing:{listing.pk}")
    letter("catalogue.offer_changed", f"offer:{listing.offer_id}")
    letter("picture.added", f"picture:{picture.pk}")
    letter("search.changed", "product:999999999999999999999")
    letter("catalogue.products_added", "products")
    letter("of.tomorrow", "who knows")

    response = desk.get(PAGE)
    text, page = words_of(response), response.content.decode()

    assert f"Opaline lamp product:{product.pk} Search index mapper_parsing_exception: &lt;b&gt;twelve" in text
    with translation.override("en"):
        assert f'href="{product_url(product.pk, product.slug)}"' in page
    assert "Kettle listing:" in text
    assert "Kettle offer:" in text
    assert f"Picture {picture.sha256[:12]}" in text
    assert "no longer there product:999999999999999999999" in text
    assert "everything products New products" in text
    assert "who knows who knows of.tomorrow" in text
    assert "7 dead letters" in text


def test_queries_do_not_grow_with_the_letters(
    desk: Client, search_index: SearchEngine, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        letter("search.changed", f"product:{ProductFactory().pk}")

    with django_assert_max_num_queries(30):
        desk.get(PAGE)


def test_many_letters_come_in_pages(desk: Client, search_index: SearchEngine) -> None:
    for number in range(51):
        letter("search.changed", f"product:{1000 + number}")

    assert "Page 1 of 2" in words_of(desk.get(PAGE))
    assert "product:1050" in words_of(desk.get(PAGE, {"p": "2"}))
    assert "Page 1 of 2" in words_of(desk.get(PAGE, {"p": "seventy"}))


def test_one_the_chosen_ones_or_all_of_a_topic_are_tried_again(desk: Client, search_index: SearchEngine) -> None:
    one, two, three = (letter("search.changed", f"product:{number}") for number in (1, 2, 3))
    letter("picture.added", "picture:1")

    assert "1 letter is tried again within seconds." in words_of(mend(desk, f"retry:{one.pk}"))
    assert dead_keys() == ["product:2", "product:3", "picture:1"]
    row = OutboxRow.objects.get(pk=one.pk)
    assert (row.attempts, row.waits, row.set_aside_at) == (0, 0, None)

    mend(desk, "retry:chosen", two.pk)
    assert dead_keys() == ["product:3", "picture:1"]
    mend(desk, "retry:topic:search.changed", three.pk)
    assert dead_keys() == ["picture:1"]


def test_discarding_asks_first_and_names_what_goes(desk: Client, search_index: SearchEngine) -> None:
    product = ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    row = letter("search.changed", f"product:{product.pk}")
    letter("search.changed", "product:999")

    text = words_of(mend(desk, "discard:chosen", row.pk))
    assert "1 dead letter What they asked for will not be done" in text
    assert f"Opaline lamp Search index, product:{product.pk}" in text
    assert len(dead_keys()) == 2

    assert "1 letter was discarded." in words_of(mend(desk, "discard:chosen", row.pk, confirmed="on"))
    assert dead_keys() == ["product:999"]
    assert "These letters are gone" in words_of(mend(desk, "discard:chosen", row.pk))


def test_a_whole_topic_is_discarded_after_a_question(desk: Client, search_index: SearchEngine) -> None:
    for number in range(12):
        letter("search.changed", f"product:{number + 1}")
    outbox.publish("search.changed", "product:50", {})

    assert "and 2 more" in words_of(mend(desk, "discard:topic:search.changed"))
    mend(desk, "discard:topic:search.changed", confirmed="on")

    assert list(OutboxRow.objects.values_list("key", flat=True)) == ["product:50"]


@pytest.mark.parametrize(
    ("action", "letters"),
    [
        ("retry:chosen", []),
        ("retry:chosen", ["12; drop table"]),
        ("retry:chosen", ["²"]),
        ("", []),
        ("burn:chosen", [1]),
        ("retry:topic:", []),
        ("discard:topic:' or 1=1", []),
        ("retry:999999999999999999999999", []),
    ],
)
def test_nonsense_changes_nothing(desk: Client, search_index: SearchEngine, action: str, letters: list[Any]) -> None:
    letter("search.changed", "product:1")

    assert "Nothing was chosen, so nothing was changed." in words_of(mend(desk, action, *letters, confirmed="on"))
    assert dead_keys() == ["product:1"]


def test_living_rows_are_not_touched_by_their_number(desk: Client, search_index: SearchEngine) -> None:
    outbox.publish("search.changed", "product:1", {})
    row = OutboxRow.objects.get()

    mend(desk, f"discard:{row.pk}", confirmed="on")

    assert OutboxRow.objects.get() == row


def test_who_may_only_look_finds_no_buttons_and_is_refused(search_index: SearchEngine) -> None:
    row = letter("search.changed", "product:1")
    looker = sign_in(member("lou@example.org", "access_admin", "view_outboxrow"))

    assert "search-state/letters/" in (page := looker.get(PAGE).content.decode())
    assert 'name="action"' not in page
    # Wagtail sends whoever may not back to its home with a message
    assert looker.post(LETTERS, {"action": f"retry:{row.pk}"}).status_code in {302, 403}
    assert dead_keys() == ["product:1"]


def test_an_editor_sees_nothing_of_it(search_index: SearchEngine) -> None:
    letter("search.changed", "product:1")
    editor = sign_in(member("eva@example.org", "access_admin"))

    assert editor.get(PAGE).status_code in {302, 403}
    assert editor.post(LETTERS, {"action": "discard:topic:search.changed", "confirmed": "on"}).status_code in {302, 403}
    assert editor.post(f"{PAGE}recall/").status_code in {302, 403}
    home = editor.get("/admin/").content.decode()
    assert "dead letter" not in home
    assert "search-state" not in home
    assert dead_keys() == ["product:1"]


def test_the_admin_home_counts_letters_while_there_are_any(desk: Client, search_index: SearchEngine) -> None:
    assert "dead letter" not in desk.get("/admin/").content.decode()

    letter("search.changed", "product:1")
    letter("search.changed", "product:2")

    home = desk.get("/admin/").content.decode()
    assert "2 dead letters" in home
    assert 'href="/admin/search-state/#letters"' in home


def test_the_page_speaks_french(operator: Member, search_index: SearchEngine) -> None:
    UserProfile.objects.create(user=operator, preferred_language="fr")
    product = ProductFactory(texts={"fr": "Lampe Opaline", "en": "Opaline lamp"})
    letter("search.changed", f"product:{product.pk}")

    text = words_of(sign_in(operator).get(PAGE))

    assert "Lampe Opaline product:" in text
    assert "1 lettre morte" in text
    assert "Tout réessayer" in text


def test_recall_is_measured_on_demand_and_remembered(
    desk: Client, search_index: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedded engine compares with every vector, so a figure is put in its mouth."""
    rebuild_index()
    status = search_index.status()
    monkeypatch.setattr(search_index, "status", lambda: replace(status, has_vectors=True, message=""))
    assert "Found of the nearest not measured yet" in words_of(desk.get(PAGE))

    monkeypatch.setattr(search_index, "vector_recall", lambda sample: 0.873)
    text = words_of(desk.post(f"{PAGE}recall/", follow=True))

    assert "Found of the nearest 87.3%, measured on" in text
    assert "87.3 % of the nearest are found by their vectors, not 95 %" in text
