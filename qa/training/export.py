"""Trained weights -> the int8 ONNX file that is shipped.

Matrix products are quantised dynamically, per channel; word vectors to int8 with one scale a row, which keeps them
near exact and takes 12 MB, not 47. (Fusing each layer's attention into one operator made it a tenth slower.)
"""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from index.int8 import quantise, quiet
from qa.calibration import Calibration
from qa.training.model import QUERY, SpanModel

NAME = "backissue-reader-3"
# As long as the windows are in training: question, header and 256 pieces.
MAX_PIECES = 352


class _RowInt8Embedding(nn.Module):
    """An embedding with int8 rows and a float scale for each."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("rows", torch.round(weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        rows: Tensor = self.rows[ids].float()  # type: ignore[index]
        return rows * self.scale[ids]  # type: ignore[index]


class _Exported(nn.Module):
    """ids and types (1, pieces) -> start and end logits (1, pieces): one text alone, so there is no mask, adding
    which would take a twentieth of the time."""

    def __init__(self, model: SpanModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        states = self.model.encoder(input_ids=ids, token_type_ids=types).last_hidden_state
        start, end = self.model.head(states, states[:, QUERY : QUERY + 1])
        return start.squeeze(1), end.squeeze(1)


def export(model: SpanModel, tokenizer: Path, folder: Path, *, int8: bool = True) -> None:
    """Writes reader.onnx, tokenizer.json and config.json to `folder`. `int8` off keeps float32, to compare."""
    folder.mkdir(parents=True, exist_ok=True)
    model = copy.deepcopy(model).eval().float().cpu()
    if int8:
        words: Any = model.encoder.embeddings
        words.word_embeddings = _RowInt8Embedding(words.word_embeddings.weight.data)
    with tempfile.TemporaryDirectory() as work, quiet():
        plain = Path(work) / "plain.onnx"
        sample = torch.randint(1000, 2000, (1, 24))
        torch.onnx.export(
            _Exported(model),
            (sample, torch.zeros_like(sample)),
            str(plain),
            input_names=["ids", "types"],
            output_names=["start", "end"],
            dynamic_axes={name: {1: "pieces"} for name in ("ids", "types", "start", "end")},
            opset_version=17,
            dynamo=False,
        )
        target = folder / "reader.onnx"
        if int8:
            quantise(plain, target)
        else:
            shutil.copy(plain, target)
    shutil.copy(tokenizer, folder / "tokenizer.json")
    digests = {path.name: sha256(path.read_bytes()).hexdigest() for path in (target, folder / "tokenizer.json")}
    about = {
        "name": NAME,
        "sha256": digests,
        "query_token": "[MASK]",
        "max_pieces": MAX_PIECES,
        "calibration": asdict(Calibration()),  # until `calibrate` fits it
    }
    (folder / "config.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
