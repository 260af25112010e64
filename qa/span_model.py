"""Span models: question and texts -> the best spans of each text.

The shipped reader runs in ONNX Runtime from the folder `qa/weights`; any Hugging Face question-answering model runs
in transformers, by folder or hub name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.errors import ModelError
from index.int8 import quiet
from qa.calibration import Calibration
from qa.spans import PER_PASSAGE, Floats, Scored, best_spans
from qa.windows import Window, windows

SHIPPED = "backissue"
WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class Text:
    """A text to read, and the words before it that say what it is; answers come out of `body` alone."""

    header: str
    body: str


class SpanModel(Protocol):
    """Finds spans. `name` identifies the weights."""

    name: str
    calibration: Calibration

    def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
        """The best spans of each text, best first, as characters of its `body`; see `qa.spans`."""
        ...


def load_span_model(name: str, threads: int = 0) -> SpanModel:
    """`backissue` (shipped), the folder of another exported reader, or a question-answering model's folder or hub name.

    Raises ModelError.
    """
    if name == SHIPPED:
        return ShippedModel(WEIGHTS, threads)
    folder = Path(name)
    return ShippedModel(folder, threads) if (folder / "reader.onnx").exists() else HubModel(name, threads)


class ShippedModel:
    """The reader's own int8 model; one single-threaded run a window, `threads` windows at a time.

    A text's scores never depend on its neighbours, so one question and many, one passage and twenty, agree to the bit.
    """

    def __init__(self, folder: Path = WEIGHTS, threads: int = 0) -> None:
        """Raises ModelError when the folder lacks a file or the weights are not those its card describes."""
        import onnxruntime
        from tokenizers import Tokenizer

        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            with (folder / "reader.onnx").open("rb") as file:
                digest = file_digest(file, "sha256").hexdigest()
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:
            raise ModelError(f"{folder} holds no reader ({error}). {_REINSTALL}") from error
        if digest != self.config["sha256"]:
            raise ModelError(f"The reader's weights in {folder} are altered. {_REINSTALL}")
        self.name = f"{self.config['name']}/{digest[:12]}"
        self.calibration = Calibration(**self.config["calibration"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "reader.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # "[MASK]" in an article is plain text
        self._query = self._tokenizer.token_to_id(self.config["query_token"])
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="read")

    def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
        """See `SpanModel.spans`."""
        cut = _windows(self._tokenizer, question, texts, self.config["max_pieces"], self._query)
        return _gather(texts, cut, self._pool.map(self._run, [window for _, window in cut]))

    def _run(self, window: Window) -> tuple[Floats, Floats]:
        ids, types = (np.array([row], np.int64) for row in (window.ids, window.types))
        start, end = self._session.run(["start", "end"], {"ids": ids, "types": types})
        return start[0], end[0]


_REINSTALL = "Reinstall Backissue: pip install --force-reinstall backissue"


class HubModel:
    """A Hugging Face question-answering model in float32, by folder or hub name.

    The score of the first piece stands for "no answer", as models trained on SQuAD 2.0 have it; those trained on
    SQuAD 1.1 give it no meaning, so their scores compare passages less well.
    """

    def __init__(self, model: str, threads: int = 0) -> None:
        """Raises ModelError when it cannot be had or has no question-answering head."""
        import torch
        from tokenizers import Tokenizer
        from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer

        if threads:
            torch.set_num_threads(threads)
        try:
            with quiet():
                config = AutoConfig.from_pretrained(model)
                self._model = AutoModelForQuestionAnswering.from_pretrained(model).eval()
                slow = AutoTokenizer.from_pretrained(model)
        except Exception as error:
            raise ModelError(
                f"{model!r} is no question-answering model that can be had here ({type(error).__name__}: {error}). "
                "Name a folder with one, a hub name, or leave the setting 'reader' out."
            ) from error
        heads = config.architectures or []
        if not any(head.endswith("ForQuestionAnswering") for head in heads):
            raise ModelError(f"{model!r} is no question-answering model: its configuration says {heads}.")
        if not slow.is_fast:
            raise ModelError(f"The tokenizer of {model!r} gives no offsets. Convert it to a tokenizer.json.")
        self._tokenizer = Tokenizer.from_str(slow.backend_tokenizer.to_str())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True
        self._typed = "token_type_ids" in slow.model_input_names
        self._most = min(384, slow.model_max_length, getattr(config, "max_position_embeddings", 512) - 2)
        self.name = f"{model}/float32"
        self.calibration = Calibration()

    def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
        """See `SpanModel.spans`."""
        cut = _windows(self._tokenizer, question, texts, self._most, None)
        return _gather(texts, cut, map(self._run, [window for _, window in cut]))

    def _run(self, window: Window) -> tuple[Floats, Floats]:
        import torch

        inputs = {"input_ids": torch.tensor([window.ids]), "attention_mask": torch.ones(1, len(window.ids)).long()}
        if self._typed:
            inputs["token_type_ids"] = torch.tensor([window.types])
        with torch.inference_mode():
            output = self._model(**inputs)
        return output.start_logits[0].float().numpy(), output.end_logits[0].float().numpy()


def _windows(
    tokenizer: Any, question: str, texts: Sequence[Text], most: int, query: int | None
) -> list[tuple[int, Window]]:
    """(index of its text, window), longest first, so that no thread is left alone with a long one at the end."""
    made = windows(tokenizer, question, [t.header for t in texts], [t.body for t in texts], most, query)
    cut = [(index, window) for index, group in enumerate(made) for window in group]
    return sorted(cut, key=lambda item: -len(item[1].ids))


def _gather(texts: Sequence[Text], cut: Sequence[tuple[int, Window]], logits: Any) -> list[list[Scored]]:
    """Decodes each window and keeps the best spans of each text that do not overlap."""
    found: list[list[Scored]] = [[] for _ in texts]
    for (index, window), (start, end) in zip(cut, logits, strict=True):
        here = slice(window.first, window.first + len(window.offsets))
        null = float(start[0] + end[0])
        found[index] += best_spans(texts[index].body, window.offsets, start[here], end[here], null)
    return [_best(spans) for spans in found]


def _best(spans: list[Scored]) -> list[Scored]:
    kept: list[Scored] = []
    for span in sorted(spans, key=lambda span: (-span.score, span.start, span.end)):
        if len(kept) < PER_PASSAGE and all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept
