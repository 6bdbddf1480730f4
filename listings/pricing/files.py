"""A trained model on disk: one folder of plain files, its version the hash of what they hold. No pickles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from listings.pricing.cells import CellPrices, PastPrice, SaleBook
from listings.pricing.days import SellingDays
from listings.pricing.encoding import Encoding
from listings.pricing.errors import PriceModelUnreadable
from listings.pricing.forests import Forest
from listings.pricing.model import Forests, Learned, Mix, PriceModel
from listings.pricing.ranges import Reach

LAYOUT = 1
SETTINGS = "prices.json"
_FORESTS = ("middle", "low", "high")


def save_price_model(model: PriceModel, folder: Path) -> PriceModel:
    """The same model with its version, 16 hex digits. The same training always has the same version.

    Forests are written first and the settings, which hold the hash of all, last and in one move: a reader sees the
    old model, the new one, or an error, never a mixture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = _as_json(model)
    forests = _forest_texts(model.learned)
    version = _version(kept, forests)
    for name, text in forests.items():
        _write(folder / f"{name}-{version}.txt", text)
    _write(folder / SETTINGS, json.dumps({"layout": LAYOUT, "version": version, "model": kept}))
    for old in folder.glob("*-*.txt"):
        if not old.stem.endswith(f"-{version}"):
            old.unlink(missing_ok=True)
    return replace(model, version=version)


def load_price_model(folder: Path) -> PriceModel:
    """Raises PriceModelUnreadable when files are missing, were changed, or are of another layout."""
    try:
        file = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        if file["layout"] != LAYOUT:
            raise PriceModelUnreadable(f"{folder}: layout {file['layout']}, not {LAYOUT}; train the prices again")
        kept, version = file["model"], str(file["version"])
        names = [name for name in _FORESTS if kept["learned"] and name in kept["learned"]["forests"]]
        forests = {name: (folder / f"{name}-{version}.txt").read_text(encoding="utf-8") for name in names}
        if _version(kept, forests) != version:
            raise PriceModelUnreadable(f"{folder}: the files are not those of version {version}; train again")
        return replace(_from_json(kept, forests), version=version)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PriceModelUnreadable(f"{folder}: {error}; train the prices again") from error


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def _version(kept: dict[str, Any], forests: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode())
    for name in sorted(forests):
        digest.update(name.encode() + forests[name].encode())
    return digest.hexdigest()[:16]


def _forest_texts(learned: Learned | None) -> dict[str, str]:
    if learned is None:
        return {}
    found = {name: getattr(learned.forests, name) for name in _FORESTS}
    return {name: forest.text for name, forest in found.items() if forest}


def _as_json(model: PriceModel) -> dict[str, Any]:
    book, learned = model.book, model.learned
    return {
        "trained_for": model.trained_for.isoformat(),
        "grades": list(model.grades),
        "grade_sales": model.grade_sales,
        "book": {
            "sales": [[s.id, s.price_minor, s.sold_on.isoformat() if s.sold_on else None] for s in book.sales],
            "sellers": list(book.sellers),
            "cells": {key: list(rows) for key, rows in book.cells.items()},
        },
        "learned": None if learned is None else _learned_as_json(learned),
    }


def _learned_as_json(learned: Learned) -> dict[str, Any]:
    middle, coefficients = learned.ridge
    return {
        "encoding": asdict(learned.encoding),
        "cells": asdict(learned.cells),
        "ridge": {"middle": middle, "coefficients": coefficients.tolist()},
        "forests": sorted(_forest_texts(learned)),
        "mix": asdict(learned.mix),
        "reach": asdict(learned.reach),
        "reach_by_category": {name: asdict(reach) for name, reach in learned.reach_by_category.items()},
        "days": asdict(learned.days) if learned.days else None,
    }


def _from_json(kept: dict[str, Any], forests: dict[str, str]) -> PriceModel:
    book = kept["book"]
    return PriceModel(
        trained_for=date.fromisoformat(kept["trained_for"]),
        grades=tuple(kept["grades"]),
        grade_sales=kept["grade_sales"],
        book=SaleBook(
            sales=tuple(_past_price(row) for row in book["sales"]),
            sellers=tuple(book["sellers"]),
            cells={key: tuple(rows) for key, rows in book["cells"].items()},
        ),
        learned=_learned_from_json(kept["learned"], forests) if kept["learned"] else None,
    )


def _past_price(row: Sequence[Any]) -> PastPrice:
    return PastPrice(id=row[0], price_minor=row[1], sold_on=date.fromisoformat(row[2]) if row[2] else None)


def _learned_from_json(kept: dict[str, Any], texts: dict[str, str]) -> Learned:
    from lightgbm.basic import LightGBMError

    try:
        forests = {name: Forest(texts[name]) for name in kept["forests"]}
    except LightGBMError as error:
        raise ValueError(f"a forest cannot be read ({error})") from error
    return Learned(
        encoding=Encoding.from_json(kept["encoding"]),
        cells=CellPrices(**kept["cells"]),
        ridge=(float(kept["ridge"]["middle"]), np.array(kept["ridge"]["coefficients"], np.float64)),
        forests=Forests(**{name: forests.get(name) for name in _FORESTS}),
        mix=Mix(**kept["mix"]),
        reach=Reach(**kept["reach"]),
        reach_by_category={name: Reach(**reach) for name, reach in kept["reach_by_category"].items()},
        days=SellingDays(**kept["days"]) if kept["days"] else None,
    )
