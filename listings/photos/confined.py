"""`normalise` in a process of its own, with limits of memory and time.

A decoder that goes wrong takes its own process with it and nothing else. The child gets no setting and no secret: its
environment is empty but for where to find this package. Used as `python -m listings.photos.confined` it is that child:
bytes on standard input; one line of JSON and then the raw pixels on standard output.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from listings.photos.errors import PhotoRefused, Reason
from listings.photos.intake import MAX_BYTES, normalise
from listings.photos.kinds import ALL_KINDS, Kind

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one photo may cost. memory_bytes: address space; seconds: of the clock, and of the processor."""

    memory_bytes: int = 1_500_000_000
    seconds: int = 20


def normalise_confined(
    data: bytes, name: str, *, kinds: Collection[Kind] = ALL_KINDS, limits: Limits = Limits()
) -> Image.Image:
    """`normalise` with limits: the same image, the same refusals, and Reason.TOO_COSTLY where a limit was met."""
    if len(data) > MAX_BYTES:
        return normalise(data, name, kinds=kinds)  # refuses, and need not be sent over
    order = json.dumps([name, sorted(kinds), limits.memory_bytes, limits.seconds])
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "listings.photos.confined", order],
            input=data,
            capture_output=True,
            timeout=limits.seconds,
            env={"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd=_ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_costly() from error
    head, _, pixels = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        raise _too_costly()
    answer = json.loads(head)
    if "reason" in answer:
        raise PhotoRefused(Reason(answer["reason"]), answer["message"])
    return Image.frombytes(answer["mode"], tuple(answer["size"]), pixels)


def _too_costly() -> PhotoRefused:
    return PhotoRefused(
        Reason.TOO_COSTLY, "The picture cannot be read here. Please send a smaller copy of it, as a JPEG."
    )


def _child(order: str) -> None:
    name, kinds, memory_bytes, seconds = json.loads(order)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    try:
        image = normalise(sys.stdin.buffer.read(MAX_BYTES + 1), name, kinds=[Kind(kind) for kind in kinds])
    except PhotoRefused as refusal:
        out.write(json.dumps({"reason": refusal.reason, "message": str(refusal)}).encode() + b"\n")
        return
    out.write(json.dumps({"mode": image.mode, "size": image.size}).encode() + b"\n" + image.tobytes())


if __name__ == "__main__":
    _child(sys.argv[1])
