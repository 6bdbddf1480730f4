"""Prices said in words: "moins de 200 €", "under 200", "entre 100 et 200 €", "from £50 to £80"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from search.query.words import Word, phrase, phrase_set

# Signs and names of money. The mall has one currency: a shopper who types pounds means its amounts all the same, and
# the chip shows what was understood.
CURRENCIES = frozenset("€ eur euro euros £ gbp pound pounds $ usd dollar dollars".split())
UPPER = phrase_set(
    """moins de|a moins de|sous|sous les|en dessous de|au dessous de|inferieur a|inferieure a|inferieurs a|max|maxi
    maximum|au maximum|jusqu a|pas plus de|budget|budget de|budget max|prix max|prix maximum|<|<=|≤|under|below
    less than|up to|at most|no more than|cheaper than|not over|max price"""
)
LOWER = phrase_set(
    """plus de|a partir de|au moins|minimum|au minimum|min|des|superieur a|superieure a|au dessus de|>|>=|≥|more than
    over|above|at least|from|starting at|starting from|prix min"""
)
# Without a currency these are said of money alone; the others ("air max 90", "from 2020", "over 18") need one.
UPPER_ALONE = phrase_set(
    """moins de|a moins de|sous|en dessous de|au dessous de|pas plus de|prix max|prix maximum|budget|budget de
    budget max|<|<=|≤|under|below|less than|cheaper than|max price"""
)
LOWER_ALONE = phrase_set("plus de|a partir de|au dessus de|>|>=|≥|more than|prix min")
BETWEEN = frozenset({"entre", "between"})
RANGE_OPENERS = frozenset({"de", "from", "a partir de"})
RANGE_JOINS = frozenset({"a", "et", "and", "to"})
MAX_OPENER_WORDS = 3
UPPER_AFTER = frozenset({"max", "maxi", "maximum", "ou moins", "et moins", "or less", "au maximum"})
LOWER_AFTER = frozenset({"min", "mini", "minimum", "ou plus", "et plus", "or more", "au minimum"})
_DASHES = "-–—"
_GROUP_SIGNS = " .,\u00a0\u202f"
MIN_BARE_AMOUNT = 20  # "under 5" is said of ages and counts
MAX_AMOUNT = 10_000_000
# A number before one of these counts or measures something.
UNITS = frozenset(
    """ans an mois jours jour semaines kg kilo kilos g gr grammes mg lb lbs oz cm mm m km metre metres inch inches pouce
    pouces l cl ml litre litres go gb to tb mo mb ko kb w watt watts v volt volts ah mah hz khz mhz ghz db mp mpx
    pieces piece pcs pc personnes personne places joueurs joueur people players person seater years year yrs months
    month days day weeks hours hour heures heure h min minutes minute x degres degrees pages page tours vitesses speed
    speeds ft feet foot calories kcal lumens tr bar psi % k""".split()
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceWords:
    """A price found in words `start` to `stop`. Bounds in minor units, inclusive; None where nothing is asked."""

    start: int
    stop: int
    low_minor: int | None = None
    high_minor: int | None = None


def price_at(words: Sequence[Word], start: int) -> PriceWords | None:
    """The price that begins at word `start`, or None."""
    return _between(words, start) or _range(words, start) or _bound(words, start) or _told_after(words, start)


def _bound(words: Sequence[Word], start: int) -> PriceWords | None:
    for length in range(min(MAX_OPENER_WORDS, len(words) - start - 1), 0, -1):
        opener = phrase(words, start, start + length)
        if opener not in UPPER and opener not in LOWER:
            continue
        amount = _amount(words, start + length)
        if amount is None:
            return None
        stands_alone = opener in UPPER_ALONE or opener in LOWER_ALONE
        if not amount.has_currency and not (stands_alone and _is_bare_price(words, amount)):
            return None
        if opener in UPPER:
            return PriceWords(start=start, stop=amount.stop, high_minor=amount.minor)
        return PriceWords(start=start, stop=amount.stop, low_minor=amount.minor)
    return None


def _told_after(words: Sequence[Word], start: int) -> PriceWords | None:
    """ "200 € max", "100 € ou plus": always with a currency."""
    amount = _amount(words, start)
    if amount is None or not amount.has_currency:
        return None
    for length in range(min(2, len(words) - amount.stop), 0, -1):
        said = phrase(words, amount.stop, amount.stop + length)
        if said in UPPER_AFTER:
            return PriceWords(start=start, stop=amount.stop + length, high_minor=amount.minor)
        if said in LOWER_AFTER:
            return PriceWords(start=start, stop=amount.stop + length, low_minor=amount.minor)
    return None


def _between(words: Sequence[Word], start: int) -> PriceWords | None:
    if words[start].folded not in BETWEEN:
        return None
    return _pair(words, start, start + 1, needs_currency=False)


def _range(words: Sequence[Word], start: int) -> PriceWords | None:
    has_opener = words[start].folded in RANGE_OPENERS
    return _pair(words, start, start + has_opener, needs_currency=True)


def _pair(words: Sequence[Word], start: int, first: int, *, needs_currency: bool) -> PriceWords | None:
    low = _amount(words, first)
    if low is None:
        return None
    # "200-300 €": nothing but punctuation between the two
    joined = low.stop + (low.stop < len(words) and words[low.stop].folded in RANGE_JOINS)
    high = _amount(words, joined)
    if high is None or (joined == low.stop and not _divided(words, low.stop)):
        return None
    has_currency = low.has_currency or high.has_currency
    if not has_currency and (needs_currency or not (_is_bare_price(words, low) and _is_bare_price(words, high))):
        return None
    bounds = sorted((low.minor, high.minor))
    return PriceWords(start=start, stop=high.stop, low_minor=bounds[0], high_minor=bounds[1])


def _divided(words: Sequence[Word], second: int) -> bool:
    """Whether a dash stands before word `second`, with blanks around it or none: two numbers in a row are no range."""
    gap = words[second].start - words[second - 1].stop
    return gap == 3 or (gap == 1 and words[second].before in _DASHES)


@dataclass(frozen=True, slots=True)
class _Amount:
    minor: int
    stop: int
    has_currency: bool


def _amount(words: Sequence[Word], at: int) -> _Amount | None:
    """An amount with its currency before or after it, or without one."""
    has_currency = at < len(words) and words[at].folded in CURRENCIES
    at += has_currency
    if at >= len(words) or not words[at].is_number:
        return None
    if words[at].before.isalpha() and not has_currency:
        return None  # "iphone13"
    digits, stop = words[at].folded, at + 1
    grouped = _thousands(words, at)
    if grouped is not None:
        digits, stop = grouped
    if stop < len(words) and words[stop].folded in CURRENCIES | ({"e"} if words[stop - 1].touches else set()):
        has_currency, stop = True, stop + 1
    try:
        amount = Decimal(digits.replace(",", "."))
    except ArithmeticError:  # digits of a script that Decimal does not read
        return None
    if not 0 < amount <= MAX_AMOUNT:
        return None
    return _Amount(int((amount * 100).to_integral_value()), stop, has_currency)


def _thousands(words: Sequence[Word], at: int) -> tuple[str, int] | None:
    """ "1 200 €" and "1.200 €" are one amount: groups of three digits, one sign apart, before a currency."""
    if len(words[at].folded) > 3 or not words[at].folded.isdigit():
        return None
    stop = at + 1
    while stop < len(words) and words[stop].is_number and _groups(words, stop):
        if len(words[stop].folded.partition(",")[0].partition(".")[0]) != 3:
            return None
        stop += 1
    if stop == at + 1 or stop >= len(words) or words[stop].folded not in CURRENCIES:
        return None
    return "".join(word.folded for word in words[at:stop]), stop


def _groups(words: Sequence[Word], place: int) -> bool:
    return words[place].start - words[place - 1].stop == 1 and words[place].before in _GROUP_SIGNS


def _is_bare_price(words: Sequence[Word], amount: _Amount) -> bool:
    if amount.has_currency:
        return True
    if amount.minor < MIN_BARE_AMOUNT * 100:
        return False
    return amount.stop >= len(words) or (words[amount.stop].folded not in UNITS and not words[amount.stop - 1].touches)
