"""Indices of one mall on a server: a dated one behind each alias, several written to, one searched.

passage-3f2a91c0-20261125030405      index: name, layout of its documents, when it was made
passage                              alias: searches
passage-writes                       alias: every index that changes go to (the live one, one being built, the last)
passage-lexicon                      index: names gathered of the catalogue (`lexicon.py`)
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from search.embeddings.protocol import TextEncoder
from search.engines.opensearch.client import Client, RefusedRequest
from search.engines.opensearch.mapping import index_mappings, index_settings, layout
from search.errors import EngineUnavailable, IndexRebuilding
from search.ranking.weights import RankingWeights

NO_KNN = (
    "This OpenSearch server has no k-NN plugin, which the mall's vectors need: install opensearch-knn, "
    "or set MALL_SEARCH_ENGINE=embedded."
)
OTHER_LAYOUT = "The index {index} was made by another version of the mall: run `manage.py rebuild_search`."
FACTS_SECONDS = 5.0
CREATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """What an index says of itself. encoder: model of its vectors, "" without any; dimensions: of them."""

    index: str
    encoder: str
    dimensions: int


class Generations:
    """name: of the alias. Safe between threads and processes: what counts is on the server."""

    def __init__(self, client: Client, name: str, *, shards: int, replicas: int, weights: RankingWeights) -> None:
        self._client, self.name = client, name
        self._shards, self._replicas, self._weights = shards, replicas, weights
        self._layout = layout(weights)
        self._facts: tuple[float, IndexFacts] | None = None

    @property
    def writes(self) -> str:
        return f"{self.name}-writes"

    @property
    def lexicon(self) -> str:
        return f"{self.name}-lexicon"

    def live(self) -> IndexFacts:
        """The index that is searched now, as seen within FACTS_SECONDS. Raises IndexRebuilding, also while it is one
        of another layout, which this version would read wrongly.
        """
        now = time.monotonic()
        kept = self._facts
        if kept is not None and now - kept[0] < FACTS_SECONDS:
            return kept[1]
        found = self._client.call("GET", f"/{self.name}/_mapping")
        if len(found) != 1:
            raise IndexRebuilding(f"The alias {self.name} names {len(found)} indices; it must name one.")
        ((index, mapping),) = found.items()
        if not self._is_ours(index):
            raise IndexRebuilding(OTHER_LAYOUT.format(index=index))
        facts = mapping["mappings"].get("_meta", {})
        live = IndexFacts(index, facts.get("encoder", ""), int(facts.get("dimensions") or 0))
        self._facts = (now, live)
        return live

    def targets(self) -> list[str]:
        """Indices that every change is written to; asked each time, for a rebuild adds one. Raises IndexRebuilding.

        One of another layout would refuse the documents of this version, and is written to no more.
        """
        found = self.kept()
        if not found:
            raise IndexRebuilding("OpenSearch has no index of the mall yet.")
        ours = [index for index in found if self._is_ours(index)]
        if not ours:
            raise IndexRebuilding(OTHER_LAYOUT.format(index=found[-1]))
        return ours

    def kept(self) -> list[str]:
        """Every index of the mall but the one of names, of whatever layout."""
        try:
            return sorted(self._client.call("GET", f"/_alias/{self.writes}"))
        except (IndexRebuilding, RefusedRequest):
            return []

    def _is_ours(self, index: str) -> bool:
        return index.startswith(f"{self.name}-{self._layout}-")

    def create(self, encoder: TextEncoder | None) -> str:
        """A new, empty index that takes writes from now on. Raises EngineUnavailable."""
        moment = datetime.now(UTC)
        index = f"{self.name}-{self._layout}-{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
        facts = {
            "encoder": encoder.name if encoder else "",
            "dimensions": encoder.dimensions if encoder else 0,
            "made_at": moment.isoformat(timespec="seconds"),
        }
        body = {
            "settings": index_settings(shards=self._shards, replicas=self._replicas, weights=self._weights),
            "mappings": index_mappings(dimensions=encoder.dimensions if encoder else None, facts=facts),
            "aliases": {self.writes: {}},
        }
        try:
            self._client.call("PUT", f"/{index}", body, seconds=CREATE_SECONDS)
        except RefusedRequest as error:
            if "knn" in str(error):
                raise EngineUnavailable(NO_KNN) from error
            raise
        return index

    def switch_to(self, index: str) -> None:
        """Search this index from now on, in one step. The one searched before keeps taking writes, for a way back;
        older ones are removed."""
        before = self.searched()
        actions: list[dict[str, Any]] = [
            {"remove": {"index": one, "alias": self.name}} for one in before if one != index
        ]
        actions.append({"add": {"index": index, "alias": self.name}})
        self._client.call("POST", "/_aliases", {"actions": actions}, seconds=CREATE_SECONDS)
        self._facts = None
        kept = {index, *(one for one in before if self._is_ours(one))}
        for one in self.kept():
            if one not in kept:
                self.discard(one)

    def searched(self) -> list[str]:
        """Indices behind the alias that searches use; none before the first build."""
        try:
            return sorted(self._client.call("GET", f"/_alias/{self.name}"))
        except EngineUnavailable as error:
            if isinstance(error, IndexRebuilding | RefusedRequest):
                return []
            raise

    def before(self) -> str:
        """The index that was searched before the live one. Raises EngineUnavailable where none is kept."""
        live = self.searched()
        older = [one for one in self.targets() if one not in live]
        if not older:
            raise EngineUnavailable("There is no earlier index to go back to.")
        return older[-1]

    def discard(self, index: str) -> None:
        """Remove an index that nobody searches; one that is gone already is no error."""
        try:
            self._client.call("DELETE", f"/{index}", seconds=CREATE_SECONDS)
        except IndexRebuilding:
            return

    def refresh(self) -> None:
        """Make everything written findable now."""
        self._client.call("POST", f"/{self.writes}/_refresh", seconds=CREATE_SECONDS)
