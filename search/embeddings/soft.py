"""A text model that hangs or fails does not take search with it: a query has its vector in time, or words alone do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from search.embeddings.protocol import TextEncoder, Vectors
from search.engines.breaker import Breaker, BreakerRules
from search.engines.deadline import Deadline, DeadlinePassed
from search.errors import EncoderUnavailable

log = structlog.get_logger(__name__)

# a vector takes some ten milliseconds; whoever searches waits two seconds and a half at most, for everything
QUERY_SECONDS = 1.0
RULES = BreakerRules(failures=3, waited_seconds=2.0, window_seconds=30.0, probe_seconds=10.0)


class SoftEncoder:
    """`TextEncoder` around another, for processes that serve shoppers. Safe between threads.

    A query that has no vector within query_seconds, or whose model fails in whatever way, raises EncoderUnavailable;
    after some of these the model is left alone and asked now and then, aside, until it answers again.
    """

    def __init__(
        self, encoder: TextEncoder, breaker: Breaker | None = None, *, query_seconds: float = QUERY_SECONDS
    ) -> None:
        self._encoder, self._query_seconds = encoder, query_seconds
        self._breaker, self._deadline = breaker or Breaker(RULES), Deadline("text-model")
        self._reason = ""

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        return self._encoder.dimensions

    @property
    def fault(self) -> str:
        """Why the last query had no vector, or why the model is left alone; "" while it answers."""
        return self._reason

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """As the model does, however long that takes: nobody waits for it."""
        return self._told(lambda: self._encoder.encode_documents(texts))

    def encode_query(self, text: str) -> Vectors:
        if not self._breaker.is_closed:
            self._probe_when_due()
            raise EncoderUnavailable(self._reason)
        started = time.monotonic()
        try:
            vector = self._in_time(text)
        except EncoderUnavailable as error:
            self._reason = str(error)
            if self._breaker.failed(waited_seconds=time.monotonic() - started):
                log.error("search.text_model_left_alone", reason=self._reason)
            raise
        if self._breaker.is_closed:
            self._reason = ""
        return vector

    def _in_time(self, text: str) -> Vectors:
        try:
            return self._deadline.within(
                self._query_seconds, lambda: self._told(lambda: self._encoder.encode_query(text))
            )
        except DeadlinePassed:
            raise EncoderUnavailable(
                f"The text model has not answered within {self._query_seconds:g} s; words alone are searched meanwhile."
            ) from None

    @staticmethod
    def _told(encode: Callable[[], Vectors]) -> Vectors:
        """Whatever goes wrong in a model is that it cannot be had now."""
        try:
            return encode()
        except EncoderUnavailable:
            raise
        except Exception as error:  # models raise errors of their own, MemoryError among them
            log.warning("search.text_model_failed", error=type(error).__name__)
            raise EncoderUnavailable(
                f"The text model failed ({type(error).__name__}); words alone are searched meanwhile."
            ) from error

    def _probe_when_due(self) -> None:
        if self._breaker.take_probe():
            threading.Thread(target=self._probe, name="text-model-probe", daemon=True).start()

    def _probe(self) -> None:
        try:
            # a text of which no cache has the vector
            self._in_time(f"lampe {time.monotonic_ns()}")
        except EncoderUnavailable as error:
            self._reason = str(error)
            self._breaker.probe_ended(is_answered=False)
        else:
            self._reason = ""
            self._breaker.probe_ended(is_answered=True)
            log.warning("search.text_model_answers_again")


_softened: dict[int, SoftEncoder] = {}


def softened(encoder: TextEncoder) -> SoftEncoder:
    """The one around this model: what is known of it holds for all who ask."""
    # it keeps its model, so no other object has this id meanwhile
    return _softened.setdefault(id(encoder), SoftEncoder(encoder))
