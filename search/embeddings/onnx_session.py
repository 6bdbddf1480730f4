"""A graph opened by onnxruntime the way a web process wants it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from search.embeddings.exported import REMEDY
from search.errors import EncoderUnavailable


def open_session(graph: Path) -> Any:
    """An inference session that computes on the calling thread and may be used by many. Raises EncoderUnavailable.

    One thread per call: own threads would not survive the fork of a web worker, and batches bring their own.
    """
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # the arena keeps the largest batch's memory for good
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own that share no public root
        raise EncoderUnavailable(f"{graph} cannot be loaded ({error}). {REMEDY}") from error
