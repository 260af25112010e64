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
from qa.windows import MAX_HEADER, MAX_QUESTION, Window, plain_tokenizer, windows

SHIPPED = "backissue"
# A question and a header of full length, and a little of the passage.
LEAST_PIECES = MAX_QUESTION + MAX_HEADER + 16
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
    try:
        exported = (Path(name) / "reader.onnx").exists()
    except OSError as error:
        raise _unusable(f"{name[:80]}...", str(error.strerror)) from error
    return ShippedModel(Path(name), threads) if exported else HubModel(name, threads)


class ShippedModel:
    """The reader's own int8 model; one single-threaded run a window, `threads` windows at a time.

    A text's scores never depend on its neighbours, so one question and many, one passage and twenty, agree to the bit.
    """

    def __init__(self, folder: Path = WEIGHTS, threads: int = 0) -> None:
        """Raises ModelError when the folder lacks a file or they are not those that its config.json describes."""
        try:
            self._load(folder)
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"{folder} holds no usable reader ({type(error).__name__}: {error}). {_REMEDY}") from error
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1, thread_name_prefix="read")

    def _load(self, folder: Path) -> None:
        import onnxruntime

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        digests = {name: _digest(folder / name) for name in ("reader.onnx", "tokenizer.json")}
        if digests != config["sha256"]:
            raise ModelError(f"The reader's files in {folder} are altered. {_REMEDY}")
        self.name = f"{config['name']}/{digests['reader.onnx'][:12]}"
        self.calibration = Calibration(**config["calibration"])
        self._most = int(config["max_pieces"])
        self._tokenizer = plain_tokenizer((folder / "tokenizer.json").read_text(encoding="utf-8"))
        self._query = self._tokenizer.token_to_id(config["query_token"])
        if self._query is None:
            raise ModelError(f"{folder}: the tokenizer lacks the question token {config['query_token']!r}. {_REMEDY}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "reader.onnx"),
            options,
            providers=["CPUExecutionProvider"],
            # Its sum and normalisation in one go are a tenth of a run slower than one after the other.
            disabled_optimizers=["SkipLayerNormFusion"],
        )

    def spans(self, question: str, texts: Sequence[Text]) -> list[list[Scored]]:
        """See `SpanModel.spans`."""
        cut = _windows(self._tokenizer, question, texts, self._most, self._query)
        return _gather(texts, cut, self._pool.map(self._run, [window for _, window in cut]))

    def _run(self, window: Window) -> tuple[Floats, Floats]:
        ids, types = (np.array([row], np.int64) for row in (window.ids, window.types))
        start, end = self._session.run(["start", "end"], {"ids": ids, "types": types})
        return start[0], end[0]


_REMEDY = "Reinstall Backissue (pip install --force-reinstall backissue), or name another reader."


class HubModel:
    """A Hugging Face question-answering model in float32, by folder or hub name.

    The score of the first piece stands for "no answer", as models trained on SQuAD 2.0 have it; those trained on
    SQuAD 1.1 give it no meaning, so their scores compare passages less well.
    """

    def __init__(self, model: str, threads: int = 0) -> None:
        """Raises ModelError when it cannot be had, or has no trained question-answering head or no usable tokenizer."""
        import torch

        if threads:
            torch.set_num_threads(threads)
        try:
            with quiet():
                self._load(model)
        except ModelError:
            raise
        except Exception as error:
            raise _unusable(model, f"{type(error).__name__}: {error}") from error
        self.name = f"{model}/float32"
        self.calibration = Calibration()

    def _load(self, model: str) -> None:
        from transformers import AutoConfig, AutoModelForQuestionAnswering, AutoTokenizer

        # A model folder is data: code that it brings along is never run, nor offered to be.
        config = AutoConfig.from_pretrained(model, trust_remote_code=False)
        heads = config.architectures or []
        if not any(head.endswith("ForQuestionAnswering") for head in heads):
            raise _unusable(model, f"its configuration says {heads or 'nothing of a head'}")
        self._model, loading = AutoModelForQuestionAnswering.from_pretrained(
            model, trust_remote_code=False, output_loading_info=True
        )
        if loading["missing_keys"]:
            raise _unusable(model, f"its weights lack {', '.join(sorted(loading['missing_keys'])[:4])}")
        self._model.eval()
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
        if not tokenizer.is_fast:
            raise _unusable(model, "its tokenizer gives no offsets; convert it to a tokenizer.json")
        self._tokenizer = plain_tokenizer(tokenizer.backend_tokenizer.to_str())
        if {*self._tokenizer.encode("the of a 1", add_special_tokens=False).ids} <= {tokenizer.unk_token_id}:
            raise _unusable(model, "its tokenizer has no vocabulary; put the tokenizer's files beside the weights")
        self._typed = "token_type_ids" in tokenizer.model_input_names
        positions = getattr(config, "max_position_embeddings", None) or 512
        self._most = min(384, tokenizer.model_max_length, positions - 2)
        if self._most < LEAST_PIECES:
            raise _unusable(model, f"it reads {self._most} word pieces at a time, too few for question and passage")

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


def _unusable(model: str, why: str) -> ModelError:
    remedy = "Name a folder with a question-answering model, a hub name, or leave the setting 'reader' out."
    return ModelError(f"{model!r} is no question-answering model that can be used here: {why}. {remedy}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


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
