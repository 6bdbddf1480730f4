"""Price advice for second-hand things, learned from past sales: no Django, no settings, no clock of its own.

A worker trains with `train_price_model`, keeps the result with `save_price_model`, and asks `advise` for one thing.
How it works and how well: listings/pricing/README.md.
"""

from listings.pricing.advice import Advice, Mark, Marks, Silence, advise
from listings.pricing.back_test import BackTest, Outcome, back_test, outcomes_of
from listings.pricing.cells import Level, PastPrice, SpeakingSales
from listings.pricing.errors import BrokenSale, PriceModelUnreadable, PricingError
from listings.pricing.files import load_price_model, save_price_model
from listings.pricing.model import PriceModel
from listings.pricing.sales import Sale, Thing
from listings.pricing.training import train_price_model

__all__ = [
    "Advice",
    "BackTest",
    "BrokenSale",
    "Level",
    "Mark",
    "Marks",
    "Outcome",
    "PastPrice",
    "PriceModel",
    "PriceModelUnreadable",
    "PricingError",
    "Sale",
    "Silence",
    "SpeakingSales",
    "Thing",
    "advise",
    "back_test",
    "load_price_model",
    "outcomes_of",
    "save_price_model",
    "train_price_model",
]
