"""The state of the server's index in a few words, for /ready, `search_status` and the operator page."""

from __future__ import annotations

from search.embeddings.protocol import TextEncoder
from search.engines.opensearch.client import Client
from search.engines.opensearch.generations import NO_KNN, Generations
from search.engines.protocol import OTHER_MODEL, EngineStatus
from search.errors import EngineUnavailable, IndexRebuilding

ENGINE = "opensearch"
_KNN = "opensearch-knn"


def read_status(
    client: Client, generations: Generations, encoder: TextEncoder | None, encoder_error: str
) -> EngineStatus:
    """Never raises: what is wrong is the message."""
    name = encoder.name if encoder else ""
    try:
        live = generations.live()
        body = {"size": 0, "track_total_hits": True, "aggs": {"offers": {"sum": {"field": "offer_count"}}}}
        (answer,) = client.ask_all(live.index, [body])
    except IndexRebuilding as error:
        return _nothing(name, NO_KNN if _lacks_knn(client) else str(error))
    except EngineUnavailable as error:
        return _nothing(name, str(error))
    message = encoder_error
    if not message and live.encoder and name != live.encoder:
        message = OTHER_MODEL.format(model=live.encoder)
    if not message and not live.encoder:
        message = "The index has no vectors: search uses words alone."
    return EngineStatus(
        engine=ENGINE,
        generation=live.index,
        index=live.index,
        documents=int(answer["hits"]["total"]["value"]),
        offers=int(answer["aggregations"]["offers"]["value"]),
        encoder=name,
        has_vectors=bool(live.encoder),
        message=message,
    )


def _nothing(encoder: str, message: str) -> EngineStatus:
    return EngineStatus(
        engine=ENGINE, generation="", documents=0, offers=0, encoder=encoder, has_vectors=False, message=message
    )


def _lacks_knn(client: Client) -> bool:
    """Whether the server says itself that it has no k-NN; one that will not say is given the benefit of the doubt."""
    try:
        plugins = client.call("GET", "/_cat/plugins", params={"format": "json"})
    except EngineUnavailable:
        return False
    return not any(one.get("component") == _KNN for one in plugins)
