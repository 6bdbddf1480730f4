"""The queue: who sees it, what a case shows, what one click does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from wagtail.users.models import UserProfile

from mall.accounts.models import Member
from mall.catalogue.match_services import confirm_match, contest_match, propose_match
from mall.catalogue.models import CatalogueMatch, Equivalent, Identifier, Offer, ProductPhoto, Variant
from mall.catalogue.services import link_offer
from search.indexing.rebuild import rebuild_index
from tests.factories import ListingFactory, OfferFactory, PictureFactory, ProductFactory, VariantFactory
from tests.integration.desk.conftest import member, sign_in
from tests.integration.pages.shelves import put_photo

pytestmark = pytest.mark.django_db

QUEUE = "/admin/cataloguematch/"
EVIDENCE = [
    {"kind": "model", "speaks": "for", "detail": "KR17"},
    {"kind": "size", "speaks": "against", "detail": "1 L", "other": "1,7 L"},
]


def product(title: str) -> Variant:
    variant: Variant = VariantFactory(product=ProductFactory(texts={"fr": title, "en": f"{title} (en)"}), colour="")
    OfferFactory(variant=variant, price_minor=5900)
    OfferFactory(variant=variant, price_minor=9900)
    ProductPhoto.objects.create(product=variant.product, picture=PictureFactory())
    return variant


@pytest.fixture
def kettle() -> Variant:
    variant = product("Bouilloire KR17")
    Identifier.objects.create(variant=variant, scheme="gtin", value="04006381333931", source="feed")
    return variant


def thing(title: str = "Bouilloire verte") -> Offer:
    listing = ListingFactory(title=title, title_other=f"{title} (en)", gtin="4006381333931", model_code="KR-17")
    return put_photo(listing).offer


def propose(offer: Offer, variant: Variant, score: float = 0.62) -> CatalogueMatch:
    match = propose_match(
        offer=offer, variant=variant, evidence=EVIDENCE, score=score, model_version="v1", now=timezone.now()
    )
    assert match is not None
    return match


def contest(offer: Offer, variant: Variant) -> CatalogueMatch:
    link_offer(offer=offer, variant=variant, method="model", evidence=EVIDENCE, score=0.91, now=timezone.now())
    buyer = Member.objects.create_user(f"lea{offer.pk}@example.org")
    return contest_match(
        offer_id=offer.pk, member=buyer, role="buyer", ground="size", reason="Un litre.", now=timezone.now()
    )


def case(client: Client, match: CatalogueMatch) -> str:
    response = client.get(f"{QUEUE}inspect/{match.pk}/")
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split("<main", 1)[-1]).split())


def decide(client: Client, row: CatalogueMatch, action: str, **words: Any) -> Any:
    return client.post(f"{QUEUE}decide/{row.pk}/", {"action": action, **words}, follow=True)


def place(offer: Offer) -> int | None:
    return Offer.objects.get(pk=offer.pk).variant_id


def listed(client: Client, show: str = "") -> list[str]:
    page = client.get(QUEUE, {"show": show} if show else {}).content.decode()
    return [title.strip() for title in re.findall(r'<a href="/admin/cataloguematch/inspect/\d+/"[^>]*>([^<]+)<', page)]


def test_the_list_holds_one_line_per_offer_and_filters(desk: Client, kettle: Variant, operator: Member) -> None:
    asked, contested, decided = thing("A"), thing("B"), thing("C")
    propose(asked, kettle)
    propose(asked, product("Autre"))
    contest(contested, kettle)
    confirm_match(offer_id=decided.pk, variant_id=kettle.pk, member=operator, now=timezone.now())

    assert listed(desk) == ["B (en)", "A (en)"]
    assert listed(desk, "contested") == ["B (en)"]
    assert listed(desk, "proposed") == ["A (en)"]
    assert listed(desk, "decided") == ["C (en)"]
    assert sorted(listed(desk, "all")) == ["A (en)", "B (en)", "C (en)"]
    assert "Matches (2)" in desk.get("/admin/").content.decode()


def test_a_case_shows_both_sides_the_evidence_and_the_history(desk: Client, kettle: Variant) -> None:
    text = case(desk, contest(thing(), kettle))

    expected = [
        "Contested by a shopper",
        "It has another capacity or size · Un litre.",
        "Bouilloire verte (en)",
        "Bought in 2022, descaled every month.",
        "4006381333931",
        "KR-17",
        "€24 in all (free delivery)",
        "Bouilloire KR17 (en), sage",
        "€59 to €99",
        "04006381333931",
        "same model code KR17",
        "1 L instead of 1,7 L",
        "score 91%",
        "the matcher",
    ]
    assert [words for words in expected if words not in text] == []


def test_the_admin_speaks_french_to_who_wants_it(desk: Client, kettle: Variant, operator: Member) -> None:
    match = contest(thing(), kettle)
    UserProfile.objects.filter(user=operator).update(preferred_language="fr")

    text = case(desk, match)

    assert "Même produit" in text
    assert "Contesté par un acheteur" in text
    assert "Rapprochements (1)" in desk.get("/admin/").content.decode()


def test_several_proposals_stand_together_surest_first(desk: Client, kettle: Variant) -> None:
    offer = thing()
    propose(offer, kettle, 0.6)
    match = propose(offer, product("Cafetière"), 0.7)

    text = case(desk, match)

    assert "Which of these is it?" in text
    assert text.index("Cafetière (en), sage") < text.index("Bouilloire KR17 (en), sage")


def test_what_the_matcher_found_near_stands_there_too(desk: Client, kettle: Variant) -> None:
    near = product("Bouilloire KR15")
    match = contest(thing(), kettle)
    Equivalent.objects.create(
        offer=match.offer, product=near.product, rank=1, score=0.5, evidence=EVIDENCE[:1], model_version="v1"
    )

    text = case(desk, match)

    assert "Bouilloire KR15 (en), sage near it, says the matcher" in text


def test_one_click_links_and_leads_to_the_next(desk: Client, kettle: Variant, operator: Member) -> None:
    offer, following = thing("A"), propose(thing("B"), kettle)
    match = propose(offer, kettle)

    response = decide(desk, match, "same", variant=kettle.pk)

    assert place(offer) == kettle.pk
    assert response.redirect_chain == [(f"{QUEUE}inspect/{following.pk}/", 302)]
    assert "Linked: the offer stands on the product’s page." in response.content.decode()
    said = CatalogueMatch.objects.get(state="confirmed")
    assert (said.actor, said.role) == (operator, "operator")


def test_one_click_splits_and_the_rest_of_the_question_stays(desk: Client, kettle: Variant) -> None:
    offer, other = thing(), product("Cafetière")
    propose(thing("before"), kettle)
    match = propose(offer, kettle)
    left = propose(offer, other)

    response = decide(desk, match, "apart", product=kettle.product_id)

    assert response.redirect_chain == [(f"{QUEUE}inspect/{left.pk}/", 302)]
    assert CatalogueMatch.objects.filter(state="split").count() == 1


def test_the_last_case_leads_back_to_the_list(desk: Client, kettle: Variant) -> None:
    match = propose(thing(), kettle)

    assert decide(desk, match, "apart", product=kettle.product_id).redirect_chain == [(QUEUE, 302)]


def test_the_last_decision_is_undone_and_its_case_stays(desk: Client, kettle: Variant) -> None:
    offer = thing()
    match = contest(offer, kettle)
    decide(desk, match, "same", variant=kettle.pk)
    decision = CatalogueMatch.objects.latest("pk")
    assert "Undo the last decision" in case(desk, match)

    response = decide(desk, match, "undo", match=decision.pk)

    back = CatalogueMatch.objects.latest("pk")
    assert (back.undoes, back.state, place(offer)) == (decision, "contested", None)
    assert response.redirect_chain == [(f"{QUEUE}inspect/{back.pk}/", 302)]
    text = case(desk, back)
    assert "Undo the last decision" not in text
    assert "undone: contested again" in text
    assert "Contested by a shopper" in text


def test_any_other_product_is_named_by_number_or_address(desk: Client, kettle: Variant) -> None:
    offer, other = OfferFactory(variant=kettle, refurbished=True), product("Cafetière")
    match = contest(offer, kettle)

    decide(desk, match, "same", product=f"http://testserver/fr/p/{other.product.slug}-{other.product_id}/?variant=3")

    assert place(offer) == other.pk


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"action": "same"}, "Say which product is meant."),
        ({"action": "same", "product": "cafetière"}, "the address of its page"),
        ({"action": "same", "product": "987654321"}, "There is no such product."),
        ({"action": "apart", "product": "987654321"}, "Nothing was changed"),
        ({"action": "undo", "match": "1"}, "Nothing was changed"),
        ({"action": "drop"}, "not one of the available choices"),
        ({"action": "same", "variant": "9" * 30}, "less than or equal"),
        ({"action": "same", "variant": "987654321"}, "There is no such product."),
    ],
)
def test_a_decision_that_cannot_be_taken_says_so_and_changes_nothing(
    desk: Client, kettle: Variant, words: dict[str, str], sentence: str
) -> None:
    match = contest(thing(), kettle)

    response = desk.post(f"{QUEUE}decide/{match.pk}/", words, follow=True)

    assert sentence in response.content.decode().replace("&#x27;", "'")
    assert CatalogueMatch.objects.latest("pk") == match


def test_who_only_looks_has_no_buttons(kettle: Variant) -> None:
    match = contest(thing(), kettle)
    reader = sign_in(member("rosa@example.org", "access_admin", "view_cataloguematch"))

    page = reader.get(f"{QUEUE}inspect/{match.pk}/").content.decode()

    assert 'value="same"' not in page
    assert reader.post(f"{QUEUE}decide/{match.pk}/", {"action": "same"}).status_code in {302, 403}
    assert CatalogueMatch.objects.latest("pk") == match


@pytest.mark.parametrize("permissions", [["access_admin"], ["change_cataloguematch"], ["access_admin", "view_offer"]])
def test_others_do_not_come_in(kettle: Variant, permissions: list[str]) -> None:
    match = contest(thing(), kettle)
    stranger = sign_in(member("max@example.org", *permissions))

    for address in (QUEUE, f"{QUEUE}inspect/{match.pk}/", "/admin/matching-quality/"):
        assert stranger.get(address).status_code in {302, 403}
    assert stranger.post(f"{QUEUE}decide/{match.pk}/", {"action": "same"}).status_code in {302, 403}
    assert CatalogueMatch.objects.latest("pk") == match


def test_rows_are_never_added_edited_or_deleted_by_hand(desk: Client, kettle: Variant) -> None:
    match = contest(thing(), kettle)

    for place_ in ("new/", f"edit/{match.pk}/", f"delete/{match.pk}/", f"copy/{match.pk}/"):
        assert desk.get(f"{QUEUE}{place_}").status_code == 404
    assert desk.get(f"{QUEUE}decide/{match.pk}/").status_code == 405
    assert desk.get(f"{QUEUE}inspect/987654321/").status_code == 404
    assert desk.post(f"{QUEUE}decide/987654321/", {"action": "undo", "match": 1}).status_code == 404


def test_a_case_costs_the_same_with_a_long_history(
    desk: Client, kettle: Variant, operator: Member, django_assert_max_num_queries: Any
) -> None:
    match = contest(thing(), kettle)
    for number in range(6):
        propose(match.offer, product(f"Théière {number}"))
    desk.get(f"{QUEUE}inspect/{match.pk}/")

    with django_assert_max_num_queries(35):
        desk.get(f"{QUEUE}inspect/{match.pk}/")


def test_the_index_follows_a_split(desk: Client, kettle: Variant, search_index: Any) -> None:
    offer = thing()
    match = contest(offer, kettle)
    rebuild_index()

    decide(desk, match, "apart", product=kettle.product_id)

    assert Offer.objects.get(pk=offer.pk).listing.title == "Bouilloire verte"
    assert place(offer) is None
