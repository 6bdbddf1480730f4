"""Second-hand things: unmatched unless `offer__variant` is given."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from listings.models import Listing
from tests.factories.catalogue import BrandFactory, CategoryFactory, OfferFactory


class ListingFactory(DjangoModelFactory):
    class Meta:
        model = Listing

    offer = factory.SubFactory(OfferFactory, used=True, variant=None)
    category = factory.SubFactory(CategoryFactory)
    brand = factory.SubFactory(BrandFactory)
    language = "fr"
    title = factory.Sequence(lambda n: f"Bouilloire Rivage, ancien modèle {n}")
    description = "Achetée en 2022, détartrée tous les mois."
    title_other = factory.Sequence(lambda n: f"Rivage kettle, older model {n}")
    description_other = "Bought in 2022, descaled every month."
    defects = factory.LazyFunction(lambda: ["Rayure de 2 cm sur le socle"])
    colour = "green"
    bought_in = 2022
