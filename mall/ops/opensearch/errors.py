"""What can go wrong between "give me a server" and a server.

OpenSearchError
├── NotToBeHad      a program is missing or a file cannot be fetched; the message names the remedy
├── WrongContent    a file is not the one that was pinned
└── NodeFailed      a node ended, or did not become ready; the message ends with its last words
"""

from __future__ import annotations


class OpenSearchError(Exception):
    """Of this package; the message is for a person."""


class NotToBeHad(OpenSearchError):
    """A program is missing here, or a file cannot be fetched; the message names the remedy."""


class WrongContent(OpenSearchError):
    """A file's hash is not the pinned one; the message names the file and both hashes."""


class NodeFailed(OpenSearchError):
    """A node ended by itself or did not become ready in time; the message ends with the tail of its log."""
