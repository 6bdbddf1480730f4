"""Where files that editors upload are kept."""

from __future__ import annotations

import contextlib

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from mall.core.middleware import DISK_IS_FULL


class WholeFileStorage(FileSystemStorage):
    """A file that found no room is not there: half a picture would be served as one."""

    def _save(self, name: str, content: File[bytes]) -> str:
        was_there = self.exists(name)
        try:
            saved: str = super()._save(name, content)  # type: ignore[misc]
        except OSError as error:
            if error.errno in DISK_IS_FULL and not was_there:
                with contextlib.suppress(OSError):
                    self.delete(name)
            raise
        return saved
