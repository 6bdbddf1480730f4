"""A small disk in place of a folder, for as long as a drill fills it. Linux, root."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mall.ops.drills.report import CannotDrill

BALLAST = ".ballast"
BLOCK = bytes(64 * 1024)


@contextlib.contextmanager
def small_disk(folder: Path, *, free_bytes: int) -> Iterator[Path]:
    """The folder lies on a disk of its own with what it held and so much room; what it gained is kept afterwards.

    Raises CannotDrill where no disk may be mounted.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotDrill("a small disk needs Linux and root, who may mount one")
    folder.mkdir(parents=True, exist_ok=True)
    held = sum(path.stat().st_size + 8192 for path in folder.rglob("*"))
    with tempfile.TemporaryDirectory(prefix="mall-disk-") as place:
        _mount("-t", "tmpfs", "-o", f"size={held + free_bytes},mode=755", "tmpfs", place)
        try:
            _copy(folder, Path(place))
            _mount("--bind", place, str(folder))
            try:
                yield folder
            finally:
                (folder / BALLAST).unlink(missing_ok=True)
                subprocess.run(["umount", "--lazy", str(folder)], check=True)
            _copy(Path(place), folder)
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotDrill(f"no disk may be mounted here ({done.stderr.strip()[-200:]}): run it as a root who may")


def _copy(source: Path, target: Path) -> None:
    facts = source.stat()
    shutil.copytree(source, target, dirs_exist_ok=True)
    os.chown(target, facts.st_uid, facts.st_gid)


def fill(folder: Path) -> int:
    """Leave no room on the folder's disk; how many bytes it took."""
    taken = 0
    with (folder / BALLAST).open("ab", buffering=0) as file:
        for block in (BLOCK, bytes(4096), bytes(1)):
            try:
                while True:
                    taken += file.write(block)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return taken


def make_room(folder: Path) -> None:
    """Take away what `fill` left."""
    (folder / BALLAST).unlink(missing_ok=True)
