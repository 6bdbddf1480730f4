"""`/api/`: search, suggestions, products; documentation at `/api/docs`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, cast

import orjson
from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from mall.api import parameters, schemas
from mall.api.answers import search_answer, suggest_answer
from mall.api.problems import problem
from mall.api.products import product_answer
from search.documents import LANGUAGES, Language
from search.errors import EngineUnavailable
from search.params import parse_query
from search.queries import InvalidQuery
from search.service import search, suggest

SEARCH_SECONDS = 30
SUGGEST_SECONDS = 60
RETRY_SECONDS = 30
MAX_PREFIX_CHARACTERS = 80
DEFAULT_SUGGESTIONS = 8
MOST_SUGGESTIONS = 20

# The documentation's own script sets styles on elements.
_docs_policy = csp_update({"style-src": [SELF, UNSAFE_INLINE]})

api = NinjaAPI(
    title=f"{settings.MALL_NAME}: search and products",
    version="1",
    description="New, refurbished and second-hand in one search. Amounts are whole cents, delivery included.",
    docs_decorator=cast(Callable[..., Any], _docs_policy),
    urls_namespace="api",
)

_PROBLEMS = {400: schemas.Problem, 429: schemas.Problem, 503: schemas.Problem}


@api.get(
    "/search",
    response={200: schemas.SearchAnswer, **_PROBLEMS},
    openapi_extra={"parameters": parameters.SEARCH},
    summary="Search the mall",
)
def search_results(request: HttpRequest) -> HttpResponse:
    """The results of the search page, by the same rules. Unknown parameters are ignored, unknown values are 400."""
    language = _language(request)
    query = parse_query(dict(request.GET.lists()), language=language)
    with translation.override(language):
        return _answer(request, search_answer(search(query), language), seconds=SEARCH_SECONDS)


@api.get(
    "/suggest",
    response={200: schemas.SuggestAnswer, **_PROBLEMS},
    openapi_extra={"parameters": parameters.SUGGEST},
    summary="Complete what is being typed",
)
def suggestions(request: HttpRequest) -> HttpResponse:
    """Queries, categories, brands and products; nothing for fewer than two characters."""
    language = _language(request)
    prefix = " ".join(request.GET.get("q", "")[:MAX_PREFIX_CHARACTERS].split())
    limit = _limit(request)
    with translation.override(language):
        found = suggest(prefix, language=language, limit=limit) if len(prefix) > 1 else ()
        return _answer(request, suggest_answer(found, language), seconds=SUGGEST_SECONDS)


@api.get(
    "/products/{int:product_id}",
    response={200: schemas.Product, 400: schemas.Problem, 404: schemas.Problem},
    openapi_extra={"parameters": [parameters.LANGUAGE]},
    summary="One product with its live offers",
)
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    """Texts, variants, identifiers, live offers and, for each condition, the offer that stands first and why."""
    language = _language(request)
    with translation.override(language):
        found = product_answer(product_id, language, now=timezone.now())
        if found is None:
            return problem(request, 404, "There is no such product, or it is no longer shown.", parameter="product_id")
        return _answer(request, found, seconds=SEARCH_SECONDS)


def _answer(request: HttpRequest, data: dict[str, Any], *, seconds: int) -> HttpResponse:
    """The data as JSON; 304 without a body where the asker has it already."""
    body = orjson.dumps(data)
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    known = request.headers.get("If-None-Match", "")
    is_known = tag in (part.strip() for part in known.split(","))
    response = HttpResponse(status=304) if is_known else HttpResponse(body, content_type="application/json")
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={seconds}"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _language(request: HttpRequest) -> Language:
    language = request.GET.get("language", "") or settings.LANGUAGE_CODE
    if language not in LANGUAGES:
        raise InvalidQuery("language", f"language must be one of {', '.join(LANGUAGES)}")
    return language


def _limit(request: HttpRequest) -> int:
    text = request.GET.get("limit", "") or str(DEFAULT_SUGGESTIONS)
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST_SUGGESTIONS):
        raise InvalidQuery("limit", f"limit must be a whole number from 1 to {MOST_SUGGESTIONS}")
    return int(text)


@api.exception_handler(InvalidQuery)
def _invalid_query(request: HttpRequest, error: InvalidQuery) -> HttpResponse:
    return problem(request, 400, f"{error}.", parameter=error.parameter)


@api.exception_handler(EngineUnavailable)
def _search_is_away(request: HttpRequest, error: EngineUnavailable) -> HttpResponse:
    detail = "Search is being rebuilt; products can be read by id meanwhile."
    return problem(request, 503, detail, retry_seconds=RETRY_SECONDS)


@api.exception_handler(OperationalError)
def _database_is_away(request: HttpRequest, error: OperationalError) -> HttpResponse:
    return problem(request, 503, retry_seconds=RETRY_SECONDS)


@api.exception_handler(ValidationError)
def _invalid_value(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    return problem(request, 422, str(first.get("msg", "")), parameter=str(first.get("loc", ("",))[-1]))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, error.status_code, str(error))
