"""An invented trade: three brands of lamps and phones with models, grades, years and sellers, by fixed rules."""

from __future__ import annotations

import random
from datetime import date, timedelta

from listings.pricing import Sale, Thing

TODAY = date(2026, 11, 25)
GRADES = ("used.like_new", "used.very_good", "used.good", "used.acceptable")
WORTH = {"Lumo 4": 30_000, "Lumo 5": 45_000, "Arc": 4_000, "Boule": 6_500}
SCATTER = 0.12


def thing(model: str, grade: str = "used.good", title: str = "", new_price_minor: int | None = None) -> Thing:
    is_phone = model.startswith("Lumo")
    return Thing(
        title=title or f"{model} {'smartphone' if is_phone else 'lampe à poser'}",
        category=("Électronique", "Téléphones") if is_phone else ("Maison", "Lampes"),
        brand="Novaro" if is_phone else "Clair",
        model=model,
        grade=grade,
        new_price_minor=new_price_minor,
    )


def trade(count: int, seed: int = 1) -> list[Sale]:
    """`count` sales of two years: worth of the model, less 12 % a grade, scattered; dearer ones wait longer."""
    draw = random.Random(seed)
    sales: list[Sale] = []
    for number in range(count):
        model = draw.choice(sorted(WORTH))
        grade = draw.randrange(len(GRADES))
        above = draw.gauss(0, SCATTER)
        sold_on = TODAY - timedelta(days=draw.randrange(700))
        words = draw.choice(("très propre", "avec boîte", "facture", "cause double emploi", "à saisir"))
        sales.append(
            Sale(
                id=f"sale-{number:05}",
                thing=thing(model, GRADES[grade], title=f"{model} {words}"),
                price_minor=round(WORTH[model] * 0.88**grade * 2.718281828**above),
                sold_on=sold_on,
                seller=f"seller-{draw.randrange(count)}",
                listed_on=sold_on - timedelta(days=max(round(10 * 2.718281828 ** (4 * above)), 0)),
            )
        )
    return sales
