"""A sentence-transformers model as int8 ONNX: onnxruntime and tokenizers, no torch.

The files are made once at set-up by `manage.py prepare_models` (see `onnx_export` and `exported`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from search.embeddings.batches import encode_in_batches
from search.embeddings.exported import GRAPH_FILE, REMEDY, ExportedModel
from search.embeddings.onnx_session import open_session
from search.embeddings.protocol import Vectors
from search.embeddings.query_cache import QueryCache
from search.embeddings.text import tidy_document, tidy_query
from search.errors import EncoderUnavailable

TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENS = 128  # a title with brand and category has 20 to 40


class OnnxEncoder:
    """`TextEncoder` over an exported model. One thread per call; many calls may run at the same time."""

    def __init__(self, exported: ExportedModel, cache_folder: Path) -> None:
        folder = exported.checked_folder(cache_folder)
        try:
            from tokenizers import Tokenizer

            self._tokenizer: Any = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # the library raises bare Exception for a file it does not like
            raise EncoderUnavailable(f"{folder / TOKENIZER_FILE} cannot be loaded ({error}). {REMEDY}") from error
        self._session = open_session(folder / GRAPH_FILE)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._exported = exported
        self._cache = QueryCache(self._encode_query)

    @property
    def name(self) -> str:
        return self._exported.name

    @property
    def dimensions(self) -> int:
        return self._exported.dimensions

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        prompt = self._exported.document_prompt
        tidied = [prompt + tidy_document(text) for text in texts]
        # one text at a time: the scale of its eight bits would depend on its neighbours, and so would its vector
        return encode_in_batches(tidied, self._encode, dimensions=self.dimensions, batch_size=1)

    def encode_query(self, text: str) -> Vectors:
        return self._cache(tidy_query(text))

    def _encode_query(self, text: str) -> Vectors:
        vector: Vectors = self._encode([self._exported.query_prompt + text])[0]
        return vector

    def _encode(self, texts: list[str]) -> Vectors:
        # one by one: encode_batch starts threads that do not survive the fork of a web worker
        tokens = [self._tokenizer.encode(text) for text in texts]
        shape = (len(tokens), max(len(row.ids) for row in tokens))
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for position, row in enumerate(tokens):
            ids[position, : len(row.ids)] = row.ids
            mask[position, : len(row.ids)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros(shape, dtype=np.int64)}
        vectors: Vectors = self._session.run(None, {name: given[name] for name in self._exported.inputs})[0]
        return vectors
