"""Addresses of servers as settings give them: read and checked before anything is asked of them.

No message repeats more of an address than its scheme: there may be a password in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit


def read_address(text: str, *schemes: str, example: str) -> SplitResult:
    """The parts of an address. Raises ValueError, in words for an operator, unless it is whole and of these schemes.

    example: what a right one looks like.
    """
    scheme, mark, _rest = text.partition("://")
    if not mark:
        raise ValueError(f"must be an address such as {example}")
    if scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{one}://' for one in schemes)}, not '{scheme[:20]}://...'")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"has a port or a host that cannot be read; it looks like {example}") from None
    if port == 0 or any(character.isspace() for character in text):
        raise ValueError(f"must be an address such as {example}, without spaces")
    return parts


def read_database_address(text: str) -> SplitResult:
    """`postgresql://user:password@host:5432/name`; without a host it is the socket of this machine."""
    example = "postgresql://user:password@host:5432/name"
    parts = read_address(text, "postgresql", "postgres", example=example)
    if not parts.path.strip("/"):
        raise ValueError(f"names no database; it looks like {example}")
    return parts


def read_redis_address(text: str) -> SplitResult:
    """`redis://:password@host:6379/0`, or rediss:// over TLS."""
    example = "redis://host:6379/0"
    parts = read_address(text, "redis", "rediss", example=example)
    if not parts.hostname:
        raise ValueError(f"names no host; it looks like {example}")
    if parts.path.strip("/") and not parts.path.strip("/").isdecimal():
        raise ValueError(f"names its database by a number; it looks like {example}")
    return parts


def read_mail_address(text: str) -> SplitResult:
    """`smtp://user:password@host:587`."""
    example = "smtp://user:password@host:587"
    parts = read_address(text, "smtp", example=example)
    if not parts.hostname:
        raise ValueError(f"names no host; it looks like {example}")
    return parts


def read_search_addresses(text: str) -> tuple[str, ...]:
    """One or several nodes by comma, without slashes at the end; empty for an empty text.

    Raises ValueError for one with a name and password in it: clients write addresses into their logs.
    """
    addresses = [part.strip() for part in text.split(",") if part.strip()]
    for address in addresses:
        _check_search_address(address)
    return tuple(address.rstrip("/") for address in addresses)


def _check_search_address(address: str) -> None:
    example = "https://host:9200"
    parts = read_address(address, "https", "http", example=example)
    if not parts.hostname:
        raise ValueError(f"names no host; it looks like {example}")
    if parts.username or parts.password:
        raise ValueError("must hold no name and no password: MALL_OPENSEARCH_USER and MALL_OPENSEARCH_PASSWORD do")
    if parts.query or parts.fragment:
        raise ValueError(f"must end with the port or a path; it looks like {example}")


def same_scheme(addresses: Sequence[str]) -> bool:
    """Whether all nodes are asked over TLS, or none of them."""
    return len({address.partition("://")[0] for address in addresses}) <= 1
