"""The life of an index on a server: built beside the live one, switched to in one step, taken back, kept right."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from search.documents import SearchDocument
from search.embeddings.protocol import Vectors
from search.engines.opensearch.engine import OpenSearchEngine
from search.engines.opensearch.mapping import MAX_OFFERS
from search.errors import DocumentsRefused, EngineUnavailable, IndexRebuilding
from tests.contract.questions import ask, found
from tests.search_documents import document, offer, random_documents
from tests.tiny_encoder import TinyEncoder

pytestmark = pytest.mark.service


@pytest.fixture
def server(opensearch_url: str) -> Iterator[OpenSearchEngine]:
    """An engine that has no index yet."""
    engine = engine_on(opensearch_url, TinyEncoder())
    yield engine
    engine.remove()


def engine_on(url: str, encoder: TinyEncoder | None, *, name: str = "") -> OpenSearchEngine:
    own = name or f"t{uuid.uuid4().hex[:12]}"
    return OpenSearchEngine([url], encoder, name=own, timeout_seconds=30, refreshes=True)


def test_without_an_index_every_question_says_so(server: OpenSearchEngine) -> None:
    with pytest.raises(IndexRebuilding, match="no index"):
        server.retrieve(ask("lampe"))
    with pytest.raises(IndexRebuilding):
        server.upsert([document(1)])
    status = server.status()
    assert (status.generation, status.documents) == ("", 0)
    assert "no index" in status.message


def test_a_rebuild_switches_the_alias_and_keeps_the_last_index_for_a_way_back(server: OpenSearchEngine) -> None:
    first = server.rebuild([document(1, "Lampe")])
    second = server.rebuild([document(2, "Lampe")])
    assert server.generations.searched() == [second]
    assert server.generations.targets() == sorted([first, second])
    third = server.rebuild([document(3, "Lampe")])

    assert server.generations.targets() == sorted([second, third])
    assert found(server, "lampe") == ["product:3"]
    assert server.roll_back() == second
    assert found(server, "lampe") == ["product:2"]


def test_a_way_back_has_the_changes_of_the_meantime(server: OpenSearchEngine) -> None:
    server.rebuild([document(1, "Lampe"), document(2, "Lampe")])
    server.rebuild([document(1, "Lampe"), document(2, "Lampe")])

    server.upsert([document(3, "Lampe")])
    server.delete(["product:1"])
    server.roll_back()

    assert found(server, "lampe") == ["product:2", "product:3"]


def test_there_is_no_way_back_from_the_first_index(server: OpenSearchEngine) -> None:
    server.rebuild([document(1)])

    with pytest.raises(EngineUnavailable, match="no earlier index"):
        server.roll_back()


def test_changes_and_removals_during_a_rebuild_reach_the_new_index(server: OpenSearchEngine) -> None:
    """The rebuild reads old rows after they have changed: what it writes late must not undo the change."""
    server.rebuild([document(n, "Ancien") for n in range(1, 4)])

    def slow() -> Iterator[SearchDocument]:
        yield document(1, "Ancien")
        yield document(2, "Ancien")
        server.upsert([document(2, "Nouveau", version=2), document(9, "Nouveau")])
        server.delete(["product:3"])
        yield document(3, "Ancien")

    server.rebuild(slow())

    assert found(server, "nouveau") == ["product:2", "product:9"]
    assert found(server, "ancien") == ["product:1"]


def test_an_index_of_another_layout_is_neither_searched_nor_written_to_and_goes_with_the_next_build(
    server: OpenSearchEngine,
) -> None:
    """As after an update of the mall: its documents would be read wrongly, and refuse those of this version."""
    name = server.name
    old = f"{name}-00000000-20260101000000000"
    server.client.call("PUT", f"/{old}", {"aliases": {name: {}, f"{name}-writes": {}}}, seconds=30)

    for ask_it in (lambda: server.retrieve(ask("lampe")), lambda: server.upsert([document(1, "Lampe")])):
        with pytest.raises(IndexRebuilding, match=r"another version of the mall: run `manage\.py rebuild_search`"):
            ask_it()
    assert "another version" in server.status().message

    new = server.rebuild([document(1, "Lampe")])
    assert server.generations.kept() == [new]
    assert found(server, "lampe") == ["product:1"]
    with pytest.raises(EngineUnavailable, match="no earlier index"):
        server.roll_back()


def test_a_rebuild_that_fails_leaves_the_old_index_and_nothing_else(server: OpenSearchEngine) -> None:
    live = server.rebuild([document(1, "Lampe")])

    def broken() -> Iterator[SearchDocument]:
        yield document(2, "Lampe")
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        server.rebuild(broken())

    assert server.generations.targets() == [live]
    assert found(server, "lampe") == ["product:1"]


def test_searches_never_fail_while_an_index_is_replaced(server: OpenSearchEngine) -> None:
    documents = random_documents(seed=4, count=400)
    server.rebuild(documents)
    is_over, failures, asked = threading.Event(), [], []

    def go_on() -> None:
        while not is_over.is_set():
            try:
                retrieval = server.retrieve(ask("chaise"))
                asked.append(retrieval.total)
            except EngineUnavailable as error:
                failures.append(str(error))

    askers = [threading.Thread(target=go_on) for _ in range(3)]
    for asker in askers:
        asker.start()
    for version in (2, 3):
        server.rebuild([replace(one, version=version) for one in documents])
    is_over.set()
    for asker in askers:
        asker.join()

    assert failures == []
    assert set(asked) == {400}


def test_a_late_older_write_after_a_removal_stays_away(server: OpenSearchEngine) -> None:
    server.rebuild([document(1, "Lampe", version=5)])
    server.delete(["product:1"])

    stored = server.upsert([document(1, "Lampe", version=4)])

    assert stored == 0
    assert found(server, "lampe") == []
    server.delete(["product:1"])
    server.upsert([document(1, "Lampe", version=6)])
    assert found(server, "lampe") == ["product:1"]


def test_writes_in_any_order_leave_the_newest(server: OpenSearchEngine) -> None:
    server.rebuild([])

    for version in (3, 1, 4, 2):
        server.upsert([document(1, f"Lampe numéro {version}", version=version)])

    assert dict(server.stored_versions()) == {"product:1": 4}


def test_a_document_that_the_server_will_never_take_is_told_and_the_others_are_stored(
    server: OpenSearchEngine,
) -> None:
    server.rebuild([])
    broken = document(2, "Lampe", offer(2, saving_percent=100_000))

    with pytest.raises(DocumentsRefused) as refusal:
        server.upsert([document(1, "Lampe"), broken, document(3, "Lampe")])

    assert list(refusal.value.reasons) == ["product:2"]
    assert "out of range" in refusal.value.reasons["product:2"]
    assert found(server, "lampe") == ["product:1", "product:3"]


class ShortEncoder(TinyEncoder):
    """Gives vectors of another length than it says."""

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), 32), np.float32)[:, :16]


def test_a_vector_of_zeros_is_left_out_and_the_document_found_by_its_words(server: OpenSearchEngine) -> None:
    server.rebuild([document(1, "!!!", details="lampe"), document(2, "Lampe")])

    assert sorted(found(server, "lampe")) == ["product:1", "product:2"]
    assert server.similar("product:1", filters=ask().filters, limit=5) == ()


def test_vectors_of_the_wrong_length_are_refused_by_document(opensearch_url: str) -> None:
    good = engine_on(opensearch_url, TinyEncoder())
    good.rebuild([])
    wrong = OpenSearchEngine([opensearch_url], ShortEncoder(), name=good.name, timeout_seconds=30, refreshes=True)
    try:
        with pytest.raises((DocumentsRefused, ValueError)):
            wrong.upsert([document(1, "Lampe")])
        assert good.retrieve(ask("lampe")).total == 0
    finally:
        good.remove()


def test_an_index_of_another_model_is_searched_by_words_and_says_so(opensearch_url: str) -> None:
    one = engine_on(opensearch_url, TinyEncoder("tiny/1"))
    one.rebuild([document(1, "Sofa", language="en")])
    two = engine_on(opensearch_url, TinyEncoder("tiny/2"), name=one.name)
    try:
        retrieval = two.retrieve(ask("sofa", language="en"))

        assert retrieval.is_words_only
        assert [hit.id for hit in retrieval.hits] == ["product:1"]
        assert "tiny/1" in two.status().message
        two.rebuild([document(1, "Sofa", language="en")])
        assert two.status().message == ""
        assert not two.retrieve(ask("sofa", language="en")).is_words_only
    finally:
        one.remove()


def test_texts_are_encoded_once_and_again_only_when_they_change(opensearch_url: str) -> None:
    encoder = TinyEncoder()
    engine = engine_on(opensearch_url, encoder)
    try:
        engine.rebuild([document(1, "Lampe"), document(2, "Chaise")])
        assert encoder.encoded == 2

        engine.rebuild([document(1, "Lampe", version=2), document(2, "Chaise", version=2)])
        engine.upsert([document(1, "Lampe", offer(1), version=3)])
        assert encoder.encoded == 2
        engine.upsert([document(1, "Lampe bleue", version=4)])

        assert encoder.encoded == 3
        assert engine.similar("product:2", filters=ask().filters, limit=5)[0].id == "product:1"
    finally:
        engine.remove()


def test_a_product_of_very_many_offers_keeps_the_cheapest_of_each_condition(server: OpenSearchEngine) -> None:
    families = ("new", "used", "refurbished")
    offers = [offer(n, family=families[n % 3], total_minor=1_000 + n) for n in range(1, 2 * MAX_OFFERS)]
    server.rebuild([document(1, "Lampe", *offers)])

    hit = server.retrieve(ask("lampe")).hits[0]

    assert {family: ranged.from_minor for family, ranged in hit.offers.items()} == {
        "new": 1_003,
        "used": 1_001,
        "refurbished": 1_002,
    }
    assert sum(ranged.count for ranged in hit.offers.values()) == MAX_OFFERS
    assert server.retrieve(ask("lampe")).total_offers == len(offers)


def test_every_vector_field_names_its_engine(server: OpenSearchEngine) -> None:
    """Faiss, the default, is no part of the server: it stops the node at the first flush."""
    index = server.rebuild([document(1)])

    fields = server.client.call("GET", f"/{index}/_mapping")[index]["mappings"]["properties"]

    vectors = [field for field in fields.values() if field["type"] == "knn_vector"]
    assert [field["method"]["engine"] for field in vectors] == ["lucene"]


def test_the_graph_of_vectors_finds_the_true_neighbours(server: OpenSearchEngine) -> None:
    server.rebuild(random_documents(seed=8, count=300))

    recall = server.vector_recall(20)

    assert recall is not None
    assert recall >= 0.97


def test_a_server_that_is_not_there_is_said_in_one_line() -> None:
    engine = OpenSearchEngine(["http://127.0.0.1:9"], None, timeout_seconds=0.5)

    started = time.monotonic()
    status = engine.status()

    assert status.message == "OpenSearch cannot be reached at http://127.0.0.1:9."
    assert time.monotonic() - started < 5
    with pytest.raises(EngineUnavailable):
        engine.retrieve(ask("lampe"))
