"""How the log looks: lines for people, or one JSON object a line for programs (MALL_LOG_FORMAT=json).

Both carry the request's id where there is one; neither carries addresses, names or what shoppers typed.
"""

from __future__ import annotations

import logging
from typing import Any, Literal

import structlog

LogFormat = Literal["lines", "json"]

BEFORE: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
)


def log_settings(log_format: LogFormat) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything to standard error, WARNING and worse, our own from INFO."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": _formatter(log_format)},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "mall": {"level": "INFO"},
            "search": {"level": "INFO"},
            # the pool repeats each failed try; the page's own "database.away" says it once
            "psycopg.pool": {"level": "ERROR"},
            # its client writes a traceback for each request that fails; the engine tells the failure in one line
            "opensearch": {"level": "CRITICAL"},
        },
    }


def _formatter(log_format: LogFormat) -> dict[str, Any]:
    made = {"()": structlog.stdlib.ProcessorFormatter, "foreign_pre_chain": list(BEFORE)}
    if log_format == "lines":
        # The usual traceback shows every local variable, passwords among them, and takes seconds to lay out.
        plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        return {**made, "processor": plain}
    processors = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    return {**made, "processors": processors}


def configure_logs(log_format: LogFormat) -> None:
    """Our own events go through the standard logger, as those of packages do; for programs Python's warnings too."""
    if log_format == "json":
        logging.captureWarnings(True)
    structlog.configure(
        processors=[*BEFORE, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
