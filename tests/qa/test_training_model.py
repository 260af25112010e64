"""The span model's head, dropout and loss, against plain references."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from qa import spans
from qa.training.model import (
    DOUBT,
    IMPOSSIBLE,
    MAX_ANSWER,
    QUERY,
    RowDropout,
    SpanHead,
    SpanModel,
    average_weights,
    load_weights,
    new_model,
    save_weights,
    shared_loss,
    span_logits,
)

Span = tuple[int, int, int]  # row, first and last token


class Words(nn.Module):
    """An encoder that knows words only: the vector of each token, whatever stands beside it."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.words = nn.Embedding(50, size)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=self.words(input_ids))


def random_rows(seed: int, rows: int = 4, tokens: int = 7, scale: float = 3.0) -> tuple[Tensor, ...]:
    """Start and end logits, and where spans may start and end."""
    chance = torch.Generator().manual_seed(seed)
    start, end = torch.randn(2, rows, tokens, generator=chance) * scale
    starts, ends = torch.rand(2, rows, tokens, generator=chance) < 0.6
    starts[:, 0] = ends[:, 0] = False
    return start, end, starts, ends


def every_span(start: Tensor, end: Tensor, starts: Tensor, ends: Tensor) -> dict[Span, float]:
    """The reference: each span that may be an answer, and its score over that of "no answer"."""
    start, end = start.detach(), end.detach()
    rows, tokens = start.shape
    return {
        (r, i, j): float(start[r, i]) + float(end[r, j]) - float(start[r, 0]) - float(end[r, 0])
        for r in range(rows)
        for i, j in itertools.product(range(tokens), repeat=2)
        if i <= j < i + MAX_ANSWER and starts[r, i] and ends[r, j]
    }


def surprise(scores: dict[Span, float], gold: set[Span], groups: Sequence[int], count: int) -> float:
    """The reference: mean over questions of -log(share of what is right among all spans and "nothing answers")."""
    losses = []
    for question in range(count):
        mine = {span: score for span, score in scores.items() if groups[span[0]] == question}
        null = 1.0
        total = null + sum(np.exp(np.float64(score)) for score in mine.values())
        right = sum(np.exp(np.float64(mine[span])) for span in gold if span in mine)
        losses.append(-math.log((right if any(groups[r] == question for r, _, _ in gold) else null) / total))
    return sum(losses) / count


def marked(gold: set[Span], like: Tensor) -> Tensor:
    marks = torch.zeros_like(like, dtype=torch.bool)
    for r, i, j in gold:
        marks[r, j - i, i] = True
    return marks


# --- span logits


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("tokens", [3, 7, MAX_ANSWER, MAX_ANSWER + 9])
def test_span_logits_are_those_of_all_spans(seed: int, tokens: int) -> None:
    given_ = random_rows(seed, 3, tokens)
    found = span_logits(*given_)
    expected = every_span(*given_)
    assert found.shape == (3, min(MAX_ANSWER, tokens), tokens)
    for r, d, i in itertools.product(*map(range, found.shape)):
        if (r, i, i + d) in expected:
            assert float(found[r, d, i]) == pytest.approx(expected[r, i, i + d], abs=1e-3)
        else:
            assert IMPOSSIBLE <= float(found[r, d, i]) < IMPOSSIBLE / 2


def test_no_span_is_too_long_or_runs_over_the_end() -> None:
    tokens = MAX_ANSWER + 9
    zeros, all_ = torch.zeros(1, tokens), torch.ones(1, tokens, dtype=torch.bool)
    found = span_logits(zeros, zeros, all_, all_)[0] > IMPOSSIBLE / 2
    lengths = found.sum(0).tolist()
    assert lengths == [min(MAX_ANSWER, tokens - i) for i in range(tokens)]


def test_the_length_limit_is_that_of_reading() -> None:
    assert MAX_ANSWER == spans.MAX_ANSWER


def test_a_row_without_allowed_span_has_none_and_no_gradient() -> None:
    start, end, starts, ends = random_rows(1)
    start.requires_grad_()
    starts[1], ends[2] = False, False
    scores = span_logits(start, end, starts, ends)
    assert bool((scores[1:3] < IMPOSSIBLE / 2).all())
    shared_loss(scores, torch.zeros_like(scores, dtype=torch.bool), torch.arange(4), 4).backward()
    assert start.grad is not None
    assert start.grad.isfinite().all()
    assert not start.grad[1:3].any()


@pytest.mark.parametrize("size", [1e3, 3e4, 1e6])
def test_great_logits_give_no_nan(size: float) -> None:
    start, end, starts, ends = random_rows(2, scale=size)
    start.requires_grad_()
    scores = span_logits(start, end, starts, ends)
    gold = marked({next(iter(every_span(start, end, starts, ends)))}, scores)
    loss = shared_loss(scores, gold, torch.zeros(4, dtype=torch.long), 1)
    loss.backward()
    assert start.grad is not None
    assert loss.isfinite()
    assert start.grad.isfinite().all()


# --- the loss


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(0, 5))
def test_the_loss_is_that_of_the_definition(seed: int, groups: list[int], right: int) -> None:
    given_ = random_rows(seed)
    expected = every_span(*given_)
    chosen = torch.randperm(len(expected), generator=torch.Generator().manual_seed(seed))[:right].tolist()
    gold = {list(expected)[i] for i in chosen}
    numbers = {name: i for i, name in enumerate(sorted(set(groups)))}
    named = [numbers[name] for name in groups]
    scores = span_logits(*given_)
    found = shared_loss(scores, marked(gold, scores), torch.tensor(named), len(numbers))
    assert float(found) == pytest.approx(surprise(expected, gold, named, len(numbers)), rel=1e-4, abs=1e-4)
    assert float(found) >= -1e-6


ROW = torch.zeros(3, 1, 2)  # three rows of two spans that score 0


@pytest.mark.parametrize(
    ("gold", "groups", "expected"),
    [
        pytest.param([], [0, 1, 2], math.log(3), id="none right: nothing answers, one of three"),
        pytest.param([], [0, 0, 0], math.log(7), id="one of seven, over three passages"),
        pytest.param([(0, 0, 0)], [0, 0, 0], math.log(7), id="one span of seven"),
        pytest.param([(0, 0, 0), (2, 1, 1)], [0, 0, 0], math.log(7 / 2), id="two right, in two passages"),
        pytest.param([(0, 0, 0), (0, 1, 1)], [0, 0, 0], math.log(7 / 2), id="two right, in one passage"),
        pytest.param([(1, 0, 0)], [0, 1, 1], (math.log(3) + math.log(5)) / 2, id="the mean of two questions"),
    ],
)
def test_passages_of_a_question_share_their_probability(gold: list[Span], groups: list[int], expected: float) -> None:
    found = shared_loss(ROW, marked(set(gold), ROW), torch.tensor(groups), max(groups) + 1)
    assert float(found) == pytest.approx(expected, abs=1e-5)


def one_in(number: int, doubtful: bool) -> tuple[float, Tensor]:
    """Loss and gradient of a question whose right answer has a probability of one in `number`."""
    scores = torch.zeros(1, 1, number - 1, requires_grad=True)
    gold = marked({(0, 0, 0)}, scores)
    loss = shared_loss(scores, gold, torch.tensor([0]), 1, torch.tensor([doubtful]))
    loss.backward()
    assert scores.grad is not None
    return float(loss.detach()), scores.grad


@pytest.mark.parametrize("number", [2, 10, 1000])
def test_a_doubtful_label_pulls_the_less_the_less_likely_it_is(number: int) -> None:
    (sure, pull), (doubted, less) = one_in(number, False), one_in(number, True)
    assert sure == pytest.approx(math.log(number), rel=1e-4)
    assert doubted == pytest.approx((1 - number**-DOUBT) / DOUBT, rel=1e-4)
    assert torch.allclose(less, pull * number**-DOUBT, rtol=1e-3)


def test_only_the_doubtful_questions_of_a_batch_are_doubted() -> None:
    groups, gold = torch.tensor([0, 1, 2]), marked({(0, 0, 0), (1, 0, 0)}, ROW)
    losses = [shared_loss(ROW, gold, groups, 3, torch.tensor(one)) for one in ([False] * 3, [True, False, False])]
    assert float(losses[0]) == pytest.approx(math.log(3), abs=1e-5)
    assert float(losses[1]) == pytest.approx((2 * math.log(3) + (1 - 3**-DOUBT) / DOUBT) / 3, abs=1e-5)


def test_the_order_of_rows_does_not_matter() -> None:
    given_ = random_rows(4)
    groups = torch.tensor([0, 1, 0, 1])
    gold = marked(set(list(every_span(*given_))[:2]), span_logits(*given_))
    order = torch.tensor([2, 0, 3, 1])
    one = shared_loss(span_logits(*given_), gold, groups, 2)
    other = shared_loss(span_logits(*(part[order] for part in given_)), gold[order], groups[order], 2)
    assert float(one) == pytest.approx(float(other), abs=1e-5)


def test_the_gradient_is_what_is_expected_less_what_is_right() -> None:
    given_ = random_rows(5)
    scores = span_logits(*given_).requires_grad_()
    spans_ = every_span(*given_)
    groups = [0, 1, 1, 2]
    gold = {span for span in list(spans_)[::7] if groups[span[0]] != 2}
    shared_loss(scores, marked(gold, scores), torch.tensor(groups), 3).backward()
    assert scores.grad is not None
    weights = {span: math.exp(score) for span, score in spans_.items()}
    for span in spans_:
        r, i, j = span
        mine = [other for other in spans_ if groups[other[0]] == groups[r]]
        share = weights[span] / (1 + sum(weights[other] for other in mine))
        right = weights[span] / sum(weights[other] for other in mine if other in gold) if span in gold else 0.0
        assert float(scores.grad[r, j - i, i]) == pytest.approx((share - right) / 3, abs=1e-5)


# --- dropout


def test_a_row_drops_the_same_features_at_every_token() -> None:
    torch.manual_seed(1)
    states = torch.ones(6, 9, 64)
    dropped = RowDropout(0.25).train()(states)
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    kept = dropped[:, 0]
    assert bool(((kept == 0) | torch.isclose(kept, torch.tensor(1 / 0.75))).all())
    assert len({tuple(row.tolist()) for row in kept}) == 6


def test_the_mean_is_kept() -> None:
    torch.manual_seed(1)
    dropped = RowDropout(0.1).train()(torch.ones(200, 2, 500))
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)
    assert float((dropped == 0).float().mean()) == pytest.approx(0.1, abs=0.01)


def test_nothing_is_dropped_in_reading() -> None:
    states = torch.randn(2, 3, 8)
    assert torch.equal(RowDropout(0.5).eval()(states), states)


def test_half_precision_stays_half() -> None:
    torch.manual_seed(1)
    assert RowDropout(0.1).train()(torch.ones(2, 3, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_the_seed_makes_the_mask() -> None:
    def drawn(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return RowDropout(0.5).train()(torch.ones(2, 3, 64))  # type: ignore[no-any-return]

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


# --- head and model


def test_the_head_scores_every_token_for_every_query_on_its_own() -> None:
    torch.manual_seed(1)
    head = SpanHead(8).eval()
    states, queries = torch.randn(2, 5, 8), torch.randn(2, 3, 8)
    start, end = head(states, queries)
    assert start.shape == end.shape == (2, 3, 5)
    for row, query, token in itertools.product(range(2), range(3), range(5)):
        alone = head(states[row : row + 1, token : token + 1], queries[row : row + 1, query : query + 1])
        assert float(start[row, query, token]) == pytest.approx(float(alone[0].detach()), abs=1e-5)
        assert float(end[row, query, token]) == pytest.approx(float(alone[1].detach()), abs=1e-5)
    assert not torch.allclose(start, end)


def test_the_model_asks_with_the_token_after_the_first() -> None:
    torch.manual_seed(1)
    model = SpanModel(Words(), 8).eval()
    ids = torch.randint(0, 50, (2, 6))
    types, mask = torch.zeros_like(ids), torch.ones_like(ids)
    start, end = model(ids, types, mask)
    states = model.states(ids, types, mask)
    expected = model.head(states, states[:, QUERY].unsqueeze(1))
    assert QUERY == 1
    assert torch.equal(start, expected[0][:, 0])
    assert torch.equal(end, expected[1][:, 0])


def test_weights_are_written_and_read_to_the_bit(tmp_path: Path) -> None:
    torch.manual_seed(1)
    one, other = SpanModel(Words(), 8), SpanModel(Words(), 8)
    path = tmp_path / "weights.safetensors"
    save_weights(one, path)
    load_weights(other, path)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
    assert [file.name for file in tmp_path.iterdir()] == ["weights.safetensors"]
    save_weights(other, path)  # over itself


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_weights(SpanModel(Words(16), 16), tmp_path / "weights.safetensors")
    with pytest.raises(RuntimeError):
        load_weights(SpanModel(Words(), 8), tmp_path / "weights.safetensors")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small transformer, its weights random."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)
    folder = tmp_path_factory.mktemp("tiny")
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_a_new_model_drops_by_rows_and_reads_without(tiny: Path) -> None:
    model = new_model(tiny, dropout=0.3)
    dropouts = [module for module in model.modules() if isinstance(module, nn.Dropout | RowDropout)]
    assert [module.share for module in dropouts if isinstance(module, RowDropout)] == [0.3] * 5
    assert all(module.p == 0 for module in dropouts if isinstance(module, nn.Dropout))
    ids = torch.randint(1000, 2000, (2, 12))
    rest = torch.zeros_like(ids), torch.ones_like(ids)
    assert not torch.equal(model.train()(ids, *rest)[0], model(ids, *rest)[0])
    assert torch.equal(model.eval()(ids, *rest)[0], model(ids, *rest)[0])


@pytest.mark.slow
def test_padding_does_not_change_a_row(tiny: Path) -> None:
    model = new_model(tiny).eval()
    ids = torch.randint(1000, 2000, (2, 24))
    types = torch.cat([torch.zeros(2, 8), torch.ones(2, 16)], 1).long()
    mask = torch.ones_like(ids)
    mask[0, 13:] = 0
    start, end = model(ids, types, mask)
    alone = model(ids[:1, :13], types[:1, :13], mask[:1, :13])
    assert torch.allclose(start[0, :13], alone[0][0], atol=1e-5)
    assert torch.allclose(end[0, :13], alone[1][0], atol=1e-5)


def test_averaged_weights_are_the_mean_of_each(tmp_path: Path) -> None:
    for name, value in (("a", 1.0), ("b", 3.0)):
        save_file({"x": torch.full((2, 3), value), "y": torch.tensor([value])}, tmp_path / name)
    average_weights([tmp_path / "a", tmp_path / "b"], tmp_path / "made" / "weights.safetensors")
    mean = load_file(tmp_path / "made" / "weights.safetensors")
    assert torch.equal(mean["x"], torch.full((2, 3), 2.0))
    assert torch.equal(mean["y"], torch.tensor([2.0]))


def test_weights_of_different_models_are_not_averaged(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(2)}, tmp_path / "a")
    save_file({"z": torch.zeros(2)}, tmp_path / "b")
    with pytest.raises(KeyError):
        average_weights([tmp_path / "a", tmp_path / "b"], tmp_path / "c.safetensors")
    assert not (tmp_path / "c.safetensors").exists()
