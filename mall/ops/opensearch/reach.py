"""Files that the server's user can reach. OpenSearch refuses to run as root, so a root starts it as nobody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from mall.ops.opensearch.errors import OpenSearchError

NOBODY = 65534
READABLE_FOLDER = 0o005


def server_user() -> int | None:
    """The user id to run the server under; None to stay who we are."""
    return NOBODY if os.geteuid() == 0 else None


def is_reachable(folder: Path) -> bool:
    """Whether everybody may read the folder and enter it and all above it."""
    folder = folder.resolve()
    return all(path.stat().st_mode & READABLE_FOLDER == READABLE_FOLDER for path in (folder, *folder.parents))


def reachable(folder: Path, into: Path) -> Path:
    """The folder itself, or its twin in `into` where a closed folder above, such as /root, hides it from the server.

    The twin is of hard links where the file system allows, so it takes no space.
    """
    folder = folder.resolve()
    if server_user() is None or is_reachable(folder):
        return folder
    return twin_of(folder, into)


def twin_of(folder: Path, into: Path, *, without: Iterable[str] = ()) -> Path:
    """The folder once more, in `into`. without: names in it, at any depth, that are left out."""
    twin, left_out = into / folder.name, shutil.ignore_patterns(*without)
    try:
        shutil.copytree(folder, twin, copy_function=os.link, symlinks=True, ignore=left_out)
    except (OSError, shutil.Error):
        shutil.rmtree(twin, ignore_errors=True)
        shutil.copytree(folder, twin, symlinks=True, ignore=left_out)
    return twin


def open_to_all(folder: Path) -> None:
    """Let everybody read what lies in the folder, whatever the umask was: released programs, no secrets."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))


def give_to_server(folder: Path) -> None:
    """Make the server's user the owner of the folder and all in it. Raises OpenSearchError where it cannot get in."""
    user = server_user()
    if user is None:
        return
    if not is_reachable(folder.parent):
        raise OpenSearchError(
            f"OpenSearch does not run as root, and others cannot enter {folder}: choose another folder"
        )
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
