"""Writing: whole documents under external versions, into every index that takes writes.

opensearch.md, 4.2 and 4.3: an older version is refused by the server and that is well; what the server cannot take
now is tried again in smaller parts; what it will never take is told by document, after all others are stored.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson

from search.analysis import embedding_text
from search.documents import SearchDocument
from search.embeddings.protocol import TextEncoder, Vectors
from search.engines.opensearch.bodies import document_body
from search.engines.opensearch.client import Client, RefusedRequest
from search.engines.opensearch.generations import Generations, IndexFacts
from search.engines.opensearch.mapping import VECTOR
from search.errors import DocumentsRefused, EncoderUnavailable, EngineUnavailable, IndexRebuilding
from search.ranking.weights import RankingWeights
from search.terms import text_hash

MAX_REQUEST_BYTES = 6 * 1024 * 1024
MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
READ_AT_ONCE = 500
_TRIES = 4
_FIRST_WAIT_SECONDS = 0.2
_LATER = frozenset({403, 408, 429, 500, 502, 503, 504})

Lines = tuple[str, bytes]


@dataclass(slots=True)
class Outcome:
    """stored: ids written or removed; refused: id -> why the server will never take it."""

    stored: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


class Writer:
    """encoder: None writes words only."""

    def __init__(
        self, client: Client, generations: Generations, encoder: TextEncoder | None, weights: RankingWeights
    ) -> None:
        self._client, self._generations, self.encoder = client, generations, encoder
        self._weights = weights

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        """Returns how many the live index stored. Raises EngineUnavailable, IndexRebuilding, DocumentsRefused."""
        newest: dict[str, SearchDocument] = {}
        for document in documents:
            known = newest.get(document.id)
            if known is None or document.version >= known.version:
                newest[document.id] = document
        if not newest:
            return 0
        targets, live = self._targets()
        kept = list(newest.values())
        stored: set[str] = set()
        refused: dict[str, str] = {}
        for start in range(0, len(kept), READ_AT_ONCE):
            batch = kept[start : start + READ_AT_ONCE]
            vectors = self._vectors(batch, live)
            for target in targets:
                outcome = self.write(target, batch, vectors)
                refused |= outcome.refused
                if target == live.index:
                    stored |= outcome.stored
        if refused:
            raise DocumentsRefused(refused)
        return len(stored)

    def _targets(self) -> tuple[list[str], IndexFacts]:
        live = self._generations.live()
        targets = self._generations.targets()
        if live.index not in targets:
            raise IndexRebuilding(f"The index {live.index} takes no writes; it has to be built anew.")
        return targets, live

    def write(self, index: str, documents: Sequence[SearchDocument], vectors: Vectors | None) -> Outcome:
        """Store documents in one index. vectors: float32 (documents, dimensions), None without a text model."""
        outcome = Outcome()
        lines: list[Lines] = []
        for place, document in enumerate(documents):
            vector = None if vectors is None else vectors[place]
            body = orjson.dumps(document_body(document, vector, self._weights), option=orjson.OPT_SERIALIZE_NUMPY)
            if len(body) > MAX_DOCUMENT_BYTES:
                outcome.refused[document.id] = f"the document is too large ({len(body) // 1_000_000} MB)"
                continue
            lines.append((document.id, _action("index", index, document.id, document.version) + body + b"\n"))
        self._send_all(lines, outcome)
        return outcome

    def delete(self, ids: Iterable[str]) -> int:
        """Remove from every index; returns how many the live one had. An unknown id is no error."""
        wanted = sorted(set(ids))
        if not wanted:
            return 0
        targets, live = self._targets()
        removed = 0
        searched = self._versions(live.index, wanted)
        for target in targets:
            outcome = Outcome()
            if target == live.index:
                versions = searched
            else:
                # an index being built may not have it yet: its late arrival is older than this
                unborn = {identity: version + 1 for identity, version in searched.items()}
                versions = unborn | self._versions(target, wanted)
            lines = [(identity, _action("delete", target, identity, version)) for identity, version in versions.items()]
            self._send_all(lines, outcome)
            if target == live.index:
                removed = len(outcome.stored)
        return removed

    def _versions(self, index: str, ids: Sequence[str]) -> dict[str, int]:
        """Versions of stored documents. Deleting under that version keeps a repeated removal from raising it."""
        found = {}
        for start in range(0, len(ids), READ_AT_ONCE):
            body = {"ids": list(ids[start : start + READ_AT_ONCE])}
            answer = self._client.call("POST", f"/{index}/_mget", body, params={"_source": "version"})
            for one in answer["docs"]:
                if one.get("found"):
                    found[one["_id"]] = int(one["_version"])
        return found

    # ---- vectors ---------------------------------------------------------------------------------------------

    def _vectors(self, documents: Sequence[SearchDocument], live: IndexFacts) -> Vectors | None:
        """Old vectors where the text is the same, new ones elsewhere; none where the index is another model's.

        Where no model is at hand, new texts get zero vectors: found by words, not by meaning, until the next rebuild.
        """
        if not live.dimensions:
            return None
        vectors, missing = self.known_vectors(documents, live)
        is_ours = self.encoder is not None and self.encoder.name == live.encoder
        if missing and self.encoder is not None and is_ours:
            try:
                vectors[missing] = self.encoder.encode_documents([embedding_text(documents[p]) for p in missing])
            except EncoderUnavailable:
                return vectors
        return vectors

    def known_vectors(self, documents: Sequence[SearchDocument], live: IndexFacts) -> tuple[Vectors, list[int]]:
        """float32 (documents, dimensions) with what the live index has of the same texts, and the places without."""
        vectors = np.zeros((len(documents), live.dimensions), np.float32)
        ids = [document.id for document in documents]
        answer = self._client.call(
            "POST", f"/{live.index}/_mget", {"ids": ids}, params={"_source": f"text_hash,{VECTOR}"}, seconds=30.0
        )
        missing = []
        for place, (document, found) in enumerate(zip(documents, answer["docs"], strict=True)):
            stored = found.get("_source", {})
            if stored.get(VECTOR) is not None and stored.get("text_hash") == str(text_hash(document)):
                vectors[place] = stored[VECTOR]
            else:
                missing.append(place)
        return vectors, missing

    # ---- sending ---------------------------------------------------------------------------------------------

    def _send_all(self, lines: Sequence[Lines], outcome: Outcome) -> None:
        for part in _parts(lines):
            self._send(part, outcome)

    def _send(self, lines: Sequence[Lines], outcome: Outcome) -> None:
        """One request; again in halves, after a wait, where the server could not take it. Raises EngineUnavailable."""
        waiting, wait = [list(lines)], _FIRST_WAIT_SECONDS
        tries = 0
        while waiting:
            part = waiting.pop()
            left, reason = self._try(part, outcome)
            if not left:
                continue
            tries += 1
            if tries > _TRIES + len(lines).bit_length():
                raise EngineUnavailable(f"OpenSearch does not take changes now: {reason}")
            time.sleep(random.uniform(0, wait))  # noqa: S311 - full jitter
            wait = min(2.0, wait * 2)
            middle = max(1, len(left) // 2)
            waiting += [half for half in (left[:middle], left[middle:]) if half]

    def _try(self, lines: Sequence[Lines], outcome: Outcome) -> tuple[list[Lines], str]:
        """Send; returns what has to be sent again, and why."""
        try:
            items = self._client.bulk(b"".join(text for _, text in lines))
        except RefusedRequest as error:
            if error.status != 413:
                raise
            if len(lines) == 1:
                outcome.refused[lines[0][0]] = "the document is too large for the server"
                return [], ""
            return list(lines), str(error)
        left, reason = [], ""
        for (identity, text), item in zip(lines, items, strict=True):
            status, fault = int(item["status"]), item.get("error") or {}
            kind = str(fault.get("type", ""))
            if status < 300:
                outcome.stored.add(identity)
            elif kind == "index_not_found_exception":
                raise IndexRebuilding(f"The index {item['_index']} is gone; it has to be built anew.")
            elif status in _LATER or "circuit_breaking" in kind or "cluster_block" in kind:
                left.append((identity, text))
                reason = f"{kind} {fault.get('reason', '')}"[:300]
            elif status not in (404, 409):
                outcome.refused[identity] = _why(fault)
        return left, reason


def _action(kind: str, index: str, identity: str, version: int) -> bytes:
    facts = {"_index": index, "_id": identity, "version": version, "version_type": "external_gte"}
    return orjson.dumps({kind: facts}) + b"\n"


def _why(error: Mapping[str, Any]) -> str:
    cause = error.get("caused_by") or {}
    return f"{error.get('type')}: {error.get('reason')} {cause.get('reason', '')}".strip()[:500]


def _parts(lines: Sequence[Lines]) -> Iterator[list[Lines]]:
    """Requests of at most MAX_REQUEST_BYTES."""
    part: list[Lines] = []
    size = 0
    for line in lines:
        if part and size + len(line[1]) > MAX_REQUEST_BYTES:
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line[1])
    if part:
        yield part
