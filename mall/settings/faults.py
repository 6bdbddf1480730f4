"""What is wrong with the settings, in one plain line for each fault; no line holds a secret."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from mall.settings.addresses import read_search_addresses, same_scheme
from mall.settings.secret import MINIMUM_CHARACTERS

if TYPE_CHECKING:
    from mall.settings.env import Env

# A wrong value is repeated for these only: the others may hold a password.
SHOWN = frozenset({
    "currency", "database_statement_seconds", "log_format", "match_links_below_minor", "opensearch_index",
    "opensearch_replicas", "opensearch_shards", "opensearch_timeout_seconds", "proxy_count", "role",
    "search_engine", "search_requests_per_minute", "web_processes", "web_threads", "worker_memory_mb",
})  # fmt: skip
NEEDED = ("secret_key", "database_url", "redis_url")

Fault = tuple[str, str]


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"MALL_{name.upper()}"


def refuse(lines: Mapping[str, str]) -> None:
    """End the program with all faults; nothing when there is none. By SystemExit: nobody wants a traceback here."""
    if not lines:
        return
    many = "1 setting is wrong" if len(lines) == 1 else f"{len(lines)} settings are wrong"
    told = "\n".join(f"  {variable(name)} {line}" for name, line in lines.items())
    remedy = "Settings are environment variables or lines of .env; README.md lists them."
    raise SystemExit(f"The mall does not start: {many}.\n{told}\n{remedy}")


def words_of(error: ValidationError, known: Collection[str]) -> dict[str, str]:
    """The first fault of each setting, in words."""
    lines: dict[str, str] = {}
    for fault in error.errors():
        name = str(fault["loc"][0]).lower()
        lines.setdefault(name if name in known else name.removeprefix("mall_"), _words(name, fault))
    return lines


def _words(name: str, fault: ErrorDetails) -> str:
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    message = fault["msg"][0].lower() + fault["msg"][1:]
    line = message.replace("input should", "must").replace("string should", "must")
    return f"{line}, not {str(fault['input'])[:40]!r}" if name in SHOWN else line


def faults_between(env: Env) -> Iterator[Fault]:
    """What is wrong although each value alone is right."""
    yield from _search_faults(env)
    key = env.secret_key.get_secret_value()
    if key and len(key) < MINIMUM_CHARACTERS:
        yield "secret_key", f"needs at least {MINIMUM_CHARACTERS} characters"
    yield from _folder_faults(env.data_folder)


def _search_faults(env: Env) -> Iterator[Fault]:
    addresses = read_search_addresses(env.opensearch_url)
    if env.search_engine == "opensearch" and not addresses:
        yield "opensearch_url", "must be set, because MALL_SEARCH_ENGINE is opensearch"
    if not same_scheme(addresses):
        yield "opensearch_url", "must use https:// for all nodes, or http:// for all"
    if env.opensearch_password.get_secret_value() and not env.opensearch_user:
        yield "opensearch_user", "must be set, because MALL_OPENSEARCH_PASSWORD is"
    if env.opensearch_user and not env.opensearch_password.get_secret_value():
        yield "opensearch_password", "must be set, because MALL_OPENSEARCH_USER is"
    if env.opensearch_ca_file is not None:
        if any(address.startswith("http://") for address in addresses):
            yield "opensearch_ca_file", "is of no use with http://; is https:// meant in MALL_OPENSEARCH_URL?"
        yield from _certificate_faults(env.opensearch_ca_file)


def _certificate_faults(path: Path) -> Iterator[Fault]:
    try:
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        yield "opensearch_ca_file", f"holds no certificate that can be read: {path}"
    except OSError as error:
        yield "opensearch_ca_file", f"cannot be read ({error.strerror}): {path}"


def _folder_faults(folder: Path) -> Iterator[Fault]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield "data_folder", f"cannot be made ({error.strerror}): {folder}"


def faults_of_production(env: Env) -> Iterator[Fault]:
    """What a real mall must have set."""
    for name in NEEDED:
        value = getattr(env, name)
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            yield name, "must be set in production"
