"""Training runs: broken off and resumed to the bit, driven from the command line, exported and read."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from qa_fakes import HARBOUR, WordsReader, load_fake, open_archive
from safetensors.torch import load_file
from torch import Tensor, nn

from qa.calibration import Calibration
from qa.training import __main__ as program
from qa.training import data, recurring
from qa.training.model import RowDropout, SpanModel, load_weights
from qa.training.train import Schedule, train

Losses = Callable[[int], Iterator[Callable[[SpanModel], Tensor]]]
COMMANDS = ("pretrain", "train", "distant", "export", "calibrate")


class Stop(Exception):  # noqa: N818 - stands for a power cut
    """The run is broken off."""


# --- the schedule


@pytest.mark.parametrize("steps", [1, 2, 10, 17, 100, 1000])
@pytest.mark.parametrize("warmup", [0.0, 0.06, 0.5])
def test_the_rate_rises_then_falls_in_a_line_to_nothing(steps: int, warmup: float) -> None:
    factors = [Schedule(steps, 1.0, warmup).factor(step) for step in range(steps + 1)]
    top = factors.index(1.0)
    assert max(factors) == 1.0
    assert top + 1 == max(1, np.ceil(warmup * steps))
    assert np.diff([0.0, *factors[: top + 1]]) == pytest.approx(1 / (top + 1))
    assert np.diff(factors[top:]) == pytest.approx(-1 / (steps - top))
    assert factors[-1] == 0
    assert min(factors[:-1]) > 0


# --- the loop


class Words(nn.Module):
    """An encoder of single words, with dropout, so that a run depends on its random numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(40, 8)
        self.norm = nn.LayerNorm(8)
        self.dropout = RowDropout(0.2)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=self.dropout(self.norm(self.words(input_ids))))


def small(seed: int = 1) -> SpanModel:
    torch.manual_seed(seed)
    return SpanModel(Words(), 8)


def losses(stop: int | None = None, started: list[int] | None = None, seen: list[float] | None = None) -> Losses:
    """A batch of its own for each step, endlessly; Stop when `stop` is to be computed."""

    def compute(model: SpanModel, step: int) -> Tensor:
        ids = torch.randint(0, 40, (4, 9), generator=torch.Generator().manual_seed(step))
        start, end = model(ids, torch.zeros_like(ids), torch.ones_like(ids))
        loss = nn.functional.cross_entropy(start.float(), ids[:, 2] % 9) + end.float().pow(2).mean()
        if seen is not None:
            seen.append(float(loss.detach()))
        return loss

    def stream(step: int) -> Iterator[Callable[[SpanModel], Tensor]]:
        if started is not None:
            started.append(step)
        while True:
            if step == stop:
                raise Stop
            yield partial(compute, step=step)
            step += 1

    return stream


SCHEDULE = Schedule(10, 1e-2, save_every=3)


def run(out: Path, made: Losses | None = None, schedule: Schedule = SCHEDULE, seed: int = 7) -> dict[str, Tensor]:
    train(small(), made or losses(), schedule, out, seed=seed, device="cpu")
    return load_file(out / "weights.safetensors")


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tensor]:
    return run(tmp_path_factory.mktemp("unbroken"))


@pytest.mark.parametrize("stop", [0, 1, 3, 4, 8, 9])
def test_a_run_broken_off_and_resumed_is_as_if_it_never_was(
    tmp_path: Path, unbroken: dict[str, Tensor], stop: int
) -> None:
    started: list[int] = []
    with pytest.raises(Stop):
        run(tmp_path, losses(stop, started))
    assert not (tmp_path / "weights.safetensors").exists()
    torch.rand(5)  # what another program start would have drawn
    assert_equal(run(tmp_path, losses(None, started)), unbroken)
    assert started == [0, stop // 3 * 3]


def test_a_run_broken_off_twice(tmp_path: Path, unbroken: dict[str, Tensor]) -> None:
    for stop in (4, 5, 8):
        with pytest.raises(Stop):
            run(tmp_path, losses(stop))
    assert_equal(run(tmp_path), unbroken)


def test_a_run_that_is_done_stays_as_it_is(tmp_path: Path, unbroken: dict[str, Tensor]) -> None:
    run(tmp_path)
    seen: list[float] = []
    assert_equal(run(tmp_path, losses(seen=seen)), unbroken)
    assert seen == []


def test_seed_and_start_make_the_run(tmp_path: Path, unbroken: dict[str, Tensor]) -> None:
    other = run(tmp_path / "seed", seed=8)
    assert any(not torch.equal(other[name], unbroken[name]) for name in other)


@pytest.mark.parametrize("other", [Schedule(11, 1e-2, save_every=3), Schedule(10, 2e-2, save_every=3)])
def test_a_run_of_another_schedule_is_not_resumed(tmp_path: Path, other: Schedule) -> None:
    with pytest.raises(Stop):
        run(tmp_path, losses(4))
    before = (tmp_path / "state.pt").read_bytes()
    with pytest.raises(SystemExit, match=r"another schedule.*--out") as raised:
        run(tmp_path, schedule=other)
    assert str(tmp_path / "state.pt") in str(raised.value)
    assert (tmp_path / "state.pt").read_bytes() == before


def test_training_ends_when_its_steps_are_done_or_its_data_is(tmp_path: Path) -> None:
    seen: list[float] = []
    run(tmp_path / "steps", losses(seen=seen))
    assert len(seen) == 10
    run(tmp_path / "data", lambda step: islice(losses()(step), 4))
    assert torch.load(tmp_path / "data" / "state.pt")["step"] == 4


def test_the_log_has_a_line_every_20_steps_with_the_mean_loss(tmp_path: Path) -> None:
    seen: list[float] = []
    run(tmp_path, losses(seen=seen), Schedule(45, 1e-2))
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [20, 40]
    assert [row["loss"] for row in rows] == [pytest.approx(np.mean(seen[a : a + 20]), abs=1e-3) for a in (0, 20)]


def test_no_half_file_is_left(tmp_path: Path) -> None:
    run(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"state.pt", "weights.safetensors"}


# --- the command line


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr("sys.argv", ["training", *map(str, words)])
    program.main()


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str | None) -> None:
    with pytest.raises(SystemExit) as raised:
        call(monkeypatch, *([command] if command else []), "--help")
    assert raised.value.code == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: python -m qa.training")
    for word in ["--out"] if command else COMMANDS:
        assert word in said


@pytest.mark.slow
def test_help_as_a_program() -> None:
    line = [sys.executable, "-m", "qa.training", "--help"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300, cwd=Path(__file__).parents[2], check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize(
    "words", [[], ["nothing"], ["train", "--out", "x"], ["export"], ["distant", "q", "--until", "1"]]
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        call(monkeypatch, *words)
    assert raised.value.code == 2
    assert "error:" in capsys.readouterr().err


class Captured:
    """What a command would have trained with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def take(model: Any, losses: Losses, schedule: Schedule, out: Path, **rest: Any) -> None:
            self.losses, self.schedule, self.rest = losses, schedule, rest

        def keep(model: Any, batch: Any) -> Any:
            return batch

        monkeypatch.setattr(program, "train", take)
        monkeypatch.setattr(program, "_model", lambda arguments: None)
        monkeypatch.setattr(program, "_loss", keep)
        monkeypatch.setattr(recurring, "loss", keep)

    def batches(self, step: int, count: int) -> list[Any]:
        return [compute(None) for compute in islice(self.losses(step), count)]  # type: ignore[arg-type,misc]


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> Captured:
    return Captured(monkeypatch)


def groups_file(path: Path, count: int, name: str) -> Path:
    passage = {"header": "Race.", "text": f"The {name} won it in Port Ellery.", "answers": [[4, 4 + len(name)]]}
    rows = [{"question": f"Who won number {i} of {name}?", "passages": [passage]} for i in range(count)]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("passes", "expected"), [("", 1), ("*1", 1), ("*2.5", 2.5), ("*0.25", 0.25)])
def test_a_source_is_shown_as_often_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: Captured, passes: str, expected: float
) -> None:
    one, other = groups_file(tmp_path / "a.jsonl", 20, "Gulls"), groups_file(tmp_path / "b.jsonl", 8, "Terns")
    call(monkeypatch, "train", f"{one}{passes}", f"{other}*1.5", "--out", tmp_path, "--tokens", 256, "--device", "cpu")
    batches = captured.batches(0, 999)
    assert len(batches) == captured.schedule.steps
    assert sum(batch.count for batch in batches) == 20 * expected + 12


def test_a_resumed_fine_tuning_sees_the_batches_it_would_have_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: Captured
) -> None:
    path = groups_file(tmp_path / "a.jsonl", 30, "Gulls")
    line = ["train", f"{path}*2", "--out", tmp_path, "--tokens", 256, "--device", "cpu", "--seed"]
    call(monkeypatch, *line, 3)
    whole = [batch.ids.tolist() for batch in captured.batches(0, 99)]
    call(monkeypatch, *line, 3)
    assert [batch.ids.tolist() for batch in captured.batches(5, 99)] == whole[5:]
    call(monkeypatch, *line, 4)
    assert [batch.ids.tolist() for batch in captured.batches(0, 99)] != whole


def articles_file(path: Path) -> Path:
    days = ["2020-01-01", "2020-06-30T23:00:00Z", "2020-07-01", "2021-01-01", None]
    rows = [
        {"title": f"Title {i}", "text": f"Norvik{i} Lines met Norvik{i} Lines and the Gulls . " * 20, "published": day}
        for i, day in enumerate(days)
    ]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def pretrain_line(tmp_path: Path, device: str = "cpu") -> list[object]:
    path = articles_file(tmp_path / "articles.jsonl.gz")
    line = ["pretrain", "--articles", path, "--before", "2020-07-01", "--steps", 9, "--out", tmp_path]
    return [*line, "--tokens", 512, "--device", device]


def test_pretraining_leaves_later_and_undated_articles_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: Captured
) -> None:
    texts: list[list[str]] = []
    plain = recurring.passages
    monkeypatch.setattr(recurring, "passages", lambda given, *rest: texts.append(given) or plain(given, *rest))
    call(monkeypatch, *pretrain_line(tmp_path))
    captured.batches(0, 1)
    assert [text[:8] for text in texts[0]] == ["Title 0.", "Title 1."]
    assert captured.schedule.steps == 9


def test_a_resumed_pretraining_sees_the_batches_it_would_have_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: Captured
) -> None:
    call(monkeypatch, *pretrain_line(tmp_path))
    whole = captured.batches(0, 6)
    assert all(batch.ids.shape[0] == 2 for batch in whole)
    for one, other in zip(whole[4:], captured.batches(4, 2), strict=True):
        assert torch.equal(one.ids, other.ids)
        assert torch.equal(one.first, other.first)


def test_fine_tuning_moves_its_batches_to_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: Captured
) -> None:
    path = groups_file(tmp_path / "a.jsonl", 3, "Gulls")
    call(monkeypatch, "train", path, "--out", tmp_path, "--device", "meta")
    assert {batch.ids.device.type for batch in captured.batches(0, 9)} == {"meta"}


def test_pretraining_moves_its_batches_to_the_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, captured: Captured
) -> None:
    call(monkeypatch, *pretrain_line(tmp_path, "meta"))
    assert {batch.ids.device.type for batch in captured.batches(0, 1)} == {"meta"}


def test_calibrating_writes_the_calibration_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("scipy", "matplotlib"):
        pytest.importorskip(name, reason="needs what `pip install backissue[training]` brings")
    open_archive(tmp_path / "archive", HARBOUR).close()
    monkeypatch.setattr("index.embed.load_encoder", load_fake)
    monkeypatch.setattr("qa.readers.load_reader", lambda *_: WordsReader("Norvik Lines", "Gulls"))
    questions = [
        {
            "id": f"{i}",
            "question": "Who won the regatta?",
            "as_of": f"2017-11-{day}",
            "answers": ["Gulls"],
            "in_archive": True,
        }
        for i, day in enumerate((13, 14, 15, 16))
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, questions)) + "\n", encoding="utf-8")
    config = {"name": "x", "sha256": "y", "calibration": {}, "max_pieces": 96}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    line = ["calibrate", tmp_path / "q.jsonl", "--archive", tmp_path / "archive", "--out", tmp_path]
    call(monkeypatch, *line, "--since", "2017-11-14")
    written = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    said = json.loads(capsys.readouterr().out)
    assert said["questions"] == 3
    assert said["calibration"] == written["calibration"]
    Calibration(**written["calibration"])
    assert {**written, "calibration": {}} == config
    assert (tmp_path / "reliability.svg").exists()


# --- a small transformer, trained, exported and read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    folder = tmp_path_factory.mktemp("tiny")
    BertModel(config).save_pretrained(folder)
    return folder


def tiny(folder: Path) -> SpanModel:
    from qa.training.model import new_model

    torch.manual_seed(2)
    return new_model(folder)


@pytest.mark.slow
def test_fine_tuning_a_transformer_resumes_to_the_bit(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = groups_file(tmp_path / "a.jsonl", 30, "Gulls")
    monkeypatch.setattr(program, "_model", lambda arguments: tiny(folder))
    monkeypatch.setattr(program, "Schedule", partial(Schedule, save_every=3))
    plain, left = program._loss, 5

    def broken(model: SpanModel, batch: data.Batch) -> Tensor:
        nonlocal left
        left -= 1
        if left < 0:
            raise Stop
        return plain(model, batch)

    line = ["train", f"{path}*2", "--tokens", 256, "--device", "cpu", "--out"]
    call(monkeypatch, *line, tmp_path / "whole")
    monkeypatch.setattr(program, "_loss", broken)
    with pytest.raises(Stop):
        call(monkeypatch, *line, tmp_path / "broken")
    monkeypatch.setattr(program, "_loss", plain)
    call(monkeypatch, *line, tmp_path / "broken")
    whole, resumed = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "broken"))
    assert_equal(whole, resumed)
    before = tiny(folder).state_dict()
    assert any(not torch.equal(before[name], whole[name]) for name in whole)


@pytest.mark.slow
def test_pretraining_lowers_its_loss(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "_model", lambda arguments: tiny(folder))
    call(monkeypatch, *pretrain_line(tmp_path), "--steps", 40, "--rate", 5e-3)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < rows[0]["loss"]


@pytest.fixture(scope="module")
def trained(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> SpanModel:
    """Taught by heart where the answer stands; one passage has none."""
    out = tmp_path_factory.mktemp("trained")
    pieces = data.Pieces(program.BASE)
    rows = [("Gulls", [[4, 9]]), ("Terns", [[4, 9]]), ("boats", [])]
    passages = [{"header": "", "text": f"The {name} won it.", "answers": answers} for name, answers in rows]
    lines = [json.dumps({"question": "Who won?", "passages": [passage]}) for passage in passages]
    (out / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    batch = data.collate(data.read(out / "a.jsonl", pieces), pieces)

    def same(step: int) -> Iterator[Callable[[SpanModel], Tensor]]:
        while True:
            yield lambda model: program._loss(model, batch)

    train(tiny(folder), same, Schedule(80, 3e-3), out, seed=1, device="cpu")
    model = tiny(folder)
    load_weights(model, out / "weights.safetensors")
    return model.eval()


def exported(model: SpanModel, folder: Path, *, int8: bool) -> Any:
    from copy import deepcopy

    from qa.span_model import ShippedModel
    from qa.training.export import export

    export(deepcopy(model), program.BASE / "tokenizer.json", folder, int8=int8)
    return ShippedModel(folder, 1)


@pytest.mark.slow
@pytest.mark.parametrize(("int8", "share"), [(False, 1e-4), (True, 0.1)])
def test_the_exported_model_scores_as_the_trained_one(
    tmp_path: Path, trained: SpanModel, int8: bool, share: float
) -> None:
    """Within `share` of the spread of the logits; at lengths other than the sample's too."""
    from qa.windows import windows

    shipped = exported(trained, tmp_path, int8=int8)
    for text in ("The Gulls won it.", "Gulls", "The Terns won it in Port Ellery, the board said. " * 20):
        ((window,),) = windows(shipped._tokenizer, "Who won?", ["Race."], [text], 352, shipped._query)
        ids, types = torch.tensor([window.ids]), torch.tensor([window.types])
        with torch.inference_mode():
            expected = trained(ids, types, torch.ones_like(ids))
        for found, logits in zip(shipped._run(window), expected, strict=True):
            assert found.shape == (len(window.ids),)
            spread = float(logits.max() - logits.min())
            assert np.abs(found - logits[0].numpy()).max() <= share * max(spread, 1.0)


@pytest.mark.slow
def test_what_was_learned_is_read(tmp_path: Path, trained: SpanModel) -> None:
    from qa.span_model import Text

    for int8 in (False, True):
        shipped = exported(trained, tmp_path / str(int8), int8=int8)
        bodies = [f"The {name} won it." for name in ("Gulls", "Terns", "boats")]
        gulls, terns, boats = shipped.spans("Who won?", [Text("", body) for body in bodies])
        assert bodies[0][gulls[0].start : gulls[0].end] == "Gulls"
        assert bodies[1][terns[0].start : terns[0].end] == "Terns"
        assert min(gulls[0].score, terns[0].score) > 0
        assert not boats or boats[0].score < 0


@pytest.mark.slow
def test_an_exported_reader_describes_itself(tmp_path: Path, trained: SpanModel) -> None:
    from qa.training.export import MAX_PIECES, NAME

    shipped = {int8: exported(trained, tmp_path / str(int8), int8=int8) for int8 in (True, False)}
    for int8, model in shipped.items():
        place = tmp_path / str(int8)
        assert {path.name for path in place.iterdir()} == {"reader.onnx", "tokenizer.json", "config.json"}
        config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        digests = {name: sha256((place / name).read_bytes()).hexdigest() for name in ("reader.onnx", "tokenizer.json")}
        assert config["sha256"] == digests
        assert model.name == f"{NAME}/{digests['reader.onnx'][:12]}"
        assert config["max_pieces"] == MAX_PIECES >= data.MAX_QUESTION + data.MAX_HEADER + 224 + 4
        assert model.calibration == Calibration()
    sizes = [(tmp_path / str(int8) / "reader.onnx").stat().st_size for int8 in (True, False)]
    assert sizes[0] < sizes[1] / 2.5


@pytest.mark.slow
def test_the_export_command_reads_weights_and_writes_a_reader(
    tmp_path: Path, folder: Path, trained: SpanModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qa.span_model import ShippedModel
    from qa.training.model import save_weights

    save_weights(trained, tmp_path / "w.safetensors")
    monkeypatch.setattr(program, "new_model", lambda base: tiny(folder))
    call(monkeypatch, "export", "--init", tmp_path / "w.safetensors", "--out", tmp_path / "r", "--float32")
    exported(trained, tmp_path / "direct", int8=False)
    assert (tmp_path / "r" / "reader.onnx").stat().st_size == (tmp_path / "direct" / "reader.onnx").stat().st_size
    ShippedModel(tmp_path / "r", 1)
