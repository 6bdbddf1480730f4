"""One case as the desk shows it: the offer, the products it may be, and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mall.accounts.models import Member
from mall.catalogue.conditions import GRADES
from mall.catalogue.evidence import evidence_text
from mall.catalogue.models import CatalogueMatch, Offer
from mall.desk.selectors import CaseFacts, Choice, ProductCard
from mall.pages.addresses import contest_url, listing_url, product_url
from mall.pages.components.offers import split_text
from mall.pages.components.picture import PhotoView, photo_view
from mall.pages.components.wording import percent_text, price_text, seller_kind_text

PHOTO_SIZES = "(min-width: 60rem) 14rem, 40vw"
MOST_PHOTOS = 4
State = CatalogueMatch.State

STATE_WORDS = {
    State.PROPOSED: gettext_lazy("proposed"),
    State.CONFIRMED: gettext_lazy("linked"),
    State.CONTESTED: gettext_lazy("contested"),
    State.SPLIT: gettext_lazy("not the same"),
}
ROLE_WORDS = {
    "matcher": gettext_lazy("the matcher"),
    "seller": gettext_lazy("the seller"),
    "buyer": gettext_lazy("a shopper"),
    "brand": gettext_lazy("the brand"),
    "operator": gettext_lazy("an operator"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferSide:
    """What the seller says and shows. gone: why it can no longer be had, "" while it can."""

    title: str
    url: str
    photos: tuple[PhotoView, ...]
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    gone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A product it may be. status: why it stands here. score: the model's word, "" without one."""

    variant_id: int
    product_id: int
    title: str
    url: str
    photo: PhotoView | None
    facts: tuple[tuple[str, str], ...]
    status: str
    score: str
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    is_linked: bool
    is_apart: bool
    is_near: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One row of the history. who: a role, and the address of a person. words: ground and reason."""

    row: CatalogueMatch
    what: str
    product: str
    who: str
    words: str
    evidence: str
    score: str
    is_undone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What desk/case.html writes. undo_id: of the decision that can be taken back, None without one."""

    status: str
    contest_words: str
    offer: OfferSide
    candidates: tuple[Candidate, ...]
    history: tuple[Said, ...]
    undo_id: int | None
    offer_id: int
    is_waiting: bool
    waiting_count: int

    @property
    def asks_which(self) -> bool:
        return len(self.candidates) > 1


def offer_title(offer: Offer, language: str) -> str:
    """A listing's own title; of stock, its condition and its seller."""
    listing = getattr(offer, "listing", None)
    if listing is not None:
        return str(listing.title_in(language))
    return _("%(condition)s, from %(seller)s") % {
        "condition": GRADES[offer.grade].label,
        "seller": offer.seller.name,
    }


def who_text(row: CatalogueMatch) -> str:
    role = str(ROLE_WORDS[row.role])
    return f"{role} ({row.actor.email})" if row.actor else role


def score_text(score: float | None, language: str) -> str:
    return "" if score is None else percent_text(round(100 * score), language)


def case_of(facts: CaseFacts, *, waiting_count: int, language: str) -> Case:
    decision = facts.state.decision
    can_undo = decision is not None and decision.undoes_id is None and decision.state != State.CONTESTED
    undone = {row.undoes_id for row in facts.rows}
    return Case(
        status=_status(facts),
        contest_words=_words(facts.state.contest) if facts.state.contest else "",
        offer=_offer_side(facts, language),
        candidates=tuple(_candidate(choice, facts, language) for choice in facts.choices),
        history=tuple(_said(row, facts, language, is_undone=row.pk in undone) for row in reversed(facts.rows)),
        undo_id=decision.pk if decision is not None and can_undo else None,
        offer_id=facts.offer.pk,
        is_waiting=facts.is_waiting,
        waiting_count=waiting_count,
    )


def _status(facts: CaseFacts) -> str:
    state = facts.state
    if state.contest is not None:
        title = facts.titles.get(state.contest.variant.product_id, "")
        who = {"title": title, "who": who_text(_who_contested(state.contest, facts))}
        return _("Contested by %(who)s: the offer has left the page of “%(title)s”.") % who
    if state.link is not None:
        title = facts.titles.get(state.link.variant.product_id, "")
        return _("Linked with “%(title)s”, said by %(who)s.") % {"title": title, "who": who_text(state.link)}
    if state.proposals:
        return _("Not linked yet: the matcher is not sure and asks.")
    return _("It stands alone.")


def _who_contested(contest: CatalogueMatch, facts: CaseFacts) -> CatalogueMatch:
    """The contest itself where an operator, who took back his answer, only restored it."""
    same = [row for row in facts.rows if row.state == State.CONTESTED and row.variant_id == contest.variant_id]
    return next((row for row in reversed(same) if row.undoes_id is None), contest)


def _words(row: CatalogueMatch) -> str:
    """What a person chose and wrote."""
    return " · ".join(part for part in (str(row.get_ground_display()) if row.ground else "", row.reason) if part)


def _offer_side(facts: CaseFacts, language: str) -> OfferSide:
    offer, listing = facts.offer, facts.listing
    shown = (photo_view(one.picture, alt=one.alt(language), sizes=PHOTO_SIZES) for one in facts.photos[:MOST_PHOTOS])
    text = listing.description_in(language) if listing else offer.note(language)
    own_page = listing_url(listing.pk, slugify(listing.title_in(language)) or "item") if listing else ""
    return OfferSide(
        title=offer_title(offer, language),
        url=own_page or contest_url(offer.pk),
        photos=tuple(photo for photo in shown if photo is not None),
        paragraphs=tuple(line.strip() for line in text.splitlines() if line.strip()),
        facts=tuple((label, value) for label, value in _offer_facts(facts, language) if value),
        gone="" if _is_live(offer) else _("It can no longer be had: sold or taken off sale."),
    )


def _is_live(offer: Offer) -> bool:
    return offer.withdrawn_at is None and offer.stock > 0 and offer.seller.is_active


def _offer_facts(facts: CaseFacts, language: str) -> list[tuple[str, str]]:
    offer, listing = facts.offer, facts.listing
    total = price_text(offer.total_minor, offer.currency, language)
    seller = {"name": offer.seller.name, "kind": seller_kind_text(offer.seller.kind)}
    rows = [
        (_("Price"), _("%(total)s in all (%(parts)s)") % {"total": total, "parts": split_text(offer, language)}),
        (_("Condition"), str(GRADES[offer.grade].label)),
        (_("Seller"), _("%(name)s (%(kind)s)") % seller),
    ]
    if listing is None:
        return rows
    return [
        *rows,
        (_("Brand"), listing.brand.name if listing.brand else ""),
        (_("Category"), str(listing.category.name(language))),
        (_("Barcode"), listing.gtin),
        (_("Model code"), listing.model_code),
        (_("Size"), listing.size),
        (_("Bought in"), str(listing.bought_in or "")),
    ]


def _candidate(choice: Choice, facts: CaseFacts, language: str) -> Candidate:
    card, product_id = choice.card, choice.variant.product_id
    evidence: Sequence[dict[str, Any]] = choice.said.evidence if choice.said else []
    if choice.nearest is not None:
        evidence = choice.nearest.evidence
    scores = [row.score for row in facts.rows if row.variant.product_id == product_id and row.score is not None]
    score = choice.nearest.score if choice.nearest else scores[-1] if scores else None
    last = [row for row in facts.rows if row.variant.product_id == product_id]
    link = facts.state.link
    return Candidate(
        variant_id=choice.variant.pk,
        product_id=product_id,
        title=_title(card, choice, language),
        url=product_url(product_id, card.product.slug),
        photo=photo_view(card.picture, alt=_("Photo by the maker"), sizes=PHOTO_SIZES),
        facts=_product_facts(card, facts.offer.currency, language),
        status=_("near it, says the matcher") if choice.nearest else str(STATE_WORDS[State(last[-1].state)]),
        score=score_text(score, language),
        speaks_for=_texts(evidence, "for"),
        speaks_against=_texts(evidence, "against"),
        is_linked=link is not None and link.variant_id == choice.variant.pk,
        is_apart=bool(last) and last[-1].state == State.SPLIT,
        is_near=choice.nearest is not None,
    )


def _title(card: ProductCard, choice: Choice, language: str) -> str:
    label = choice.variant.label(language)
    return _("%(title)s, %(variant)s") % {"title": card.title, "variant": label} if label else card.title


def _texts(evidence: Sequence[dict[str, Any]], speaks: str) -> tuple[str, ...]:
    """Frozen titles are told in the history, not as evidence."""
    own = [entry for entry in evidence if entry.get("speaks") == speaks and entry.get("kind") != "title"]
    return tuple(dict.fromkeys(text for text in map(evidence_text, own) if text))


def _product_facts(card: ProductCard, currency: str, language: str) -> tuple[tuple[str, str], ...]:
    lowest, highest = card.lowest_minor, card.highest_minor
    if lowest is None or highest is None:
        price = _("no offer today")
    elif lowest == highest:
        price = price_text(lowest, currency, language)
    else:
        ends = {"lowest": price_text(lowest, currency, language), "highest": price_text(highest, currency, language)}
        price = _("%(lowest)s to %(highest)s") % ends
    codes = ", ".join(dict.fromkeys(code.value.rpartition(":")[2] for code in card.identifiers))
    own = [
        (_("Price"), price),
        (_("Brand"), card.product.brand.name if card.product.brand else ""),
        (_("Category"), str(card.product.category.name(language))),
        (_("Codes"), codes),
    ]
    return tuple((label, value) for label, value in (*own, *card.facts) if value)


def _said(row: CatalogueMatch, facts: CaseFacts, language: str, *, is_undone: bool) -> Said:
    what = str(STATE_WORDS[State(row.state)])
    then = next((entry.get("detail", "") for entry in row.evidence if entry.get("kind") == "title"), "")
    title = facts.titles.get(row.variant.product_id, "")
    is_renamed = bool(then) and row.state in {State.CONTESTED, State.SPLIT} and then != title
    phrases = (*_texts(row.evidence, "for"), *_texts(row.evidence, "against"))
    return Said(
        row=row,
        what=_("undone: %(state)s again") % {"state": what} if row.undoes_id else what,
        product=_("%(title)s (then “%(then)s”)") % {"title": title, "then": then} if is_renamed else title,
        who=who_text(row),
        words=_words(row),
        evidence=", ".join(phrases),
        score=score_text(row.score, language),
        is_undone=is_undone,
    )


def member_language(member: Member, active: str | None) -> str:
    """The mall's language nearest to the admin's: English for English, else French."""
    return "en" if (active or member.language).startswith("en") else "fr"
