"""Two engines as one: the server answers; while it does not, the embedded engine does, and says so. Decision 0018."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import structlog

from search.documents import Language, SearchDocument
from search.engines.breaker import Breaker
from search.engines.deadline import Deadline, DeadlinePassed
from search.engines.protocol import EngineStatus, NearProduct, Retrieval, SearchEngine, TermFrequencies
from search.errors import EngineUnavailable, IndexRebuilding, QuestionRefused, SearchError
from search.queries import Filters, SearchQuery
from search.query.vocabulary import Vocabulary
from search.results import Correction, Hit, Suggestion

log = structlog.get_logger(__name__)

DEADLINE_SECONDS = 2.0
STATUS_SECONDS = 1.5  # whoever asks for the state waits two seconds at most
NAMES_SECONDS = 0.3
PROBE = SearchQuery(text="", language="fr", page_size=1)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered(Generic[T]):
    """An answer, and whether the fallback gave it."""

    value: T
    is_fallback: bool


class FailingSoftEngine:
    """`search.engines.protocol.SearchEngine` of a primary and of a fallback that needs no server.

    Whatever is read comes from the primary within deadline_seconds; when it raises EngineUnavailable or is too late,
    from the fallback; while the breaker is open, from the fallback at once. Whatever is written goes to the primary
    alone: the fallback follows by its own stream of changes. fallback None: a failure is then a failure, but quick.
    name: of the primary, where it cannot say so itself. Safe between threads.
    """

    def __init__(
        self,
        primary: SearchEngine,
        fallback: SearchEngine | None,
        breaker: Breaker,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        name: str = "primary",
    ) -> None:
        self.primary, self.fallback, self.breaker = primary, fallback, breaker
        self._deadline_seconds, self._deadline = deadline_seconds, Deadline("search-primary")
        self._name = name
        self._reason, self._lacks_index = "", False
        self._vocabulary: Vocabulary | None = None
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None
        self._is_closed = threading.Event()

    def close(self) -> None:
        """Probe no more."""
        self._is_closed.set()

    def ask(self, question: Callable[[SearchEngine], T]) -> Answered[T]:
        """One engine's answer to a question that may take several calls, all within one deadline.

        Raises EngineUnavailable when neither engine can answer.
        """
        if not self.breaker.is_closed:
            self._watch_primary()
            return self._ask_fallback(question, EngineUnavailable(self._reason))
        started = time.monotonic()
        try:
            value = self._deadline.within(self._deadline_seconds, lambda: question(self.primary))
        except QuestionRefused as error:
            log.error("search.question_refused", reason=str(error))
            return self._ask_fallback(question, error)
        except EngineUnavailable as error:
            self._failed(error, waited_seconds=time.monotonic() - started)
            return self._ask_fallback(question, error)
        except Exception as error:
            # a fault of ours, or an answer that no server gives: told as one, and no reason to let the shopper down
            log.exception("search.primary_faulty")
            return self._ask_fallback(question, EngineUnavailable(f"{self._name} is faulty: {type(error).__name__}."))
        return Answered(value=value, is_fallback=False)

    def _ask_fallback(self, question: Callable[[SearchEngine], T], reason: EngineUnavailable) -> Answered[T]:
        if self.fallback is None:
            raise reason
        try:
            return Answered(value=question(self.fallback), is_fallback=True)
        except EngineUnavailable as error:
            raise reason from error

    def _failed(self, error: EngineUnavailable, *, waited_seconds: float) -> None:
        self._keep(error)
        log.warning("search.primary_failed", reason=self._reason, waited_seconds=round(waited_seconds, 2))
        if self.breaker.failed(waited_seconds=waited_seconds):
            log.error("search.breaker_opened", reason=self._reason, failures=self.breaker.failures)
            self._watch_primary()

    def _keep(self, error: SearchError) -> None:
        self._reason, self._lacks_index = str(error) or type(error).__name__, isinstance(error, IndexRebuilding)

    def _watch_primary(self) -> None:
        """One thread asks the primary now and then until it answers, so that no shopper waits to find out."""
        with self._lock:
            # not alive in a forked process either: threads stay behind
            if self._watch is None or not self._watch.is_alive():
                self._watch = threading.Thread(target=self._probe_until_closed, name="search-probe", daemon=True)
                self._watch.start()

    def _probe_until_closed(self) -> None:
        while not self.breaker.is_closed and not self._is_closed.wait(self.breaker.seconds_to_probe):
            if self.breaker.take_probe() and self.breaker.probe_ended(is_answered=self._is_answering()):
                log.warning("search.breaker_closed")

    def _is_answering(self) -> bool:
        try:
            self._deadline.within(self._deadline_seconds, lambda: self.primary.retrieve(PROBE, with_facets=False))
        except SearchError as error:
            self._keep(error)
            return False
        except Exception:
            log.exception("search.probe_failed")
            return False
        return True

    def retrieve(self, query: SearchQuery, *, with_facets: bool = True, at_least: int = 0) -> Retrieval:
        answered = self.ask(lambda engine: engine.retrieve(query, with_facets=with_facets, at_least=at_least))
        return replace(answered.value, is_fallback=True) if answered.is_fallback else answered.value

    def correct(self, text: str, *, language: Language) -> tuple[str, tuple[Correction, ...]]:
        return self.ask(lambda engine: engine.correct(text, language=language)).value

    def vocabulary(self) -> Vocabulary:
        """The primary's; while it is away the last one it gave, else the fallback's, which may come a little later."""

        def names(engine: SearchEngine) -> Vocabulary:
            if engine is not self.primary:
                return self._vocabulary or self._names_of_fallback(engine)
            self._vocabulary = engine.vocabulary()
            return self._vocabulary

        return self.ask(names).value

    def _names_of_fallback(self, fallback: SearchEngine) -> Vocabulary:
        """Gathering them takes a second at 60,000 products: whoever would wait for it searches all words as words."""

        def gather() -> Vocabulary:
            self._vocabulary = fallback.vocabulary()
            return self._vocabulary

        try:
            return self._deadline.within(NAMES_SECONDS, gather)
        except DeadlinePassed:
            return Vocabulary()

    def suggest(self, prefix: str, *, language: Language, limit: int) -> Sequence[Suggestion]:
        return self.ask(lambda engine: engine.suggest(prefix, language=language, limit=limit)).value

    def similar(self, document_id: str, *, filters: Filters, limit: int) -> Sequence[Hit]:
        return self.ask(lambda engine: engine.similar(document_id, filters=filters, limit=limit)).value

    def nearest_products(
        self, text: str, *, codes: Sequence[str], language: Language, limit: int
    ) -> Sequence[NearProduct]:
        return self.ask(lambda engine: engine.nearest_products(text, codes=codes, language=language, limit=limit)).value

    def frequencies(self, terms: Sequence[str], *, language: Language) -> TermFrequencies:
        return self.ask(lambda engine: engine.frequencies(terms, language=language)).value

    def upsert(self, documents: Iterable[SearchDocument]) -> int:
        return self.primary.upsert(documents)

    def delete(self, ids: Iterable[str]) -> int:
        return self.primary.delete(ids)

    @property
    def takes_writes_while_rebuilding(self) -> bool:
        return self.primary.takes_writes_while_rebuilding

    def rebuild(self, documents: Iterable[SearchDocument]) -> str:
        return self.primary.rebuild(documents)

    def stored_versions(self) -> Iterator[tuple[str, int]]:
        return self.primary.stored_versions()

    def vector_recall(self, sample: int) -> float | None:
        return self.primary.vector_recall(sample)

    def status(self) -> EngineStatus:
        """The primary's, with the breaker's state and the fallback's status beside it. Waits STATUS_SECONDS at most."""
        fallback = self.fallback.status() if self.fallback else None
        return replace(self._primary_status(), breaker=self.breaker.state, fallback=fallback)

    def _primary_status(self) -> EngineStatus:
        """While the breaker is open it is known not to answer, and a probe asks soon; one that answers but has no index
        is asked why."""
        message = self._reason
        if self.breaker.is_closed:
            try:
                return self._deadline.within(STATUS_SECONDS, self.primary.status)
            except EngineUnavailable as error:
                message = str(error)
        elif self._lacks_index:
            message = self._why_no_index()
        return EngineStatus(
            engine=self._name,
            generation="",
            documents=0,
            offers=0,
            encoder="",
            has_vectors=False,
            message=message,
        )

    def _why_no_index(self) -> str:
        try:
            return self._deadline.within(STATUS_SECONDS, self.primary.status).message or self._reason
        except EngineUnavailable:
            return self._reason
