"""How well the matcher does, as measured over judged pairs: the report that ships with it, or an operator's newer one.

The file is JSON. Shares and probabilities lie between 0 and 1; counts are numbers of pairs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

SHIPPED = Path(__file__).parent / "matching" / "model" / "report.json"
OWN_NAME = "matcher_report.json"

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]


class ReportBroken(ValueError):
    """The file is no report of the matcher; the message says where it is wrong. Measure again to write a new one."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LinkedPairs(_Part):
    """What is linked by itself, from `threshold` on."""

    threshold: Share
    precision: Share
    recall: Share
    count: Count


class ProposedPairs(_Part):
    """What is proposed to a person, from `threshold` on. share_same: how many of them are the same."""

    threshold: Share
    count: Count
    share_same: Share


class ProbabilityBin(_Part):
    """Pairs whose probability lies from `lower` to `upper`: what was said on average, and what was true."""

    lower: Share = Field(alias="from")
    upper: Share = Field(alias="to")
    count: Count
    mean_probability: Share
    share_same: Share


class JudgedSet(_Part):
    """The figures over one set of judged pairs."""

    name: str
    pairs: Count
    f1: Share
    precision: Share
    recall: Share
    linked_precision: Share
    linked_recall: Share


class MatcherReport(_Part):
    """f1, precision, recall: at `threshold`, over all pairs of `set`. pairs, same: how many, and how many are alike."""

    model_version: str
    set: str
    pairs: Count
    same: Count
    created_on: str
    f1: Share
    precision: Share
    recall: Share
    threshold: Share
    linked: LinkedPairs
    proposed: ProposedPairs
    bins: tuple[ProbabilityBin, ...]
    sets: tuple[JudgedSet, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundReport:
    """report: None when there is none that can be read. is_own: the operator's. problem: why his was passed over."""

    report: MatcherReport | None
    is_own: bool
    problem: str


def read_report(path: Path) -> MatcherReport:
    """The report at `path`. Raises FileNotFoundError and ReportBroken."""
    try:
        return MatcherReport.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ReportBroken(f"{path.name}: {place}: {first['msg']}") from error
    except ValueError as error:
        raise ReportBroken(f"{path.name}: {error}") from error


def find_report() -> FoundReport:
    """The operator's report in the data folder where there is one, else the one that ships with the matcher."""
    problem = ""
    for path, is_own in ((Path(settings.DATA_FOLDER) / OWN_NAME, True), (SHIPPED, False)):
        try:
            return FoundReport(report=read_report(path), is_own=is_own, problem=problem)
        except FileNotFoundError:
            continue
        except ReportBroken as error:
            problem = str(error)
    return FoundReport(report=None, is_own=False, problem=problem)
