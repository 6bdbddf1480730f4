"""Why there is no backup, or nothing is restored.

BackupError
├── NotABackup      the folder holds no whole backup; a file of it is missing or changed
└── NotRestored     this mall cannot take it; nothing was changed
"""

from __future__ import annotations


class BackupError(Exception):
    """The message is for a person and names the remedy."""


class NotABackup(BackupError):
    """The folder holds no whole backup."""


class NotRestored(BackupError):
    """This mall cannot take the backup. Nothing was changed."""
