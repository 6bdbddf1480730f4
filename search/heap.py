"""Memory that was needed for a moment only, and what stays for good."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back_free_memory() -> None:
    """Hand the heap's free pages back to the system, where glibc can: loading a text model leaves 30 MB of them."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def keep_what_is_there() -> None:
    """Let no later garbage collection look at what is there now: the code and all that a process has once loaded.

    Half of Django's classes and functions walked through in the middle of a request take .1 s, once a second or so.
    """
    gc.collect()
    gc.freeze()
