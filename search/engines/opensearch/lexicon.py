"""What a catalogue is called, gathered from the server: words to correct to, completions, names that a query may mean.

Gathering reads every title, so of a large catalogue it is done by who writes, now and then, and stored beside the
index; who only searches fetches it. A small catalogue is read again whenever it changes.
"""

from __future__ import annotations

import base64
import contextlib
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
import structlog

from search.analysis import fold
from search.documents import LANGUAGES, DocumentText, Language, OfferDocument, SearchDocument
from search.engines.opensearch.bodies import LABEL_MARK
from search.engines.opensearch.client import Client, RefusedRequest
from search.engines.opensearch.mapping import title_field
from search.engines.opensearch.scanning import scan
from search.errors import EngineUnavailable, IndexRebuilding
from search.query.completions import Completions, Entry, brand_entries, category_entries, phrases
from search.query.usual import usual_form, usual_words
from search.query.vocabulary import Vocabulary, build_vocabulary

log = structlog.get_logger(__name__)

SMALL_CATALOGUE = 3_000
SMALL_SECONDS = 2.0
LOOK_SECONDS = 60.0
RENEWED_AFTER_SECONDS = 300.0
_NAMES = 10_000
_WORDS_AT_ONCE = 20_000
_READ_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Names:
    """As gathered and stored. written: word as written -> documents; phrases: per language (text, documents).

    categories: (slug, French name, English name, documents); brands: (slug, name, documents).
    """

    documents: int
    written: dict[str, int]
    phrases: dict[str, list[tuple[str, int]]]
    categories: list[tuple[str, str, str, int]]
    brands: list[tuple[str, str, int]]
    vocabulary: dict[str, Any]

    def pack(self) -> str:
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return base64.b64encode(zlib.compress(orjson.dumps(facts), 6)).decode()

    @classmethod
    def unpack(cls, packed: str) -> Names:
        return cls(**orjson.loads(zlib.decompress(base64.b64decode(packed))))


@dataclass
class Lexicon:
    """Names of one state of the index, made ready for use when first asked for."""

    names: Names
    made_at: float
    _usual: dict[Language, dict[str, str]] = field(default_factory=dict)
    _completions: dict[Language, Completions] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def words(self) -> Mapping[str, int]:
        """Folded words and how many documents have them."""
        words: Counter[str] = Counter()
        for word, count in self.names.written.items():
            words[fold(word)] += count
        return words

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary.from_json(self.names.vocabulary)

    def usual_form(self, text: str, language: Language) -> str:
        """`text` with each word in the form the catalogue writes most often."""
        with self._lock:
            if language not in self._usual:
                self._usual[language] = usual_words(self.names.written, language)
        return usual_form(text, language, self._usual[language])

    def completions(self, language: Language) -> Completions:
        with self._lock:
            if language not in self._completions:
                french_first = language == "fr"
                shown = [
                    (slug, (french or english if french_first else english or french) or slug, count)
                    for slug, french, english, count in self.names.categories
                ]
                runs = [Entry(text, text, text, count) for text, count in self.names.phrases[language]]
                self._completions[language] = Completions(
                    runs, category_entries(shown), brand_entries(self.names.brands)
                )
        return self._completions[language]


def gather(client: Client, index: str) -> Names:
    """Read the names of every document. Raises EngineUnavailable."""
    field_values = {name: _terms(name) for name in ("brand_label", "category_labels", "colours", "sizes")}
    answer = client.call(
        "POST",
        f"/{index}/_search",
        {"size": 0, "track_total_hits": True, "aggs": field_values},
        seconds=_READ_SECONDS,
    )
    found = {name: _counts(answer["aggregations"][name]) for name in field_values}
    brands = [(*_label(label, 2), count) for label, count in found["brand_label"].items()]
    categories = [(*_label(label, 3), count) for label, count in found["category_labels"].items()]
    rows = list(_titles(client, index))
    offers = [_look(colour=colour) for colour in found["colours"]] + [_look(size=size) for size in found["sizes"]]
    vocabulary = build_vocabulary(_named(rows, categories, offers))
    return Names(
        documents=int(answer["hits"]["total"]["value"]),
        written=_written(client, index),
        phrases={
            language: [(entry.text, entry.weight) for entry in phrases((row[number] for row in rows), language)]
            for number, language in enumerate(LANGUAGES)
        },
        categories=[(one[0], one[1], one[2], one[3]) for one in categories],
        brands=[(one[0], one[1], one[2]) for one in brands],
        vocabulary=vocabulary.to_json(),
    )


def _terms(name: str) -> dict[str, Any]:
    return {"terms": {"field": name, "size": _NAMES}}


def _counts(answer: Mapping[str, Any]) -> dict[str, int]:
    return {str(bucket["key"]): int(bucket["doc_count"]) for bucket in answer["buckets"] if bucket["key"]}


def _label(label: str, parts: int) -> tuple[Any, ...]:
    return tuple((label.split(LABEL_MARK) + [""] * parts)[:parts])


def _titles(client: Client, index: str) -> Iterator[tuple[str, str, str]]:
    """French title, English title and brand label of every document."""
    columns = [*(title_field(language) for language in LANGUAGES), "brand_label"]
    for found in scan(client, index, columns):
        french, english, label = (str(found.get(name, ("",))[0]) for name in columns)
        yield french or english, english or french, label


def _written(client: Client, index: str) -> dict[str, int]:
    words: dict[str, int] = {}
    after: Any = None
    while True:
        wish: dict[str, Any] = {"size": _WORDS_AT_ONCE, "sources": [{"word": {"terms": {"field": "written"}}}]}
        if after is not None:
            wish["after"] = after
        body = {"size": 0, "track_total_hits": False, "aggs": {"words": {"composite": wish}}}
        found = client.call("POST", f"/{index}/_search", body, seconds=_READ_SECONDS)["aggregations"]["words"]
        words |= {bucket["key"]["word"]: int(bucket["doc_count"]) for bucket in found["buckets"]}
        after = found.get("after_key")
        if after is None or len(found["buckets"]) < _WORDS_AT_ONCE:
            return words


def _named(
    rows: Sequence[tuple[str, str, str]], categories: Sequence[tuple[Any, ...]], offers: Sequence[OfferDocument]
) -> Iterator[SearchDocument]:
    """Documents cut down to what names things, as `build_vocabulary` reads them."""
    for number, (french, english, label) in enumerate(rows):
        slug, brand = _label(label, 2)
        texts: dict[Language, DocumentText] = {"fr": DocumentText(title=french), "en": DocumentText(title=english)}
        yield SearchDocument(id=str(number), kind="product", version=0, texts=texts, brand=brand, brand_slug=slug)
    for slug, french, english, _count in categories:
        named: dict[Language, str] = {"fr": french, "en": english}
        texts = {language: DocumentText(title="", categories=(name,)) for language, name in named.items() if name}
        if texts:
            yield SearchDocument(id="", kind="product", version=0, texts=texts, category_path=(slug,))
    yield SearchDocument(id="", kind="product", version=0, texts={"fr": DocumentText(title="")}, offers=tuple(offers))


def _look(*, colour: str = "", size: str = "") -> OfferDocument:
    return OfferDocument(
        id=0,
        family="new",
        grade="",
        total_minor=0,
        seller_id=0,
        seller_kind="brand",
        published_at=0,
        colour=colour,
        size=size,
    )


class LexiconKeeper:
    """The lexicon of an alias. store: name of the small index in which it is kept. Safe between threads."""

    def __init__(self, client: Client, index: str, store: str) -> None:
        self._client, self._index, self._store = client, index, store
        self._lexicon: Lexicon | None = None
        self._stored_at = 0.0
        self._is_changed = False
        self._lock = threading.Lock()
        self._renewal: threading.Thread | None = None

    def changed(self) -> None:
        """Documents were written by this process."""
        self._is_changed = True
        lexicon = self._lexicon
        if lexicon is not None and lexicon.names.documents > SMALL_CATALOGUE:
            self._start(self._renew_and_store)

    def lexicon(self) -> Lexicon:
        """Never older than a small catalogue's last change by this process. Raises EngineUnavailable the first time."""
        now = time.monotonic()
        kept = self._lexicon
        is_small = kept is None or kept.names.documents <= SMALL_CATALOGUE
        if kept is None or (is_small and self._is_changed):
            with self._lock:
                if self._lexicon is kept:
                    self._is_changed = False
                    self._lexicon = self._fetch() if kept is None else None
                    if self._lexicon is None:
                        self._lexicon = Lexicon(gather(self._client, self._index), now)
                found: Lexicon = self._lexicon or kept  # type: ignore[assignment]
                return found
        if now - kept.made_at > (SMALL_SECONDS if is_small else LOOK_SECONDS):
            self._start(self._renew_small if is_small else self._look)
        return kept

    def renew(self) -> None:
        """Gather and store at once: after a rebuild."""
        self._renew_and_store(at_once=True)

    def _start(self, work: Any) -> None:
        if self._renewal is None or not self._renewal.is_alive():
            self._renewal = threading.Thread(target=self._quietly, args=(work,), name="lexicon", daemon=True)
            self._renewal.start()

    def _quietly(self, work: Any) -> None:
        try:
            work()
        except EngineUnavailable as error:
            log.info("lexicon.not_renewed", reason=str(error))
        kept = self._lexicon
        if kept is not None:
            kept.made_at = time.monotonic()

    def _renew_small(self) -> None:
        self._lexicon = Lexicon(gather(self._client, self._index), time.monotonic())

    def _look(self) -> None:
        fetched = self._fetch()
        if fetched is not None:
            self._lexicon = fetched

    def _fetch(self) -> Lexicon | None:
        """The stored one where it is newer than what this process has and large enough to be worth it."""
        try:
            stored = self._client.call("GET", f"/{self._store}/_doc/{self._index}")["_source"]
        except EngineUnavailable:
            return None
        if stored["made_at"] <= self._stored_at:
            return None
        self._stored_at = stored["made_at"]
        names = Names.unpack(stored["packed"])
        return Lexicon(names, time.monotonic()) if names.documents > SMALL_CATALOGUE else None

    def _renew_and_store(self, *, at_once: bool = False) -> None:
        now = time.time()
        if not at_once and now - self._stored_at < RENEWED_AFTER_SECONDS:
            return
        self._stored_at, self._is_changed = now, False
        names = gather(self._client, self._index)
        self._lexicon = Lexicon(names, time.monotonic())
        if names.documents > SMALL_CATALOGUE:
            self._keep({"made_at": now, "packed": names.pack()})

    def _keep(self, stored: dict[str, Any]) -> None:
        """Store for the other processes, in an index of its own that is made when it is first needed."""
        path = f"/{self._store}/_doc/{self._index}"
        try:
            self._client.call("PUT", path, stored, seconds=_READ_SECONDS)
        except IndexRebuilding:
            body = {
                "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
                "mappings": {"dynamic": False, "properties": {}},
            }
            with contextlib.suppress(RefusedRequest):  # another process was quicker
                self._client.call("PUT", f"/{self._store}", body, seconds=_READ_SECONDS)
            self._client.call("PUT", path, stored, seconds=_READ_SECONDS)
