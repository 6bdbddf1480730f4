"""Each page of the selling flow: what it keeps, what it refuses, where it leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from listings.models import DraftPhoto, Listing, ListingDraft
from listings.selling.services import tidy_drafts
from mall.accounts.models import Member
from mall.catalogue.models import Category, Offer
from mall.core.models import Picture
from mall.sellers.models import Seller
from tests.factories import (
    BrandFactory,
    CategoryFactory,
    ListingFactory,
    OfferFactory,
    ProductFactory,
    VariantFactory,
    photo_bytes,
)

pytestmark = pytest.mark.django_db(transaction=True)

BACKEND = "django.contrib.auth.backends.ModelBackend"


def _file(name: str = "lampe.jpg", colour: str = "teal", **options: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo_bytes(colour=colour, **options), "image/jpeg")


@pytest.fixture
def lamps() -> Category:
    top = CategoryFactory(slug="home", path="home", name_fr="Maison", name_en="Home")
    leaf: Category = CategoryFactory(parent=top, slug="lamps", name_fr="Lampes", name_en="Lamps")
    return leaf


@pytest.fixture
def member(client: Client) -> Member:
    """Signed in."""
    member = Member.objects.create_user("lea@example.org")
    client.force_login(member, BACKEND)
    return member


def _begin(client: Client, *files: SimpleUploadedFile, **data: Any) -> ListingDraft:
    client.post("/en/sell/", {"photos": list(files) or [_file()], **data})
    return ListingDraft.objects.latest("pk")


def _post(client: Client, draft: ListingDraft, step: str, **data: Any) -> Any:
    draft.refresh_from_db()
    query = data.pop("query", "")
    return client.post(f"/en/sell/{draft.pk}/{step}/{query}", {"version": draft.version, **data})


def _answer_all(client: Client, draft: ListingDraft, category: Category) -> None:
    _post(client, draft, "category", category=category.pk)
    _post(client, draft, "words", title="Moon lamp", description="Bought in 2022.")
    _post(client, draft, "condition", grade="used.good", flaws=["scratches"], flaw_words="Dent on the foot")
    _post(client, draft, "price", price_minor="25.50")
    _post(client, draft, "shipping", can_be_sent="on", delivery_minor="4", delivery_days_max="4", can_be_collected="on")


def test_nothing_is_kept_of_a_visitor_who_only_looks(client: Client) -> None:
    page = client.get("/fr/sell/")

    assert page.status_code == 200
    assert "Commencez par une photo" in page.content.decode()
    assert ListingDraft.objects.count() == 0


def test_a_visitor_begins_with_photos_and_goes_on_to_the_category(client: Client, lamps: Category) -> None:
    answer = client.post("/en/sell/", {"photos": [_file(), _file("b.jpg", "red")]})

    draft = ListingDraft.objects.get()
    assert answer["Location"] == f"/en/sell/{draft.pk}/category/"
    assert [photo.file_name for photo in draft.photos.all()] == ["lampe.jpg", "b.jpg"]
    assert draft.member is None and draft.owner_token


def test_without_a_photo_the_first_page_comes_back_with_422(client: Client) -> None:
    answer = client.post("/en/sell/", {})

    assert answer.status_code == 422
    assert "Choose at least one photo." in answer.content.decode()
    assert ListingDraft.objects.count() == 0


def test_refused_files_are_named_and_the_others_kept(client: Client) -> None:
    empty = SimpleUploadedFile("vide.jpg", b"", "image/jpeg")
    words = SimpleUploadedFile("notes.jpg", b"no picture at all", "image/jpeg")

    answer = client.post("/en/sell/", {"photos": [_file(), empty, words, _file("again.jpg")]})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“vide.jpg” is empty" in page
    assert "“notes.jpg” is no photo" in page
    assert "“again.jpg” is among your photos already" in page
    assert "autofocus" in page
    assert DraftPhoto.objects.count() == 1


def test_of_thirty_photos_twelve_are_kept_and_the_rest_told(client: Client) -> None:
    files = [_file(f"{number}.jpg", "red", width=40 + number, height=30) for number in range(30)]

    answer = client.post("/en/sell/", {"photos": files})

    assert answer.status_code == 422
    assert DraftPhoto.objects.count() == 12
    assert answer.content.decode().count("a listing has at most 12 photos") == 2 * 18


def test_a_draft_is_reached_by_its_owner_only(client: Client, lamps: Category) -> None:
    draft = _begin(client)

    assert client.get(f"/en/sell/{draft.pk}/photos/").status_code == 200
    assert Client().get(f"/en/sell/{draft.pk}/photos/").status_code == 404
    assert Client().post(f"/en/sell/{draft.pk}/discard/").status_code == 404
    assert ListingDraft.objects.filter(pk=draft.pk).exists()


def test_a_draft_goes_with_its_owner_through_the_log_in_and_to_another_device(client: Client) -> None:
    draft = _begin(client)
    member = Member.objects.create_user("lea@example.org", "galerie-verte-42")
    client.force_login(member, BACKEND)
    phone = Client()
    phone.force_login(member, BACKEND)

    assert client.get(f"/en/sell/{draft.pk}/photos/").status_code == 200
    assert phone.get(f"/en/sell/{draft.pk}/words/").status_code == 200
    draft.refresh_from_db()
    assert (draft.member, draft.owner_token) == (member, "")


@pytest.mark.parametrize(("deed", "turns", "size"), [("left", 3, (200, 300)), ("right", 1, (200, 300))])
def test_a_photo_is_turned_from_its_original(client: Client, deed: str, turns: int, size: tuple[int, int]) -> None:
    draft = _begin(client)
    photo = draft.photos.get()

    client.post(f"/en/sell/{draft.pk}/photos/{photo.pk}/", {"do": deed, "alt": "front"})

    photo.refresh_from_db()
    assert (photo.quarter_turns, photo.alt) == (turns, "front")
    assert (photo.picture.width_px, photo.picture.height_px) == size
    assert photo.original.width_px == 300
    back = "right" if deed == "left" else "left"
    client.post(f"/en/sell/{draft.pk}/photos/{photo.pk}/", {"do": back})
    photo.refresh_from_db()
    assert photo.picture_id == photo.original_id
    assert Picture.objects.count() == 1


def test_photos_are_moved_marked_and_removed(client: Client) -> None:
    draft = _begin(client, _file("a.jpg", "red"), _file("b.jpg", "blue"), _file("c.jpg", "green"))
    first, second, third = draft.photos.all()

    client.post(f"/en/sell/{draft.pk}/photos/{third.pk}/", {"do": "up", "is_defect": "on"})
    client.post(f"/en/sell/{draft.pk}/photos/{first.pk}/", {"do": "down"})
    client.post(f"/en/sell/{draft.pk}/photos/{second.pk}/", {"do": "remove"})

    assert [photo.file_name for photo in draft.photos.all()] == ["c.jpg", "a.jpg"]
    assert [photo.is_defect for photo in draft.photos.all()] == [True, False]
    assert Picture.objects.count() == 2
    assert client.post(f"/en/sell/{draft.pk}/photos/{second.pk}/", {"do": "up"}).status_code == 302


def test_categories_are_searched_in_words_and_shown_as_a_tree(client: Client, lamps: Category) -> None:
    draft = _begin(client)

    page = client.get(f"/en/sell/{draft.pk}/category/?q=lamp").content.decode()
    none = client.get(f"/en/sell/{draft.pk}/category/?q=zzz").content.decode()

    assert "1 category found" in page
    assert "0 categories found" in none
    assert page.count(f'value="{lamps.pk}"') == 2
    assert none.count(f'value="{lamps.pk}"') == 1


@pytest.mark.parametrize(
    ("step", "data", "sentence"),
    [
        ("category", {}, "Choose a category."),
        ("category", {"category": "999999"}, "Choose a category."),
        ("category", {"category": "x\x00"}, "Null characters are not allowed."),
        ("words", {"title": "  "}, "Write a title."),
        ("words", {"title": "Lamp", "gtin": "4006381333932"}, "This is no barcode number"),
        ("words", {"title": "Lamp", "bought_in": "last year"}, "Write a year in four digits"),
        ("words", {"title": "Lamp", "bought_in": "1492"}, "Write a year in four digits"),
        ("condition", {}, "Choose a condition."),
        ("condition", {"grade": "refurb.good"}, "Choose a condition."),
        ("condition", {"grade": "used.good", "flaws": ["nonsense"]}, "Choose flaws from the list"),
        ("price", {"price_minor": ""}, "Write the price you ask."),
        ("price", {"price_minor": "cheap"}, "Write an amount in euros"),
        ("price", {"price_minor": "0"}, "between 0.01 and 100,000"),
        ("price", {"price_minor": "-5"}, "between 0.01 and 100,000"),
        ("price", {"price_minor": "1e99"}, "Write an amount in euros"),
        ("price", {"price_minor": "NaN"}, "Write an amount in euros"),
        ("price", {"price_minor": "100001"}, "between 0.01 and 100,000"),
        ("shipping", {}, "Choose sending, collecting, or both."),
        ("shipping", {"can_be_sent": "on", "delivery_days_max": "4"}, "Write what sending costs"),
        ("shipping", {"can_be_sent": "on", "delivery_minor": "4"}, "Choose how long it takes."),
        (
            "shipping",
            {"can_be_sent": "on", "delivery_minor": "4", "delivery_days_max": "90"},
            "Choose how long it takes.",
        ),
    ],
)
def test_a_faulty_answer_comes_back_with_a_sentence_and_nothing_changes(
    client: Client, lamps: Category, step: str, data: dict[str, Any], sentence: str
) -> None:
    draft = _begin(client)
    before = ListingDraft.objects.values().get(pk=draft.pk)

    answer = _post(client, draft, step, **data)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count(sentence) >= 2
    assert "autofocus" in page and "<title>Error:" in page
    after = ListingDraft.objects.values().get(pk=draft.pk)
    assert {**after, "updated_at": 0} == {**before, "updated_at": 0}


def test_what_was_written_stands_in_the_page_that_comes_back(client: Client) -> None:
    draft = _begin(client)

    page = _post(client, draft, "words", title="", description="A <b>long</b> story").content.decode()

    assert "A &lt;b&gt;long&lt;/b&gt; story" in page


def test_going_back_keeps_what_was_written(client: Client) -> None:
    draft = _begin(client)

    answer = _post(client, draft, "words", title="", description="Half a story", go="back")

    draft.refresh_from_db()
    assert answer["Location"] == f"/en/sell/{draft.pk}/category/"
    assert draft.description == "Half a story"


def test_two_tabs_lose_no_words(client: Client) -> None:
    draft = _begin(client)
    for_both = draft.version
    address = f"/en/sell/{draft.pk}/words/"
    client.post(address, {"version": for_both, "title": "First tab", "description": "Long words of the first"})

    answer = client.post(address, {"version": for_both, "title": "Second tab", "description": "Others"}, follow=True)

    page = answer.content.decode()
    draft.refresh_from_db()
    assert draft.title == "Second tab"
    assert "changed elsewhere meanwhile" in page
    assert "First tab" in page and "Long words of the first" in page
    title = draft.earlier_words.get(field="title")
    client.post(f"/en/sell/{draft.pk}/earlier/{title.pk}/")
    draft.refresh_from_db()
    assert draft.title == "First tab"
    assert draft.earlier_words.get(field="title").text == "Second tab"


def test_a_fault_in_the_later_tab_does_not_hide_the_earlier_save(client: Client) -> None:
    draft = _begin(client)
    for_both = draft.version
    address = f"/en/sell/{draft.pk}/words/"
    client.post(address, {"version": for_both, "title": "First tab"})

    faulty = client.post(address, {"version": for_both, "title": ""})
    client.post(address, {"version": for_both, "title": "Second tab"})

    assert f'name="version" value="{for_both}"' in faulty.content.decode()
    assert draft.earlier_words.get().text == "First tab"


def test_a_changed_answer_returns_to_the_summary(client: Client) -> None:
    draft = _begin(client)

    answer = _post(client, draft, "price", price_minor="12,50 €", query="?to=summary")

    draft.refresh_from_db()
    assert answer["Location"] == f"/en/sell/{draft.pk}/summary/"
    assert draft.price_minor == 1250


def test_a_whole_draft_is_published_once(client: Client, lamps: Category, member: Member) -> None:
    draft = _begin(client)
    _answer_all(client, draft, lamps)

    unnamed = _post(client, draft, "summary")
    answer = _post(client, draft, "summary", seller_name="Léa", city="Angers")
    again = _post(client, draft, "summary", seller_name="Léa", city="Angers")

    assert unnamed.status_code == 422
    listing = Listing.objects.get()
    assert answer["Location"] == again["Location"] == f"/en/item/moon-lamp-{listing.pk}/"
    offer = listing.offer
    assert (offer.price_minor, offer.delivery_minor, offer.stock, offer.kind) == (2550, 400, 1, "unique")
    assert (offer.delivery_days_min, offer.delivery_days_max, offer.can_be_collected) == (2, 4, True)
    assert (listing.category, listing.language, listing.defects) == (lamps, "en", ["Scratches", "Dent on the foot"])
    assert listing.photos.count() == 1
    assert (offer.seller.name, offer.seller.city, offer.seller.member) == ("Léa", "Angers", member)
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(("typed", "is_known"), [("auralune", True), ("Nobody’s", False)])
def test_a_brand_is_found_whatever_its_case_and_an_unknown_one_is_kept(
    client: Client, lamps: Category, member: Member, typed: str, is_known: bool
) -> None:
    brand = BrandFactory(name="Auralune")
    draft = _begin(client)
    _answer_all(client, draft, lamps)
    _post(client, draft, "words", title="Moon lamp", brand_name=typed)

    _post(client, draft, "summary", seller_name="Léa", city="Angers")

    listing = Listing.objects.get()
    assert listing.brand == (brand if is_known else None)
    assert listing.attributes == ({} if is_known else {"brand": typed})


def test_an_unfinished_draft_is_not_published_and_the_summary_says_what_is_missing(
    client: Client, member: Member
) -> None:
    draft = _begin(client)
    Seller.objects.create(kind="private", name="Léa", slug="lea", member=member)

    answer = _post(client, draft, "summary")

    assert answer.status_code == 422
    assert "“Category” needs an answer." in answer.content.decode()
    assert Listing.objects.count() == 0


def test_a_visitor_is_asked_to_sign_in_before_publishing(client: Client, lamps: Category) -> None:
    draft = _begin(client)
    _answer_all(client, draft, lamps)

    answer = _post(client, draft, "summary")

    assert answer["Location"] == f"/en/accounts/login/?next=/en/sell/{draft.pk}/summary/"
    assert Listing.objects.count() == 0
    assert "Sign in and publish" in client.get(f"/en/sell/{draft.pk}/summary/").content.decode()


def test_sell_mine_knows_category_brand_and_title(client: Client, lamps: Category) -> None:
    product = ProductFactory(category=lamps, brand=BrandFactory(name="Auralune"), texts={"en": "Moon lamp"})
    OfferFactory(variant=VariantFactory(product=product), price_minor=9900)
    page = client.get(f"/en/p/{product.slug}-{product.pk}/").content.decode()
    assert f"/en/sell/?product={product.pk}" in page

    assert "You sell yours: Moon lamp." in client.get(f"/en/sell/?product={product.pk}").content.decode()
    draft = _begin(client, product=product.pk)

    assert (draft.category, draft.brand_name, draft.title) == (lamps, "Auralune", "Moon lamp")
    assert "Moon lamp costs €99 new today." in client.get(f"/en/sell/{draft.pk}/price/").content.decode()


@pytest.mark.parametrize("product", ["0", "999999999", "x", "-1", "9" * 30])
def test_sell_mine_of_no_product_begins_empty(client: Client, product: str) -> None:
    assert client.get(f"/en/sell/?product={product}").status_code == 200

    assert _begin(client, product=product).product is None


def test_the_desk_pauses_resumes_takes_back_and_puts_on_sale_again(client: Client, member: Member) -> None:
    seller = Seller.objects.create(kind="private", name="Léa", slug="lea", member=member)
    listing = ListingFactory(offer=OfferFactory(used=True, variant=None, seller=seller))
    states = []

    for deed in ("pause", "resume", "withdraw", "relist", "resume"):
        client.post(f"/en/sell/mine/{listing.pk}/", {"do": deed})
        offer = Offer.objects.get(pk=listing.offer_id)
        listing.refresh_from_db()
        states.append((offer.withdrawn_at is not None, listing.paused_at is not None))

    assert states == [(True, True), (False, False), (True, False), (False, False), (False, False)]
    assert "On sale" in client.get("/en/sell/mine/").content.decode()


def test_nobody_touches_the_listing_of_another(client: Client, member: Member) -> None:
    listing = ListingFactory()

    answer = client.post(f"/en/sell/mine/{listing.pk}/", {"do": "pause"})

    assert answer.status_code == 404
    assert Offer.objects.get(pk=listing.offer_id).withdrawn_at is None


def test_a_draft_that_nobody_touched_for_a_month_goes_with_its_photos(client: Client) -> None:
    old, young = _begin(client, _file(colour="red")), _begin(client, _file(colour="blue"))
    now = timezone.now()
    ListingDraft.objects.filter(pk=old.pk).update(updated_at=now - timedelta(days=31))
    ListingDraft.objects.filter(pk=young.pk).update(updated_at=now - timedelta(days=29))

    assert tidy_drafts(now=now) == 1

    assert list(ListingDraft.objects.values_list("pk", flat=True)) == [young.pk]
    assert Picture.objects.count() == 1


def test_a_thrown_away_draft_is_gone(client: Client) -> None:
    draft = _begin(client)

    client.post(f"/en/sell/{draft.pk}/discard/")

    assert client.get(f"/en/sell/{draft.pk}/photos/").status_code == 404
    assert ListingDraft.objects.count() == 0


@pytest.mark.parametrize(
    "address", ["/en/sell/1/nonsense/", "/en/sell/99999999999999999999/words/", "/en/sell/0/words/"]
)
def test_an_address_of_nothing_is_answered_with_404(client: Client, address: str) -> None:
    _begin(client)

    assert client.get(address).status_code == 404
