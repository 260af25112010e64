"""A sentence-transformers model's transformer as an int8 ONNX file, made on first use and kept.

Weights of matrix products are quantised per channel; int8 of everything falls to a cosine of 0.95.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import ModelError

# Part of the cached file's name: raise it when the export below changes what it makes.
EXPORT_VERSION = 1


def int8_file(folder: Path, digest: str, cache: Path | None) -> Path:
    """The int8 ONNX model of these weights, made on first use (some seconds) and kept in the cache folder."""
    if cache is None:
        from platformdirs import user_cache_path

        cache = user_cache_path("backissue")
    target = cache / f"{digest[:32]}-int8-v{EXPORT_VERSION}.onnx"
    if not target.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as work:
                made = export_int8(folder, Path(work))
                made.replace(target)  # atomic: a killed process leaves no half file under the final name
        except OSError as error:
            raise ModelError(
                f"Cannot keep the int8 model in {cache}: {error}. Name another folder in BACKISSUE_CACHE."
            ) from error
    return target


def export_int8(folder: Path, work: Path) -> Path:
    """Exports the transformer to ONNX and quantises the weights of its matrix products to int8, per channel."""
    import torch
    from transformers import AutoModel

    class LastHiddenState(torch.nn.Module):
        def __init__(self, model: torch.nn.Module) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states: torch.Tensor = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            return states

    sample = torch.ones(2, 8, dtype=torch.long)
    axes = {name: {0: "batch", 1: "tokens"} for name in ("input_ids", "attention_mask", "states")}
    try:
        with quiet():
            model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
            torch.onnx.export(
                LastHiddenState(model),
                (sample, torch.ones_like(sample)),
                str(work / "float32.onnx"),
                input_names=["input_ids", "attention_mask"],
                output_names=["states"],
                dynamic_axes=axes,
                opset_version=17,
                dynamo=False,
            )
            quantise(work / "float32.onnx", work / "int8.onnx")
    except OSError:
        raise
    except Exception as error:
        raise ModelError(f"{folder} cannot be made an int8 model ({error}). Use --precision float32.") from error
    return work / "int8.onnx"


def quantise(source: Path, target: Path) -> None:
    """Writes an ONNX model with the weights of its matrix products in int8, per channel."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, per_channel=True, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)


@contextmanager
def quiet() -> Iterator[None]:
    """Silences the advice that torch, transformers and the quantiser print while they load and export."""
    import logging
    import warnings

    from transformers.utils import logging as transformers_logging

    progress: Any = transformers_logging

    root = logging.getLogger()
    before = root.level
    bars = progress.is_progress_bar_enabled()
    progress.disable_progress_bar()
    root.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        root.setLevel(before)
        if bars:
            progress.enable_progress_bar()
