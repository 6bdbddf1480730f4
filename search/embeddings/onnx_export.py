"""From a sentence-transformers model to int8 ONNX, once, at set-up. The only module here that needs torch to work.

Can be exported: an encoder of the BERT family with mean or first-token pooling, normalised or not. Anything else is
refused in words. sentence-transformers' own ONNX backend would need the package optimum and would write files where
the model lies.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from search.embeddings.exported import GRAPH_FILE, ExportedModel, draft_folder, publish_export, slug_of
from search.embeddings.onnx_encoder import TOKENIZER_FILE
from search.errors import EncoderUnavailable

FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert", "distilbert", "mpnet"})
POOLINGS = frozenset({"mean", "cls"})
OPSET = 17


def export_model(source: str, cache_folder: Path, *, name: str = "") -> ExportedModel:
    """Export `source` (a sentence-transformers name or folder) into `cache_folder` and return its card.

    Safe to repeat and to kill: files are made in a temporary folder, renamed to one that carries their hash, and the
    card is replaced last. Raises EncoderUnavailable when the model cannot be had or is of a kind not known here.
    """
    model = _load(source)
    _check_kind(model, source)
    with draft_folder(cache_folder) as made:
        inputs = _write_graph(model, made)
        _save_tokenizer(model, made / TOKENIZER_FILE)
        return publish_export(
            made,
            cache_folder,
            slug=slug_of(name or source),
            inputs=inputs,
            dimensions=int(model.get_embedding_dimension()),
            query_prompt=model.prompts.get("query", ""),
            document_prompt=model.prompts.get("document", "") or model.prompts.get("passage", ""),
        )


def _load(source: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer

        # traced attention: the fused kernels cannot be written to a file
        return SentenceTransformer(source, device="cpu", model_kwargs={"attn_implementation": "eager"})
    except Exception as error:  # the library raises many kinds, down to those of its downloader
        raise EncoderUnavailable(
            f"The text model {source} cannot be loaded: {error}. Name a sentence-transformers folder on this machine."
        ) from error


def _check_kind(model: Any, source: str) -> None:
    kinds = [type(module).__name__ for module in model]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        raise EncoderUnavailable(f"{source} is made of {', '.join(kinds)}; only Transformer + Pooling can be exported.")
    family = model[0].auto_model.config.model_type
    if family not in FAMILIES:
        raise EncoderUnavailable(f"{source} is of the family {family}; known are {', '.join(sorted(FAMILIES))}.")
    if _pooling_of(model) not in POOLINGS:
        raise EncoderUnavailable(f"{source} pools by {_pooling_of(model)}; known are {', '.join(sorted(POOLINGS))}.")


def _pooling_of(model: Any) -> str:
    mode = model[1].get_config_dict().get("pooling_mode", "")
    return mode if isinstance(mode, str) else "+".join(mode)


def _save_tokenizer(model: Any, path: Path) -> None:
    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise EncoderUnavailable("This model has no tokenizer.json, and another tokenizer cannot run without torch.")
    path.write_text(json.dumps(json.loads(fast.to_str()), ensure_ascii=False), encoding="utf-8")


def _write_graph(model: Any, folder: Path) -> list[str]:
    """Write the graph from tokens to unit vectors, in int8, and return the names of its inputs."""
    import torch

    inputs: list[str] = [
        name for name in ("input_ids", "attention_mask", "token_type_ids") if name in _input_names(model)
    ]
    pools_mean = _pooling_of(model) == "mean"

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = model[0].auto_model

        def forward(self, *given: torch.Tensor) -> torch.Tensor:
            named = dict(zip(inputs, given, strict=True))
            tokens = self.encoder(**named).last_hidden_state
            if pools_mean:
                mask = named["attention_mask"].unsqueeze(-1).to(tokens.dtype)
                pooled = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            else:
                pooled = tokens[:, 0]
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    example = tuple(torch.ones((2, 9), dtype=torch.int64) for _ in inputs)
    write_int8_graph(Whole().eval(), example, inputs, folder)
    return inputs


def _input_names(model: Any) -> list[str]:
    return list(model.tokenizer.model_input_names)


def write_int8_graph(module: Any, example: tuple[Any, ...], inputs: list[str], folder: Path) -> None:
    """Trace `module` to `folder / GRAPH_FILE` with int8 weights; the first two axes of every input may vary."""
    import warnings

    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = folder / "model.full.onnx"
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns about every Python condition in the model's code
        torch.onnx.export(
            module,
            example,
            str(full),
            input_names=inputs,
            output_names=["vector"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in inputs},
            opset_version=OPSET,
            dynamo=False,
        )
    quantize_dynamic(str(full), str(folder / GRAPH_FILE), weight_type=QuantType.QInt8, per_channel=True)
    full.unlink()
